//! How things are shown: Stripe's objects with all their fields, those that the simulator has no use for empty.
//!
//! Sources: <https://docs.stripe.com/api/payment_intents/object>, <https://docs.stripe.com/api/charges/object>,
//! <https://docs.stripe.com/api/refunds/object>, and Stripe's published fixtures, which the tests compare with.

use crate::cards::{self, Card, Decline};
use crate::errors::ApiError;
use crate::intents::{Charge, Intent, Method, Refund, RefundStatus, Status};
use domain::ids::fingerprint;
use serde_json::{Value, json};

/// What an intent has at Stripe and never here.
const UNUSED_OF_INTENT: &[&str] = &[
    "application",
    "application_fee_amount",
    "customer",
    "customer_account",
    "excluded_payment_method_types",
    "managed_payments",
    "next_action",
    "on_behalf_of",
    "payment_method_configuration_details",
    "processing",
    "review",
    "setup_future_usage",
    "shipping",
    "source",
    "transfer_data",
    "transfer_group",
];

/// What a charge has at Stripe and never here.
const UNUSED_OF_CHARGE: &[&str] = &[
    "application",
    "application_fee",
    "application_fee_amount",
    "customer",
    "failure_balance_transaction",
    "on_behalf_of",
    "receipt_number",
    "receipt_url",
    "review",
    "shipping",
    "source",
    "source_transfer",
    "transfer_data",
    "transfer_group",
];

/// A payment intent; `with_charge` shows its latest charge whole instead of by its id.
pub(crate) fn intent(intent: &Intent, with_charge: bool) -> Value {
    let latest = intent.charges.last();
    let shown = json!({
        "id": intent.id,
        "object": "payment_intent",
        "amount": intent.amount,
        "amount_capturable": 0,
        "amount_details": { "tip": {} },
        "amount_received": if intent.status == Status::Succeeded { intent.amount } else { 0 },
        "automatic_payment_methods": intent.automatic_redirects.map(|redirects| json!({
            "allow_redirects": if redirects { "always" } else { "never" },
            "enabled": true,
        })),
        "canceled_at": intent.canceled_at_s,
        "cancellation_reason": intent.cancellation_reason,
        "capture_method": intent.capture_method,
        "client_secret": intent.client_secret,
        "confirmation_method": "automatic",
        "created": intent.created_s,
        "currency": intent.currency,
        "description": intent.description,
        "last_payment_error": intent.last_decline().map(|(charge, decline)| {
            json!(decline_error(charge, decline).fields())
        }),
        "latest_charge": latest.map(|charge| {
            if with_charge { self::charge(intent, charge) } else { json!(charge.id) }
        }),
        "livemode": false,
        "metadata": intent.metadata,
        "payment_method": intent.method.as_ref().map(|method| &method.id),
        "payment_method_options": {
            "card": { "installments": null, "mandate_options": null, "network": null, "request_three_d_secure": "automatic" }
        },
        "payment_method_types": ["card"],
        "receipt_email": intent.receipt_email,
        "statement_descriptor": intent.statement_descriptor,
        "statement_descriptor_suffix": intent.statement_descriptor_suffix,
        "status": intent.status.name(),
    });
    with_empty(shown, UNUSED_OF_INTENT)
}

/// A charge of an intent.
pub(crate) fn charge(intent: &Intent, charge: &Charge) -> Value {
    let decline = charge.declined.as_deref().and_then(cards::decline_of);
    let paid = decline.is_none();
    let refunded = if paid { intent.refunded() } else { 0 };
    let shown = json!({
        "id": charge.id,
        "object": "charge",
        "amount": intent.amount,
        "amount_captured": if paid { intent.amount } else { 0 },
        "amount_refunded": refunded,
        "balance_transaction": paid.then(|| charge.id.replacen("ch_", "txn_", 1)),
        "billing_details": billing_details(),
        "calculated_statement_descriptor": "HOLDFAST SIMULATOR",
        "captured": paid,
        "created": charge.created_s,
        "currency": intent.currency,
        "description": intent.description,
        "disputed": false,
        "failure_code": decline.map(|decline| decline.code),
        "failure_message": decline.map(|decline| decline.message),
        "fraud_details": {},
        "livemode": false,
        "metadata": intent.metadata,
        "outcome": outcome(decline),
        "paid": paid,
        "payment_intent": intent.id,
        "payment_method": charge.method.id,
        "payment_method_details": { "card": charged_card(card_of(&charge.method), intent.amount), "type": "card" },
        "receipt_email": intent.receipt_email,
        "refunded": paid && refunded == intent.amount,
        "refunds": {
            "data": if paid { intent.refunds.iter().map(|one| refund(intent, one)).collect() } else { Vec::new() },
            "has_more": false,
            "object": "list",
            "url": format!("/v1/charges/{}/refunds", charge.id),
        },
        "statement_descriptor": intent.statement_descriptor,
        "statement_descriptor_suffix": intent.statement_descriptor_suffix,
        "status": if paid { "succeeded" } else { "failed" },
    });
    with_empty(shown, UNUSED_OF_CHARGE)
}

/// A refund of an intent's charge.
pub(crate) fn refund(intent: &Intent, refund: &Refund) -> Value {
    let charge = intent.paid_charge();
    let mut shown = json!({
        "id": refund.id,
        "object": "refund",
        "amount": refund.amount,
        "balance_transaction": refund.id.replacen("re_", "txn_r", 1),
        "charge": charge.map(|charge| &charge.id),
        "created": refund.created_s,
        "currency": intent.currency,
        "customer": null,
        "customer_account": null,
        "destination_details": { "card": { "type": "refund" }, "type": "card" },
        "metadata": refund.metadata,
        "payment_intent": intent.id,
        "payment_method": charge.map(|charge| &charge.method.id),
        "reason": refund.reason,
        "receipt_number": null,
        "source_transfer_reversal": null,
        "status": refund.status.name(),
        "transfer_reversal": null,
    });
    // Stripe shows these only where they say something.
    match refund.status {
        RefundStatus::Succeeded => {}
        RefundStatus::Pending => shown["pending_reason"] = json!("processing"),
        RefundStatus::Failed => {
            shown["failure_reason"] = json!("expired_or_canceled_card");
            shown["failure_balance_transaction"] = json!(refund.id.replacen("re_", "txn_f", 1));
        }
    }
    shown
}

/// A page of a list.
pub(crate) fn list(url: &str, data: Vec<Value>, has_more: bool) -> Value {
    json!({ "object": "list", "data": data, "has_more": has_more, "url": url })
}

/// The error of a declined confirmation, without the intent (which itself shows this error as its last).
pub(crate) fn decline_error(charge: &Charge, decline: &Decline) -> ApiError {
    let mut error = ApiError::card(decline.message)
        .code(decline.code)
        .with("charge", json!(charge.id))
        .with("payment_method", payment_method(&charge.method));
    for (field, value) in [
        ("decline_code", decline.decline_code),
        ("advice_code", decline.advice_code),
    ] {
        if let Some(value) = value {
            error = error.with(field, json!(value));
        }
    }
    match decline.param {
        Some(param) => error.param(param),
        None => error,
    }
}

fn payment_method(method: &Method) -> Value {
    let card = card_of(method);
    json!({
        "id": method.id,
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": billing_details(),
        "card": {
            "brand": card.brand,
            "checks": checks(),
            "country": "US",
            "display_brand": card.brand,
            "exp_month": 8,
            "exp_year": 2034,
            "fingerprint": card_fingerprint(card),
            "funding": card.funding,
            "generated_from": null,
            "last4": card.last4,
            "networks": { "available": [card.brand], "preferred": null },
            "regulated_status": "unregulated",
            "three_d_secure_usage": { "supported": true },
            "wallet": null,
        },
        "created": method.created_s,
        "customer": null,
        "customer_account": null,
        "livemode": false,
        "metadata": {},
        "type": "card",
    })
}

fn charged_card(card: &Card, amount: u64) -> Value {
    json!({
        "amount_authorized": amount,
        "authorization_code": null,
        "brand": card.brand,
        "checks": checks(),
        "country": "US",
        "exp_month": 8,
        "exp_year": 2034,
        "extended_authorization": { "status": "disabled" },
        "fingerprint": card_fingerprint(card),
        "funding": card.funding,
        "incremental_authorization": { "status": "unavailable" },
        "installments": null,
        "last4": card.last4,
        "mandate": null,
        "multicapture": { "status": "unavailable" },
        "network": card.brand,
        "network_token": { "used": false },
        "network_transaction_id": null,
        "overcapture": { "maximum_amount_capturable": amount, "status": "unavailable" },
        "regulated_status": "unregulated",
        "three_d_secure": null,
        "transaction_link_id": null,
        "wallet": null,
    })
}

fn outcome(decline: Option<&Decline>) -> Value {
    let (status, kind, message) = match decline {
        None => ("approved_by_network", "authorized", "Payment complete."),
        Some(_) => (
            "declined_by_network",
            "issuer_declined",
            "The bank declined the payment.",
        ),
    };
    json!({
        "advice_code": decline.and_then(|decline| decline.advice_code),
        "network_advice_code": null,
        "network_decline_code": null,
        "network_status": status,
        "reason": decline.map(Decline::key),
        "seller_message": message,
        "type": kind,
    })
}

fn checks() -> Value {
    json!({ "address_line1_check": null, "address_postal_code_check": null, "cvc_check": "pass" })
}

fn billing_details() -> Value {
    json!({
        "address": {
            "city": null, "country": null, "line1": null, "line2": null, "postal_code": null, "state": null,
        },
        "email": null,
        "name": null,
        "phone": null,
        "tax_id": null,
    })
}

/// The card of a stored method; one that has left the list since is shown as the plainest of all.
fn card_of(method: &Method) -> &'static Card {
    cards::named(&method.card).unwrap_or(&cards::CARDS[0])
}

fn card_fingerprint(card: &Card) -> String {
    fingerprint(&["card", card.brand, card.last4])
        .chars()
        .take(16)
        .collect()
}

/// With fields that are `null`.
fn with_empty(mut shown: Value, fields: &[&str]) -> Value {
    if let Some(object) = shown.as_object_mut() {
        object.extend(fields.iter().map(|field| ((*field).to_owned(), Value::Null)));
    }
    shown
}
