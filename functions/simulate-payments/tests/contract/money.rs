//! One intent is charged once, and no more is given back than was taken.

use crate::world::World;
use serde_json::json;
use std::sync::Arc;

#[tokio::test]
async fn an_intent_that_succeeded_cannot_be_confirmed_again() {
    let world = World::new();
    let id = world.intent("once").await;
    let paid = world.confirm(&id, "k1", "tok_visa").await;
    let again = world.confirm(&id, "k2", "tok_mastercard").await;
    assert_eq!(again.refusal(), (400, "payment_intent_unexpected_state"));
    assert_eq!(again.body["error"]["payment_intent"]["status"], "succeeded");
    assert_eq!(world.find(&id).await["latest_charge"], paid.body["latest_charge"]);
}

#[tokio::test]
async fn of_twenty_parallel_confirmations_with_keys_of_their_own_one_charges() {
    let world = Arc::new(World::new());
    let id = world.intent("parallel").await;
    let mut tasks = Vec::new();
    for attempt in 0..20 {
        let (world, id) = (world.clone(), id.clone());
        tasks.push(tokio::spawn(async move {
            world.confirm(&id, &format!("k{attempt}"), "tok_visa").await
        }));
    }
    let mut paid = 0;
    for task in tasks {
        let reply = task.await.expect("an answer");
        match reply.refusal() {
            (200, _) => paid += 1,
            (400, "payment_intent_unexpected_state") | (429, "lock_timeout") => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(paid, 1);
    assert_eq!(world.find(&id).await["amount_received"], 1999);
}

#[tokio::test]
async fn who_loses_the_race_for_an_intent_is_told_lock_timeout_and_has_done_nothing() {
    let world = Arc::new(World::new());
    let id = world.intent("race").await;
    world.hold_next_write();
    let slow = tokio::spawn({
        let (world, id) = (world.clone(), id.clone());
        async move { world.confirm(&id, "slow", "tok_visa").await }
    });
    world.obstacles.arrived.notified().await;
    let fast = world.confirm(&id, "fast", "tok_mastercard").await;
    assert_eq!(fast.status, 200);
    world.obstacles.released.notify_one();
    assert_eq!(slow.await.expect("an answer").refusal(), (429, "lock_timeout"));
    assert_eq!(world.find(&id).await["latest_charge"], fast.body["latest_charge"]);
    // A conflict is not remembered under the key: asked again, it finds where the intent is now.
    let again = world.confirm(&id, "slow", "tok_visa").await;
    assert_eq!(again.refusal(), (400, "payment_intent_unexpected_state"));
}

#[tokio::test]
async fn an_intent_may_be_created_and_confirmed_in_one_request() {
    let world = World::new();
    let form = "amount=500&currency=eur&confirm=true&payment_method=pm_card_visa&payment_method_types[]=card";
    let paid = world.post("/payment_intents", "k", form).await;
    assert_eq!(paid.body["status"], "succeeded");
    let form = "amount=500&currency=eur&confirm=true&payment_method=pm_card_visa_chargeDeclined&payment_method_types[]=card";
    let declined = world.post("/payment_intents", "k2", form).await;
    assert_eq!(declined.refusal(), (402, "card_declined"));
}

#[tokio::test]
async fn a_payment_method_given_at_creation_waits_for_confirmation() {
    let world = World::new();
    let form = "amount=500&currency=eur&payment_method=pm_card_visa&payment_method_types[]=card";
    let made = world.post("/payment_intents", "", form).await;
    assert_eq!(made.body["status"], "requires_confirmation");
    assert_eq!(made.body["amount_received"], 0);
    let paid = world
        .post(&format!("/payment_intents/{}/confirm", made.id()), "", "")
        .await;
    assert_eq!(paid.body["status"], "succeeded");
}

#[tokio::test]
async fn a_cancelled_intent_cannot_be_paid_and_a_paid_one_not_cancelled() {
    let world = World::new();
    let id = world.intent("cancel").await;
    let cancel = format!("/payment_intents/{id}/cancel");
    let cancelled = world.post(&cancel, "", "cancellation_reason=abandoned").await;
    assert_eq!(cancelled.body["status"], "canceled");
    assert_eq!(cancelled.body["cancellation_reason"], "abandoned");
    assert!(cancelled.body["canceled_at"].is_number());
    let late = world.confirm(&id, "k", "tok_visa").await;
    assert_eq!(late.refusal(), (400, "payment_intent_unexpected_state"));

    let id = world.intent("paid").await;
    world.confirm(&id, "k2", "tok_visa").await;
    let late = world.post(&format!("/payment_intents/{id}/cancel"), "", "").await;
    assert_eq!(late.refusal(), (400, "payment_intent_unexpected_state"));
}

#[tokio::test]
async fn refunds_in_parts_never_exceed_the_charge() {
    let world = World::new();
    let id = world.intent("refund").await;
    let early = world.post("/refunds", "", &format!("payment_intent={id}")).await;
    assert_eq!(early.status, 400);
    let paid = world.confirm(&id, "k", "tok_visa").await;
    let charge = paid.body["latest_charge"].as_str().expect("a charge");
    let part = world
        .post(
            "/refunds",
            "r1",
            &format!("charge={charge}&amount=1000&metadata[line]=1"),
        )
        .await;
    assert_eq!((part.status, &part.body["amount"]), (200, &json!(1000)));
    assert_eq!(part.body["metadata"]["line"], "1");
    let much = world
        .post("/refunds", "", &format!("charge={charge}&amount=1000"))
        .await;
    assert_eq!(
        (much.status, &much.body["error"]["param"]),
        (400, &json!("amount"))
    );
    let rest = world.post("/refunds", "", &format!("payment_intent={id}")).await;
    assert_eq!(rest.body["amount"], 999);
    let over = world.post("/refunds", "", &format!("payment_intent={id}")).await;
    assert_eq!(over.refusal(), (400, "charge_already_refunded"));
    let shown = world.get(&format!("/charges/{charge}")).await.body;
    assert_eq!(
        (&shown["amount_refunded"], &shown["refunded"]),
        (&json!(1999), &json!(true))
    );
}

#[tokio::test]
async fn a_card_declined_fifty_times_is_turned_away_without_an_attempt() {
    let world = World::new();
    let id = world.intent("stubborn").await;
    for attempt in 0..50 {
        world
            .confirm(&id, &format!("k{attempt}"), "tok_chargeDeclined")
            .await;
    }
    let last = world.confirm(&id, "last", "tok_visa").await;
    assert_eq!(last.refusal(), (402, "card_decline_rate_limit_exceeded"));
}
