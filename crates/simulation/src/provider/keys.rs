//! Idempotency keys, as Stripe keeps them: the first answer is given again for a day, a 500 too.

use super::books::Answered;
use domain::{ChargeOutcome, IntentId, RefundOutcome};
use std::collections::BTreeMap;

/// Stripe forgets a key after a day.
const KEPT_MS: u64 = 24 * 3_600_000;

/// What was answered under a key.
#[derive(Clone, Debug)]
pub(super) enum Said {
    /// An intent was made.
    Created(IntentId),
    /// It was confirmed, with this outcome.
    Charged(ChargeOutcome),
    /// Money was given back.
    Refunded(RefundOutcome),
    /// A 500, repeated like everything else.
    Error,
    /// Nothing yet: the request under this key is still under way.
    UnderWay,
}

#[derive(Clone, Debug)]
struct Used {
    parameters: String,
    at_ms: u64,
    answer: Said,
}

/// Every key that was used.
#[derive(Debug, Default)]
pub(super) struct Keys(BTreeMap<String, Used>);

impl Keys {
    /// What was answered to this request before; `None` when it is a new one.
    pub(super) fn said_before<T>(
        &self,
        key: &str,
        parameters: &str,
        now_ms: u64,
        read: impl Fn(&Said) -> Option<T>,
    ) -> Option<Answered<T>> {
        let used = self.0.get(key).filter(|used| now_ms < used.at_ms + KEPT_MS)?;
        if used.parameters != parameters {
            return Some(Answered::defect("this key was used with other parameters"));
        }
        Some(match &used.answer {
            Said::Error => Answered::error("the provider answered 500, as it did before"),
            Said::UnderWay => Answered::error("a request under this key is under way"),
            said => read(said).map_or_else(
                || Answered::defect("this key was used for something else"),
                Answered::With,
            ),
        })
    }

    pub(super) fn keep(&mut self, key: &str, parameters: &str, now_ms: u64, answer: Said) {
        let used = Used {
            parameters: parameters.to_owned(),
            at_ms: now_ms,
            answer,
        };
        self.0.insert(key.to_owned(), used);
    }

    /// The request that was under way has come to this.
    pub(super) fn settle(&mut self, key: &str, answer: Said) {
        if let Some(used) = self.0.get_mut(key) {
            used.answer = answer;
        }
    }

    pub(super) fn forget(&mut self) {
        self.0.clear();
    }
}
