//! How an execution ends.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::history::{Details, EventType, HistoryEvent};

use super::strand::StrandId;
use super::{Execution, Failure, limits, redrive};

/// Where an execution stands, named as the API names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Status {
    /// Still at work.
    Running,
    /// Ended well.
    Succeeded,
    /// Ended badly.
    Failed,
    /// Took longer than its own time limit.
    TimedOut,
    /// Stopped from outside.
    Aborted,
}

impl Status {
    /// The name in answers.
    pub fn name(self) -> &'static str {
        match self {
            Status::Running => "RUNNING",
            Status::Succeeded => "SUCCEEDED",
            Status::Failed => "FAILED",
            Status::TimedOut => "TIMED_OUT",
            Status::Aborted => "ABORTED",
        }
    }
}

/// How and when an execution ended.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Ended {
    /// Never [`Status::Running`].
    pub status: Status,
    /// When, milliseconds since 1970.
    pub at_ms: u64,
    /// Its output as JSON text, if it succeeded.
    #[serde(default, with = "crate::saved::text_if_any")]
    pub output: Option<Arc<str>>,
    /// Its error, if it failed or was stopped.
    pub failure: Option<Failure>,
}

impl Execution {
    /// Where it stands.
    pub fn status(&self) -> Status {
        self.ended.as_ref().map_or(Status::Running, |ended| ended.status)
    }

    /// Stops the run from outside; no effect on one that has ended.
    pub fn stop(&mut self, error: Option<String>, cause: Option<String>, now_ms: u64) {
        self.advance(now_ms);
        if self.ended.is_none() {
            self.stop_now(error, cause);
        }
    }

    /// Stops the run at this moment.
    pub(super) fn stop_now(&mut self, error: Option<String>, cause: Option<String>) {
        let failure = Failure::reported(error, cause);
        // AWS writes no event for the states that were at work, and names no event as the reason.
        self.finish(EventType::ExecutionAborted, 0, error_details(&failure));
        self.set_ended(Status::Aborted, Some(failure));
    }

    /// From now on it is stopped when it would enter a state: its machine is being deleted.
    pub(crate) fn end_at_next_transition(&mut self) {
        self.ends_at_transition = true;
    }

    /// Stops it if its machine is being deleted.
    pub(super) fn ends_here(&mut self) -> bool {
        if self.ends_at_transition {
            let failure = Failure::reported(None, None);
            self.finish(EventType::ExecutionAborted, 0, error_details(&failure));
            self.set_ended(Status::Aborted, Some(failure));
        }
        self.ends_at_transition
    }

    pub(super) fn end_timed_out(&mut self) {
        self.finish(
            EventType::ExecutionTimedOut,
            0,
            error_details(&Failure::timeout()),
        );
        // The history says States.Timeout, the execution itself says nothing: so AWS answers.
        self.set_ended(Status::TimedOut, None);
    }

    pub(super) fn end_failed(&mut self, previous: u64, failure: Failure) {
        self.finish(EventType::ExecutionFailed, previous, error_details(&failure));
        self.set_ended(Status::Failed, Some(failure));
    }

    /// The history has no room for more.
    pub(super) fn end_full(&mut self) {
        let cause = format!(
            "The execution reached the maximum number of history events ({}).",
            limits::EVENTS_MAX
        );
        self.end_failed(self.history.len() as u64, Failure::runtime(cause));
    }

    pub(super) fn end_succeeded(&mut self, previous: u64, output: &Value) {
        let output: Arc<str> = Arc::from(output.to_string());
        let details = Details::Output {
            output: Arc::clone(&output),
        };
        self.finish(EventType::ExecutionSucceeded, previous, details);
        self.ended = Some(Ended {
            status: Status::Succeeded,
            at_ms: self.now_ms,
            output: Some(output),
            failure: None,
        });
    }

    pub(super) fn set_ended(&mut self, status: Status, failure: Option<Failure>) {
        self.ended = Some(Ended {
            status,
            at_ms: self.now_ms,
            output: None,
            failure,
        });
    }

    /// Adds the last event, for which there is always room, and lets go of everything that was at work.
    fn finish(&mut self, event_type: EventType, previous_id: u64, details: Details) {
        let id = self.history.len() as u64 + 1;
        self.history.push(HistoryEvent {
            id,
            previous_id,
            at_ms: self.now_ms,
            event_type,
            details,
        });
        let left: Vec<StrandId> = self.strands.keys().copied().collect();
        let closed = left
            .into_iter()
            .filter_map(|id| Some((id, self.close_strand(id)?)))
            .collect();
        if let Some(root) = redrive::assemble(closed) {
            self.remains = Some(Box::new(root));
        }
        self.ready.clear();
        self.timers.clear();
    }

    /// The execution as another one's `.sync` task sees it: the answer of DescribeExecution with capital letters.
    pub(super) fn describe_as_result(&self, ended: &Ended, as_json: bool) -> Value {
        let payload = |text: &str| match as_json {
            true => crate::saved::read(text.as_bytes()).unwrap_or(Value::Null),
            false => Value::String(text.to_owned()),
        };
        let mut described = json!({
            "ExecutionArn": self.identity.arn,
            "Input": payload(&self.input_text),
            "InputDetails": { "Included": true },
            "Name": self.identity.name,
            "RedriveCount": self.redrive_count,
            "RedriveStatus": "REDRIVABLE",
            "StartDate": self.started_ms,
            "StateMachineArn": self.identity.machine_arn,
            "Status": ended.status.name(),
            "StopDate": ended.at_ms,
        });
        if ended.status == Status::Succeeded {
            described["RedriveStatus"] = "NOT_REDRIVABLE".into();
            described["RedriveStatusReason"] = "Execution is SUCCEEDED and cannot be redriven".into();
        }
        let texts = [
            ("StateMachineVersionArn", &self.identity.version_arn),
            ("StateMachineAliasArn", &self.identity.alias_arn),
        ];
        for (name, text) in texts {
            if let Some(text) = text {
                described[name] = text.as_str().into();
            }
        }
        if let Some(redriven_ms) = self.redriven_ms {
            described["RedriveDate"] = redriven_ms.into();
        }
        if let Some(output) = &ended.output {
            described["Output"] = payload(output);
            described["OutputDetails"] = json!({ "Included": true });
        }
        if let Some(failure) = &ended.failure {
            if let Some(error) = &failure.error {
                described["Error"] = Value::from(error.as_str());
            }
            if let Some(cause) = &failure.cause {
                described["Cause"] = Value::from(cause.as_str());
            }
        }
        described
    }
}

fn error_details(failure: &Failure) -> Details {
    Details::Error {
        error: failure.error.clone(),
        cause: failure.cause.clone(),
    }
}
