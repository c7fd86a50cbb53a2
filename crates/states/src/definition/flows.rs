//! Reading a whole machine: its top level, and flows within flows.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::fields::{Fields, Report, complain};
use super::{Code, Diagnostic, Flow, Language, Machine, MachineType, State, reach, substitution};

/// Definitions are at most 1 MB on AWS.
const DEFINITION_BYTES_MAX: usize = 1_048_576;
/// Names of states are at most 80 characters on AWS.
const NAME_CHARS_MAX: usize = 80;
/// `TimeoutSeconds` and the like are at most this on AWS (three years).
pub(super) const SECONDS_MAX: u64 = 99_999_999;

pub(super) fn read_machine(
    definition: &str,
    machine_type: MachineType,
    whole: bool,
    warnings: &mut Report,
) -> Result<Machine, Vec<Diagnostic>> {
    let mut report = Report::new();
    if definition.len() > DEFINITION_BYTES_MAX {
        complain(
            &mut report,
            Code::InvalidJson,
            "",
            "The definition is larger than 1 MB",
        );
        return Err(report);
    }
    let parsed: Value = match serde_json::from_str(definition) {
        Ok(parsed) => parsed,
        Err(reason) => {
            complain(
                &mut report,
                Code::InvalidJson,
                "",
                &format!("The definition is not JSON: {reason}"),
            );
            return Err(report);
        }
    };
    refuse_placeholders(definition, &mut report);
    let mut reader = FlowReader {
        machine_type,
        flows: Vec::new(),
        names: BTreeSet::new(),
        labels: BTreeSet::new(),
        language: Language::JsonPath,
        report,
        warnings: Report::new(),
    };
    let timeout_s = reader.read_top(&parsed);
    let FlowReader {
        flows,
        mut report,
        warnings: mut found,
        ..
    } = reader;
    warnings.append(&mut found);
    // A place is taken before a flow's inner flows are read, and filled after.
    let flows: Vec<Flow> = flows.into_iter().flatten().collect();
    if report.is_empty() {
        reach::check(&flows, whole, &mut report);
    }
    if report.is_empty() {
        Ok(Machine {
            machine_type,
            timeout_s,
            flows,
        })
    } else {
        Err(report)
    }
}

/// Names a placeholder that nobody filled in, which otherwise would show up as a strange ARN.
fn refuse_placeholders(definition: &str, report: &mut Report) {
    let names: BTreeSet<&str> = definition
        .split("${")
        .skip(1)
        .filter_map(|rest| rest.split_once('}'))
        .map(|(name, _)| name)
        .filter(|name| substitution::is_name(name))
        .collect();
    for name in names {
        complain(
            report,
            Code::Schema,
            "",
            &format!("The placeholder ${{{name}}} was not filled in"),
        );
    }
}

/// Where a flow's transitions may lead: its own states by name.
pub(super) type Targets = BTreeMap<String, usize>;

/// Collects flows while the definition is walked.
pub(super) struct FlowReader {
    pub machine_type: MachineType,
    flows: Vec<Option<Flow>>,
    names: BTreeSet<String>,
    pub labels: BTreeSet<String>,
    /// The language of states that have none of their own.
    language: Language,
    pub report: Report,
    pub warnings: Report,
}

impl FlowReader {
    fn read_top(&mut self, parsed: &Value) -> Option<u64> {
        let fields = Fields::of(parsed, "", &mut self.report)?;
        fields.allow(
            &[
                "Comment",
                "QueryLanguage",
                "StartAt",
                "States",
                "TimeoutSeconds",
                "Version",
            ],
            &[],
            &mut self.report,
        );
        self.language = self.read_language(fields).unwrap_or(Language::JsonPath);
        if let Some(version) = fields
            .text("Version", &mut self.report)
            .filter(|version| *version != "1.0")
        {
            complain(
                &mut self.report,
                Code::Schema,
                "/Version",
                &format!("Version {version:?} is not known"),
            );
        }
        let timeout_s = fields.whole("TimeoutSeconds", 1, SECONDS_MAX, &mut self.report);
        self.read_flow(fields);
        timeout_s
    }

    /// Reads `StartAt` and `States` of an object and returns the flow's index.
    pub fn read_flow(&mut self, fields: Fields<'_>) -> usize {
        let index = self.flows.len();
        self.flows.push(None);
        let start_at = fields.needed_text("StartAt", &mut self.report);
        let empty = Map::new();
        let members = match fields.raw("States").and_then(Value::as_object) {
            Some(members) if !members.is_empty() => members,
            _ => {
                let message = "States must be an object with at least one state";
                complain(&mut self.report, Code::Schema, fields.path, message);
                &empty
            }
        };
        let targets: Targets = members.keys().cloned().zip(0..).collect();
        let mut states: Vec<State> = Vec::with_capacity(members.len());
        for (name, value) in members {
            let place = format!("{}/States/{name}", fields.path);
            self.check_name(name, &place);
            if let Some(fields) = Fields::of(value, &place, &mut self.report) {
                let language = self.language_of(fields);
                states.extend(self.read_state(name, fields.speaking(language), &targets));
            }
        }
        let start = start_at.and_then(|name| targets.get(name).copied());
        if let (Some(name), None) = (start_at, start) {
            let message = format!("StartAt names the state {name:?}, which does not exist here");
            complain(
                &mut self.report,
                Code::Transition,
                &fields.place("StartAt"),
                &message,
            );
        }
        let path = fields.path.to_owned();
        self.flows[index] = Some(Flow {
            path,
            start: start.unwrap_or(0),
            states,
        });
        index
    }

    fn check_name(&mut self, name: &str, place: &str) {
        let length = name.chars().count();
        if length == 0 || length > NAME_CHARS_MAX {
            complain(
                &mut self.report,
                Code::Schema,
                place,
                "A state's name has 1 to 80 characters",
            );
        }
        if !self.names.insert(name.to_owned()) {
            let message = format!("The state {name:?} stands twice in this machine; names must be unique");
            complain(&mut self.report, Code::Schema, place, &message);
        }
    }

    /// A state inside a Map or Parallel state falls back to the machine's language, not to that of the state around it.
    fn language_of(&mut self, fields: Fields<'_>) -> Language {
        match self.read_language(fields) {
            Some(Language::JsonPath) if self.language == Language::Jsonata => {
                let message =
                    "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine";
                complain(
                    &mut self.report,
                    Code::Schema,
                    &fields.place("QueryLanguage"),
                    message,
                );
                Language::JsonPath
            }
            Some(language) => language,
            None => self.language,
        }
    }

    fn read_language(&mut self, fields: Fields<'_>) -> Option<Language> {
        match fields.text("QueryLanguage", &mut self.report)? {
            "JSONata" => Some(Language::Jsonata),
            "JSONPath" => Some(Language::JsonPath),
            _ => {
                let message = "QueryLanguage must be \"JSONPath\" or \"JSONata\"";
                complain(
                    &mut self.report,
                    Code::Schema,
                    &fields.place("QueryLanguage"),
                    message,
                );
                Some(Language::Jsonata)
            }
        }
    }
}
