//! Every answer has the fields and types of Stripe's published example, and no others.

use crate::world::World;
use serde_json::Value;

/// Fields that Stripe's API description allows to be null though the example has a value in them.
/// Source: `nullable` (or not `required`) in <https://github.com/stripe/openapi>.
const NULLABLE: &[&str] = &[
    "payment_intent.automatic_payment_methods",
    "payment_intent.canceled_at",
    "payment_intent.last_payment_error",
    "payment_intent.managed_payments",
    "payment_intent.next_action",
    "payment_intent.payment_method_configuration_details",
    "payment_intent.processing",
    "payment_intent.shipping",
    "payment_intent.transfer_data",
    "charge.balance_transaction",
    "charge.billing_details.name",
    "charge.description",
    "charge.payment_method_details.card.installments",
    "charge.payment_method_details.card.three_d_secure",
    "charge.payment_method_details.card.wallet",
    "charge.receipt_url",
    "charge.shipping",
    "charge.source",
    "charge.transfer_data",
    "payment_method.billing_details.address.city",
    "payment_method.billing_details.address.country",
    "payment_method.billing_details.address.line1",
    "payment_method.billing_details.address.postal_code",
    "payment_method.billing_details.address.state",
    "payment_method.billing_details.email",
    "payment_method.billing_details.phone",
    "payment_method.card.generated_from",
    "payment_method.card.wallet",
];

/// Objects that the example shows empty or with one field of many: their inside is not compared.
const OPEN: &[&str] = &[
    "payment_intent.automatic_payment_methods",
    "payment_intent.last_payment_error",
    "payment_intent.metadata",
    "payment_intent.payment_method_options",
    "charge.metadata",
    "payment_method.metadata",
    "refund.metadata",
];

fn example(name: &str) -> Value {
    let all: Value = serde_json::from_str(include_str!("../stripe_fixtures.json")).expect("fixtures");
    all[name].clone()
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn compare(path: &str, ours: &Value, theirs: &Value, differences: &mut Vec<String>) {
    match (ours, theirs) {
        // The example shows null: the field may be null, and what else it may be the example does not say.
        (_, Value::Null) => {}
        (Value::Null, _) if NULLABLE.contains(&path) => {}
        (Value::Object(_), Value::Object(_)) if OPEN.contains(&path) => {}
        (Value::Object(ours), Value::Object(theirs)) => {
            for (field, value) in theirs {
                let path = format!("{path}.{field}");
                match ours.get(field) {
                    Some(own) => compare(&path, own, value, differences),
                    None => differences.push(format!("{path} is missing")),
                }
            }
            for field in ours.keys().filter(|field| !theirs.contains_key(*field)) {
                differences.push(format!("{path}.{field} is not Stripe's"));
            }
        }
        (ours, theirs) if kind(ours) == kind(theirs) => {}
        (ours, theirs) => {
            differences.push(format!("{path} is {} instead of {}", kind(ours), kind(theirs)));
        }
    }
}

fn assert_like_stripe(name: &str, ours: &Value) {
    let mut differences = Vec::new();
    compare(name, ours, &example(name), &mut differences);
    assert_eq!(differences, Vec::<String>::new());
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
    let mut differences = Vec::new();
    compare("refund", &ours, &example("refund"), &mut differences);
    assert_eq!(
        differences,
        [
            "refund.amount is string instead of number",
            "refund.status is missing",
            "refund.extra is not Stripe's"
        ]
    );
}
