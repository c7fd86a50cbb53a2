//! Taking a state out of its machine.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::definition::{Code, Diagnostic, Machine, MachineType, Severity};
use crate::engine::EngineError;

/// What a state without a machine is called, as the service calls it.
const NO_NAME: &str = "StateName";

/// A machine of one state that does something.
pub(super) struct Isolated {
    pub definition: String,
    pub name: String,
    /// Whether it stood inside a Map state.
    pub in_map: bool,
    state: Value,
}

impl Isolated {
    /// Whether it is a Pass state that states its result.
    pub fn has_result(&self) -> bool {
        self.state.get("Result").is_some() && self.state.get("Type").is_some_and(|kind| kind == "Pass")
    }

    /// Whether the state has one of this name within.
    pub fn holds(&self, name: &str) -> bool {
        flows_of(&self.state)
            .into_iter()
            .any(|flow| find(flow, name, false).is_some())
    }
}

/// Makes a machine of the state that is to be tested. Where it leads to becomes a state that does nothing.
pub(super) fn isolate(definition: &str, state_name: Option<&str>) -> Result<Isolated, EngineError> {
    let parsed: Value = serde_json::from_str(definition).map_err(|reason| {
        EngineError::InvalidDefinition(vec![Diagnostic {
            severity: Severity::Error,
            code: Code::InvalidJson,
            location: "/".to_owned(),
            message: format!("The definition is not JSON: {reason}"),
        }])
    })?;
    let (state, in_map, name) = match state_name {
        None if parsed.get("States").is_some() => {
            let message = "stateName must be specified when the definition is of a state machine";
            return Err(EngineError::Validation(message.to_owned()));
        }
        None => (parsed.clone(), false, NO_NAME),
        Some(name) => {
            Machine::parse(definition, MachineType::Standard).map_err(EngineError::InvalidDefinition)?;
            let (state, in_map) = find(&parsed, name, false).ok_or_else(|| {
                EngineError::Validation(format!(
                    "State not found in the state machine definition: '{name}'"
                ))
            })?;
            (state.clone(), in_map, name)
        }
    };
    let mut states = Map::new();
    for target in targets(&state) {
        states.insert(target, json!({ "Type": "Succeed" }));
    }
    states.insert(name.to_owned(), state.clone());
    let mut machine = json!({ "StartAt": name, "States": states });
    if let (Some(_), Some(language)) = (state_name, parsed.get("QueryLanguage")) {
        machine["QueryLanguage"] = language.clone();
    } else if let Some(language) = state.get("QueryLanguage") {
        machine["QueryLanguage"] = language.clone();
    }
    Ok(Isolated {
        definition: machine.to_string(),
        name: name.to_owned(),
        in_map,
        state,
    })
}

/// A state of a flow or of one within it, and whether there is a Map state around it.
fn find<'a>(flow: &'a Value, name: &str, in_map: bool) -> Option<(&'a Value, bool)> {
    let states = flow.get("States")?.as_object()?;
    if let Some(state) = states.get(name) {
        return Some((state, in_map));
    }
    states.values().find_map(|state| {
        let in_map = in_map || state.get("Type").and_then(Value::as_str) == Some("Map");
        flows_of(state)
            .into_iter()
            .find_map(|flow| find(flow, name, in_map))
    })
}

fn flows_of(state: &Value) -> Vec<&Value> {
    let branches = state.get("Branches").and_then(Value::as_array);
    let processors = ["ItemProcessor", "Iterator"];
    processors
        .iter()
        .filter_map(|name| state.get(name))
        .chain(branches.into_iter().flatten())
        .collect()
}

/// The states that a state leads to.
fn targets(state: &Value) -> BTreeSet<String> {
    let mut targets = BTreeSet::new();
    let lists = ["Choices", "Catch"];
    let inner = lists
        .iter()
        .filter_map(|name| state.get(name)?.as_array())
        .flatten();
    for place in inner.chain([state]) {
        for name in ["Next", "Default"] {
            targets.extend(place.get(name).and_then(Value::as_str).map(str::to_owned));
        }
    }
    targets
}
