//! Errors by name, and which names in `ErrorEquals` they answer to.

use serde_json::{Value, json};

/// Why a task, state or execution failed.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Failure {
    /// The error's name; a Fail state may have none.
    pub error: Option<String>,
    /// The error's cause, often JSON text.
    pub cause: Option<String>,
    /// A second name the error answers to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    alias: Option<String>,
}

impl Failure {
    /// An error with a name and a cause.
    pub fn new(error: impl Into<String>, cause: impl Into<String>) -> Failure {
        Failure {
            error: Some(error.into()),
            cause: Some(cause.into()),
            alias: None,
        }
    }

    /// An error as someone reported it, either part of which may be absent.
    pub fn reported(error: Option<String>, cause: Option<String>) -> Failure {
        Failure {
            error,
            cause,
            alias: None,
        }
    }

    pub(super) fn timeout() -> Failure {
        Failure {
            error: Some("States.Timeout".to_owned()),
            cause: None,
            alias: None,
        }
    }

    /// AWS records a missed heartbeat as `States.Timeout` and documents `States.HeartbeatTimeout` for `Catch` and
    /// `Retry`, so it answers to both.
    pub(super) fn heartbeat() -> Failure {
        Failure {
            alias: Some("States.HeartbeatTimeout".to_owned()),
            ..Failure::timeout()
        }
    }

    pub(super) fn runtime(cause: impl Into<String>) -> Failure {
        Failure::new("States.Runtime", cause)
    }

    pub(super) fn data_limit(state: &str) -> Failure {
        let cause = format!(
            "The state/task '{state}' returned a result with a size exceeding the maximum number of bytes service \
             limit."
        );
        Failure::new("States.DataLimitExceeded", cause)
    }

    /// What a task came back with is too large. "States.ALL can't catch the States.DataLimitExceeded terminal error"
    /// (Developer Guide), but it is recorded to catch this one, which is the task's failure and not the state's.
    pub(super) fn large_result(task: &str) -> Failure {
        Failure::data_limit(task).also_called("States.TaskFailed")
    }

    /// The error of a branch keeps its name and is a `States.BranchFailed` besides.
    pub(super) fn of_branch(self) -> Failure {
        self.also_called("States.BranchFailed")
    }

    /// The same error, which answers to a second name as well.
    pub(super) fn also_called(self, alias: &str) -> Failure {
        Failure {
            alias: Some(alias.to_owned()),
            ..self
        }
    }

    /// `$states.errorOutput`; an absent part is empty text there.
    pub(super) fn output(&self) -> Value {
        json!({
            "Error": self.error.as_deref().unwrap_or_default(),
            "Cause": self.cause.as_deref().unwrap_or_default(),
        })
    }

    /// Whether no retrier or catcher may have it.
    pub(super) fn is_final(&self) -> bool {
        self.error.as_deref() == Some("States.Runtime")
    }

    /// Whether one of the names in `ErrorEquals` is for this error.
    pub(super) fn matches(&self, names: &[String]) -> bool {
        if self.is_final() {
            return false;
        }
        let error = self.error.as_deref().unwrap_or_default();
        let is_terminal =
            error == "States.DataLimitExceeded" && self.alias.as_deref() != Some("States.TaskFailed");
        names.iter().any(|name| match name.as_str() {
            // "States.ALL can't catch the States.DataLimitExceeded terminal error or Runtime error types"
            // (Developer Guide, "Handling errors in Step Functions workflows").
            "States.ALL" => !is_terminal,
            // "... a wildcard that matches any known error name except for States.Timeout" (same page).
            "States.TaskFailed" => error != "States.Timeout" && !is_terminal,
            name => name == error || Some(name) == self.alias.as_deref(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn wildcards_leave_out_what_aws_leaves_out() {
        let all = names(&["States.ALL"]);
        let failed = names(&["States.TaskFailed"]);
        assert!(Failure::new("Anything", "").matches(&all));
        assert!(Failure::timeout().matches(&all));
        assert!(!Failure::data_limit("A").matches(&all));
        assert!(Failure::large_result("lambda").matches(&all));
        assert!(!Failure::runtime("").matches(&all));
        assert!(Failure::new("Anything", "").matches(&failed));
        assert!(!Failure::timeout().matches(&failed));
        assert!(!Failure::heartbeat().matches(&failed));
    }

    #[test]
    fn a_runtime_error_is_caught_by_no_name_and_a_data_limit_by_its_own() {
        assert!(!Failure::runtime("").matches(&names(&["States.Runtime"])));
        assert!(Failure::data_limit("A").matches(&names(&["States.DataLimitExceeded"])));
    }

    #[test]
    fn a_missed_heartbeat_answers_to_both_of_its_names() {
        assert!(Failure::heartbeat().matches(&names(&["States.HeartbeatTimeout"])));
        assert!(Failure::heartbeat().matches(&names(&["States.Timeout"])));
        assert!(!Failure::timeout().matches(&names(&["States.HeartbeatTimeout"])));
    }
}
