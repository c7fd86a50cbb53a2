//! What a test may say of the context object.

use serde_json::{Map, Value};

use crate::definition::{Kind, State, Waits};
use crate::engine::EngineError;

/// The parts of the context object, and which of their members are texts.
const PARTS: &[(&str, &[&str], &[&str])] = &[
    (
        "Execution",
        &["Id", "Name", "RoleArn", "StartTime", "RedriveTime"],
        &["Input", "RedriveCount"],
    ),
    ("State", &["Name", "EnteredTime"], &["RetryCount"]),
    ("StateMachine", &["Id", "Name"], &[]),
    ("Task", &["Token"], &[]),
];

/// Checks a stated context object.
///
/// # Errors
///
/// [`EngineError::Validation`], in the service's words where they are known.
pub(super) fn check(context: &Map<String, Value>, state: &State, mocked: bool) -> Result<(), EngineError> {
    if !mocked {
        let message = "A Context object can only be specified when a mock is specified";
        return Err(EngineError::Validation(message.to_owned()));
    }
    for (name, value) in context {
        if name == "Map" {
            return refuse("'Map' field is not supported when mocking a Context object");
        }
        if name == "Task" && !waits(state) {
            return refuse(
                "Context object contains 'Task' when state is not a Task state with a '.sync' or \
                 '.waitForTaskToken' service integration pattern",
            );
        }
        let Some((_, texts, others)) = PARTS.iter().find(|(part, _, _)| part == name) else {
            return refuse(&format!("Field '{name}' is not allowed"));
        };
        let Some(members) = value.as_object() else {
            return refuse(&format!("{name} must be an object"));
        };
        for (member, value) in members {
            if texts.contains(&member.as_str()) {
                if !value.is_string() {
                    return refuse(&format!("{name}.{member} must be a string"));
                }
            } else if !others.contains(&member.as_str()) {
                return refuse(&format!("Field '{member}' is not allowed"));
            }
        }
    }
    Ok(())
}

fn waits(state: &State) -> bool {
    matches!(&state.kind, Kind::Task(task) if task.resource.waits() != Waits::ForAnswer)
}

fn refuse(message: &str) -> Result<(), EngineError> {
    Err(EngineError::Validation(format!(
        "Invalid Context object provided: {message}"
    )))
}
