//! What the simulator remembers of an intent: one document with its charges and refunds, so that every effect on
//! money is one conditional write.

use crate::Simulator;
use crate::cards::{self, Decline};
use crate::errors::ApiError;
use crate::execution::now_s;
use domain::Fault;
use domain::ports::PutError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Charges, and refunds, that one intent may have; keeps its document far below the store's limit.
pub(crate) const ENTRIES_MAX: usize = 50;

/// Where an intent stands. Source: <https://docs.stripe.com/payments/paymentintents/lifecycle>.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    RequiresPaymentMethod,
    RequiresConfirmation,
    Succeeded,
    Canceled,
}

impl Status {
    pub const fn name(self) -> &'static str {
        match self {
            Self::RequiresPaymentMethod => "requires_payment_method",
            Self::RequiresConfirmation => "requires_confirmation",
            Self::Succeeded => "succeeded",
            Self::Canceled => "canceled",
        }
    }
}

/// A payment method made from a test card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Method {
    /// `pm_...`.
    pub id: String,
    /// The card's name in [`cards::CARDS`].
    pub card: String,
    pub created_s: i64,
}

/// An attempt that reached the bank.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Charge {
    /// `ch_...`.
    pub id: String,
    pub created_s: i64,
    pub method: Method,
    /// Key of the decline ([`Decline::key`]); `None` when the money was taken.
    pub declined: Option<String>,
}

/// Where a refund stands. Source: <https://docs.stripe.com/refunds#failed-refunds>.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RefundStatus {
    Pending,
    #[default]
    Succeeded,
    Failed,
}

impl RefundStatus {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
        }
    }
}

/// What becomes of a refund by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Later {
    /// From when on, seconds since 1970.
    pub at_s: i64,
    pub status: RefundStatus,
}

/// Money given back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Refund {
    /// `re_...`.
    pub id: String,
    pub amount: u64,
    pub created_s: i64,
    pub reason: Option<String>,
    pub metadata: BTreeMap<String, String>,
    /// Where it stands; [`find`] brings it up to date.
    #[serde(default)]
    pub status: RefundStatus,
    #[serde(default)]
    pub later: Option<Later>,
    /// Document key of the idempotency key that asked for it.
    pub made_by: Option<String>,
}

impl Refund {
    /// Becomes what it is to be at this moment. Nobody has to come by at the right time: it follows from the clock.
    pub fn pass_to(&mut self, now_s: i64) {
        if let Some(later) = self.later.filter(|later| now_s >= later.at_s) {
            self.status = later.status;
            self.later = None;
        }
    }
}

/// A payment intent as stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Intent {
    /// `pi_...`.
    pub id: String,
    pub client_secret: String,
    /// Minor units.
    pub amount: u64,
    pub currency: String,
    pub status: Status,
    pub created_s: i64,
    pub metadata: BTreeMap<String, String>,
    pub description: Option<String>,
    pub receipt_email: Option<String>,
    pub statement_descriptor: Option<String>,
    pub statement_descriptor_suffix: Option<String>,
    pub capture_method: String,
    /// `None`: made for cards only. `Some(true)`: for whatever the account allows, redirects included, so that
    /// confirming needs a return URL. `Some(false)`: the same without redirects.
    pub automatic_redirects: Option<bool>,
    /// What it would be confirmed with.
    pub method: Option<Method>,
    pub charges: Vec<Charge>,
    pub refunds: Vec<Refund>,
    pub canceled_at_s: Option<i64>,
    pub cancellation_reason: Option<String>,
    /// Confirmations so far, those included that were lost before they did anything.
    pub attempts: u32,
    /// Requests for a refund so far, those included that were lost before they did anything.
    #[serde(default)]
    pub refund_attempts: u32,
    /// Document key of the idempotency key that created it.
    pub created_by: Option<String>,
    /// Document key of the idempotency key that changed it last.
    pub changed_by: Option<String>,
}

impl Intent {
    /// The charge that took the money.
    pub fn paid_charge(&self) -> Option<&Charge> {
        self.charges.iter().find(|charge| charge.declined.is_none())
    }

    /// The decline that a confirmation ended in last, unless the money has been taken since.
    pub fn last_decline(&self) -> Option<(&Charge, &'static Decline)> {
        let charge = self.charges.last()?;
        let decline = cards::decline_of(charge.declined.as_deref()?)?;
        Some((charge, decline))
    }

    /// Minor units given back so far, or on their way. What the bank did not take is the shop's again.
    pub fn refunded(&self) -> u64 {
        self.refunds
            .iter()
            .filter(|refund| refund.status != RefundStatus::Failed)
            .map(|refund| refund.amount)
            .sum()
    }

    /// Whether a confirmation can charge it.
    pub const fn is_confirmable(&self) -> bool {
        matches!(
            self.status,
            Status::RequiresPaymentMethod | Status::RequiresConfirmation
        )
    }

    /// Records that the bank has answered: money taken, or declined.
    pub fn settle(&mut self, method: Method, decline: Option<&Decline>, now_s: i64) {
        let number = self.charges.len() + 1;
        self.status = match decline {
            None => Status::Succeeded,
            Some(_) => Status::RequiresPaymentMethod,
        };
        // A declined payment method is dropped: it cannot be confirmed again without being named again.
        self.method = decline.is_none().then(|| method.clone());
        self.charges.push(Charge {
            id: related_id("ch", &self.id, number),
            created_s: now_s,
            method,
            declined: decline.map(|decline| decline.key().to_owned()),
        });
    }
}

/// The id of an intent's charge or refund. The intent's own id is in it, so that either leads back to the document.
pub(crate) fn related_id(prefix: &str, intent_id: &str, number: usize) -> String {
    let body = intent_id.strip_prefix("pi_").unwrap_or(intent_id);
    format!("{prefix}_{body}{number:02}")
}

/// The intent that a charge or refund belongs to.
pub(crate) fn intent_id_of(prefix: &str, related: &str) -> Option<String> {
    let body = related.strip_prefix(prefix)?.strip_prefix('_')?;
    let cut = body.len().checked_sub(2)?;
    Some(format!("pi_{}", body.get(..cut)?))
}

fn document_key(intent_id: &str) -> String {
    format!("intent#{intent_id}")
}

/// The intent and the revision it was read at; `None` when there is none.
pub(crate) async fn find(simulator: &Simulator, id: &str) -> Result<Option<(Intent, u64)>, ApiError> {
    // Ids from a URL: what cannot be one is not looked for.
    if id.len() > 255 || !id.starts_with("pi_") {
        return Ok(None);
    }
    let Some(document) = simulator.documents.get(&document_key(id)).await? else {
        return Ok(None);
    };
    let mut intent: Intent = serde_json::from_str(&document.text)
        .map_err(|error| Fault::Defect(format!("the document of {id} does not read: {error}")))?;
    let now_s = now_s(simulator);
    intent.refunds.iter_mut().for_each(|refund| refund.pass_to(now_s));
    Ok(Some((intent, document.revision)))
}

/// Writes an intent over the revision that was read (`None`: a new one).
///
/// # Errors
/// `lock_timeout` when another request was faster: this one then did nothing, which is what Stripe says too.
pub(crate) async fn put(
    simulator: &Simulator,
    intent: &Intent,
    revision: Option<u64>,
) -> Result<(), ApiError> {
    let text = serde_json::to_string(intent)
        .map_err(|error| Fault::Defect(format!("an intent cannot be written: {error}")))?;
    let key = document_key(&intent.id);
    match simulator.documents.put(&key, revision, &text, None).await {
        Ok(_) => Ok(()),
        Err(PutError::Conflict) => Err(ApiError::lock_timeout()),
        Err(PutError::Fault(fault)) => Err(fault.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_charge_leads_back_to_its_intent() {
        let charge = related_id("ch", "pi_3abc", 7);
        assert_eq!(charge, "ch_3abc07");
        assert_eq!(intent_id_of("ch", &charge).as_deref(), Some("pi_3abc"));
        assert_eq!(intent_id_of("ch", "ch_1"), None);
        assert_eq!(intent_id_of("ch", "re_3abc07"), None);
    }
}
