//! Charges as they are looked up, and refunds.
//!
//! Source: <https://docs.stripe.com/api/refunds>, <https://docs.stripe.com/refunds>. A refund is never more than
//! what is left of its charge, whoever else refunds at the same moment.

use crate::cards::{self, RefundBehaviour};
use crate::currencies::describe;
use crate::errors::ApiError;
use crate::execution::{Ending, Told, answered, died_after_change, now_s};
use crate::idempotency::{Answer, Claim};
use crate::intents::{
    self, Charge, ENTRIES_MAX, Intent, Later, Refund, RefundStatus, intent_id_of, related_id,
};
use crate::odds::Roll;
use crate::requests::{NewRefund, WantedRefunds};
use crate::{Settings, Simulator, events, shapes};

/// After how long a refund becomes what it is to be, seconds. Stripe's test mode takes about as long.
const SETTLES_AFTER_S: i64 = 5;

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
    let thing = thing_of(&new.of);
    let (mut intent, revision) = find_refundable(simulator, &new.of).await?;
    let made_before = intent
        .refunds
        .iter()
        .find(|refund| died_after_change(claim, refund.made_by.as_ref()));
    if let Some(refund) = made_before {
        tell(simulator, &intent, refund, claim).await;
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
        .param(thing));
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
    let number = intent.refund_attempts + 1;
    let course = behave(&simulator.settings, charge, &intent.id, number);
    if course == RefundBehaviour::Unavailable {
        return Err(ApiError::provider(
            503,
            "The provider is unavailable. Try again later.",
        ));
    }
    intent.refund_attempts = number;
    let now_s = now_s(simulator);
    let (told, made) = carry_out(course, now_s);
    let refund = made.map(|(status, later)| Refund {
        id: related_id("re", &intent.id, intent.refunds.len() + 1),
        amount,
        created_s: now_s,
        reason: new.reason,
        metadata: new.metadata,
        status,
        later,
        made_by: claim.map(|claim| claim.document_key.clone()),
    });
    intent.refunds.extend(refund.clone());
    // Under the revision that was read: two parallel refunds cannot give back more than was taken.
    intents::put(simulator, &intent, Some(revision)).await?;
    if let Some(refund) = &refund {
        tell(simulator, &intent, refund, claim).await;
    }
    Ok(told.ending(refund.map(|refund| Answer {
        status: 200,
        body: shapes::refund(&intent, &refund),
    })))
}

/// What refunding does to a card's charge. What is lost or breaks off, does so with the first request only.
fn behave(settings: &Settings, charge: &Charge, intent_id: &str, number: u32) -> RefundBehaviour {
    let Some(card) = cards::named(&charge.method.card) else {
        return RefundBehaviour::Succeed;
    };
    match card.refund {
        RefundBehaviour::TimeoutBefore
        | RefundBehaviour::TimeoutAfter
        | RefundBehaviour::ErrorBefore
        | RefundBehaviour::ErrorAfter
            if number > 1 =>
        {
            RefundBehaviour::Succeed
        }
        RefundBehaviour::Succeed if card.is_left_to_chance() => {
            match settings
                .odds
                .map(|odds| odds.roll_refund(&settings.seed, intent_id, number))
            {
                Some(Roll::TimeoutBefore) => RefundBehaviour::TimeoutBefore,
                Some(Roll::TimeoutAfter) => RefundBehaviour::TimeoutAfter,
                Some(Roll::Success | Roll::InsufficientFunds) | None => RefundBehaviour::Succeed,
            }
        }
        named => named,
    }
}

/// What the client is told, and the refund that is made: where it stands, and what becomes of it.
const fn carry_out(course: RefundBehaviour, now_s: i64) -> (Told, Option<(RefundStatus, Option<Later>)>) {
    const fn later(now_s: i64, status: RefundStatus) -> Option<Later> {
        Some(Later {
            at_s: now_s.saturating_add(SETTLES_AFTER_S),
            status,
        })
    }
    let succeeded = Some((RefundStatus::Succeeded, None));
    match course {
        RefundBehaviour::Succeed => (Told::Truth, succeeded),
        RefundBehaviour::PendThenSucceed => {
            let later = later(now_s, RefundStatus::Succeeded);
            (Told::Truth, Some((RefundStatus::Pending, later)))
        }
        RefundBehaviour::SucceedThenFail => {
            let later = later(now_s, RefundStatus::Failed);
            (Told::Truth, Some((RefundStatus::Succeeded, later)))
        }
        RefundBehaviour::Fail => (Told::Truth, Some((RefundStatus::Failed, None))),
        RefundBehaviour::TimeoutBefore | RefundBehaviour::Unavailable => (Told::Silence, None),
        RefundBehaviour::TimeoutAfter => (Told::Silence, succeeded),
        RefundBehaviour::ErrorBefore => (Told::Error, None),
        RefundBehaviour::ErrorAfter => (Told::Error, succeeded),
    }
}

async fn tell(simulator: &Simulator, intent: &Intent, refund: &Refund, claim: Option<&Claim>) {
    let changes = events::of_refund(intent, refund, now_s(simulator));
    events::announce(simulator, changes, claim.map(Claim::key)).await;
}

/// `GET /v1/refunds`: those of one intent or charge, the newest first.
pub(crate) async fn list_refunds(simulator: &Simulator, wanted: &WantedRefunds) -> Result<Ending, ApiError> {
    let (intent, _) = find_refundable(simulator, &wanted.of).await?;
    let is_of = |charge: &Charge| thing_of(&wanted.of) == "payment_intent" || charge.id == wanted.of;
    // A declined charge of the intent has no refunds.
    let mut newest_first = intent
        .refunds
        .iter()
        .rev()
        .filter(|_| intent.paid_charge().is_some_and(is_of));
    if let Some(last) = &wanted.starting_after
        && !newest_first.any(|refund| refund.id == *last)
    {
        return Err(ApiError::missing(400, "refund", last, "starting_after"));
    }
    let rest: Vec<_> = newest_first.collect();
    let shown = rest.iter().take(wanted.limit);
    Ok(answered(shapes::list(
        "/v1/refunds",
        shown.map(|refund| shapes::refund(&intent, refund)).collect(),
        rest.len() > wanted.limit,
    )))
}

/// What an id names, which is also the parameter that it stands in.
fn thing_of(id: &str) -> &'static str {
    if id.starts_with("ch_") {
        "charge"
    } else {
        "payment_intent"
    }
}

/// The intent of a `pi_...` or `ch_...`, and the revision it was read at.
async fn find_refundable(simulator: &Simulator, of: &str) -> Result<(Intent, u64), ApiError> {
    let intent_id = intent_id_of("ch", of).unwrap_or_else(|| of.to_owned());
    intents::find(simulator, &intent_id)
        .await?
        .ok_or_else(|| ApiError::missing(404, thing_of(of), of, thing_of(of)))
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
