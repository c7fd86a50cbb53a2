//! Charges as they are looked up, and refunds.
//!
//! Source: <https://docs.stripe.com/api/refunds>, <https://docs.stripe.com/refunds>. A refund is never more than
//! what is left of its charge, whoever else refunds at the same moment.

use crate::currencies::describe;
use crate::errors::ApiError;
use crate::execution::{Ending, answered, died_after_change, now_s};
use crate::idempotency::Claim;
use crate::intents::{self, ENTRIES_MAX, Refund, intent_id_of, related_id};
use crate::requests::NewRefund;
use crate::{Simulator, shapes};

/// `GET /v1/charges/{id}`.
pub(crate) async fn find_charge(simulator: &Simulator, id: &str) -> Result<Ending, ApiError> {
    let missing = || ApiError::missing(404, "charge", id, "id");
    let intent_id = intent_id_of("ch", id).ok_or_else(missing)?;
    let (intent, _) = intents::find(simulator, &intent_id).await?.ok_or_else(missing)?;
    let charge = intent
        .charges
        .iter()
        .find(|charge| charge.id == id)
        .ok_or_else(missing)?;
    Ok(answered(shapes::charge(&intent, charge)))
}

/// `POST /v1/refunds`.
pub(crate) async fn create_refund(
    simulator: &Simulator,
    new: NewRefund,
    claim: Option<&Claim>,
) -> Result<Ending, ApiError> {
    let (thing, param) = if new.of.starts_with("ch_") {
        ("charge", "charge")
    } else {
        ("payment_intent", "payment_intent")
    };
    let intent_id = intent_id_of("ch", &new.of).unwrap_or_else(|| new.of.clone());
    let (mut intent, revision) = intents::find(simulator, &intent_id)
        .await?
        .ok_or_else(|| ApiError::missing(404, thing, &new.of, param))?;
    let made_before = intent
        .refunds
        .iter()
        .find(|refund| died_after_change(claim, refund.made_by.as_ref()));
    if let Some(refund) = made_before {
        return Ok(answered(shapes::refund(&intent, refund)));
    }
    let Some(charge) = intent
        .paid_charge()
        .filter(|charge| thing == "payment_intent" || charge.id == new.of)
    else {
        return Err(ApiError::invalid(format!(
            "This PaymentIntent ({}) does not have a successful charge to refund.",
            intent.id
        ))
        .param(param));
    };
    let left = intent.amount.saturating_sub(intent.refunded());
    if left == 0 {
        return Err(
            ApiError::invalid(format!("Charge {} has already been refunded.", charge.id))
                .code("charge_already_refunded"),
        );
    }
    let amount = new.amount.unwrap_or(left);
    if amount > left {
        return Err(ApiError::invalid(format!(
            "Refund amount ({}) is greater than unrefunded amount on charge ({})",
            describe(amount, &intent.currency),
            describe(left, &intent.currency)
        ))
        .param("amount"));
    }
    if intent.refunds.len() >= ENTRIES_MAX {
        return Err(ApiError::invalid(format!(
            "A charge has at most {ENTRIES_MAX} refunds."
        )));
    }
    let refund = Refund {
        id: related_id("re", &intent.id, intent.refunds.len() + 1),
        amount,
        created_s: now_s(simulator),
        reason: new.reason,
        metadata: new.metadata,
        made_by: claim.map(|claim| claim.document_key.clone()),
    };
    intent.refunds.push(refund.clone());
    // Under the revision that was read: two parallel refunds cannot give back more than was taken.
    intents::put(simulator, &intent, Some(revision)).await?;
    Ok(answered(shapes::refund(&intent, &refund)))
}

/// `GET /v1/refunds/{id}`.
pub(crate) async fn find_refund(simulator: &Simulator, id: &str) -> Result<Ending, ApiError> {
    let missing = || ApiError::missing(404, "refund", id, "id");
    let intent_id = intent_id_of("re", id).ok_or_else(missing)?;
    let (intent, _) = intents::find(simulator, &intent_id).await?.ok_or_else(missing)?;
    let refund = intent
        .refunds
        .iter()
        .find(|refund| refund.id == id)
        .ok_or_else(missing)?;
    Ok(answered(shapes::refund(&intent, refund)))
}
