//! Every way through the machines, walked in milliseconds, each held to its golden trace and its price.
//!
//! A path is a story of one ticket, of its money, or of one order of products or dishes. Its snapshot shows the states entered, the errors met, the statuses of the order
//! and what AWS would bill; a change of any of them is seen in review.

mod dishes;
mod money;
mod products;

use crate::simulated::{REST_S, held, order_of, status_of, world};
use domain::order::Kind;
use domain::{OrderId, Status, TicketId, TicketState, UserId};
use simulation::world::BEGIN_MS;
use simulation::{Ask, InvocationFault, Mishap, PortFault, Setup, Verdict, World};

/// One path.
pub struct Path {
    pub name: &'static str,
    /// What goes wrong on it.
    pub faults: fn(&mut World),
    /// What the buyers do. It must bear it when something else goes wrong too.
    pub walk: fn(&mut World, &Scene),
    /// How the order ends.
    pub ends: Status,
}

/// Who and what every path is about.
pub struct Scene {
    pub buyer: UserId,
    pub rival: UserId,
    pub ticket: TicketId,
    pub order_id: OrderId,
}

impl Scene {
    /// One ticket, and two who want it.
    pub fn set(world: &mut World) -> Self {
        let buyer = World::buyer(1);
        Self {
            order_id: order_of(&buyer, "checkout"),
            rival: World::buyer(2),
            ticket: world.list_ticket(1),
            buyer,
        }
    }

    fn place(&self, world: &mut World, card: Option<&str>) {
        let place = Ask::place(std::slice::from_ref(&self.ticket), card, Some("checkout"));
        held(world.ask(&self.buyer, place));
    }

    fn pay(&self, world: &mut World, card: &str) {
        held(world.ask(&self.buyer, Ask::pay(&self.order_id, card)));
        held(world.run_for_s(30));
    }

    fn cancel(&self, world: &mut World) {
        held(world.ask(&self.buyer, Ask::cancel(&self.order_id)));
    }
}

fn nothing(_: &mut World) {}

/// An invocation goes wrong `times` times.
pub fn befalls(world: &mut World, machine: &str, state: &str, mishap: Mishap, times: u32) {
    world.weather(|plan| {
        plan.invocations.push(InvocationFault {
            machine: machine.to_owned(),
            state: state.to_owned(),
            after: 0,
            times,
            mishap,
        });
    });
}

/// The consumer of the queue dies before it has kept the token: the message comes again after a minute.
fn the_token_comes_late(world: &mut World) {
    world.weather(|plan| {
        plan.ports.push(PortFault {
            function: Some("request-payment".to_owned()),
            call: "Orders.commit".to_owned(),
            after: 0,
            times: 1,
            verdict: Verdict::DieBefore,
        });
    });
}

/// Every path there is.
pub fn paths() -> impl Iterator<Item = &'static Path> + Clone {
    TICKETS
        .iter()
        .chain(money::PATHS)
        .chain(products::PATHS)
        .chain(products::IMPORTS)
        .chain(dishes::PATHS)
}

/// The paths of a ticket.
const TICKETS: &[Path] = &[
    Path {
        name: "paid_at_once",
        faults: nothing,
        walk: |world, scene| scene.place(world, Some("tok_visa")),
        ends: Status::Completed,
    },
    Path {
        name: "paid_later",
        faults: nothing,
        walk: |world, scene| {
            scene.place(world, None);
            held(world.run_for_s(100));
            scene.pay(world, "tok_visa");
        },
        ends: Status::Completed,
    },
    Path {
        name: "never_paid",
        faults: nothing,
        walk: |world, scene| scene.place(world, None),
        ends: Status::Expired,
    },
    Path {
        name: "cancelled",
        faults: nothing,
        walk: |world, scene| {
            scene.place(world, None);
            held(world.run_for_s(100));
            scene.cancel(world);
        },
        ends: Status::Cancelled,
    },
    Path {
        name: "cancelled_before_the_token_is_kept",
        faults: the_token_comes_late,
        walk: |world, scene| {
            scene.place(world, None);
            held(world.run_for_s(10));
            scene.cancel(world);
        },
        ends: Status::Cancelled,
    },
    Path {
        name: "paid_before_the_token_is_kept",
        faults: the_token_comes_late,
        walk: |world, scene| {
            scene.place(world, None);
            held(world.run_for_s(10));
            scene.pay(world, "tok_visa");
        },
        ends: Status::Completed,
    },
    Path {
        name: "lost_to_another_buyer",
        faults: nothing,
        walk: |world, scene| {
            scene.place(world, Some("tok_visa"));
            let place = Ask::place(std::slice::from_ref(&scene.ticket), None, None);
            held(world.ask(&scene.rival, place));
        },
        ends: Status::Completed,
    },
    Path {
        name: "the_same_request_twice",
        faults: nothing,
        walk: |world, scene| {
            scene.place(world, None);
            // Without a key it is another request for the same ticket: the buyer's own hold does not block it.
            let place = Ask::place(std::slice::from_ref(&scene.ticket), None, None);
            held(world.ask(&scene.buyer, place));
            scene.pay(world, "tok_visa");
        },
        ends: Status::Completed,
    },
    Path {
        name: "declined_then_another_card",
        faults: nothing,
        walk: |world, scene| {
            scene.place(world, Some("tok_chargeDeclined"));
            held(world.run_for_s(60));
            scene.pay(world, "tok_visa");
        },
        ends: Status::Completed,
    },
    Path {
        name: "declined_then_left",
        faults: nothing,
        walk: |world, scene| scene.place(world, Some("tok_chargeDeclinedStolenCard")),
        ends: Status::Expired,
    },
    Path {
        // Five cards, each declined for good: none of them is tried again by itself.
        name: "five_declines",
        faults: nothing,
        walk: |world, scene| {
            scene.place(world, None);
            for _ in 0..5 {
                scene.pay(world, "tok_chargeDeclined");
            }
        },
        ends: Status::PaymentFailed,
    },
    Path {
        name: "charged_and_the_answer_lost",
        faults: nothing,
        walk: |world, scene| scene.place(world, Some("tok_timeout_after")),
        ends: Status::Completed,
    },
    Path {
        name: "provider_silent_and_nothing_charged",
        faults: nothing,
        walk: |world, scene| scene.place(world, Some("tok_timeout_before")),
        ends: Status::PaymentFailed,
    },
    Path {
        name: "provider_unavailable",
        faults: nothing,
        walk: |world, scene| scene.place(world, Some("tok_unavailable")),
        ends: Status::PaymentFailed,
    },
    Path {
        name: "the_timer_fires_while_paying",
        // The message is never sent, so that nobody can wake the execution but its timer.
        faults: |world| befalls(world, "order", "AwaitPayment", Mishap::NeverBegun, 1),
        walk: |world, scene| {
            scene.place(world, None);
            held(world.run_until(BEGIN_MS + 890_000));
            scene.pay(world, "tok_visa");
        },
        ends: Status::Completed,
    },
    Path {
        name: "the_order_cannot_be_started",
        faults: |world| befalls(world, "hold-order", "StartOrder", Mishap::FailsBefore, 3),
        walk: |world, scene| scene.place(world, None),
        ends: Status::Unavailable,
    },
    Path {
        name: "the_execution_dies_before_payment",
        faults: nothing,
        walk: |world, scene| {
            scene.place(world, None);
            world.abort_one_at(world.now_ms() + 5_000);
            held(world.run_for_s(10));
            scene.pay(world, "tok_visa");
        },
        ends: Status::Completed,
    },
    Path {
        name: "the_execution_dies_and_nobody_pays",
        faults: nothing,
        walk: |world, scene| {
            scene.place(world, None);
            world.abort_one_at(world.now_ms() + 5_000);
        },
        ends: Status::Expired,
    },
    Path {
        name: "paid_and_completed_after_a_long_outage",
        faults: |world| befalls(world, "order", "CompleteOrder", Mishap::FailsBefore, 99),
        walk: |world, scene| scene.place(world, Some("tok_visa")),
        ends: Status::Completed,
    },
];

/// Walks a path to its end; `more` goes wrong besides.
pub fn walked(path: &Path, more: impl FnOnce(&mut World)) -> (World, Scene) {
    let mut world = world(Setup {
        rounds_max: dishes::ROUNDS_MAX,
        ..Setup::calm(1)
    });
    let scene = Scene::set(&mut world);
    (path.faults)(&mut world);
    more(&mut world);
    (path.walk)(&mut world, &scene);
    // What is to go wrong goes wrong before the weather turns fair.
    held(world.run_until(BEGIN_MS + 2_000_000));
    (world, scene)
}

#[test]
fn every_path_goes_as_it_always_went() {
    for path in paths() {
        let (mut world, scene) = walked(path, nothing);
        held(world.come_to_rest(REST_S));
        let status = status_of(&world, &scene.order_id);
        assert_eq!(status, Some(path.ends), "{}\n{}", path.name, world.trace());
        let things = match world.order(&scene.order_id).unwrap().kind() {
            Kind::Ticket => what_became_of_the_ticket(&world, &scene, path),
            Kind::Product => products::what_became_of_the_stock(&world, path),
            Kind::Dish => dishes::what_became_of_the_stock(&world, &scene, path),
        };
        let (taken, charges, given_back) = {
            let ledger = world.ledger().lock().unwrap();
            let (taken, charges) = ledger.taken_for(&scene.order_id);
            (taken, charges, ledger.given_back_for(&scene.order_id))
        };
        let given_back = match given_back {
            0 => String::new(),
            minor => format!(", {minor} given back"),
        };
        let counts = world.counts();
        let transitions = |machine| counts.transitions.get(machine).copied().unwrap_or_default();
        let others = [
            "deliver-product",
            "supply-ingredient",
            "refund-order",
            "import-products",
        ]
        .map(|machine| match transitions(machine) {
            0 => String::new(),
            billed => format!("{machine} {billed}, "),
        });
        let others = others.concat();
        // What the reconciler does each minute says nothing about the path.
        let invocations: Vec<String> = counts
            .invocations
            .iter()
            .filter(|(function, _)| *function != "reconcile-orders")
            .map(|(function, times)| format!("{function} {times}"))
            .collect();
        let report = format!(
            "{}\nends: {}, {things}, {charges} charge(s), {taken} taken{given_back}\n\
             billed transitions: order {}, {others}hold-order (Express) {}\ninvocations: {}\nmessages: {}\n",
            world.trace().in_seconds(),
            path.ends,
            transitions("order"),
            transitions("hold-order"),
            invocations.join(", "),
            counts.messages,
        );
        insta::assert_snapshot!(path.name, report);
    }
}

fn what_became_of_the_ticket(world: &World, scene: &Scene, path: &Path) -> String {
    let ticket = world.ticket(&scene.ticket).unwrap().state;
    let expected = match path.ends {
        Status::Completed => TicketState::Sold,
        Status::Stuck => TicketState::Held,
        _ => TicketState::Available,
    };
    assert_eq!(ticket, expected, "{}\n{}", path.name, world.trace());
    format!("ticket {ticket:?}")
}

#[test]
fn a_sale_costs_at_most_five_transitions_and_losing_none() {
    let transitions = |name| {
        let path = paths().find(|path| path.name == name).unwrap();
        let (mut world, _) = walked(path, nothing);
        held(world.come_to_rest(REST_S));
        world
            .counts()
            .transitions
            .get("order")
            .copied()
            .unwrap_or_default()
    };
    let sale = transitions("paid_at_once");
    assert!(sale <= 5, "{sale}");
    assert_eq!(transitions("lost_to_another_buyer"), sale, "the loser adds none");
}
