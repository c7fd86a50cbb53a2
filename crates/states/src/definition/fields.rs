//! Reading the fields of one JSON object, with every complaint collected instead of the first only.

use serde_json::{Map, Value};

use crate::paths::PathQuery;
use crate::query::cut;

use super::{Code, Diagnostic, Language, Severity, Template};

/// Complaints so far.
pub(super) type Report = Vec<Diagnostic>;

/// Fields that only JSONPath states have.
const JSON_PATH_FIELDS: &[&str] = &[
    "InputPath",
    "OutputPath",
    "Parameters",
    "ResultPath",
    "ResultSelector",
    "Result",
    "ItemsPath",
    "SecondsPath",
    "TimestampPath",
    "TimeoutSecondsPath",
    "HeartbeatSecondsPath",
    "MaxConcurrencyPath",
    "ToleratedFailureCountPath",
    "ToleratedFailurePercentagePath",
    "MaxItemsPerBatchPath",
    "MaxInputBytesPerBatchPath",
    "MaxItemsPath",
    "ErrorPath",
    "CausePath",
    "Variable",
];

/// Fields that only JSONata states have.
const JSONATA_FIELDS: &[&str] = &["Arguments", "Output", "Items", "Condition"];

/// One object of the definition and its place.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a> {
    members: &'a Map<String, Value>,
    /// Its place, such as `/States/A/Retry/0`.
    pub path: &'a str,
    /// The language of the state it belongs to.
    pub language: Language,
    /// Its place within the state, such as `Choices[0]/`, as failures write it.
    within: &'a str,
}

impl<'a> Fields<'a> {
    /// The object at `path`, or a complaint that it is none.
    pub fn of(value: &'a Value, path: &'a str, report: &mut Report) -> Option<Self> {
        let members = value.as_object();
        if members.is_none() {
            complain(report, Code::Schema, path, "An object is needed here");
        }
        members.map(|members| Self {
            members,
            path,
            language: Language::Jsonata,
            within: "",
        })
    }

    /// The same object, as part of a state in this language.
    pub fn speaking(self, language: Language) -> Self {
        Self { language, ..self }
    }

    /// An object within this one.
    pub fn inner<'b>(
        &self,
        value: &'b Value,
        path: &'b str,
        within: &'b str,
        report: &mut Report,
    ) -> Option<Fields<'b>> {
        let fields = Fields::of(value, path, report)?;
        Some(Fields {
            language: self.language,
            within,
            ..fields
        })
    }

    /// The names of all its fields.
    pub fn names(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.members.keys().map(String::as_str)
    }

    /// A field's place within the state, as failures name it.
    pub fn field(&self, name: &str) -> String {
        format!("{}{name}", self.within)
    }

    /// Complains about every field that is not in `known`, with a better reason for those in `refused`.
    pub fn allow(&self, known: &[&str], refused: &[(&str, &str)], report: &mut Report) {
        for name in self
            .members
            .keys()
            .map(String::as_str)
            .filter(|name| !known.contains(name))
        {
            let place = format!("{}/{name}", self.path);
            if let Some((_, reason)) = refused.iter().find(|(field, _)| *field == name) {
                complain(report, Code::NotSupported, &place, reason);
            } else if let Some((mine, other)) = self.foreign(name) {
                let message = format!(
                    "The QueryLanguage is set to '{mine}', but field '{name}' is only supported for the '{other}' \
                     QueryLanguage"
                );
                complain(report, Code::Schema, &place, &message);
            } else {
                complain(
                    report,
                    Code::Schema,
                    &place,
                    &format!("The field {name:?} is not known here"),
                );
            }
        }
    }

    /// Whether a field belongs to the other language.
    pub fn is_foreign(&self, name: &str) -> bool {
        self.foreign(name).is_some()
    }

    /// The language of this state and the other one, if a field belongs to the other.
    fn foreign(&self, name: &str) -> Option<(&'static str, &'static str)> {
        match self.language {
            Language::Jsonata if JSON_PATH_FIELDS.contains(&name) || name.ends_with(".$") => {
                Some(("JSONata", "JSONPath"))
            }
            Language::JsonPath if JSONATA_FIELDS.contains(&name) => Some(("JSONPath", "JSONata")),
            _ => None,
        }
    }

    /// The field as it stands.
    pub fn raw(&self, name: &str) -> Option<&'a Value> {
        self.members.get(name)
    }

    /// The place of a field.
    pub fn place(&self, name: &str) -> String {
        format!("{}/{name}", self.path)
    }

    /// A text field.
    pub fn text(&self, name: &str, report: &mut Report) -> Option<&'a str> {
        let value = self.raw(name)?;
        let text = value.as_str();
        if text.is_none() {
            complain(
                report,
                Code::Schema,
                &self.place(name),
                &format!("{name} must be text"),
            );
        }
        text
    }

    /// A text field that must be there.
    pub fn needed_text(&self, name: &str, report: &mut Report) -> Option<&'a str> {
        if self.raw(name).is_none() {
            complain(
                report,
                Code::Schema,
                self.path,
                &format!("The field {name:?} is missing"),
            );
        }
        self.text(name, report)
    }

    /// A whole number between two limits, both included.
    pub fn whole(&self, name: &str, least: u64, most: u64, report: &mut Report) -> Option<u64> {
        let value = self.raw(name)?;
        let number = value.as_u64().filter(|number| (least..=most).contains(number));
        if number.is_none() {
            let message = format!("{name} must be a whole number from {least} to {most}");
            complain(report, Code::Schema, &self.place(name), &message);
        }
        number
    }

    /// A field that may be any JSON with expressions or, in JSONPath, marked paths in it.
    pub fn template(&self, name: &str, report: &mut Report) -> Option<Template> {
        let value = self.raw(name)?;
        let read = match self.language {
            Language::Jsonata => Template::read,
            Language::JsonPath => Template::read_payload,
        };
        Some(read(value, &self.place(name), &self.field(name), report))
    }

    /// A payload template, which must be an object.
    pub fn payload(&self, name: &str, report: &mut Report) -> Option<Template> {
        if !self.raw(name)?.is_object() {
            let message = format!("{name} must be an object");
            complain(report, Code::Schema, &self.place(name), &message);
            return None;
        }
        self.template(name, report)
    }

    /// `Output`, which JSONPath states do not have.
    pub fn output(&self, report: &mut Report) -> Option<Template> {
        match self.language {
            Language::Jsonata => self.template("Output", report),
            Language::JsonPath => None,
        }
    }

    /// A path.
    pub fn path_query(&self, name: &str, report: &mut Report) -> Option<PathQuery> {
        let outcome = PathQuery::path(self.text(name, report)?, &self.field(name));
        self.checked(name, outcome, report)
    }

    /// A path or a call of an intrinsic function.
    pub fn path_or_call(&self, name: &str, report: &mut Report) -> Option<PathQuery> {
        let outcome = PathQuery::path_or_call(self.text(name, report)?, &self.field(name));
        self.checked(name, outcome, report)
    }

    fn checked(
        &self,
        name: &str,
        outcome: Result<PathQuery, String>,
        report: &mut Report,
    ) -> Option<PathQuery> {
        outcome
            .map_err(|reason| {
                let message = format!("{name} must be a valid JSONPath: {}", cut(&reason));
                complain(report, Code::Schema, &self.place(name), &message);
            })
            .ok()
    }

    /// One of two fields: the value itself or, in JSONPath, a path to it under the same name with `Path` behind it.
    pub fn or_path(
        &self,
        name: &str,
        read: impl FnOnce(&Self, &mut Report) -> Option<Template>,
        report: &mut Report,
    ) -> Option<Template> {
        let path_name = format!("{name}Path");
        if self.language == Language::Jsonata || self.raw(&path_name).is_none() {
            return read(self, report);
        }
        if self.raw(name).is_some() {
            let message = format!("Either {name} or {path_name} may stand here, not both");
            complain(report, Code::Schema, &self.place(&path_name), &message);
        }
        self.path_query(&path_name, report)
            .map(|query| Template::Path(Box::new(query)))
    }

    /// True or false.
    pub fn flag(&self, name: &str, report: &mut Report) -> Option<bool> {
        let flag = self.raw(name)?.as_bool();
        if flag.is_none() {
            let message = format!("{name} must be true or false");
            complain(report, Code::Schema, &self.place(name), &message);
        }
        flag
    }

    /// A whole number between two limits, or an expression that must yield one.
    pub fn number_or_expression(
        &self,
        name: &str,
        least: u64,
        most: u64,
        report: &mut Report,
    ) -> Option<Template> {
        match self.raw(name)? {
            Value::String(_) if self.language == Language::Jsonata => self.expression(name, report),
            _ => self
                .whole(name, least, most, report)
                .map(|number| Template::constant(number.into())),
        }
    }

    /// A number from 0 to 100, or an expression that must yield one.
    pub fn percentage_or_expression(&self, name: &str, report: &mut Report) -> Option<Template> {
        let value = self.raw(name)?;
        if value.is_string() && self.language == Language::Jsonata {
            return self.expression(name, report);
        }
        let is_sound = value
            .as_f64()
            .is_some_and(|number| (0.0..=100.0).contains(&number));
        if !is_sound {
            let message = format!("{name} must be a number from 0 to 100");
            complain(report, Code::Schema, &self.place(name), &message);
        }
        is_sound.then(|| Template::constant(value.clone()))
    }

    /// A text, or an expression that must yield one.
    pub fn text_or_expression(&self, name: &str, report: &mut Report) -> Option<Template> {
        let text = self.text(name, report)?;
        match self.language {
            Language::Jsonata => self.template(name, report),
            Language::JsonPath => Some(Template::constant(text.into())),
        }
    }

    /// An expression.
    pub fn expression(&self, name: &str, report: &mut Report) -> Option<Template> {
        let template = self.template(name, report)?;
        let text = self.raw(name).and_then(Value::as_str).unwrap_or_default();
        if super::template::expression_in(text).is_none() {
            let message = format!("{name} must be an expression between {{% and %}}");
            complain(report, Code::Schema, &self.place(name), &message);
        }
        Some(template)
    }

    /// An object whose members become variables; `context` and `states` are names of the language.
    pub fn assign(&self, report: &mut Report) -> Option<Template> {
        let place = self.place("Assign");
        let members = Fields::of(self.raw("Assign")?, &place, report)?.members;
        for name in members.keys() {
            let full_name = name;
            let name = match self.language {
                Language::Jsonata => name.as_str(),
                Language::JsonPath => name.strip_suffix(".$").unwrap_or(name),
            };
            let starts_well = name
                .chars()
                .next()
                .is_some_and(|letter| letter.is_alphabetic() || letter == '_');
            let goes_on_well = name
                .chars()
                .all(|letter| letter.is_alphanumeric() || letter == '_');
            if name == "states" || !starts_well || !goes_on_well || name.chars().count() > 80 {
                let place = format!("{}/Assign/{full_name}", self.path);
                complain(
                    report,
                    Code::Schema,
                    &place,
                    &format!("{name:?} cannot be the name of a variable"),
                );
            }
        }
        self.template("Assign", report)
    }

    /// A list that must have at least one entry.
    pub fn list(&self, name: &str, report: &mut Report) -> Option<&'a Vec<Value>> {
        let value = self.raw(name)?;
        let list = value.as_array().filter(|list| !list.is_empty());
        if list.is_none() {
            let message = format!("{name} must be a list with at least one entry");
            complain(report, Code::Schema, &self.place(name), &message);
        }
        list
    }
}

/// Adds one complaint.
pub(super) fn complain(report: &mut Report, code: Code, place: &str, message: &str) {
    let location = if place.is_empty() { "/" } else { place };
    report.push(Diagnostic {
        severity: Severity::Error,
        code,
        location: location.to_owned(),
        message: message.to_owned(),
    });
}

/// Adds one warning: a field that is taken here, but not on AWS.
pub(super) fn warn(warnings: &mut Report, place: &str, message: &str) {
    warnings.push(Diagnostic {
        severity: Severity::Warning,
        code: Code::NotSupported,
        location: place.to_owned(),
        message: message.to_owned(),
    });
}
