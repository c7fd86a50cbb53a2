//! What each test card does, and what chance does.

use crate::world::World;
use serde_json::json;
use simulate_payments::Odds;

#[tokio::test]
async fn a_good_card_is_charged_by_token_and_by_payment_method() {
    let world = World::new();
    let id = world.intent("token").await;
    let paid = world.confirm(&id, "k", "tok_visa").await;
    assert_eq!((paid.status, &paid.body["status"]), (200, &json!("succeeded")));
    assert_eq!(paid.body["amount_received"], 1999);
    assert_eq!(paid.body["metadata"]["order_id"], "ord_1");

    let id = world.intent("method").await;
    let paid = world
        .post(
            &format!("/payment_intents/{id}/confirm"),
            "k2",
            "payment_method=pm_card_mastercard",
        )
        .await;
    assert_eq!((paid.status, &paid.body["status"]), (200, &json!("succeeded")));
}

#[tokio::test]
async fn each_declined_card_answers_402_with_stripes_codes_and_takes_nothing() {
    let world = World::new();
    for (token, code, decline_code) in [
        ("tok_chargeDeclined", "card_declined", Some("generic_decline")),
        (
            "tok_visa_chargeDeclined",
            "card_declined",
            Some("generic_decline"),
        ),
        (
            "tok_insufficient_funds",
            "card_declined",
            Some("insufficient_funds"),
        ),
        (
            "tok_chargeDeclinedInsufficientFunds",
            "card_declined",
            Some("insufficient_funds"),
        ),
        ("tok_chargeDeclinedLostCard", "card_declined", Some("lost_card")),
        (
            "tok_chargeDeclinedStolenCard",
            "card_declined",
            Some("stolen_card"),
        ),
        (
            "tok_chargeDeclinedFraudulent",
            "card_declined",
            Some("fraudulent"),
        ),
        ("tok_chargeDeclinedExpiredCard", "expired_card", None),
        ("tok_chargeDeclinedIncorrectCvc", "incorrect_cvc", None),
        ("tok_chargeDeclinedProcessingError", "processing_error", None),
        (
            "tok_issuer_not_available",
            "card_declined",
            Some("issuer_not_available"),
        ),
    ] {
        let id = world.intent(token).await;
        let declined = world.confirm(&id, &format!("confirm-{token}"), token).await;
        let error = &declined.body["error"];
        assert_eq!(declined.status, 402, "{token}");
        assert_eq!(error["type"], "card_error", "{token}");
        assert_eq!(error["code"], code, "{token}");
        assert_eq!(error["decline_code"].as_str(), decline_code, "{token}");
        assert!(
            error["message"].is_string() && error["doc_url"].is_string(),
            "{token}"
        );
        let intent = &error["payment_intent"];
        assert_eq!(intent["status"], "requires_payment_method", "{token}");
        assert_eq!(intent["amount_received"], 0, "{token}");
        assert_eq!(intent["payment_method"], json!(null), "{token}");
        assert_eq!(intent["last_payment_error"]["code"], code, "{token}");
        assert_eq!(intent["latest_charge"], error["charge"], "{token}");
    }
}

#[tokio::test]
async fn a_declined_intent_may_be_confirmed_with_another_card() {
    let world = World::new();
    let id = world.intent("retry").await;
    world.confirm(&id, "k1", "tok_chargeDeclined").await;
    let paid = world.confirm(&id, "k2", "tok_visa").await;
    assert_eq!(paid.body["status"], "succeeded");
    assert_eq!(paid.body["last_payment_error"], json!(null));
}

#[tokio::test]
async fn a_card_that_succeeds_third_is_declined_twice_on_each_intent() {
    let world = World::new();
    for order in ["one", "two"] {
        let id = world.intent(order).await;
        // Another card's decline does not count.
        world
            .confirm(&id, &format!("{order}-0"), "tok_chargeDeclined")
            .await;
        for (number, status) in [(1, 402), (2, 402), (3, 200)] {
            let reply = world
                .confirm(&id, &format!("{order}-{number}"), "tok_succeeds_third")
                .await;
            assert_eq!(reply.status, status, "{order} {number}");
            if status == 402 {
                assert_eq!(reply.body["error"]["decline_code"], "insufficient_funds");
            }
        }
    }
}

#[tokio::test]
async fn a_confirmation_that_broke_off_is_500_under_its_key_and_only_the_intent_tells_what_it_did() {
    let world = World::new();
    for (token, status) in [
        ("tok_error_before", "requires_payment_method"),
        ("tok_error_after", "succeeded"),
    ] {
        let id = world.intent(token).await;
        for _ in 0..3 {
            let broken = world.confirm(&id, &format!("confirm-{token}"), token).await;
            assert_eq!(broken.refusal(), (500, "api_error"), "{token}");
        }
        assert_eq!(world.find(&id).await["status"], status, "{token}");
    }
}

#[tokio::test]
async fn silence_before_the_charge_takes_nothing_and_silence_after_it_has_taken() {
    let world = World::new();
    for (token, status, received) in [
        ("tok_timeout_before", "requires_payment_method", 0),
        ("tok_timeout_after", "succeeded", 1999),
    ] {
        let before_ms = world.waited_ms();
        let id = world.intent(token).await;
        let lost = world.confirm(&id, &format!("confirm-{token}"), token).await;
        assert_eq!(lost.refusal(), (504, "api_error"), "{token}");
        assert_eq!(world.waited_ms() - before_ms, 5_000, "{token}");
        let found = world.find(&id).await;
        assert_eq!(found["status"], status, "{token}");
        assert_eq!(found["amount_received"], received, "{token}");
        assert_eq!(found["last_payment_error"], json!(null), "{token}");
    }
}

#[tokio::test]
async fn an_unavailable_provider_says_503_at_once_and_takes_nothing() {
    let world = World::new();
    let id = world.intent("away").await;
    let away = world.confirm(&id, "k", "tok_unavailable").await;
    assert_eq!(away.refusal(), (503, "api_error"));
    assert_eq!(world.waited_ms(), 0);
    assert_eq!(world.find(&id).await["status"], "requires_payment_method");
    assert_eq!(world.confirm(&id, "k", "tok_visa").await.status, 200);
}

#[tokio::test]
async fn with_odds_good_cards_are_left_to_chance_and_the_same_seed_decides_the_same() {
    async fn story(seed: &str) -> Vec<(u16, String)> {
        let world = World::with_odds(seed, Odds::default());
        let mut story = Vec::new();
        for order in 0..200 {
            let id = world.intent(&format!("order-{order}")).await;
            let reply = world.confirm(&id, &format!("{order}-1"), "tok_visa").await;
            let status = world.find(&id).await["status"]
                .as_str()
                .expect("a status")
                .to_owned();
            story.push((reply.status, status));
        }
        story
    }
    let first = story("a seed").await;
    let count = |status: u16, intent: &str| {
        first
            .iter()
            .filter(|(answer, found)| *answer == status && found == intent)
            .count()
    };
    // Of 200: about 120, 40, 20 and 20; bounds are four standard deviations wide.
    assert!((92..=148).contains(&count(200, "succeeded")), "{first:?}");
    assert!(
        (17..=63).contains(&count(402, "requires_payment_method")),
        "{first:?}"
    );
    assert!(
        (3..=37).contains(&count(504, "requires_payment_method")),
        "{first:?}"
    );
    assert!((3..=37).contains(&count(504, "succeeded")), "{first:?}");
    assert_eq!(first, story("a seed").await);
    assert_ne!(first, story("another seed").await);
}

#[tokio::test]
async fn odds_leave_named_outcomes_alone_and_chance_moves_on_after_silence() {
    let always_silent = Odds::new(0, 100, 0).expect("odds");
    let world = World::with_odds("seed", always_silent);
    let id = world.intent("named").await;
    let declined = world.confirm(&id, "k", "tok_chargeDeclinedStolenCard").await;
    assert_eq!(declined.body["error"]["decline_code"], "stolen_card");

    let world = World::with_odds("seed", Odds::new(0, 50, 0).expect("odds"));
    for order in 0..20 {
        let id = world.intent(&format!("order-{order}")).await;
        let mut tries = 0;
        while world
            .confirm(&id, &format!("one-key-{order}"), "tok_visa")
            .await
            .status
            != 200
        {
            tries += 1;
            assert!(tries < 30, "a key that was lost is lost for ever");
        }
    }
}

#[tokio::test]
async fn banks_that_decline_every_card_decline_as_a_bank_does_and_take_nothing_back() {
    let world = World::new();
    let paid = world.intent("before").await;
    world.confirm(&paid, "k1", "tok_visa").await;
    let id = world.intent("during").await;
    world.decline_all(true);
    for (number, card) in [
        "tok_visa",
        "tok_timeout_after",
        "tok_unavailable",
        "tok_succeeds_second",
    ]
    .into_iter()
    .enumerate()
    {
        let declined = world.confirm(&id, &format!("k2-{number}"), card).await;
        assert_eq!(declined.refusal(), (402, "card_declined"), "{card}");
        assert_eq!(
            declined.body["error"]["decline_code"], "generic_decline",
            "{card}"
        );
    }
    let found = world.find(&id).await;
    assert_eq!(
        (&found["status"], &found["amount_received"]),
        (&json!("requires_payment_method"), &json!(0))
    );
    // What was charged before is charged, also for whoever asks again.
    let again = world.confirm(&paid, "k1", "tok_visa").await;
    assert_eq!((again.status, &again.body["status"]), (200, &json!("succeeded")));

    world.decline_all(false);
    let charged = world.confirm(&id, "k3", "tok_visa").await;
    assert_eq!(
        (charged.status, &charged.body["status"]),
        (200, &json!("succeeded"))
    );
}

#[tokio::test]
async fn while_nobody_knows_what_the_banks_do_nobody_is_charged() {
    let world = World::new();
    let id = world.intent("unknown").await;
    world.lose_the_banks();
    let refused = world.confirm(&id, "k", "tok_visa").await;
    assert_eq!(refused.status, 503, "{:?}", refused.body);
    let found = world.find(&id).await;
    assert_eq!(found["amount_received"], 0);
}
