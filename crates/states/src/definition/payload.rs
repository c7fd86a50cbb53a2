//! Payload templates: a JSON value in which a field whose name ends in `.$` holds a path or a call of a function.

use serde_json::Value;

use crate::paths::PathQuery;
use crate::query::cut;

use super::fields::{Report, complain};
use super::{Code, Template};

/// What the name of a field ends in whose value is to be evaluated.
const MARK: &str = ".$";

impl Template {
    /// Reads a payload template. `field` is its place within the state, such as `Parameters/total.$`.
    pub(super) fn read_payload(value: &Value, location: &str, field: &str, report: &mut Report) -> Template {
        match value {
            Value::Array(items) => {
                let read = |(index, item)| {
                    Template::read_payload(
                        item,
                        &format!("{location}/{index}"),
                        &format!("{field}[{index}]"),
                        report,
                    )
                };
                Template::list(items.iter().enumerate().map(read).collect())
            }
            Value::Object(members) => {
                let mut read: Vec<(String, Template)> = Vec::with_capacity(members.len());
                for (name, member) in members {
                    let location = format!("{location}/{name}");
                    let field = format!("{field}/{name}");
                    let (name, template) = match name.strip_suffix(MARK) {
                        Some(bare) => (bare, read_marked(member, &location, &field, report)),
                        None => (
                            name.as_str(),
                            Template::read_payload(member, &location, &field, report),
                        ),
                    };
                    if read.iter().any(|(known, _)| known == name) {
                        let message = format!("The field {name:?} stands here twice, with .$ and without");
                        complain(report, Code::Schema, &location, &message);
                    }
                    read.push((name.to_owned(), template));
                }
                Template::object(read)
            }
            _ => Template::Literal(value.clone()),
        }
    }
}

fn read_marked(value: &Value, location: &str, field: &str, report: &mut Report) -> Template {
    let outcome = match value.as_str() {
        Some(text) => PathQuery::path_or_call(text, field),
        None => Err("it is no text".to_owned()),
    };
    match outcome {
        Ok(query) => Template::Path(Box::new(query)),
        Err(reason) => {
            let name = field.rsplit('/').next().unwrap_or(field);
            let message = format!(
                "The value for the field '{name}' must be a valid JSONPath or a valid intrinsic function call: {}",
                cut(&reason)
            );
            complain(report, Code::Schema, location, &message);
            Template::Literal(Value::Null)
        }
    }
}
