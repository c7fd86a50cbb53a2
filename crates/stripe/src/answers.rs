//! What Stripe answers, and what each answer means to an order.
//!
//! Sources: <https://docs.stripe.com/api/errors>, <https://docs.stripe.com/error-codes>,
//! <https://docs.stripe.com/api/payment_intents/object>. Only the fields that decide something are read, and
//! every one of them may be absent, so that a new API version cannot turn a charge into a parse error.

use crate::declines::is_soft_decline;
use domain::{ChargeOutcome, Fault, Inquiry, OrderId};
use serde::Deserialize;
use std::collections::HashMap;

/// The metadata of intents and refunds that names their order.
pub(crate) const ORDER_ID: &str = "order_id";
/// How parameters and codes begin that are about a payment method.
const METHOD: &str = "payment_method";
/// Those of them that no buyer has a part in: what the shop's account or this client chose.
const THE_SHOPS_OWN: &[&str] = &[
    "payment_method_configuration",
    "payment_method_options",
    "payment_method_types",
];

/// A PaymentIntent, as far as it matters here.
#[derive(Debug, Deserialize)]
pub(crate) struct Intent {
    /// Its id, `pi_...`.
    pub id: String,
    /// Where it stands.
    pub status: String,
    /// What it charges, minor units.
    #[serde(default)]
    pub amount: u64,
    /// What it was made for.
    #[serde(default)]
    pub metadata: Option<HashMap<String, String>>,
    /// Why the last confirmation failed.
    #[serde(default)]
    pub last_payment_error: Option<ErrorDetail>,
}

/// `{"error": {...}}`, the body of every refusal.
#[derive(Debug, Deserialize)]
pub(crate) struct ErrorBody {
    /// The error itself.
    pub error: ErrorDetail,
}

/// Stripe's error object; the same shape stands in an intent's `last_payment_error`.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct ErrorDetail {
    /// `card_error`, `invalid_request_error`, `idempotency_error` or `api_error`.
    #[serde(default, rename = "type")]
    pub kind: String,
    /// Stripe's code, e.g. `card_declined`.
    #[serde(default)]
    pub code: Option<String>,
    /// The bank's code, e.g. `insufficient_funds`.
    #[serde(default)]
    pub decline_code: Option<String>,
    /// The network's advice, e.g. `do_not_try_again`.
    #[serde(default)]
    pub advice_code: Option<String>,
    /// A sentence; for card errors it may be shown to the buyer.
    #[serde(default)]
    pub message: Option<String>,
    /// Which parameter was wrong.
    #[serde(default)]
    pub param: Option<String>,
    /// The charge that was declined, `ch_...`.
    #[serde(default)]
    pub charge: Option<String>,
}

impl ErrorDetail {
    fn into_decline(self) -> ChargeOutcome {
        let code = self
            .decline_code
            .or(self.code)
            .unwrap_or_else(|| "card_declined".to_owned());
        ChargeOutcome::Declined {
            retryable: is_soft_decline(&code, self.advice_code.as_deref()),
            charge: self.charge,
            message: self
                .message
                .unwrap_or_else(|| "Your card was declined.".to_owned()),
            code,
        }
    }

    /// Whether it is about the card that the buyer named: a token that does not exist, was used before, or cannot
    /// pay this way. A parameter that is missing or unknown is this client's own doing, whatever its name.
    fn is_about_the_card(&self, status: u16) -> bool {
        let code = self.code.as_deref().unwrap_or_default();
        if self.kind != "invalid_request_error"
            || !matches!(status, 400 | 404)
            || matches!(code, "parameter_missing" | "parameter_unknown")
        {
            return false;
        }
        if let Some(param) = self.param.as_deref().filter(|param| param.starts_with(METHOD)) {
            return !THE_SHOPS_OWN.iter().any(|ours| param.starts_with(ours));
        }
        match code {
            "token_already_used" => true,
            // A payment method without a customer that was tried before: Stripe says so in words alone, without code and
            // parameter. Source: <https://github.com/Automattic/woocommerce-payments/issues/323>.
            "" if self.param.is_none() => self
                .message
                .as_deref()
                .is_some_and(|message| message.contains("may not be used again")),
            // What the URL names is missing with 404; of what the parameters name, only the card can be missing.
            "resource_missing" => status == 400,
            _ => code.starts_with(METHOD) && !THE_SHOPS_OWN.iter().any(|ours| code.starts_with(ours)),
        }
    }

    /// A decline in our own words: Stripe's sentence is meant for developers, and it repeats the token.
    fn into_refused_card(self) -> ChargeOutcome {
        ChargeOutcome::Declined {
            code: self.code.unwrap_or_else(|| "card_declined".to_owned()),
            message: "This card cannot be used. Enter it again, or use another one.".to_owned(),
            retryable: false,
            charge: None,
        }
    }

    fn describe(&self) -> String {
        let code = self.code.as_deref().unwrap_or("no code");
        let param = self.param.as_deref().map(|param| format!(", parameter {param}"));
        format!("{} ({code}{})", self.kind, param.unwrap_or_default())
    }
}

/// What an inquiry finds out about an intent.
///
/// # Errors
/// As [`outcome_of`].
pub(crate) fn inquiry_of(intent: Intent) -> Result<Inquiry, Fault> {
    let order_id = intent
        .metadata
        .as_ref()
        .and_then(|metadata| metadata.get(ORDER_ID))
        .and_then(|id| OrderId::parse(id).ok());
    Ok(Inquiry {
        order_id,
        amount_minor: intent.amount,
        outcome: outcome_of(intent)?,
    })
}

/// What an intent says of its order's money.
///
/// # Errors
/// [`Fault::Defect`] for a status that this system never asks for (manual capture) or does not know: better to
/// stop than to guess about money.
pub(crate) fn outcome_of(intent: Intent) -> Result<ChargeOutcome, Fault> {
    match (intent.status.as_str(), intent.last_payment_error) {
        ("succeeded", _) => Ok(ChargeOutcome::Succeeded),
        ("processing", _) => Ok(ChargeOutcome::Processing),
        ("requires_payment_method", Some(error)) => Ok(error.into_decline()),
        ("requires_payment_method" | "requires_confirmation", _) => Ok(ChargeOutcome::NotAttempted),
        // Confirmed with `error_on_requires_action`, an intent does not stay here; if one does, no money was
        // taken and this card cannot pay without its owner.
        ("requires_action", _) => Ok(ChargeOutcome::Declined {
            code: "authentication_required".to_owned(),
            message: "Your card was declined. This transaction requires authentication.".to_owned(),
            retryable: false,
            charge: None,
        }),
        ("canceled", _) => Ok(ChargeOutcome::Declined {
            code: "canceled".to_owned(),
            message: "This payment was cancelled.".to_owned(),
            retryable: false,
            charge: None,
        }),
        (status, _) => Err(Fault::Defect(format!(
            "the provider says an intent is {status:?}, which is never asked for"
        ))),
    }
}

/// What a refusal (any status that is not 2xx) means.
#[derive(Debug)]
pub(crate) enum Refused {
    /// The card was declined; nothing was taken.
    Declined(ChargeOutcome),
    /// The card that was named is none that can be charged, and this request charged nothing. Whether an earlier
    /// one did (a token is used up by being charged), only an inquiry tells.
    UnusableCard {
        /// What to say when no earlier request charged.
        declined: ChargeOutcome,
        /// What the provider said, for a call that named no card.
        said: String,
    },
    /// The intent is no longer where this call needs it; only an inquiry tells where it is.
    UnexpectedState,
    /// The whole charge has been given back before.
    AlreadyRefunded,
    /// The charge cannot be given back, whoever asks and whenever; the provider's code.
    NotRefundable(String),
    /// Everything else.
    Fault(Fault),
}

/// Reads a refusal: HTTP status and body. A body that is not Stripe's (a gateway's page) leaves the status.
pub(crate) fn read_refusal(status: u16, body: &[u8], parse: impl Fn(&[u8]) -> Option<ErrorBody>) -> Refused {
    let error = parse(body).map(|body| body.error).unwrap_or_default();
    let said = format!("the provider answered {status}: {}", error.describe());
    match (status, error.code.as_deref()) {
        // Another request holds the intent or the token, whatever the status says: this one did nothing.
        (_, Some("lock_timeout" | "token_in_use")) => Refused::Fault(Fault::Transient(said)),
        (402, _) if error.kind == "card_error" => Refused::Declined(error.into_decline()),
        (400, Some("payment_intent_unexpected_state")) => Refused::UnexpectedState,
        (400, Some("charge_already_refunded")) => Refused::AlreadyRefunded,
        (400, Some(code @ ("charge_disputed" | "charge_not_refundable" | "refund_disputed_payment"))) => {
            Refused::NotRefundable(code.to_owned())
        }
        // The account's balance is too low today; nothing was done.
        (400, Some("balance_insufficient")) => Refused::Fault(Fault::Transient(said)),
        _ if error.is_about_the_card(status) => Refused::UnusableCard {
            declined: error.into_refused_card(),
            said,
        },
        (429, _) => Refused::Fault(Fault::Transient(said)),
        // 409: a request under the same key is under way, and it may charge. 5xx and 408: the request may have
        // been carried out behind the gateway that gave up on it. 424: an outside party failed half-way.
        (408 | 409 | 424 | 500..=599, _) => Refused::Fault(Fault::Unknown(said)),
        // 400, 401, 403, 404 and whatever else: a wrong key, a wrong parameter, a wrong URL. Repeating cannot help.
        _ => Refused::Fault(Fault::Defect(said)),
    }
}

#[cfg(test)]
mod tests;
