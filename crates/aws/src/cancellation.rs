//! Why a transaction was cancelled.
//!
//! DynamoDB gives one reason per item, in the order of the items. Whoever builds a transaction keeps beside it what
//! each item is about, its part, and learns here whose condition was false.

use crate::items::Item;
use aws_sdk_dynamodb::types::CancellationReason;
use domain::Fault;

/// An item whose own condition was false.
#[derive(Debug)]
pub(crate) struct FalseCondition<'a, P> {
    /// What the item is about.
    pub(crate) part: P,
    /// The item as it stood, where the transaction asked to see it.
    pub(crate) present: Option<&'a Item>,
}

/// The first item, in the order of the transaction, whose own condition was false.
pub(crate) fn first_false<'a, P: Copy>(
    parts: &[P],
    reasons: &'a [CancellationReason],
) -> Option<FalseCondition<'a, P>> {
    parts
        .iter()
        .zip(reasons)
        .find(|(_, reason)| reason.code() == Some("ConditionalCheckFailed"))
        .map(|(part, reason)| FalseCondition {
            part: *part,
            present: reason.item(),
        })
}

/// Nothing when others were merely in the way, so that trying again is safe; also when no reason was given at all.
///
/// # Errors
/// [`Fault::Defect`] for a transaction that can never be written.
pub(crate) fn is_contention(operation: &str, reasons: &[CancellationReason]) -> Result<(), Fault> {
    for reason in reasons {
        match reason.code() {
            None
            | Some("None" | "TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded") => {}
            Some(code) => return Err(Fault::Defect(format!("{operation}: cancelled for {code}"))),
        }
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) const OK: &str = "None";
    pub(crate) const FAILED: &str = "ConditionalCheckFailed";
    pub(crate) const CONFLICT: &str = "TransactionConflict";

    pub(crate) fn reason(code: &str) -> CancellationReason {
        CancellationReason::builder().code(code).build()
    }

    pub(crate) fn failed_on(item: Item) -> CancellationReason {
        CancellationReason::builder()
            .code(FAILED)
            .set_item(Some(item))
            .build()
    }

    #[test]
    fn the_first_false_condition_is_found_by_its_place() {
        let parts = ["order", "head", "posting"];
        let reasons = [CONFLICT, FAILED, FAILED].map(reason);
        assert_eq!(
            first_false(&parts, &reasons).map(|found| found.part),
            Some("head")
        );
        assert!(first_false(&parts, &[OK, CONFLICT, OK].map(reason)).is_none());
        assert!(first_false(&parts, &[]).is_none());
    }

    #[test]
    fn contention_may_be_tried_again_and_invalid_requests_may_not() {
        for code in [OK, CONFLICT, "ThrottlingError", "ProvisionedThroughputExceeded"] {
            assert_eq!(is_contention("X", &[reason(OK), reason(code)]), Ok(()));
        }
        assert_eq!(is_contention("X", &[]), Ok(()));
        assert_eq!(
            is_contention("X", &[reason(CONFLICT), reason("ValidationError")]),
            Err(Fault::Defect("X: cancelled for ValidationError".to_owned()))
        );
    }
}
