//! What Stripe answers about refunds, and what each answer means.
//!
//! Sources: <https://docs.stripe.com/api/refunds/object>, <https://docs.stripe.com/refunds>. As with intents, only what
//! decides something is read.

use crate::answers::ORDER_ID;
use domain::{Fault, RefundOutcome, RefundRequest};
use serde::Deserialize;
use std::collections::HashMap;

/// The metadata that tells the refunds of one order apart.
pub(crate) const REFUND_NUMBER: &str = "refund_number";
/// How many refunds one page holds, the most that Stripe gives.
pub(crate) const PAGE_LIMIT: &str = "100";
/// Pages read before it is a defect: nobody refunds one charge a thousand times.
pub(crate) const PAGES_MAX: usize = 10;

/// A refund, as far as it matters here.
#[derive(Debug, Deserialize)]
pub(crate) struct Refund {
    /// Its id, `re_...`.
    pub id: String,
    /// Where it stands; Stripe's description allows it to be null.
    #[serde(default)]
    status: Option<String>,
    /// Why it failed.
    #[serde(default)]
    failure_reason: Option<String>,
    /// What it was made for.
    #[serde(default)]
    metadata: Option<HashMap<String, String>>,
}

/// A page of refunds, the newest first.
#[derive(Debug, Deserialize)]
pub(crate) struct RefundList {
    /// The refunds.
    pub data: Vec<Refund>,
    /// Whether there is another page.
    #[serde(default)]
    pub has_more: bool,
}

impl Refund {
    fn is(&self, wanted: &RefundRequest) -> bool {
        let says = |name: &str, value: &str| {
            self.metadata
                .as_ref()
                .and_then(|metadata| metadata.get(name))
                .is_some_and(|found| found == value)
        };
        says(ORDER_ID, wanted.order_id.as_str()) && says(REFUND_NUMBER, &wanted.number.to_string())
    }
}

/// What a refund says of its money.
///
/// # Errors
/// [`Fault::Defect`] for a status that nobody knows: better to stop than to guess about money.
pub(crate) fn outcome_of(refund: Refund) -> Result<RefundOutcome, Fault> {
    let provider_id = refund.id;
    match refund.status.as_deref() {
        Some("succeeded") => Ok(RefundOutcome::Succeeded { provider_id }),
        // `requires_action`: the buyer has to say where the money goes; with cards it does not happen.
        None | Some("pending" | "requires_action") => Ok(RefundOutcome::Pending { provider_id }),
        Some("failed") => Ok(RefundOutcome::Failed {
            code: refund.failure_reason.unwrap_or_else(|| "unknown".to_owned()),
        }),
        Some("canceled") => Ok(RefundOutcome::Failed {
            code: "canceled".to_owned(),
        }),
        Some(status) => Err(Fault::Defect(format!(
            "the provider says a refund is {status:?}, which nobody knows"
        ))),
    }
}

/// The refund that was wanted, among all of its intent's. Of several (asked for again after one had failed), the one
/// that got furthest: money that is on its way is not sent again.
///
/// # Errors
/// As [`outcome_of`].
pub(crate) fn find(all: Vec<Refund>, wanted: &RefundRequest) -> Result<Option<RefundOutcome>, Fault> {
    furthest(all.into_iter().filter(|refund| refund.is(wanted)).collect())
}

/// What became of a refund whose charge "has already been refunded": it was made itself, or somebody gave the money
/// back by hand. Either way it is on its way, and none of it is left to give.
///
/// # Errors
/// [`Fault::Unknown`] when no refund is to be seen yet: ask again.
pub(crate) fn outcome_of_refunded(all: Vec<Refund>, wanted: &RefundRequest) -> Result<RefundOutcome, Fault> {
    let (mine, others): (Vec<_>, Vec<_>) = all.into_iter().partition(|refund| refund.is(wanted));
    let mine = furthest(mine)?;
    if let Some(found) = mine.as_ref().filter(|found| reach(found) > 0) {
        return Ok(found.clone());
    }
    // Where ours had failed, it was somebody else's that went through.
    furthest(others)?
        .or(mine)
        .ok_or_else(|| Fault::Unknown("the provider says it has refunded, and shows no refund".to_owned()))
}

fn furthest(refunds: Vec<Refund>) -> Result<Option<RefundOutcome>, Fault> {
    let mut best = None;
    for refund in refunds {
        let outcome = outcome_of(refund)?;
        if best.as_ref().is_none_or(|best| reach(&outcome) > reach(best)) {
            best = Some(outcome);
        }
    }
    Ok(best)
}

/// How far a refund got.
const fn reach(outcome: &RefundOutcome) -> u8 {
    match outcome {
        RefundOutcome::Failed { .. } => 0,
        RefundOutcome::Pending { .. } => 1,
        RefundOutcome::Succeeded { .. } => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{IntentId, OrderId};
    use serde_json::json;

    fn wanted(number: u32) -> RefundRequest {
        RefundRequest {
            order_id: OrderId::from_random([7; 16]),
            number,
            intent: IntentId::parse("pi_1").unwrap(),
            amount_minor: 500,
        }
    }

    fn refund(id: &str, status: &str, number: &str) -> Refund {
        let order = wanted(1).order_id;
        serde_json::from_value(json!({
            "id": id, "status": status, "metadata": { "order_id": order.as_str(), "refund_number": number },
        }))
        .unwrap()
    }

    fn succeeded(id: &str) -> RefundOutcome {
        RefundOutcome::Succeeded {
            provider_id: id.to_owned(),
        }
    }

    #[test]
    fn a_refund_is_found_by_order_and_number_and_by_nothing_else() {
        let all = || vec![refund("re_2", "succeeded", "2"), refund("re_1", "pending", "1")];
        assert_eq!(find(all(), &wanted(2)), Ok(Some(succeeded("re_2"))));
        assert!(
            matches!(find(all(), &wanted(1)), Ok(Some(RefundOutcome::Pending { provider_id })) if provider_id == "re_1")
        );
        assert_eq!(find(all(), &wanted(3)), Ok(None));
        let foreign = RefundRequest {
            order_id: OrderId::from_random([8; 16]),
            ..wanted(1)
        };
        assert_eq!(find(all(), &foreign), Ok(None));
    }

    #[test]
    fn a_refund_that_failed_and_was_made_again_has_succeeded() {
        let all = vec![refund("re_2", "succeeded", "1"), refund("re_1", "failed", "1")];
        assert_eq!(find(all, &wanted(1)), Ok(Some(succeeded("re_2"))));
    }

    #[test]
    fn a_failed_refund_says_why() {
        let failed: Refund = serde_json::from_value(
            json!({ "id": "re_1", "status": "failed", "failure_reason": "lost_or_stolen_card" }),
        )
        .unwrap();
        assert_eq!(
            outcome_of(failed),
            Ok(RefundOutcome::Failed {
                code: "lost_or_stolen_card".to_owned()
            })
        );
        assert!(matches!(
            outcome_of(refund("re_1", "evaporated", "1")),
            Err(Fault::Defect(_))
        ));
    }

    #[test]
    fn what_is_refunded_already_counts_as_given_back_whoever_did_it() {
        let by_hand: Refund =
            serde_json::from_value(json!({ "id": "re_hand", "status": "succeeded" })).unwrap();
        assert_eq!(
            outcome_of_refunded(vec![by_hand], &wanted(1)),
            Ok(succeeded("re_hand"))
        );
        let mine = vec![refund("re_2", "succeeded", "2"), refund("re_1", "succeeded", "1")];
        assert_eq!(outcome_of_refunded(mine, &wanted(1)), Ok(succeeded("re_1")));
        let ours_failed = vec![refund("re_2", "succeeded", "2"), refund("re_1", "failed", "1")];
        assert_eq!(
            outcome_of_refunded(ours_failed, &wanted(1)),
            Ok(succeeded("re_2"))
        );
        assert!(matches!(
            outcome_of_refunded(Vec::new(), &wanted(1)),
            Err(Fault::Unknown(_))
        ));
    }
}
