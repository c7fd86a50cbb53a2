//! What a JSONPath state does with its data: `InputPath`, `ResultSelector`, `ResultPath`, `OutputPath`.

use serde_json::Value;

use crate::paths::{PathQuery, ReferencePath};

use super::fields::{Fields, Report, complain};
use super::{Code, Template};

/// How data goes through a JSONPath state.
#[derive(Debug)]
pub struct Shape {
    /// What of its input the state sees.
    pub input: Part,
    /// The result of a Pass state, if not what it sees.
    pub made: Option<Template>,
    /// What is made of a result.
    pub result_selector: Option<Template>,
    /// Where the result goes.
    pub result_path: Placement,
    /// What of input and result together is handed on.
    pub output: Part,
}

/// A part of a value.
#[derive(Debug)]
pub enum Part {
    /// All of it.
    All,
    /// Nothing of it, which leaves `{}`.
    Nothing,
    /// What a path leads to.
    At(Box<PathQuery>),
}

/// Where a result goes.
#[derive(Debug)]
pub enum Placement {
    /// It takes the place of the input.
    Replace,
    /// Nowhere: the input is kept.
    Discard,
    /// Into the input.
    At(ReferencePath),
}

impl Shape {
    /// Reads the fields that stand there; which may stand there was checked before.
    pub(super) fn read(fields: Fields<'_>, kind_name: &str, report: &mut Report) -> Shape {
        let made = match (kind_name, fields.raw("Result")) {
            ("Pass", Some(result)) => Some(Template::Literal(result.clone())),
            ("Pass", None) => fields.payload("Parameters", report),
            _ => None,
        };
        Shape {
            input: Part::read(fields, "InputPath", report),
            made,
            result_selector: fields.payload("ResultSelector", report),
            result_path: Placement::read(fields, report),
            output: Part::read(fields, "OutputPath", report),
        }
    }
}

impl Part {
    fn read(fields: Fields<'_>, name: &str, report: &mut Report) -> Part {
        match fields.raw(name) {
            None => Part::All,
            Some(Value::Null) => Part::Nothing,
            Some(Value::String(text)) if text == "$" => Part::All,
            Some(_) => fields
                .path_query(name, report)
                .map_or(Part::All, |query| Part::At(Box::new(query))),
        }
    }
}

impl Placement {
    pub(super) fn read(fields: Fields<'_>, report: &mut Report) -> Placement {
        const NAME: &str = "ResultPath";
        match fields.raw(NAME) {
            None => Placement::Replace,
            Some(Value::Null) => Placement::Discard,
            Some(Value::String(text)) if text == "$" => Placement::Replace,
            Some(_) => {
                let Some(text) = fields.text(NAME, report) else {
                    return Placement::Replace;
                };
                match ReferencePath::parse(text) {
                    Ok(path) => Placement::At(path),
                    Err(reason) => {
                        let message =
                            format!("Value is not a Reference Path: {}", crate::query::cut(&reason));
                        complain(report, Code::Schema, &fields.place(NAME), &message);
                        Placement::Replace
                    }
                }
            }
        }
    }
}
