//! Payment intents: refused, declined, repeated, paid once, cancelled.

use crate::answerer::{Answerer, NEW_INTENT};
use serde_json::json;

#[tokio::test]
async fn what_cannot_be_asked_is_refused_in_the_same_words() {
    let provider = Answerer::reach().await;
    let missing = provider.get("/payment_intents/pi_none").await;
    assert_eq!(missing.refusal(), (404, "resource_missing"));
    let stranger = provider.get_with("/payment_intents/pi_none", "nonsense").await;
    assert_eq!(stranger.refusal(), (401, "invalid_request_error"));
    for (form, refusal) in [
        (&[("currency", "usd")][..], (400, "parameter_missing")),
        (
            &[("amount", "ten"), ("currency", "usd")],
            (400, "parameter_invalid_integer"),
        ),
        (&[("amount", "1"), ("currency", "usd")], (400, "amount_too_small")),
        (
            &[("amount", "1999"), ("currency", "usd"), ("amout", "1")],
            (400, "parameter_unknown"),
        ),
    ] {
        let refused = provider.post("/payment_intents", "", form).await;
        assert_eq!(refused.refusal(), refusal, "{form:?}");
    }
    let intent = provider.intent("card").await;
    let no_card = provider.confirm(&intent, "no-card", "pm_card_typo").await;
    assert_eq!(no_card.refusal(), (400, "resource_missing"));
}

#[tokio::test]
async fn each_declined_card_answers_402_with_its_codes_and_takes_nothing() {
    let provider = Answerer::reach().await;
    for (method, code, decline_code) in [
        (
            "pm_card_visa_chargeDeclined",
            "card_declined",
            Some("generic_decline"),
        ),
        (
            "pm_card_visa_chargeDeclinedInsufficientFunds",
            "card_declined",
            Some("insufficient_funds"),
        ),
        (
            "pm_card_visa_chargeDeclinedLostCard",
            "card_declined",
            Some("lost_card"),
        ),
        (
            "pm_card_visa_chargeDeclinedStolenCard",
            "card_declined",
            Some("stolen_card"),
        ),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", None),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", None),
        ("pm_card_chargeDeclinedProcessingError", "processing_error", None),
    ] {
        let intent = provider.intent(method).await;
        let declined = provider
            .confirm(&intent, &format!("confirm-{method}"), method)
            .await;
        let error = &declined.body["error"];
        assert_eq!(
            (declined.status, &error["type"]),
            (402, &json!("card_error")),
            "{method}"
        );
        assert_eq!(
            (&error["code"], error["decline_code"].as_str()),
            (&json!(code), decline_code),
            "{method}"
        );
        let found = provider.get(&format!("/payment_intents/{intent}")).await.body;
        assert_eq!(found["status"], "requires_payment_method", "{method}");
        assert_eq!(found["amount_received"], 0, "{method}");
        assert_eq!(found["last_payment_error"]["code"], code, "{method}");
        assert_eq!(found["last_payment_error"]["charge"], error["charge"], "{method}");
    }
}

#[tokio::test]
async fn two_declines_of_one_intent_are_two_charges_and_another_card_still_pays() {
    let provider = Answerer::reach().await;
    let intent = provider.intent("twice").await;
    let first = provider
        .confirm(&intent, "1", "pm_card_visa_chargeDeclined")
        .await;
    let second = provider
        .confirm(&intent, "2", "pm_card_visa_chargeDeclined")
        .await;
    assert!(first.body["error"]["charge"].is_string(), "{first:?}");
    assert_ne!(first.body["error"]["charge"], second.body["error"]["charge"]);
    let paid = provider.confirm(&intent, "3", "pm_card_visa").await;
    assert_eq!(paid.body["status"], "succeeded");
    assert_eq!(paid.body["last_payment_error"], json!(null));
}

#[tokio::test]
async fn the_same_request_under_the_same_key_gets_the_same_answer_and_another_is_refused() {
    let provider = Answerer::reach().await;
    let first = provider.post("/payment_intents", "same", NEW_INTENT).await;
    let again = provider.post("/payment_intents", "same", NEW_INTENT).await;
    assert_eq!((first.id(), first.replayed), (again.id(), false));
    assert!(again.replayed);
    let other = provider
        .post(
            "/payment_intents",
            "same",
            &[("amount", "2000"), ("currency", "usd")],
        )
        .await;
    assert_eq!(
        (other.status, &other.body["error"]["type"]),
        (400, &json!("idempotency_error"))
    );

    let declined = provider
        .confirm(first.id(), "decline", "pm_card_visa_chargeDeclined")
        .await;
    let repeated = provider
        .confirm(first.id(), "decline", "pm_card_visa_chargeDeclined")
        .await;
    assert_eq!((declined.status, repeated.replayed), (402, true));
    assert_eq!(declined.body["error"]["charge"], repeated.body["error"]["charge"]);
}

#[tokio::test]
async fn an_intent_is_charged_once() {
    let provider = Answerer::reach().await;
    let intent = provider.intent("once").await;
    let paid = provider.confirm(&intent, "first", "pm_card_visa").await;
    assert_eq!((paid.status, &paid.body["status"]), (200, &json!("succeeded")));
    assert_eq!(paid.body["amount_received"], 1_999);
    assert_eq!(paid.body["metadata"]["order_id"], "ord_contract");
    let again = provider.confirm(&intent, "second", "pm_card_mastercard").await;
    assert_eq!(again.refusal(), (400, "payment_intent_unexpected_state"));
    assert_eq!(again.body["error"]["payment_intent"]["status"], "succeeded");
    let found = provider.get(&format!("/payment_intents/{intent}")).await.body;
    assert_eq!(found["latest_charge"], paid.body["latest_charge"]);
}

#[tokio::test]
async fn a_cancelled_intent_cannot_be_paid_and_a_paid_one_not_cancelled() {
    let provider = Answerer::reach().await;
    let intent = provider.intent("cancel").await;
    let cancel = format!("/payment_intents/{intent}/cancel");
    let cancelled = provider.post(&cancel, "cancel-it", &[]).await;
    assert_eq!(cancelled.body["status"], "canceled");
    let late = provider.confirm(&intent, "late", "pm_card_visa").await;
    assert_eq!(late.refusal(), (400, "payment_intent_unexpected_state"));
    let paid = provider.paid("pm_card_visa").await;
    let cancel = format!("/payment_intents/{paid}/cancel");
    let late = provider.post(&cancel, "cancel-late", &[]).await;
    assert_eq!(late.refusal(), (400, "payment_intent_unexpected_state"));
}
