//! Stripe's rules for idempotency keys, one by one.

use crate::world::World;
use serde_json::json;
use std::sync::Arc;

const INTENT: &str = "amount=1999&currency=usd&payment_method_types[]=card";

#[tokio::test]
async fn the_same_request_gets_the_same_status_and_body_again() {
    let world = World::new();
    let first = world.post("/payment_intents", "k", INTENT).await;
    world.pass_s(3_600);
    let again = world.post("/payment_intents", "k", INTENT).await;
    assert_eq!((first.status, &first.body), (again.status, &again.body));
    assert!(!first.replayed() && again.replayed());
    assert_eq!(again.headers["idempotency-key"], "k");
    let reordered = "currency=usd&payment_method_types[]=card&amount=1999";
    assert!(world.post("/payment_intents", "k", reordered).await.replayed());
}

#[tokio::test]
async fn without_a_key_or_with_another_one_there_is_another_intent() {
    let world = World::new();
    let ids = [
        world.post("/payment_intents", "", INTENT).await.id(),
        world.post("/payment_intents", "", INTENT).await.id(),
        world.post("/payment_intents", "a", INTENT).await.id(),
        world.post("/payment_intents", "b", INTENT).await.id(),
    ];
    let different: std::collections::BTreeSet<_> = ids.iter().collect();
    assert_eq!(different.len(), 4);
}

#[tokio::test]
async fn a_decline_is_repeated_and_not_made_again() {
    let world = World::new();
    let id = world.intent("order").await;
    let first = world.confirm(&id, "k", "tok_chargeDeclined").await;
    let again = world.confirm(&id, "k", "tok_chargeDeclined").await;
    assert_eq!((first.status, &first.body), (402, &again.body));
    assert!(again.replayed());
    assert_eq!(
        world.find(&id).await["latest_charge"],
        first.body["error"]["charge"]
    );
}

#[tokio::test]
async fn a_key_used_for_something_else_is_an_idempotency_error() {
    let world = World::new();
    world.post("/payment_intents", "k", INTENT).await;
    let other = world
        .post("/payment_intents", "k", &INTENT.replace("1999", "2000"))
        .await;
    assert_eq!(other.refusal(), (400, "idempotency_error"));
    let id = world.intent("order").await;
    let elsewhere = world.confirm(&id, "k", "tok_visa").await;
    assert_eq!(elsewhere.refusal(), (400, "idempotency_error"));
    assert_eq!(world.find(&id).await["status"], "requires_payment_method");
}

#[tokio::test]
async fn while_the_first_request_runs_a_second_one_under_its_key_gets_409() {
    let world = Arc::new(World::new());
    let id = world.intent("order").await;
    world.hold_next_write();
    let first = tokio::spawn({
        let (world, id) = (world.clone(), id.clone());
        async move { world.confirm(&id, "k", "tok_visa").await }
    });
    world.obstacles.arrived.notified().await;
    let second = world.confirm(&id, "k", "tok_visa").await;
    assert_eq!(second.refusal(), (409, "idempotency_key_in_use"));
    world.obstacles.released.notify_one();
    let first = first.await.expect("an answer");
    assert_eq!(first.status, 200);
    // The conflict was not remembered in place of the answer.
    let third = world.confirm(&id, "k", "tok_visa").await;
    assert!(third.replayed());
    assert_eq!(third.body, first.body);
}

#[tokio::test]
async fn parameters_that_fail_validation_leave_the_key_free() {
    let world = World::new();
    let wrong = world
        .post("/payment_intents", "k", "amount=ten&currency=usd")
        .await;
    assert_eq!(wrong.refusal(), (400, "parameter_invalid_integer"));
    let right = world.post("/payment_intents", "k", INTENT).await;
    assert_eq!(right.status, 200);
    assert!(!right.replayed());
}

#[tokio::test]
async fn a_key_is_forgotten_after_a_day_and_then_makes_another_intent() {
    let world = World::new();
    let first = world.post("/payment_intents", "k", INTENT).await;
    world.pass_s(24 * 3_600 - 1);
    assert!(world.post("/payment_intents", "k", INTENT).await.replayed());
    world.pass_s(1);
    let later = world.post("/payment_intents", "k", INTENT).await;
    assert!(!later.replayed());
    assert_ne!(later.id(), first.id());
}

#[tokio::test]
async fn a_confirmation_repeated_after_its_key_was_forgotten_does_not_charge_again() {
    let world = World::new();
    let id = world.intent("order").await;
    world.confirm(&id, "k", "tok_timeout_after").await;
    world.pass_s(25 * 3_600);
    let late = world.confirm(&id, "k", "tok_timeout_after").await;
    assert_eq!(late.refusal(), (400, "payment_intent_unexpected_state"));
}

#[tokio::test]
async fn what_was_done_in_silence_is_answered_to_the_repeat() {
    let world = World::new();
    let id = world.intent("order").await;
    assert_eq!(world.confirm(&id, "k", "tok_timeout_after").await.status, 504);
    let again = world.confirm(&id, "k", "tok_timeout_after").await;
    assert_eq!((again.status, &again.body["status"]), (200, &json!("succeeded")));
    assert!(again.replayed());
    assert_eq!(world.waited_ms(), 5_000);
}

#[tokio::test]
async fn a_request_that_died_after_charging_is_taken_over_and_charges_once() {
    let world = Arc::new(World::new());
    let id = world.intent("order").await;
    world.kill_after_next_write();
    let dying = tokio::spawn({
        let (world, id) = (world.clone(), id.clone());
        async move { world.confirm(&id, "k", "tok_visa").await }
    });
    world.obstacles.arrived.notified().await;
    dying.abort();
    let soon = world.confirm(&id, "k", "tok_visa").await;
    assert_eq!(soon.refusal(), (409, "idempotency_key_in_use"));
    world.pass_s(61);
    let later = world.confirm(&id, "k", "tok_visa").await;
    assert_eq!((later.status, &later.body["status"]), (200, &json!("succeeded")));
    assert_eq!(
        later.body["latest_charge"],
        world.find(&id).await["latest_charge"]
    );
}

#[tokio::test]
async fn a_creation_that_died_after_writing_is_taken_over_with_the_same_intent() {
    let world = Arc::new(World::new());
    world.kill_after_next_write();
    let dying = tokio::spawn({
        let world = world.clone();
        async move { world.post("/payment_intents", "k", INTENT).await }
    });
    world.obstacles.arrived.notified().await;
    dying.abort();
    world.pass_s(61);
    let later = world.post("/payment_intents", "k", INTENT).await;
    assert_eq!(later.status, 200);
    // The very one that the dead request wrote: made a minute before.
    assert_eq!(later.body["created"], 1_795_266_300);
}

#[tokio::test]
async fn a_repeated_refund_gives_back_once() {
    let world = World::new();
    let id = world.intent("order").await;
    world.confirm(&id, "k", "tok_visa").await;
    let form = format!("payment_intent={id}&amount=500");
    let first = world.post("/refunds", "r", &form).await;
    let again = world.post("/refunds", "r", &form).await;
    assert_eq!(first.body, again.body);
    let shown = world
        .get(&format!("/payment_intents/{id}?expand[]=latest_charge"))
        .await;
    assert_eq!(shown.body["latest_charge"]["amount_refunded"], 500);
}

#[tokio::test]
async fn a_key_has_at_most_255_characters_and_get_ignores_it() {
    let world = World::new();
    let longest = "k".repeat(255);
    assert_eq!(world.post("/payment_intents", &longest, INTENT).await.status, 200);
    let longer = world.post("/payment_intents", &"k".repeat(256), INTENT).await;
    assert_eq!(longer.refusal(), (400, "idempotency_error"));

    let id = world.intent("order").await;
    for expected in ["requires_payment_method", "succeeded"] {
        let request = axum::http::Request::get(format!("/simulator/v1/payment_intents/{id}"))
            .header("authorization", "Bearer sk_test_contract")
            .header("idempotency-key", "same")
            .body(axum::body::Body::empty())
            .expect("a request");
        assert_eq!(world.send(request).await.body["status"], expected);
        world.confirm(&id, "k", "tok_visa").await;
    }
}
