//! What executions log: events for which their machine's `loggingConfiguration` names a log group.

use std::sync::Arc;

use serde_json::Value;

use crate::execution::Identity;
use crate::history::{HistoryEvent, LogLevel};

use super::{Engine, ExecutionId, MachineRecord, Settings};

/// An event that is to be logged.
#[derive(Clone, Debug)]
pub struct Logged {
    /// The machine as it was when the execution was started; its settings say where the line goes.
    pub machine: Arc<MachineRecord>,
    /// Whose event it is.
    pub identity: Arc<Identity>,
    /// How often the execution had been redriven by then.
    pub redrive_count: u64,
    /// The event.
    pub event: HistoryEvent,
}

/// A `loggingConfiguration` that logs something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Logging<'a> {
    /// Which events.
    pub level: LogLevel,
    /// Whether inputs and outputs are in the lines.
    pub with_data: bool,
    /// The log group's name.
    pub group: &'a str,
}

impl Settings {
    /// What is logged and where, if anything is.
    pub fn logs(&self) -> Option<Logging<'_>> {
        let stated = self.logging.as_ref()?;
        let level = stated.get("level").and_then(Value::as_str)?;
        let level = LogLevel::named(level).filter(|level| *level != LogLevel::Off)?;
        let arn = stated.pointer("/destinations/0/cloudWatchLogsLogGroup/logGroupArn")?;
        Some(Logging {
            level,
            with_data: stated
                .get("includeExecutionData")
                .and_then(Value::as_bool)
                .unwrap_or_default(),
            group: log_group(arn.as_str()?)?,
        })
    }
}

/// The log group's name in its ARN, which "must end with `:*`" (API reference, CloudWatchLogsLogGroup).
pub fn log_group(arn: &str) -> Option<&str> {
    let parts: Vec<&str> = arn.split(':').collect();
    match parts.as_slice() {
        ["arn", _, "logs", _, _, "log-group", name, "*"] if !name.is_empty() => Some(name),
        _ => None,
    }
}

impl Engine {
    /// Events that are to be logged, since the last call.
    pub fn take_logged(&mut self) -> Vec<Logged> {
        std::mem::take(&mut self.logged)
    }

    /// How many events executions have had since the last call: what it took to come here, and takes again.
    pub fn take_events_new(&mut self) -> u64 {
        std::mem::take(&mut self.events_new)
    }

    /// Counts an execution's new events, and notes what is to be logged of them.
    pub(super) fn note_logged(&mut self, id: ExecutionId) {
        let Some(entry) = self.executions.get_mut(&id) else {
            return;
        };
        let identity = Arc::clone(entry.execution.identity());
        let redrive_count = entry.execution.redrive_count();
        let new = entry.execution.take_new_events();
        self.events_new += new.len() as u64;
        let Some(logging) = entry.machine.settings.logs() else {
            return;
        };
        let taken = new.iter().filter(|event| logging.level.takes(event.event_type));
        self.logged.extend(taken.map(|event| Logged {
            machine: Arc::clone(&entry.machine),
            identity: Arc::clone(&identity),
            redrive_count,
            event: event.clone(),
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn settings_log_if_they_name_a_level_and_a_group() {
        let of = |logging: Value| Settings {
            logging: Some(logging),
            ..Settings::default()
        };
        let to = |arn: &str| json!([{ "cloudWatchLogsLogGroup": { "logGroupArn": arn } }]);
        let arn = "arn:aws:logs:us-east-1:0:log-group:/aws/vendedlogs/states/m:*";
        let settings = of(json!({ "level": "ERROR", "includeExecutionData": true, "destinations": to(arn) }));
        let logging = Logging {
            level: LogLevel::Error,
            with_data: true,
            group: "/aws/vendedlogs/states/m",
        };
        assert_eq!(settings.logs(), Some(logging));
        for stated in [
            json!({}),
            json!({ "level": "OFF", "destinations": to(arn) }),
            json!({ "level": "ALL" }),
            json!({ "level": "ALL", "destinations": [] }),
            json!({ "level": "ALL", "destinations": to("arn:aws:logs:us-east-1:0:log-group:m") }),
            json!({ "level": "LOUD", "destinations": to(arn) }),
        ] {
            assert_eq!(of(stated.clone()).logs(), None, "{stated}");
        }
        assert_eq!(Settings::default().logs(), None);
    }
}
