//! What comes late or again: an answer, a message, a request.

use super::{KEY, REST_S, held, order_of, status_of, world};
use crate::paths::befalls;
use domain::Status;
use simulation::provider::record::Asked;
use simulation::provider::{Charging, Effect, Told};
use simulation::world::BEGIN_MS;
use simulation::{Ask, InvocationFault, Mishap, PortFault, Setup, Verdict, World};
use states::chance::Chance;

/// The charge of the first card runs twice at once, and the second run hears of its decline only when the buyer has
/// paid with another card: what is said of one attempt is never taken for another.
#[test]
fn an_answer_belongs_to_its_attempt() {
    let mut late = 0;
    for seed in 0..100 {
        let mut chance = Chance::new(seed);
        let mut world = world(Setup::calm(seed));
        world.weather(|plan| {
            plan.invocations.push(InvocationFault {
                machine: "order".to_owned(),
                state: "ChargePayment".to_owned(),
                after: 0,
                times: 1,
                mishap: Mishap::TwiceAtOnce,
            });
            plan.ports.push(PortFault {
                function: Some("charge-payment".to_owned()),
                call: "Provider.confirm".to_owned(),
                after: 1,
                times: 2,
                verdict: Verdict::Slow,
            });
        });
        let ticket = world.list_ticket(1);
        let buyer = World::buyer(1);
        let order_id = order_of(&buyer, KEY);
        held(world.ask(
            &buyer,
            Ask::place(&[ticket], Some("tok_chargeDeclined"), Some(KEY)),
        ));
        world.ask_at(
            BEGIN_MS + 1 + chance.up_to(10_000),
            &buyer,
            Ask::pay(&order_id, "tok_visa"),
        );
        held(world.run_for_s(300));
        held(world.come_to_rest(REST_S));
        assert_eq!(
            status_of(&world, &order_id),
            Some(Status::Completed),
            "seed {seed}\n{}",
            world.trace()
        );
        late += u32::from(world.order(&order_id).unwrap().attempts.len() == 2);
    }
    assert!(late > 80, "{late}");
}

/// The charge runs twice at once, and the second run hears that the intent is made only when the first has confirmed it and does not
/// know what came of it: the second has not made it, so it asks before it confirms anything.
#[test]
fn whoever_has_not_kept_the_intent_asks_before_it_confirms() {
    let mut late = 0;
    for seed in 0..100 {
        let mut world = world(Setup::calm(seed));
        befalls(&mut world, "order", "ChargePayment", Mishap::TwiceAtOnce, 1);
        world.weather(|plan| {
            plan.ports.push(PortFault {
                function: Some("charge-payment".to_owned()),
                call: "Provider.create_intent".to_owned(),
                after: 1,
                times: 1,
                verdict: Verdict::Slow,
            });
        });
        world.ledger().lock().unwrap().script.push_back(Charging {
            told: Told::Processing,
            ..Charging::unheard(Effect::Charge, 60_000)
        });
        let ticket = world.list_ticket(1);
        let buyer = World::buyer(1);
        held(world.ask(&buyer, Ask::place(&[ticket], Some("tok_visa"), Some(KEY))));
        held(world.run_for_s(300));
        held(world.come_to_rest(REST_S));
        let order_id = order_of(&buyer, KEY);
        let status = status_of(&world, &order_id);
        assert_eq!(status, Some(Status::Completed), "seed {seed}\n{}", world.trace());
        let ledger = world.ledger().lock().unwrap();
        let confirmations = ledger.record.calls().iter();
        let confirmations = confirmations.filter(|call| matches!(call.asked, Asked::Confirm { .. }));
        assert_eq!(confirmations.count(), 1, "seed {seed}\n{}", world.trace());
        let made = ledger.record.calls().iter();
        late += u32::from(made.filter(|call| call.asked == Asked::Create).count() == 2);
    }
    assert!(late > 80, "{late}");
}

/// A message of an earlier wait comes once more, after the order waits anew: the newer wait is still woken at once.
#[test]
fn an_old_message_does_not_silence_a_newer_wait() {
    let mut world = world(Setup::calm(1));
    let ticket = world.list_ticket(1);
    let buyer = World::buyer(1);
    let order_id = order_of(&buyer, KEY);
    held(world.ask(&buyer, Ask::place(&[ticket], None, Some(KEY))));
    held(world.run_for_s(10));
    held(world.ask(&buyer, Ask::pay(&order_id, "tok_chargeDeclined")));
    held(world.run_for_s(10));
    let first = world.asked()[&("order".to_owned(), "AwaitPayment".to_owned())].clone();
    world.deliver_at(world.now_ms(), "payment-requests", &first.payload.to_string());
    held(world.run_for_s(10));
    held(world.ask(&buyer, Ask::pay(&order_id, "tok_visa")));
    held(world.run_for_s(10));
    assert_eq!(
        status_of(&world, &order_id),
        Some(Status::Completed),
        "{}",
        world.trace()
    );
    held(world.come_to_rest(REST_S));
}

/// The hold was undone because the order could not be started. The same request again is told that it failed; it is
/// never told that it holds something.
#[test]
fn a_repeat_of_a_request_that_failed_is_told_so() {
    let mut world = world(Setup::calm(1));
    world.weather(|plan| {
        plan.invocations.push(InvocationFault {
            machine: "hold-order".to_owned(),
            state: "StartOrder".to_owned(),
            after: 0,
            times: 3,
            mishap: Mishap::FailsBefore,
        });
    });
    let ticket = world.list_ticket(1);
    let buyer = World::buyer(1);
    let place = Ask::place(std::slice::from_ref(&ticket), None, Some(KEY));
    assert_eq!(held(world.ask(&buyer, place.clone())).status, 503);
    let again = held(world.ask(&buyer, place));
    assert_eq!(
        (again.status, &again.body["code"]),
        (409, &serde_json::json!("OrderEnded")),
        "{}",
        world.trace()
    );
    let fresh = Ask::place(&[ticket], None, Some("another"));
    assert_eq!(held(world.ask(&buyer, fresh)).status, 201);
    held(world.come_to_rest(REST_S));
}
