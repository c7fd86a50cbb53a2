//! Every answer has the fields and types of Stripe's published example, and no others.

use crate::like_stripe::{compare, example};
use crate::world::World;
use serde_json::Value;

fn assert_like_stripe(name: &str, ours: &Value) {
    assert_eq!(compare(name, ours), Vec::<String>::new());
}

#[tokio::test]
async fn an_intent_has_stripes_fields_in_every_state() {
    let world = World::new();
    let fresh = world
        .post("/payment_intents", "", "amount=1999&currency=usd")
        .await;
    assert_like_stripe("payment_intent", &fresh.body);

    let id = world.intent("fields").await;
    let declined = world.confirm(&id, "k1", "tok_chargeDeclined").await;
    assert_like_stripe("payment_intent", &declined.body["error"]["payment_intent"]);
    assert_like_stripe("payment_method", &declined.body["error"]["payment_method"]);
    assert_like_stripe("payment_intent", &world.find(&id).await);

    assert_like_stripe("payment_intent", &world.confirm(&id, "k2", "tok_visa").await.body);
    let other = world.intent("cancelled").await;
    let cancelled = world
        .post(&format!("/payment_intents/{other}/cancel"), "", "")
        .await;
    assert_like_stripe("payment_intent", &cancelled.body);
}

#[tokio::test]
async fn a_charge_and_a_refund_have_stripes_fields() {
    let world = World::new();
    let id = world.intent("charge").await;
    let declined = world.confirm(&id, "k1", "tok_chargeDeclinedStolenCard").await;
    let failed = declined.body["error"]["charge"].as_str().expect("a charge");
    assert_like_stripe("charge", &world.get(&format!("/charges/{failed}")).await.body);

    let paid = world.confirm(&id, "k2", "tok_visa").await;
    let charge = paid.body["latest_charge"].as_str().expect("a charge");
    assert_like_stripe("charge", &world.get(&format!("/charges/{charge}")).await.body);

    let refund = world
        .post("/refunds", "", &format!("payment_intent={id}&amount=999"))
        .await;
    assert_like_stripe("refund", &refund.body);
    assert_like_stripe("charge", &world.get(&format!("/charges/{charge}")).await.body);
    let found = world.get(&format!("/refunds/{}", refund.id())).await;
    assert_eq!(found.body, refund.body);
}

#[tokio::test]
async fn an_expanded_charge_is_shown_whole() {
    let world = World::new();
    let id = world.intent("expanded").await;
    world.confirm(&id, "k", "tok_visa").await;
    let shown = world
        .get(&format!("/payment_intents/{id}?expand[]=latest_charge"))
        .await;
    assert_like_stripe("charge", &shown.body["latest_charge"]);
    let refused = world
        .get(&format!("/payment_intents/{id}?expand[]=customer"))
        .await;
    assert_eq!(refused.status, 400);
}

#[test]
fn the_comparison_sees_what_is_missing_of_another_type_or_added() {
    let mut ours = example("refund");
    ours["amount"] = Value::from("100");
    ours["extra"] = Value::from(1);
    ours.as_object_mut().expect("an object").remove("status");
    assert_eq!(
        compare("refund", &ours),
        [
            "refund.amount is string instead of number",
            "refund.status is missing",
            "refund.extra is not Stripe's"
        ]
    );
}
