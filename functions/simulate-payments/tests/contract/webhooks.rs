//! What the provider tells unasked: which changes, in which shape, how late, and what happens if nobody listens.

use crate::like_stripe::compare;
use crate::world::World;
use serde_json::{Value, json};
use simulate_payments::{Odds, OutgoingEvent};
use std::collections::BTreeSet;
use std::sync::Arc;

fn kinds(events: &[OutgoingEvent]) -> Vec<&str> {
    events.iter().map(|event| event.kind.as_str()).collect()
}

fn body(event: &OutgoingEvent) -> Value {
    serde_json::from_str(&event.body).expect("an event is JSON")
}

#[tokio::test]
async fn an_outbox_that_is_away_changes_no_answer() {
    let world = World::new();
    world.lose_the_outbox();
    let id = world.intent("order").await;
    let declined = world.confirm(&id, "k1", "tok_chargeDeclined").await;
    assert_eq!(declined.refusal(), (402, "card_declined"));
    let paid = world.confirm(&id, "k2", "tok_visa").await;
    assert_eq!((paid.status, &paid.body["status"]), (200, &json!("succeeded")));
    assert!(world.confirm(&id, "k2", "tok_visa").await.replayed());
    let refund = world.post("/refunds", "r", &format!("payment_intent={id}")).await;
    assert_eq!(refund.status, 200);
    assert_eq!(world.told(), []);
}

#[tokio::test]
async fn an_outbox_that_hangs_is_left_alone_after_a_second() {
    let world = World::new();
    world.hang_the_outbox();
    let id = world.intent("order").await;
    let paid = world.confirm(&id, "k", "tok_visa").await;
    assert_eq!((paid.status, &paid.body["status"]), (200, &json!("succeeded")));
}

#[tokio::test]
async fn where_nobody_is_to_be_told_everything_else_is_the_same() {
    let world = World::new().untold();
    let id = world.intent("order").await;
    assert_eq!(world.confirm(&id, "k", "tok_visa").await.status, 200);
    assert_eq!(world.told(), []);
}

#[tokio::test]
async fn each_change_of_an_intent_is_told_once_with_the_intent_as_it_is_then() {
    let world = World::new();
    let id = world.intent("order").await;
    assert_eq!(world.told(), [], "an intent that was only made moves no money");
    world.confirm(&id, "k1", "tok_chargeDeclined").await;
    world.confirm(&id, "k1", "tok_chargeDeclined").await;
    let failed = world.told();
    assert_eq!(kinds(&failed), ["payment_intent.payment_failed"]);
    let told = body(&failed[0]);
    assert_eq!(told["data"]["object"], world.find(&id).await);
    assert_eq!(told["data"]["object"]["metadata"]["order_id"], "ord_1");
    assert_eq!(told["request"]["idempotency_key"], "k1");

    world.confirm(&id, "k2", "tok_chargeDeclined").await;
    let failed_again = world.told();
    assert_ne!(failed_again[0].id, failed[0].id, "two declines are two events");

    world.confirm(&id, "k3", "tok_visa").await;
    let paid = world.told();
    assert_eq!(kinds(&paid), ["payment_intent.succeeded"]);
    assert_eq!(body(&paid[0])["data"]["object"]["status"], "succeeded");

    let other = world.intent("other").await;
    world
        .post(&format!("/payment_intents/{other}/cancel"), "", "")
        .await;
    assert_eq!(kinds(&world.told()), ["payment_intent.canceled"]);
}

#[tokio::test]
async fn what_was_done_in_silence_or_broke_off_is_told_and_what_was_not_done_is_not() {
    for (token, told) in [
        ("tok_timeout_before", false),
        ("tok_timeout_after", true),
        ("tok_error_before", false),
        ("tok_error_after", true),
        ("tok_unavailable", false),
    ] {
        let world = World::new();
        let id = world.intent("order").await;
        assert!(world.confirm(&id, "k", token).await.status >= 500, "{token}");
        let events = world.told();
        assert_eq!(!kinds(&events).is_empty(), told, "{token}");
    }
}

#[tokio::test]
async fn a_refund_is_told_as_refund_and_as_charge_and_again_when_it_settles() {
    for (token, expected) in [
        ("tok_visa", vec!["refund.created", "charge.refunded"]),
        (
            "tok_pendingRefund",
            vec!["refund.created", "charge.refunded", "refund.updated"],
        ),
        (
            "tok_refundFail",
            vec![
                "refund.created",
                "charge.refunded",
                "refund.updated",
                "refund.failed",
            ],
        ),
        ("tok_refund_fails", vec!["refund.created", "refund.failed"]),
    ] {
        let world = World::new();
        let id = world.intent("order").await;
        world.confirm(&id, "k", token).await;
        world.told();
        let form = format!("payment_intent={id}&amount=500&metadata[refund_number]=1");
        world.post("/refunds", "r", &form).await;
        let events = world.told();
        assert_eq!(kinds(&events), expected, "{token}");
        for event in events {
            let told = body(&event);
            let object = &told["data"]["object"];
            assert_eq!(object["payment_intent"], json!(id), "{token} {}", event.kind);
            match event.kind.as_str() {
                "charge.refunded" => assert_eq!(object["amount_refunded"], 500, "{token}"),
                "refund.updated" => {
                    assert!((5..=8).contains(&event.delay_s), "{token}: {}", event.delay_s);
                    assert_eq!(told["created"], 1_795_266_305, "{token}");
                    world.pass_s(5);
                    let refund = object["id"].as_str().expect("an id");
                    assert_eq!(
                        world.get(&format!("/refunds/{refund}")).await.body,
                        *object,
                        "{token}"
                    );
                }
                _ => assert_eq!(object["metadata"]["refund_number"], "1", "{token}"),
            }
        }
    }
}

#[tokio::test]
async fn an_event_has_stripes_fields() {
    let world = World::new();
    let id = world.intent("order").await;
    world.confirm(&id, "k", "tok_visa").await;
    world.post("/refunds", "r", &format!("payment_intent={id}")).await;
    for event in world.told() {
        let told = body(&event);
        assert_eq!(compare("event", &told), Vec::<String>::new());
        let object = &told["data"]["object"];
        let name = object["object"].as_str().expect("a kind of object");
        assert_eq!(compare(name, object), Vec::<String>::new());
        assert_eq!(
            (&told["id"], &told["type"]),
            (&json!(event.id), &json!(event.kind))
        );
    }
}

#[tokio::test]
async fn events_overtake_each_other_and_with_odds_on_some_come_twice() {
    async fn story(seed: &str) -> Vec<(String, u32)> {
        let world = World::with_odds(seed, Odds::new(0, 0, 0).expect("odds"));
        for order in 0..200 {
            let id = world.intent(&format!("order-{order}")).await;
            world.confirm(&id, &format!("confirm-{order}"), "tok_visa").await;
        }
        world
            .told()
            .into_iter()
            .map(|event| (event.id, event.delay_s))
            .collect()
    }
    let first = story("a seed").await;
    let delays: BTreeSet<u32> = first.iter().map(|(_, delay_s)| *delay_s).collect();
    assert_eq!(delays, BTreeSet::from([0, 1, 2, 3]));
    let ids: BTreeSet<&String> = first.iter().map(|(id, _)| id).collect();
    assert_eq!(ids.len(), 200);
    // Of 200 about 20; the bounds are four standard deviations wide.
    assert!((3..=37).contains(&(first.len() - ids.len())), "{}", first.len());
    assert_eq!(first, story("a seed").await);
    assert_ne!(first, story("another seed").await);
}

#[tokio::test]
async fn without_odds_every_event_comes_once() {
    let world = World::new();
    for order in 0..50 {
        let id = world.intent(&format!("order-{order}")).await;
        world.confirm(&id, &format!("confirm-{order}"), "tok_visa").await;
    }
    let ids: BTreeSet<String> = world.told().into_iter().map(|event| event.id).collect();
    assert_eq!(ids.len(), 50);
}

#[tokio::test]
async fn a_request_that_died_after_charging_is_told_by_who_takes_it_over() {
    let world = Arc::new(World::new());
    let id = world.intent("order").await;
    world.kill_after_next_write();
    let dying = tokio::spawn({
        let (world, id) = (world.clone(), id.clone());
        async move { world.confirm(&id, "k", "tok_visa").await }
    });
    world.obstacles.arrived.notified().await;
    dying.abort();
    assert_eq!(world.told(), []);
    world.pass_s(61);
    world.confirm(&id, "k", "tok_visa").await;
    assert_eq!(kinds(&world.told()), ["payment_intent.succeeded"]);
}
