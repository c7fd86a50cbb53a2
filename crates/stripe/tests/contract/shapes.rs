//! Everything that is answered has the fields and types of Stripe's published examples.

use crate::answerer::{Answerer, Who};
use crate::like_stripe::compare;
use serde_json::Value;

/// The simulator answers with these fields and no others. Stripe adds and drops fields from version to version; what it
/// says of a field that the example has, must be of the example's type.
fn assert_like_the_example(provider: &Answerer, name: &str, answered: &Value) {
    let mut differences = compare(name, answered);
    if provider.who == Who::Stripe {
        differences.retain(|difference| difference.contains(" instead of "));
    }
    assert_eq!(differences, Vec::<String>::new(), "{name}");
}

#[tokio::test]
async fn intents_charges_payment_methods_and_refunds_have_the_published_shapes() {
    let provider = Answerer::reach().await;
    let intent = provider.intent("shape").await;
    let fresh = provider.get(&format!("/payment_intents/{intent}")).await.body;
    assert_like_the_example(&provider, "payment_intent", &fresh);

    let declined = provider
        .confirm(&intent, "declined", "pm_card_visa_chargeDeclinedStolenCard")
        .await;
    let error = &declined.body["error"];
    assert_like_the_example(&provider, "payment_intent", &error["payment_intent"]);
    assert_like_the_example(&provider, "payment_method", &error["payment_method"]);

    let paid = provider.confirm(&intent, "paid", "pm_card_visa").await.body;
    assert_like_the_example(&provider, "payment_intent", &paid);
    let charge = paid["latest_charge"].as_str().unwrap();
    let charge = provider.get(&format!("/charges/{charge}")).await.body;
    assert_like_the_example(&provider, "charge", &charge);

    let refund = provider
        .post(
            "/refunds",
            "refund",
            &[("payment_intent", &intent), ("amount", "500")],
        )
        .await
        .body;
    assert_like_the_example(&provider, "refund", &refund);
}
