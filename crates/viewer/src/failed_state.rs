//! The state in which an execution failed, from the end of its history.

use aws::Api;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

use crate::ask::Asker;

/// As many events as one question brings. Where the failing state was entered before them, it is not told.
const EVENTS: u32 = 200;

/// Asks for the end of an execution's history. `None` where that does not say, or is not to be had.
pub(crate) async fn failed_state(asker: &Asker, arn: &str) -> Option<String> {
    let input = json!({
        "executionArn": arn,
        "reverseOrder": true,
        "includeExecutionData": false,
        "maxResults": EVENTS,
    });
    let answer = asker.ask(Api::States, "GetExecutionHistory", input).await.ok()?;
    find(answer["events"].as_array()?)
}

/// Finds it among events, the newest first: where the chain of events that led to the end last failed or, if nothing failed
/// on the way, where it was at the end.
fn find(events: &[Value]) -> Option<String> {
    let by_id: BTreeMap<u64, &Value> = events
        .iter()
        .filter_map(|event| Some((event["id"].as_u64()?, event)))
        .collect();
    let end = events.first()?;
    let mut at = by_id.get(&end["previousEventId"].as_u64()?).copied();
    while let Some(event) = at {
        let kind = event["type"].as_str()?;
        let previous = event["previousEventId"]
            .as_u64()
            .and_then(|id| by_id.get(&id).copied());
        if kind == "FailStateEntered" {
            return caught_before(previous, &by_id).or_else(|| entered(event));
        }
        if kind.ends_with("StateEntered") {
            return entered(event);
        }
        at = previous;
    }
    // AWS lets the events of an abort follow nothing.
    still_in(events)
}

/// The state that was left right after it failed: its Catch led on.
fn caught_before(left: Option<&Value>, by_id: &BTreeMap<u64, &Value>) -> Option<String> {
    let left = left?;
    let cause = by_id.get(&left["previousEventId"].as_u64()?)?;
    let has_failed = is_kind(cause, |kind| {
        kind.ends_with("Failed") || kind.ends_with("TimedOut")
    });
    has_failed
        .then(|| {
            left["stateExitedEventDetails"]["name"]
                .as_str()
                .map(str::to_owned)
        })
        .flatten()
}

fn entered(event: &Value) -> Option<String> {
    event["stateEnteredEventDetails"]["name"]
        .as_str()
        .map(str::to_owned)
}

fn is_kind(event: &Value, of: impl Fn(&str) -> bool) -> bool {
    event["type"].as_str().is_some_and(of)
}

/// The state that was entered last and not left.
fn still_in(events: &[Value]) -> Option<String> {
    let mut left = BTreeSet::new();
    for event in events {
        if let Some(name) = event["stateExitedEventDetails"]["name"].as_str() {
            left.insert(name);
        } else if let Some(name) = event["stateEnteredEventDetails"]["name"].as_str()
            && !left.remove(name)
        {
            return Some(name.to_owned());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Events in the order of their ids, each with the id of the one before it.
    fn history(events: &[(&str, u64, &str)]) -> Vec<Value> {
        let mut told: Vec<Value> = events
            .iter()
            .zip(1_u64..)
            .map(|(&(kind, previous, name), id)| {
                let mut event = json!({ "id": id, "previousEventId": previous, "type": kind });
                if kind.ends_with("StateEntered") {
                    event["stateEnteredEventDetails"] = json!({ "name": name });
                } else if kind.ends_with("StateExited") {
                    event["stateExitedEventDetails"] = json!({ "name": name });
                }
                event
            })
            .collect();
        told.reverse();
        told
    }

    #[test]
    fn it_is_the_state_whose_work_failed() {
        let failed = history(&[
            ("ExecutionStarted", 0, ""),
            ("TaskStateEntered", 1, "Charge"),
            ("TaskScheduled", 2, ""),
            ("TaskFailed", 3, ""),
            ("ExecutionFailed", 4, ""),
        ]);
        assert_eq!(find(&failed).as_deref(), Some("Charge"));
        // Of branches the one that failed, not the one that was entered last.
        let branches = history(&[
            ("ExecutionStarted", 0, ""),
            ("ParallelStateEntered", 1, "Both"),
            ("ParallelStateStarted", 2, ""),
            ("TaskStateEntered", 3, "Left"),
            ("TaskStateEntered", 3, "Right"),
            ("TaskFailed", 4, ""),
            ("ParallelStateFailed", 6, ""),
            ("ExecutionFailed", 7, ""),
        ]);
        assert_eq!(find(&branches).as_deref(), Some("Left"));
    }

    #[test]
    fn a_fail_state_names_itself_unless_a_catch_led_there() {
        let chosen = history(&[
            ("ExecutionStarted", 0, ""),
            ("ChoiceStateEntered", 1, "IsPaid"),
            ("ChoiceStateExited", 2, "IsPaid"),
            ("FailStateEntered", 3, "Unpaid"),
            ("ExecutionFailed", 4, ""),
        ]);
        assert_eq!(find(&chosen).as_deref(), Some("Unpaid"));
        let at_once = history(&[
            ("ExecutionStarted", 0, ""),
            ("FailStateEntered", 0, "Never"),
            ("ExecutionFailed", 2, ""),
        ]);
        assert_eq!(find(&at_once).as_deref(), Some("Never"));
        let caught = history(&[
            ("TaskStateEntered", 0, "Charge"),
            ("TaskTimedOut", 1, ""),
            ("TaskStateExited", 2, "Charge"),
            ("FailStateEntered", 3, "Stuck"),
            ("ExecutionFailed", 4, ""),
        ]);
        assert_eq!(find(&caught).as_deref(), Some("Charge"));
    }

    #[test]
    fn what_was_aborted_is_where_it_was() {
        let aborted = history(&[
            ("TaskStateEntered", 0, "First"),
            ("TaskStateExited", 1, "First"),
            ("WaitStateEntered", 2, "Rest"),
            ("ExecutionAborted", 0, ""),
        ]);
        assert_eq!(find(&aborted).as_deref(), Some("Rest"));
        assert_eq!(find(&[]), None);
    }
}
