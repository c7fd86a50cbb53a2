//! Reading the fields of one JSON object, with every complaint collected instead of the first only.

use serde_json::{Map, Value};

use super::{Code, Diagnostic, Template};

/// Complaints so far.
pub(super) type Report = Vec<Diagnostic>;

/// Fields of the JSONPath language, each refused by name wherever it stands.
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
    "ErrorPath",
    "CausePath",
    "Variable",
];

/// One object of the definition and its place.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a> {
    members: &'a Map<String, Value>,
    /// Its place, such as `/States/A/Retry/0`.
    pub path: &'a str,
}

impl<'a> Fields<'a> {
    /// The object at `path`, or a complaint that it is none.
    pub fn of(value: &'a Value, path: &'a str, report: &mut Report) -> Option<Self> {
        let members = value.as_object();
        if members.is_none() {
            complain(report, Code::Schema, path, "An object is needed here");
        }
        members.map(|members| Self { members, path })
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
            } else if JSON_PATH_FIELDS.contains(&name) || name.ends_with(".$") {
                let message =
                    format!("{name} belongs to JSONPath; only the JSONata query language is supported");
                complain(report, Code::NotSupported, &place, &message);
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

    /// A field that may be any JSON with expressions in it.
    pub fn template(&self, name: &str, report: &mut Report) -> Option<Template> {
        let value = self.raw(name)?;
        Some(Template::read(value, &self.place(name), name, report))
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
            Value::String(_) => self.expression(name, report),
            _ => self
                .whole(name, least, most, report)
                .map(|number| Template::constant(number.into())),
        }
    }

    /// A text, or an expression that must yield one.
    pub fn text_or_expression(&self, name: &str, report: &mut Report) -> Option<Template> {
        self.text(name, report)?;
        self.template(name, report)
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
            let starts_well = name
                .chars()
                .next()
                .is_some_and(|letter| letter.is_alphabetic() || letter == '_');
            let goes_on_well = name
                .chars()
                .all(|letter| letter.is_alphanumeric() || letter == '_');
            if name == "states" || !starts_well || !goes_on_well || name.chars().count() > 80 {
                let place = format!("{}/Assign/{name}", self.path);
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
        code,
        location: location.to_owned(),
        message: message.to_owned(),
    });
}
