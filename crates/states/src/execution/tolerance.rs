//! How many iterations of a Map state may fail before the state does.
//!
//! The States Language has it for every Map state, Step Functions for distributed ones only; an inline one that says
//! so here goes by the same rules. Those are of the Developer Guide ("Setting failure thresholds") and of what others
//! measured: either threshold fails the state when it is exceeded; one of 0 is as good as none; a batch that fails
//! counts as all of its items; a failure that is tolerated takes its place in the result with its name and cause. So
//! does a `States.Runtime`, which ends an execution elsewhere: a distributed map's child is a whole execution too.

use serde_json::{Value, json};

use crate::definition::MapOver;
use crate::query::QueryError;

use super::strand::{Doing, Item, StrandId};
use super::{Execution, Failure};

/// Thresholds as a Map state states them; nothing for what it does not state.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Tolerance {
    /// So many items may fail.
    pub count: Option<u64>,
    /// So many of a hundred items may fail.
    pub percentage: Option<f64>,
}

impl Tolerance {
    /// How many of so many items may fail; nothing if neither threshold is more than 0.
    pub fn failed_max(self, items: usize) -> Option<usize> {
        let by_count = self.count.filter(|count| *count > 0);
        let by_count = by_count.map(|count| usize::try_from(count).unwrap_or(usize::MAX));
        let by_percentage = self.percentage.filter(|percentage| *percentage > 0.0);
        let by_percentage = by_percentage.map(|percentage| (percentage * items as f64 / 100.0) as usize);
        match (by_count, by_percentage) {
            (Some(count), Some(percentage)) => Some(count.min(percentage)),
            (count, percentage) => count.or(percentage),
        }
    }

    /// Whether a test of the state, which says how many iterations failed, fails with that: a state that states no
    /// threshold does not, as recorded.
    pub fn is_exceeded(self, failed: u64, items: usize) -> bool {
        let is_stated = self.count.is_some() || self.percentage.is_some();
        let failed_max = self.failed_max(items).unwrap_or_default() as u64;
        is_stated && failed > failed_max
    }
}

impl Failure {
    /// More items failed than the state tolerates.
    pub(super) fn exceeded() -> Failure {
        Failure::new(
            "States.ExceedToleratedFailureThreshold",
            "The specified tolerated failure threshold was exceeded",
        )
    }

    /// What stands for an iteration that failed and was tolerated; a part that is absent is absent there too.
    pub(super) fn in_its_place(&self) -> Value {
        let mut place = json!({ "Status": "FAILED" });
        for (name, text) in [("Error", &self.error), ("Cause", &self.cause)] {
            if let Some(text) = text {
                place[name] = text.as_str().into();
            }
        }
        place
    }
}

impl Execution {
    /// The thresholds of a Map state.
    pub(super) fn tolerance(&mut self, id: StrandId, map: &MapOver) -> Result<Tolerance, QueryError> {
        let count = map.tolerated_count.as_ref();
        let count = count.map(|count| self.evaluate_whole(id, count, 0)).transpose()?;
        let percentage = match &map.tolerated_percentage {
            None => None,
            Some(template) => {
                let value = self.evaluate(id, template, None, None)?;
                let number = value.as_f64().filter(|number| (0.0..=100.0).contains(number));
                match number {
                    Some(number) => Some(number),
                    None => {
                        let unfit = template.unfit("number from 0 to 100", &value);
                        unfit.map_or(Ok(None), Err)?
                    }
                }
            }
        };
        Ok(Tolerance { count, percentage })
    }

    /// The iteration whose failure its Map state may tolerate: the strand's own, or the next one around it.
    pub(super) fn tolerated_iteration(&self, id: StrandId) -> Option<StrandId> {
        let mut iteration = id;
        loop {
            let parent = self.strands.get(&iteration)?.parent?;
            match &self.strands.get(&parent)?.doing {
                Doing::Forked(fork) if fork.failed_max.is_some() => return Some(iteration),
                _ => iteration = parent,
            }
        }
    }

    /// What a Map or Parallel state fails with when an iteration or branch has failed. Nothing if the state tolerates
    /// it; then the failure is counted, and stands in its place.
    pub(super) fn not_tolerated(
        &mut self,
        id: StrandId,
        index: usize,
        item: Option<&Item>,
        failure: Failure,
    ) -> Option<Failure> {
        let is_batched = self.is_batched(id);
        let Some((fork, failed_max)) = self
            .fork_of(id)
            .and_then(|fork| fork.failed_max.map(|failed_max| (fork, failed_max)))
        else {
            return Some(failure.of_branch());
        };
        fork.failed += match item.map(|item| &item.value["Items"]) {
            Some(Value::Array(items)) if is_batched => items.len(),
            _ => 1,
        };
        if fork.failed > failed_max {
            return Some(Failure::exceeded());
        }
        fork.outputs[index] = Some(failure.in_its_place());
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_of_nothing_is_none_and_of_two_the_smaller_holds() {
        let failed_max = |count, percentage, items| Tolerance { count, percentage }.failed_max(items);
        assert_eq!(failed_max(None, None, 10), None);
        assert_eq!(failed_max(Some(0), Some(0.0), 10), None);
        assert_eq!(failed_max(Some(0), Some(20.0), 10), Some(2));
        assert_eq!(failed_max(Some(3), None, 10), Some(3));
        assert_eq!(failed_max(Some(3), Some(20.0), 10), Some(2));
        assert_eq!(failed_max(Some(1), Some(100.0), 10), Some(1));
        // "exceeds this percentage": one of three is more than a third of a hundred.
        assert_eq!(failed_max(None, Some(33.0), 3), Some(0));
        assert_eq!(failed_max(None, Some(29.0), 100), Some(29));
        assert_eq!(failed_max(None, Some(100.0), 7), Some(7));
    }
}
