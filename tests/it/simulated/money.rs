//! Everything that can become of a charge, and at each of them every place where a function can die or an answer be lost.
//!
//! Nobody lists the places: a run without a fault shows who writes what, and then each of these writes goes wrong in each
//! way. The invariants count the money at every step (`simulation::invariants`); here it is only said how it may end.

use super::{KEY, REST_S, held, order_of, world};
use domain::{ProductId, Status, TicketId, TicketState, UserId};
use simulation::provider::{Charging, Effect};
use simulation::{Ask, InvocationFault, Mishap, PortFault, Setup, Verdict, World};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

/// How many there are of the product, in two shards, and how many are ordered.
const STOCK: u32 = 10;
const ORDERED: u32 = 7;

/// Calls that change something which lasts.
pub(super) const WRITES: [&str; 9] = [
    "Orders.commit",
    "Provider.create_intent",
    "Provider.confirm",
    "Provider.refund",
    "Requests.answer",
    "Workflows.hold_order",
    "Workflows.wake",
    "Workflows.start_order",
    "Workflows.start_refund",
];

/// What goes wrong in one run.
#[derive(Clone, Debug)]
pub(super) enum Trouble {
    /// Nothing.
    None,
    /// One call of a port.
    Port(PortFault),
    /// What one state asks for.
    Invocation(InvocationFault),
}

impl Trouble {
    pub(super) fn strike(self, world: &mut World) {
        world.weather(|plan| match self {
            Self::None => {}
            Self::Port(fault) => plan.ports.push(fault),
            Self::Invocation(fault) => plan.invocations.push(fault),
        });
    }
}

/// Every trouble that a run can meet, read off a run without any: each write dies before or after its effect, loses its
/// answer or is turned away, the first time and the second; each state's call is lost, late or doubled.
pub(super) fn troubles(quiet: &World) -> Vec<Trouble> {
    let mut troubles = Vec::new();
    for ((function, call), times) in quiet.counts().by_function {
        if !WRITES.contains(&call) {
            continue;
        }
        for after in 0..u32::try_from(times).unwrap().min(2) {
            for verdict in [Verdict::DieBefore, Verdict::DieAfter, Verdict::AnswerLost] {
                troubles.push(Trouble::Port(PortFault {
                    function: Some(function.clone()),
                    call: call.to_owned(),
                    after,
                    times: 1,
                    verdict,
                }));
            }
        }
    }
    for (machine, state) in quiet.asked().keys() {
        for mishap in Mishap::ALL {
            troubles.push(Trouble::Invocation(InvocationFault {
                machine: machine.clone(),
                state: state.clone(),
                after: 0,
                times: 1,
                mishap,
            }));
        }
    }
    troubles
}

/// What is bought.
#[derive(Clone, Copy, Debug)]
enum Wanted {
    Ticket,
    /// More than one shard has; and the card is declined for good the next time that it is tried, so that money which
    /// comes late finds an order that waits for its end, or has ended.
    Products,
}

/// One order, one card, whatever the provider makes of its first try.
fn evening(wanted: Wanted, charging: Charging, trouble: Trouble) -> World {
    let mut world = world(Setup {
        hold_ttl_s: 120,
        ..Setup::calm(1)
    });
    world.ledger().lock().unwrap().script.push_back(charging);
    if let Wanted::Products = wanted {
        let declined = Charging::plain(Effect::HardDecline);
        world.ledger().lock().unwrap().script.push_back(declined);
    }
    trouble.strike(&mut world);
    let card = Some("tok_visa");
    let place = match wanted {
        Wanted::Ticket => Ask::place(&[world.list_ticket(1)], card, Some(KEY)),
        Wanted::Products => {
            let product = world.stock_product(1, STOCK, 2).unwrap();
            Ask::place_products(&[(product, ORDERED)], card, Some(KEY))
        }
    };
    place_until_answered(&mut world, &World::buyer(1), &place);
    // Long enough that what is to come late has come before the weather turns fair.
    held(world.run_for_s(700));
    held(world.come_to_rest(REST_S));
    world
}

/// Asks, and asks again while there is no answer, as a browser does.
pub(super) fn place_until_answered(world: &mut World, buyer: &UserId, ask: &Ask) {
    for _ in 0..3 {
        if held(world.ask(buyer, ask.clone())).status < 500 {
            return;
        }
        // A claim on the request's key is given up for lost after a minute.
        held(world.run_for_s(61));
    }
}

/// Each outcome of a charge with each trouble: the order is completed with one charge, or it has ended and keeps no
/// money; what was held is sold in the one case and free in the other.
#[test]
fn every_outcome_of_a_charge_bears_every_trouble() {
    let ends: Mutex<BTreeMap<(&str, String), u32>> = Mutex::default();
    let run = &|wanted: Wanted| {
        for (name, charging) in Charging::all() {
            let quiet = evening(wanted, charging, Trouble::None);
            for trouble in std::iter::once(Trouble::None).chain(troubles(&quiet)) {
                let world = evening(wanted, charging, trouble.clone());
                let status = check(&world, wanted, &format!("{name}, {trouble:?}"));
                *ends
                    .lock()
                    .unwrap()
                    .entry((name, status.to_string()))
                    .or_default() += 1;
            }
        }
    };
    // Two at a time: each world is its own.
    std::thread::scope(|scope| {
        for wanted in [Wanted::Ticket, Wanted::Products] {
            scope.spawn(move || run(wanted));
        }
    });
    let ends = ends.into_inner().unwrap();
    let ran: u32 = ends.values().sum();
    assert!(ran > 1_500, "{ran} runs: {ends:?}");
    let statuses: BTreeSet<&str> = ends.keys().map(|(_, status)| status.as_str()).collect();
    assert!(
        statuses.contains("completed") && statuses.contains("expired"),
        "{ends:?}"
    );
}

fn check(world: &World, wanted: Wanted, story: &str) -> Status {
    let order_id = order_of(&World::buyer(1), KEY);
    let told = || format!("{wanted:?}: {story}\n{}", world.trace());
    let order = world
        .order(&order_id)
        .unwrap_or_else(|| panic!("no order: {}", told()));
    let is_sold = order.status == Status::Completed;
    let (taken, charges, back) = {
        let ledger = world.ledger().lock().unwrap();
        let (taken, charges) = ledger.taken_for(&order_id);
        (taken, charges, ledger.given_back_for(&order_id))
    };
    if is_sold {
        assert_eq!((charges, back), (1, 0), "{}", told());
    } else {
        assert_eq!(taken, back, "{}", told());
    }
    match wanted {
        Wanted::Ticket => {
            let ticket = world.ticket(&TicketId::from_random([1; 16])).unwrap().state;
            let expected = match is_sold {
                true => TicketState::Sold,
                false => TicketState::Available,
            };
            assert_eq!(ticket, expected, "{}", told());
        }
        Wanted::Products => {
            let stock = world.stock_of(&ProductId::from_random([1; 16]));
            let left = STOCK - if is_sold { ORDERED } else { 0 };
            assert_eq!((stock.on_hand, stock.held), (left, 0), "{}", told());
        }
    }
    order.status
}
