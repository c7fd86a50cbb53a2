//! Refunds: in parts, never more than the charge, repeated, listed, pending.

use crate::answerer::{Answerer, Reply};
use serde_json::json;

async fn refund(provider: &Answerer, intent: &str, key: &str, amount: &str) -> Reply {
    let form = [
        ("payment_intent", intent),
        ("amount", amount),
        ("metadata[refund_number]", amount),
    ];
    provider.post("/refunds", key, &form).await
}

#[tokio::test]
async fn what_was_not_charged_cannot_be_refunded() {
    let provider = Answerer::reach().await;
    let intent = provider.intent("unpaid").await;
    let refused = refund(&provider, &intent, "early", "500").await;
    assert_eq!(
        (refused.status, &refused.body["error"]["type"]),
        (400, &json!("invalid_request_error"))
    );
    let nowhere = refund(&provider, "pi_none", "nowhere", "500").await;
    assert_eq!(nowhere.body["error"]["code"], "resource_missing");
}

#[tokio::test]
async fn refunds_in_parts_never_exceed_the_charge() {
    let provider = Answerer::reach().await;
    let intent = provider.paid("pm_card_visa").await;
    let part = refund(&provider, &intent, "part", "1500").await;
    assert_eq!((part.status, &part.body["amount"]), (200, &json!(1_500)));
    assert_eq!(
        (&part.body["status"], &part.body["payment_intent"]),
        (&json!("succeeded"), &json!(intent))
    );
    let much = refund(&provider, &intent, "much", "500").await;
    assert_eq!(
        (much.status, &much.body["error"]["type"]),
        (400, &json!("invalid_request_error"))
    );
    let rest = provider
        .post("/refunds", "rest", &[("payment_intent", &intent)])
        .await;
    assert_eq!(rest.body["amount"], 499);
    let over = refund(&provider, &intent, "over", "1").await;
    assert_eq!(over.refusal(), (400, "charge_already_refunded"));
}

#[tokio::test]
async fn a_repeated_refund_gives_back_once() {
    let provider = Answerer::reach().await;
    let intent = provider.paid("pm_card_visa").await;
    let first = refund(&provider, &intent, "same", "500").await;
    let again = refund(&provider, &intent, "same", "500").await;
    assert_eq!((first.id(), again.replayed), (again.id(), true));
    let list = provider
        .get(&format!("/refunds?payment_intent={intent}"))
        .await
        .body;
    assert_eq!(list["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn refunds_are_listed_the_newest_first_with_what_they_were_made_for() {
    let provider = Answerer::reach().await;
    let intent = provider.paid("pm_card_visa").await;
    let none = provider
        .get(&format!("/refunds?payment_intent={intent}"))
        .await
        .body;
    assert_eq!((&none["object"], &none["data"]), (&json!("list"), &json!([])));
    let mut made = Vec::new();
    for amount in ["100", "200", "300"] {
        let one = refund(&provider, &intent, &format!("r{amount}"), amount).await;
        made.insert(0, (json!(one.id()), json!(amount)));
    }
    let page = provider
        .get(&format!("/refunds?payment_intent={intent}&limit=2"))
        .await
        .body;
    assert_eq!(page["has_more"], true);
    let last = page["data"][1]["id"].as_str().unwrap();
    let rest = provider
        .get(&format!(
            "/refunds?payment_intent={intent}&limit=2&starting_after={last}"
        ))
        .await
        .body;
    assert_eq!(rest["has_more"], false);
    let listed: Vec<_> = [&page, &rest]
        .into_iter()
        .flat_map(|page| page["data"].as_array().unwrap())
        .map(|refund| (refund["id"].clone(), refund["metadata"]["refund_number"].clone()))
        .collect();
    assert_eq!(listed, made);
}

#[tokio::test]
async fn a_refund_may_be_pending_first_and_one_that_will_fail_looks_like_any_other() {
    let provider = Answerer::reach().await;
    for (method, status) in [
        ("pm_card_pendingRefund", "pending"),
        ("pm_card_refundFail", "succeeded"),
    ] {
        let intent = provider.intent(method).await;
        let paid = provider.confirm(&intent, &format!("pay-{method}"), method).await;
        assert_eq!(paid.body["status"], "succeeded", "{method}");
        let made = refund(&provider, &intent, &format!("refund-{method}"), "500").await;
        assert_eq!(made.body["status"], status, "{method}");
    }
}
