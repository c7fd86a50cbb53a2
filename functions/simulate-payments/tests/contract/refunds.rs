//! How refunds go: lost, broken off, failed, pending, repeated and found again.

use crate::world::{Reply, World};
use serde_json::json;
use simulate_payments::Odds;

impl World {
    /// An intent of 19.99 that this card has paid; its id.
    async fn paid(&self, token: &str) -> String {
        let id = self.intent(&format!("intent-{token}")).await;
        let paid = self.confirm(&id, &format!("confirm-{token}"), token).await;
        assert_eq!(paid.status, 200, "{:?}", paid.body);
        id
    }

    async fn refund(&self, intent: &str, key: &str, amount: u32) -> Reply {
        let form = format!("payment_intent={intent}&amount={amount}&metadata[refund_number]={amount}");
        self.post("/refunds", key, &form).await
    }

    /// The amounts and states of an intent's refunds, the newest first.
    async fn refunds(&self, intent: &str) -> Vec<(u64, String)> {
        let list = self
            .get(&format!("/refunds?payment_intent={intent}&limit=100"))
            .await;
        assert_eq!(list.status, 200, "{:?}", list.body);
        let data = list.body["data"].as_array().expect("a list").clone();
        data.iter()
            .map(|refund| {
                let status = refund["status"].as_str().expect("a status");
                (refund["amount"].as_u64().expect("an amount"), status.to_owned())
            })
            .collect()
    }
}

#[tokio::test]
async fn silence_before_a_refund_gives_nothing_back_and_a_repeat_under_the_same_key_does() {
    let world = World::new();
    let id = world.paid("tok_refund_timeout_before").await;
    let lost = world.refund(&id, "r", 500).await;
    assert_eq!(lost.refusal(), (504, "api_error"));
    assert_eq!(world.waited_ms(), 5_000);
    assert_eq!(world.refunds(&id).await, []);
    let again = world.refund(&id, "r", 500).await;
    assert_eq!((again.status, again.replayed()), (200, false));
    assert_eq!(world.refunds(&id).await, [(500, "succeeded".to_owned())]);
}

#[tokio::test]
async fn silence_after_a_refund_has_given_back_and_a_repeat_gets_that_answer() {
    let world = World::new();
    let id = world.paid("tok_refund_timeout_after").await;
    assert_eq!(world.refund(&id, "r", 500).await.status, 504);
    assert_eq!(world.refunds(&id).await, [(500, "succeeded".to_owned())]);
    let again = world.refund(&id, "r", 500).await;
    assert_eq!((again.status, again.replayed()), (200, true));
    assert_eq!(world.refunds(&id).await.len(), 1);
}

#[tokio::test]
async fn a_refund_that_broke_off_is_500_under_its_key_for_a_day_whatever_it_did() {
    let world = World::new();
    for (token, done) in [("tok_refund_error_before", 0), ("tok_refund_error_after", 1)] {
        let id = world.paid(token).await;
        for _ in 0..3 {
            let broken = world.refund(&id, token, 500).await;
            assert_eq!(broken.refusal(), (500, "api_error"), "{token}");
        }
        assert_eq!(world.refunds(&id).await.len(), done, "{token}");
        // Under another key it is another request.
        assert_eq!(world.refund(&id, &format!("{token}-2"), 500).await.status, 200);
        assert_eq!(world.refunds(&id).await.len(), done + 1, "{token}");
    }
}

#[tokio::test]
async fn a_provider_that_is_away_for_refunds_gives_nothing_back() {
    let world = World::new();
    let id = world.paid("tok_refund_unavailable").await;
    for key in ["r", "r", "s"] {
        assert_eq!(world.refund(&id, key, 500).await.refusal(), (503, "api_error"));
    }
    assert_eq!(world.refunds(&id).await, []);
}

#[tokio::test]
async fn a_refund_that_failed_says_why_and_its_money_can_be_refunded_again() {
    let world = World::new();
    let id = world.paid("tok_refund_fails").await;
    let failed = world.refund(&id, "r", 1_999).await;
    assert_eq!((failed.status, &failed.body["status"]), (200, &json!("failed")));
    assert_eq!(failed.body["failure_reason"], "expired_or_canceled_card");
    assert_eq!(world.refund(&id, "s", 1_999).await.status, 200);
}

#[tokio::test]
async fn a_pending_refund_succeeds_and_another_fails_as_time_goes_by() {
    let world = World::new();
    for (token, first, then, refunded) in [
        ("tok_pendingRefund", "pending", "succeeded", 500),
        ("tok_refundFail", "succeeded", "failed", 0),
    ] {
        let id = world.paid(token).await;
        let made = world.refund(&id, token, 500).await;
        assert_eq!(made.body["status"], first, "{token}");
        world.pass_s(4);
        assert_eq!(world.refunds(&id).await, [(500, first.to_owned())], "{token}");
        world.pass_s(1);
        assert_eq!(world.refunds(&id).await, [(500, then.to_owned())], "{token}");
        let shown = world
            .get(&format!("/payment_intents/{id}?expand[]=latest_charge"))
            .await;
        assert_eq!(
            shown.body["latest_charge"]["amount_refunded"], refunded,
            "{token}"
        );
        // What was answered under the key stays what was answered.
        assert_eq!(
            world.refund(&id, token, 500).await.body["status"],
            first,
            "{token}"
        );
    }
}

#[tokio::test]
async fn refunds_are_listed_by_intent_and_by_charge_page_by_page() {
    let world = World::new();
    let id = world.paid("tok_visa").await;
    for amount in [100, 200, 300] {
        world.refund(&id, &format!("r{amount}"), amount).await;
    }
    let charge = world.find(&id).await["latest_charge"].clone();
    let charge = charge.as_str().expect("a charge");
    for of in [format!("payment_intent={id}"), format!("charge={charge}")] {
        let first = world.get(&format!("/refunds?{of}&limit=2")).await.body;
        assert_eq!(
            (&first["object"], &first["url"]),
            (&json!("list"), &json!("/v1/refunds"))
        );
        assert_eq!(
            (&first["has_more"], &first["data"][0]["amount"]),
            (&json!(true), &json!(300))
        );
        assert_eq!(first["data"][1]["metadata"]["refund_number"], "200");
        let last = first["data"][1]["id"].as_str().expect("an id");
        let rest = world
            .get(&format!("/refunds?{of}&limit=2&starting_after={last}"))
            .await
            .body;
        assert_eq!(
            (&rest["has_more"], &rest["data"][0]["amount"]),
            (&json!(false), &json!(100))
        );
        assert_eq!(rest["data"].as_array().expect("a list").len(), 1);
    }
}

#[tokio::test]
async fn a_list_of_nothing_is_empty_and_a_wrong_question_is_refused() {
    let world = World::new();
    let id = world.paid("tok_visa").await;
    assert_eq!(world.refunds(&id).await, []);
    for (query, refusal) in [
        ("", (400, "invalid_request_error")),
        ("?payment_intent=pi_none", (404, "resource_missing")),
        (
            &format!("?payment_intent={id}&limit=0"),
            (400, "parameter_invalid_integer"),
        ),
        (
            &format!("?payment_intent={id}&limit=101"),
            (400, "parameter_invalid_integer"),
        ),
        (
            &format!("?payment_intent={id}&starting_after=re_none"),
            (400, "resource_missing"),
        ),
        (
            &format!("?payment_intent={id}&customer=cus_1"),
            (400, "parameter_unknown"),
        ),
    ] {
        let refused = world.get(&format!("/refunds{query}")).await;
        assert_eq!(refused.refusal(), refusal, "{query}");
    }
}

#[tokio::test]
async fn with_odds_on_refunds_are_lost_too_and_whoever_asks_again_gets_through_once() {
    let world = World::with_odds("seed", Odds::new(0, 100, 50).expect("odds"));
    let (mut lost_before, mut lost_after) = (0, 0);
    for order in 0..20 {
        let id = world.intent(&format!("order-{order}")).await;
        // Every answer is lost; the charge itself comes about sooner or later.
        for attempt in 0.. {
            world
                .confirm(&id, &format!("{order}-{attempt}"), "tok_visa")
                .await;
            if world.find(&id).await["status"] == "succeeded" {
                break;
            }
            assert!(attempt < 49, "chance repeats itself");
        }
        let key = format!("refund-{order}");
        let mut tries = 1;
        while world.refund(&id, &key, 1_999).await.status != 200 {
            match world.refunds(&id).await.len() {
                0 => lost_before += 1,
                _ => lost_after += 1,
            }
            tries += 1;
            assert!(tries <= 4, "chance loses a refund for ever");
        }
        assert_eq!(world.refunds(&id).await, [(1_999, "succeeded".to_owned())]);
    }
    assert!(lost_before > 0 && lost_after > 0, "{lost_before} {lost_after}");
}
