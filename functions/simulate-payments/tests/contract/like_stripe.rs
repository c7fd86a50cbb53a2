//! Whether an object has the fields and types of Stripe's published example. Also a part of the contract suite of
//! `crates/stripe`, which asks Stripe itself the same.

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

/// Fields that an object has only in some states, and the example is in another.
/// Source: <https://docs.stripe.com/api/refunds/object>.
const OPTIONAL: &[&str] = &[
    "refund.failure_balance_transaction",
    "refund.failure_reason",
    "refund.pending_reason",
];

/// Objects that the example shows empty or with one field of many: their inside is not compared.
const OPEN: &[&str] = &[
    "payment_intent.automatic_payment_methods",
    "payment_intent.last_payment_error",
    "payment_intent.metadata",
    "payment_intent.payment_method_options",
    "charge.metadata",
    "event.data.object",
    "payment_method.metadata",
    "refund.metadata",
];

/// Stripe's published example of an object.
pub fn example(name: &str) -> Value {
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

/// How an object differs in fields and types from Stripe's published example `name`, in words.
pub fn compare(name: &str, ours: &Value) -> Vec<String> {
    let mut differences = Vec::new();
    compare_at(name, ours, &example(name), &mut differences);
    differences
}

fn compare_at(path: &str, ours: &Value, theirs: &Value, differences: &mut Vec<String>) {
    match (ours, theirs) {
        // The example shows null: the field may be null, and what else it may be the example does not say.
        (_, Value::Null) => {}
        (Value::Null, _) if NULLABLE.contains(&path) => {}
        (Value::Object(_), Value::Object(_)) if OPEN.contains(&path) => {}
        (Value::Object(ours), Value::Object(theirs)) => {
            for (field, value) in theirs {
                let path = format!("{path}.{field}");
                match ours.get(field) {
                    Some(own) => compare_at(&path, own, value, differences),
                    None => differences.push(format!("{path} is missing")),
                }
            }
            let added = ours.keys().filter(|field| !theirs.contains_key(*field));
            differences.extend(
                added
                    .map(|field| format!("{path}.{field}"))
                    .filter(|path| !OPTIONAL.contains(&path.as_str()))
                    .map(|path| format!("{path} is not Stripe's")),
            );
        }
        (ours, theirs) if kind(ours) == kind(theirs) => {}
        (ours, theirs) => {
            differences.push(format!("{path} is {} instead of {}", kind(ours), kind(theirs)));
        }
    }
}
