//! Events as lines of an execution log, in the shape in which AWS delivers them to CloudWatch Logs.
//!
//! Which events a level takes is the table of the Developer Guide ("Log levels"). The shape of a line is that of recorded
//! ones: numbers are text, details are named as in histories but for the member that holds them, and without execution
//! data not even `inputDetails` is left.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{Details, EventType, HistoryEvent};

/// "If escaped input or escaped output sent to CloudWatch Logs exceeds 248KB, it will be truncated" (Developer Guide,
/// "Logging using CloudWatch Logs").
const DATA_BYTES_MAX: usize = 248 * 1024;
/// What CloudWatch Logs takes of one event, without the 26 bytes that it counts for each.
pub const LINE_BYTES_MAX: usize = 256 * 1024 - 26;
/// Members that are execution data or speak of it.
const DATA: [&str; 7] = [
    "input",
    "inputDetails",
    "output",
    "outputDetails",
    "parameters",
    "assignedVariables",
    "assignedVariablesDetails",
];
/// What `FATAL` takes.
const FATAL: [&str; 3] = ["ExecutionAborted", "ExecutionFailed", "ExecutionTimedOut"];
/// What `ERROR` takes besides. The table names neither activities nor `EvaluationFailed`; their failures are treated as
/// those of functions.
const ERROR: [&str; 23] = [
    "ActivityFailed",
    "ActivityScheduleFailed",
    "ActivityTimedOut",
    "EvaluationFailed",
    "FailStateEntered",
    "LambdaFunctionFailed",
    "LambdaFunctionScheduleFailed",
    "LambdaFunctionStartFailed",
    "LambdaFunctionTimedOut",
    "MapIterationAborted",
    "MapIterationFailed",
    "MapRunAborted",
    "MapRunFailed",
    "MapStateAborted",
    "MapStateFailed",
    "ParallelStateAborted",
    "ParallelStateFailed",
    "TaskFailed",
    "TaskStartFailed",
    "TaskStateAborted",
    "TaskSubmitFailed",
    "TaskTimedOut",
    "WaitStateAborted",
];

/// Which events are logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogLevel {
    /// All of them.
    All,
    /// Those that say that something went wrong.
    Error,
    /// Those that say that the execution did.
    Fatal,
    /// None.
    Off,
}

impl LogLevel {
    /// The level of a name in a `loggingConfiguration`.
    pub fn named(name: &str) -> Option<LogLevel> {
        match name {
            "ALL" => Some(LogLevel::All),
            "ERROR" => Some(LogLevel::Error),
            "FATAL" => Some(LogLevel::Fatal),
            "OFF" => Some(LogLevel::Off),
            _ => None,
        }
    }

    /// Whether events of this kind are logged.
    pub fn takes(self, event_type: EventType) -> bool {
        let name = event_type.name();
        let is_fatal = FATAL.contains(&name);
        match self {
            LogLevel::All => true,
            LogLevel::Error => is_fatal || ERROR.contains(&name),
            LogLevel::Fatal => is_fatal,
            LogLevel::Off => false,
        }
    }
}

#[derive(Serialize)]
struct Line<'a> {
    id: String,
    #[serde(rename = "type")]
    event_type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<Map<String, Value>>,
    previous_event_id: String,
    event_timestamp: String,
    execution_arn: &'a str,
    redrive_count: String,
}

impl HistoryEvent {
    /// The event as a line of an execution log; `with_data` says whether inputs and outputs are included. `None` if it
    /// is too large for CloudWatch Logs even so.
    pub fn to_log_line(&self, execution_arn: &str, redrive_count: u64, with_data: bool) -> Option<String> {
        let mut details = match self.details.to_json(true) {
            Some(Value::Object(details)) => Some(details),
            _ => None,
        };
        if let Some(details) = &mut details {
            match with_data {
                true => DATA.iter().for_each(|name| truncate(details, name)),
                false => details.retain(|name, _| !DATA.contains(&name.as_str())),
            }
        }
        let mut line = Line {
            id: self.id.to_string(),
            event_type: self.event_type.name(),
            details,
            previous_event_id: self.previous_id.to_string(),
            event_timestamp: self.at_ms.to_string(),
            execution_arn,
            redrive_count: redrive_count.to_string(),
        };
        let text = serde_json::to_string(&line).ok()?;
        if text.len() <= LINE_BYTES_MAX {
            return Some(text);
        }
        // What is left that can be large: many variables.
        let details = line.details.as_mut()?;
        details.remove("assignedVariables")?;
        details.insert(
            "assignedVariablesDetails".to_owned(),
            json!({ "truncated": true }),
        );
        serde_json::to_string(&line)
            .ok()
            .filter(|text| text.len() <= LINE_BYTES_MAX)
    }

    /// About how many bytes its line takes.
    pub fn log_bytes(&self) -> usize {
        let data = match &self.details {
            Details::ExecutionStarted { input: data, .. }
            | Details::StateEntered { input: data, .. }
            | Details::ResourceScheduled { input: data, .. }
            | Details::TaskScheduled { parameters: data, .. }
            | Details::TaskOutput { output: data, .. }
            | Details::Output { output: data } => data.len(),
            Details::StateExited { output, assigned, .. } => {
                output.len() + assigned.values().map(String::len).sum::<usize>()
            }
            Details::TaskError { cause, .. } | Details::Error { cause, .. } => {
                cause.as_ref().map_or(0, String::len)
            }
            _ => 0,
        };
        data + 400
    }
}

/// Shortens a text so that CloudWatch Logs takes it, and says so.
fn truncate(details: &mut Map<String, Value>, name: &str) {
    let Some(Value::String(text)) = details.get_mut(name) else {
        return;
    };
    let mut bytes = 0;
    let over = text.char_indices().find(|(_, letter)| {
        bytes += escaped_bytes(*letter);
        bytes > DATA_BYTES_MAX
    });
    let Some((at, _)) = over else { return };
    text.truncate(at);
    if let Some(told) = details.get_mut(&format!("{name}Details")) {
        *told = json!({ "truncated": true });
    }
}

/// The length of a letter in JSON text.
fn escaped_bytes(letter: char) -> usize {
    match letter {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        letter if letter.is_control() && letter.is_ascii() => 6,
        letter => letter.len_utf8(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::sync::Arc;

    fn event(event_type: EventType, details: Details) -> HistoryEvent {
        HistoryEvent {
            id: 2,
            previous_id: 0,
            at_ms: 1_717_615_626_591,
            event_type,
            details,
        }
    }

    fn entered(input: &str) -> HistoryEvent {
        let details = Details::StateEntered {
            name: Arc::from("A"),
            input: Arc::from(input),
        };
        event(EventType::PassStateEntered, details)
    }

    #[test]
    fn a_line_has_the_recorded_shape_and_order() {
        let line = entered("{}").to_log_line("arn", 1, true).unwrap();
        let (before, rest) = line.split_once("{\"name\"").unwrap();
        let (_, after) = rest.split_once("}}").unwrap();
        assert_eq!(before, "{\"id\":\"2\",\"type\":\"PassStateEntered\",\"details\":");
        assert_eq!(
            after,
            ",\"previous_event_id\":\"0\",\"event_timestamp\":\"1717615626591\",\"execution_arn\":\"arn\",\"redrive_count\":\"1\"}"
        );
        let line: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(
            line["details"],
            json!({ "input": "{}", "inputDetails": { "truncated": false }, "name": "A" })
        );
        let bare: Value = serde_json::from_str(&entered("{}").to_log_line("arn", 0, false).unwrap()).unwrap();
        assert_eq!(bare["details"], json!({ "name": "A" }));
        let output = Details::Output {
            output: Arc::from("1"),
        };
        let ended = event(EventType::ExecutionSucceeded, output).to_log_line("arn", 0, false);
        assert!(ended.unwrap().contains("\"details\":{},"));
        let started = event(EventType::LambdaFunctionStarted, Details::None).to_log_line("arn", 0, true);
        assert!(!started.unwrap().contains("details"));
    }

    #[test]
    fn data_that_is_too_large_is_cut_and_a_line_always_fits() {
        for letter in ["a", "\"", "\u{1}", "é", "\u{1F600}"] {
            let line = entered(&letter.repeat(256 * 1024 / letter.len()))
                .to_log_line("arn", 0, true)
                .unwrap();
            assert!(line.len() <= LINE_BYTES_MAX, "{letter:?}");
            assert!(line.contains("{\"truncated\":true}"), "{letter:?}");
            let read: Value = serde_json::from_str(&line).unwrap();
            assert!(read["details"]["input"].as_str().unwrap().starts_with(letter));
        }
        let assigned = BTreeMap::from([("v".to_owned(), "1".repeat(200_000))]);
        let exited = Details::StateExited {
            name: Arc::from("A"),
            output: Arc::from("2".repeat(200_000)),
            assigned,
        };
        let line = event(EventType::PassStateExited, exited).to_log_line("arn", 0, true);
        let line: Value = serde_json::from_str(&line.unwrap()).unwrap();
        assert_eq!(
            line["details"]["assignedVariablesDetails"],
            json!({ "truncated": true })
        );
        assert_eq!(line["details"]["outputDetails"], json!({ "truncated": false }));
    }

    #[test]
    fn levels_take_what_the_table_says() {
        let taken = |level: &str| {
            let level = LogLevel::named(level).unwrap();
            let all = EventType::ALL.iter().filter(|event| level.takes(**event));
            all.map(|event| event.name()).collect::<Vec<_>>()
        };
        assert_eq!(taken("ALL").len(), EventType::ALL.len());
        assert_eq!(taken("OFF"), Vec::<&str>::new());
        assert_eq!(taken("FATAL"), FATAL);
        let wrong = ["Failed", "TimedOut", "Aborted"];
        for event in EventType::ALL {
            let name = event.name();
            let is_wrong = wrong.iter().any(|end| name.ends_with(end)) || name == "FailStateEntered";
            assert_eq!(taken("ERROR").contains(&name), is_wrong, "{name}");
        }
    }
}
