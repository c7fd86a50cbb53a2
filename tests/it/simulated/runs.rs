//! Several runs of `hold-order` for one order: what one of them has told a buyer, no other takes back.

use super::{KEY, REST_S, held, order_of, status_of, world};
use domain::Status;
use serde_json::{Value, json};
use simulation::world::BEGIN_MS;
use simulation::{Ask, InvocationFault, Mishap, Setup, World};

/// The first of two clicks holds the ticket, and its run never hears of it. The second one, at any time before the first
/// gives up, is answered with that hold: it lives for its whole time, and can be paid.
#[test]
fn a_hold_that_a_second_click_was_told_of_is_not_undone_by_the_first() {
    let mut told = 0;
    // The first run gives up after twelve seconds.
    for delay_ms in (100..11_900).step_by(700).chain((11_950..12_100).step_by(5)) {
        for pays in [false, true] {
            let mut setup = Setup::calm(delay_ms);
            setup.plan.latency_ms_max = 10;
            setup.plan.invocations.push(InvocationFault {
                machine: "hold-order".to_owned(),
                state: "LockTicket".to_owned(),
                after: 0,
                times: 1,
                mishap: Mishap::NoAnswer,
            });
            let mut world = world(setup);
            let ticket = world.list_ticket(1);
            let buyer = World::buyer(1);
            let click = || Ask::place(std::slice::from_ref(&ticket), None, None);
            world.ask_at(BEGIN_MS + 1_000, &buyer, click());
            let second = world.ask_at(BEGIN_MS + 1_000 + delay_ms, &buyer, click());
            held(world.run_until(BEGIN_MS + 30_000));
            let reply = world.reply(second).unwrap().clone();
            if reply.status == 200 {
                told += 1;
                let order_id = domain::OrderId::parse(reply.body["id"].as_str().unwrap()).unwrap();
                assert_eq!(
                    status_of(&world, &order_id),
                    Some(Status::Held),
                    "{delay_ms} ms\n{}",
                    world.trace()
                );
                if pays {
                    assert_eq!(
                        held(world.ask(&buyer, Ask::pay(&order_id, "tok_visa"))).status,
                        201
                    );
                }
                held(world.come_to_rest(REST_S));
                let end = if pays { Status::Completed } else { Status::Expired };
                assert_eq!(status_of(&world, &order_id), Some(end), "{}", world.trace());
            } else {
                held(world.come_to_rest(REST_S));
            }
        }
    }
    assert!(told > 30, "{told} second clicks were told of the hold");
}

/// Two runs of one request, as a client that repeats makes them: once the second has answered, the undo of the first finds
/// nothing of its own. While it has not, the undo takes back what the first has held, and only that of its own run.
#[test]
fn an_undo_takes_back_what_its_own_run_alone_has_held() {
    let buyer = World::buyer(1);
    let order_id = order_of(&buyer, KEY);
    for (asked_by, undone_by, end) in [
        (vec!["first"], "first", Some(Status::Unavailable)),
        (vec!["first", "first"], "first", Some(Status::Unavailable)),
        (vec!["first"], "second", Some(Status::Held)),
        (vec!["first", "second"], "first", Some(Status::Held)),
        (vec!["first", "second"], "second", Some(Status::Held)),
        (vec![], "first", None),
    ] {
        let mut world = world(Setup::calm(1));
        let ticket = world.list_ticket(1);
        let product = world.stock_product(1, 5, 1).unwrap();
        for (hold, undo, wanted) in [
            (
                "lock-ticket",
                "unlock-ticket",
                json!({ "tickets": [{ "ticket_id": ticket }] }),
            ),
            (
                "reserve-products",
                "release-products",
                json!({ "products": [{ "product_id": product, "quantity": 1 }] }),
            ),
        ] {
            let order_id = if hold == "lock-ticket" {
                order_id.clone()
            } else {
                order_of(&buyer, "another")
            };
            let kind = if hold == "lock-ticket" {
                "ticket"
            } else {
                "product"
            };
            for run in &asked_by {
                let mut step = json!({
                    "order_id": order_id, "user_id": buyer, "kind": kind, "request_fingerprint": "f", "run": run,
                });
                merge(&mut step, &wanted);
                held(world.invoke(hold, step));
            }
            let undoing = json!({ "order_id": order_id, "reason": "not_started", "run": undone_by });
            held(world.invoke(undo, undoing));
            assert_eq!(
                status_of(&world, &order_id),
                end,
                "{hold} {asked_by:?} {undone_by}\n{}",
                world.trace()
            );
        }
    }
}

fn merge(step: &mut Value, more: &Value) {
    for (name, value) in more.as_object().into_iter().flatten() {
        step[name] = value.clone();
    }
}
