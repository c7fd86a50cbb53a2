//! A JSON value in which any string may be an expression: `"{% ... %}"`.

use serde_json::{Map, Value};

use crate::paths::PathQuery;
use crate::query::{Query, QueryError, cut};

use super::fields::Report;
use super::{Code, Diagnostic, Severity};

/// A JSON value with expressions in it.
#[derive(Debug)]
pub enum Template {
    /// No expression anywhere inside.
    Literal(Value),
    /// An expression and where it stands.
    Expression(Box<Query>),
    /// A path or a call of an intrinsic function and where it stands.
    Path(Box<PathQuery>),
    /// A list with an expression somewhere inside.
    List(Vec<Template>),
    /// An object with an expression somewhere inside, in the definition's order.
    Object(Vec<(String, Template)>),
}

impl Template {
    /// Reads a value. `field` is its place within the state, such as `Output/total`, as failures name it.
    pub(super) fn read(value: &Value, location: &str, field: &str, report: &mut Report) -> Template {
        match value {
            Value::String(text) => match expression_in(text) {
                None => Template::Literal(value.clone()),
                Some(source) => match Query::parse(source, field) {
                    Ok(query) => Template::Expression(Box::new(query)),
                    Err(reason) => {
                        report.push(Diagnostic {
                            severity: Severity::Error,
                            code: Code::Expression,
                            location: location.to_owned(),
                            message: format!(
                                "The JSONata expression {:?} cannot be used: {reason}",
                                cut(source)
                            ),
                        });
                        Template::Literal(Value::Null)
                    }
                },
            },
            Value::Array(items) => {
                let read = |(index, item)| {
                    Template::read(
                        item,
                        &format!("{location}/{index}"),
                        &format!("{field}[{index}]"),
                        report,
                    )
                };
                Template::list(items.iter().enumerate().map(read).collect())
            }
            Value::Object(members) => {
                let read = |(name, member): (&String, &Value)| {
                    let inner = Template::read(
                        member,
                        &format!("{location}/{name}"),
                        &format!("{field}/{name}"),
                        report,
                    );
                    (name.clone(), inner)
                };
                Template::object(members.iter().map(read).collect())
            }
            _ => Template::Literal(value.clone()),
        }
    }

    /// Why a value that came of it is not what was needed. `None` for a literal, which was checked when it was read.
    pub fn unfit(&self, needed: &str, value: &Value) -> Option<QueryError> {
        match self {
            Template::Expression(query) => Some(QueryError::unexpected_type(query, needed, value)),
            Template::Path(query) => Some(query.unfit(needed, value)),
            _ => None,
        }
    }

    /// The names of an object's members; none if it is no object.
    pub(super) fn member_names(&self) -> Vec<String> {
        match self {
            Template::Object(members) => members.iter().map(|(name, _)| name.clone()).collect(),
            Template::Literal(Value::Object(members)) => members.keys().cloned().collect(),
            _ => Vec::new(),
        }
    }

    pub(super) fn list(items: Vec<Template>) -> Template {
        if items.iter().any(|item| !matches!(item, Template::Literal(_))) {
            return Template::List(items);
        }
        let constants = items.into_iter().filter_map(Template::into_literal).collect();
        Template::Literal(Value::Array(constants))
    }

    pub(super) fn object(members: Vec<(String, Template)>) -> Template {
        if members
            .iter()
            .any(|(_, member)| !matches!(member, Template::Literal(_)))
        {
            return Template::Object(members);
        }
        let constants: Map<String, Value> = members
            .into_iter()
            .filter_map(|(name, member)| Some((name, member.into_literal()?)))
            .collect();
        Template::Literal(Value::Object(constants))
    }

    fn into_literal(self) -> Option<Value> {
        match self {
            Template::Literal(value) => Some(value),
            _ => None,
        }
    }
}

/// The source between `{%` and `%}`; both must touch the ends of the string.
pub(super) fn expression_in(text: &str) -> Option<&str> {
    text.strip_prefix("{%")?.strip_suffix("%}").map(str::trim)
}
