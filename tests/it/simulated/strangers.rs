//! Who else may know an order's id, or use a key: other people, and the same request once more.

use super::{KEY, REST_S, held, order_of, status_of, world};
use domain::{Status, TicketState};
use serde_json::json;
use simulation::provider::news::News;
use simulation::world::BEGIN_MS;
use simulation::{Ask, FaultPlan, Setup, World};

/// Hazard 33. Protection: whose an order is is asked before anything is decided about it.
#[test]
fn an_order_does_not_exist_for_anybody_else() {
    let mut world = world(Setup::calm(1));
    let ticket = world.list_ticket(1);
    let (ana, eve) = (World::buyer(1), World::buyer(2));
    let order_id = order_of(&ana, KEY);
    let place = Ask::place(&[ticket], None, Some(KEY));
    assert_eq!(held(world.ask(&ana, place)).status, 201);
    let refund = || Ask::refund(&order_id, &[], None);
    for ask in [Ask::pay(&order_id, "tok_visa"), Ask::cancel(&order_id), refund()] {
        let refused = held(world.ask(&eve, ask));
        assert_eq!(
            (refused.status, &refused.body["code"]),
            (404, &json!("NotFound")),
            "{}",
            world.trace()
        );
    }
    assert_eq!(status_of(&world, &order_id), Some(Status::Held));
    held(world.ask(&ana, Ask::pay(&order_id, "tok_visa")));
    held(world.run_for_s(60));
    assert_eq!(held(world.ask(&eve, refund())).status, 404, "{}", world.trace());
    held(world.come_to_rest(REST_S));
    let order = world.order(&order_id).unwrap();
    assert_eq!((order.status, order.refunds.len()), (Status::Completed, 0));
}

/// Hazard 34. Protection: a key is kept with a fingerprint of its request; and it belongs to its user.
#[test]
fn a_key_names_one_request_of_one_user() {
    let mut world = world(Setup::calm(1));
    let (one, other) = (world.list_ticket(1), world.list_ticket(2));
    let place = |ticket| Ask::place(&[ticket], None, Some(KEY));
    let ana = World::buyer(1);
    assert_eq!(held(world.ask(&ana, place(one))).status, 201);
    let reused = held(world.ask(&ana, place(other.clone())));
    assert_eq!(
        (reused.status, &reused.body["code"]),
        (422, &json!("KeyReused")),
        "{}",
        world.trace()
    );
    assert_eq!(world.ticket(&other).unwrap().state, TicketState::Available);
    assert_eq!(held(world.ask(&World::buyer(2), place(other))).status, 201);
    held(world.come_to_rest(REST_S));
}

/// Hazard 34. Protection: a key is claimed before its request is worked on, so a repeat in flight is told to wait.
#[test]
fn a_repeat_in_flight_is_told_to_wait() {
    let mut told_to_wait = 0;
    for seed in 0..20 {
        let plan = FaultPlan {
            latency_ms_max: 40,
            ..FaultPlan::calm()
        };
        let mut world = world(Setup::with(seed, plan));
        let place = Ask::place(&[world.list_ticket(1)], None, Some(KEY));
        let asked = [0, 1, 2]
            .map(|later_ms| world.ask_at(BEGIN_MS + 1_000 + later_ms, &World::buyer(1), place.clone()));
        held(world.run_for_s(30));
        for id in asked {
            let reply = world.reply(id).unwrap();
            match (reply.status, reply.body["code"].as_str()) {
                (201, _) => {}
                (409, Some("RequestInFlight")) => told_to_wait += 1,
                other => panic!("seed {seed}: {other:?}\n{}", world.trace()),
            }
        }
        held(world.come_to_rest(REST_S));
        assert_eq!(world.tables().lock().unwrap().orders.len(), 1, "seed {seed}");
    }
    assert!(told_to_wait > 0, "the race was run");
}

/// Hazard 23. Protection: the provider is asked which order an intent was made for. A message that names the intent of an
/// order that was paid makes no other order a paid one.
#[test]
fn an_intent_pays_for_the_order_that_it_was_made_for() {
    let mut world = world(Setup::calm(1));
    let (one, other) = (world.list_ticket(1), world.list_ticket(2));
    let (ana, eve) = (World::buyer(1), World::buyer(2));
    held(world.ask(&ana, Ask::place(&[one], Some("tok_visa"), Some(KEY))));
    held(world.run_for_s(60));
    let paid = world.order(&order_of(&ana, KEY)).unwrap();
    assert_eq!(paid.status, Status::Completed, "{}", world.trace());
    held(world.ask(&eve, Ask::place(&[other], None, Some(KEY))));
    let unpaid = order_of(&eve, KEY);
    let news = News {
        id: "evt_foreign".to_owned(),
        kind: "payment_intent.succeeded",
        intent: paid.intent_id.unwrap().as_str().to_owned(),
        order_id: unpaid.clone(),
        refund: None,
    };
    world.tell_at(world.now_ms(), news);
    held(world.run_for_s(5));
    let told = world.trace().to_string();
    assert!(told.contains("receive-webhook answers 404"), "{told}");
    assert_eq!(status_of(&world, &unpaid), Some(Status::Held), "{told}");
    held(world.come_to_rest(REST_S));
    assert_eq!(status_of(&world, &unpaid), Some(Status::Expired));
}
