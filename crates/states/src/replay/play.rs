//! Runs a definition on a virtual clock with what a record says that the world answered.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::definition::{Code, Diagnostic, Kind, Machine, MachineType};
use crate::execution::{Execution, Identity, Replayed, Root, label_of};

use super::event::{Event, What};
use super::file::About;
use super::record::Record;
use super::{Unreadable, fill, values};

/// Functions and fields whose value is another one each time.
const UNKNOWABLE: [&str; 7] = [
    "$now(",
    "$millis(",
    "$random(",
    "$uuid(",
    "$shuffle(",
    "States.UUID(",
    "States.MathRandom(",
];

/// A run that was made.
#[derive(Debug)]
pub(super) struct Made {
    pub record: Record,
    pub events: Vec<Value>,
    pub notes: Vec<String>,
    /// Events of entering the states that wait for an answer that the record does not have.
    pub unanswered: Vec<u64>,
}

/// Plays a record on a definition.
pub(super) fn play(
    record: &Arc<Record>,
    about: &About,
    definition: &Value,
    notes: &mut Vec<String>,
) -> Result<Made, Unreadable> {
    let machine_type = match about.is_express && about.label.is_none() {
        true => MachineType::Express,
        false => MachineType::Standard,
    };
    let machine = Machine::parse(&definition.to_string(), machine_type).map_err(|why| unusable(&why))?;
    let root = root_of(&machine, about)?;
    let Some(Event {
        at_ms,
        what: What::Started { input, role },
        ..
    }) = record.events.first()
    else {
        return Err(Unreadable::new("events", "do not begin with ExecutionStarted"));
    };
    let parts: Vec<&str> = about.machine_arn.split(':').collect();
    let identity = Identity {
        arn: about.arn.clone(),
        name: about.name.clone(),
        machine_arn: about.machine_arn.clone(),
        machine_name: about.machine.clone(),
        role_arn: Arc::from(role.as_str()),
        region: Arc::from(parts.get(3).copied().unwrap_or_default()),
        version_arn: None,
        alias_arn: None,
        map_run_arn: None,
    };
    let replayed = Replayed::along(Arc::clone(record), about.started_ms, unknowable(definition));
    let value = values::read(input).map_err(|why| Unreadable::new("The input", why))?;
    let mut execution = Execution::start_replayed(
        Arc::new(identity),
        (Arc::new(machine), root),
        (value, Arc::from(input.as_str())),
        *at_ms,
        Box::new(replayed),
    );
    // What is still at work in the record is still at work here.
    let until_ms = match record.end() {
        Some(_) => u64::MAX,
        None => record.last_ms(),
    };
    if record.end().is_none() {
        notes.push(
            "The record ends while the execution is at work, so only what it has was compared.".to_owned(),
        );
    }
    while execution.replay_step(until_ms) {}
    made(&execution, record)
}

fn made(execution: &Execution, recorded: &Record) -> Result<Made, Unreadable> {
    let events: Vec<Value> = execution
        .history()
        .iter()
        .map(|event| event.to_json(true))
        .collect();
    let read: Result<Vec<Event>, Unreadable> = events
        .iter()
        .enumerate()
        .map(|(index, event)| Event::read(event, &format!("The event {} of the run", index + 1)))
        .collect();
    let mut notes: Vec<String> = execution
        .replayed()
        .into_iter()
        .flat_map(Replayed::notes)
        .cloned()
        .collect();
    let mut unanswered = Vec::new();
    for (state, entered, is_known) in execution.replay_waits() {
        // What waits in a record that ends there waits in both.
        if execution.ended().is_none() && (recorded.end().is_some() || !is_known) {
            notes.push(format!(
                "{state} waits for an answer that the record does not have, and none was made up (event {entered} of the \
                 run)."
            ));
            unanswered.push(entered);
        }
    }
    Ok(Made {
        record: Record::of(read?),
        events,
        notes,
        unanswered,
    })
}

/// What of its machine an execution runs: an execution of a map run runs the map's own flow.
fn root_of(machine: &Machine, about: &About) -> Result<Root, Unreadable> {
    let Some(label) = &about.label else {
        return Ok(Root::default());
    };
    let maps = machine.flows.iter().flat_map(|flow| &flow.states);
    let maps: Vec<_> = maps
        .filter_map(|state| match &state.kind {
            Kind::Map(map) => {
                let distributed = map.distributed.as_ref()?;
                let made_up = || label_of(&about.machine, &state.name);
                Some((
                    map.processor,
                    distributed,
                    distributed.label.clone().unwrap_or_else(made_up),
                ))
            }
            _ => None,
        })
        .collect();
    let labelled = maps.iter().find(|(.., own)| own == label);
    let (flow, distributed) = match (labelled, &maps[..]) {
        // A service makes up labels in a way of its own.
        (Some((flow, distributed, _)), _) | (None, [(flow, distributed, _)]) => (*flow, *distributed),
        _ => {
            let why = format!(
                "has no distributed Map state with the Label {label:?}, of which this execution is one"
            );
            return Err(Unreadable::new("The definition", why));
        }
    };
    Ok(Root {
        flow,
        machine_type: Some(distributed.child_type),
    })
}

fn unusable(diagnostics: &[Diagnostic]) -> Unreadable {
    let said: Vec<String> = diagnostics
        .iter()
        .map(|one| format!("{} [{}]: {}", one.location, Code::name(one.code), one.message))
        .collect();
    Unreadable::new("The definition", format!("cannot be run: {}", said.join("; ")))
}

/// The states that ask for chance or for the time of day.
pub(super) fn unknowable(definition: &Value) -> HashSet<String> {
    let mut states = BTreeMap::new();
    fill::states(definition, &mut states);
    let asks = |state: &Value| {
        let own: Map<String, Value> = state
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(name, _)| !["Branches", "ItemProcessor", "Iterator"].contains(&name.as_str()))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let text: String = Value::Object(own)
            .to_string()
            .chars()
            .filter(|letter| !letter.is_whitespace())
            .collect();
        UNKNOWABLE.iter().any(|function| text.contains(function))
    };
    states
        .into_iter()
        .filter(|(_, state)| asks(state))
        .map(|(name, _)| name.to_owned())
        .collect()
}
