//! JSONata as Step Functions speaks it: `$states`, variables, and a few functions of its own.
//!
//! An expression is parsed when its machine is registered and evaluated against a [`Scope`]. Numbers are 64-bit
//! floats, as in the reference implementation: whole numbers beyond 2^53 lose digits.

mod bound;
mod builtins;
mod evaluate;
mod functions;
mod guard;
mod json;
mod meter;
mod nodes;
mod references;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::panic::catch_unwind;

use jsonata_core::ast::AstNode;
use jsonata_core::parser;

pub use evaluate::{Evaluation, Scope, States, Variables};
pub(crate) use functions::hexadecimal_digest;
pub(crate) use meter::STEPS_MAX;

/// The fields `$states` can have.
const STATES_FIELDS: &[&str] = &["input", "result", "errorOutput", "context"];

/// The parser takes expressions of a thousand levels. Walking them, and freeing them, may need this much stack.
const STACK_BYTES: usize = 64 * 1_048_576;
/// With this much left, what is not nested to the utmost needs no other stack.
const STACK_LEFT_BYTES: usize = 256 * 1_024;

/// A parsed expression and where it stands.
#[derive(Debug)]
pub struct Query {
    source: String,
    field: String,
    ast: AstNode,
    /// Whether it has guards in it.
    is_guarded: bool,
    /// Names of the variables it mentions, without those it may define itself.
    variables: BTreeSet<String>,
    /// Which fields of `$states` it mentions; building the others would be work for nothing.
    states: BTreeSet<&'static str>,
    /// Which of the functions we provide it mentions.
    functions: Vec<&'static str>,
}

impl Query {
    /// Parses an expression. `field` is its place within the state, as failures name it (`Output/total`).
    ///
    /// # Errors
    ///
    /// A sentence that says what is wrong with it.
    pub fn parse(source: &str, field: &str) -> Result<Query, String> {
        with_stack(source, || Query::parse_here(source, field))
    }

    fn parse_here(source: &str, field: &str) -> Result<Query, String> {
        if source.is_empty() {
            return Err("the expression is empty".to_owned());
        }
        // The parser belongs to someone else; whatever it makes of strange input must not end this process.
        let mut ast = catch_unwind(|| parser::parse(source))
            .map_err(|_| "it does not parse: the parser gave up".to_owned())?
            .map_err(|reason| format!("it does not parse: {}", cut(&reason.to_string())))?;
        if let Some(name) = references::to_context_item(&ast) {
            return Err(format!(
                "Reference to '{}' at the top level is not supported: the input is $states.input, and a \
                 variable has a $ before it",
                cut(&name)
            ));
        }
        let (mut variables, mut bound) = (BTreeSet::new(), bound::Bound::default());
        if let Ok(tree) = serde_json::to_value(&ast) {
            collect_variables(&tree, &mut variables);
            bound.collect(&tree);
        }
        if variables.contains("eval") {
            return Err("$eval is not available in Step Functions; use $parse for JSON text".to_owned());
        }
        let is_guarded = guard::guard(&mut ast, &bound);
        let states = states_fields(source);
        let is_catcher = field.starts_with("Catch[");
        if source.contains("$states.errorOutput") && !is_catcher {
            return Err("$states.errorOutput can only be used in a catcher's Output and Assign".to_owned());
        }
        Ok(Query {
            states,
            functions: functions::NAMES
                .iter()
                .copied()
                .filter(|name| source.contains(*name))
                .collect(),
            source: source.to_owned(),
            field: field.to_owned(),
            ast,
            is_guarded,
            variables,
        })
    }

    /// The text between `{%` and `%}`.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Its place within the state, such as `Output/total`.
    pub fn field(&self) -> &str {
        &self.field
    }
}

impl Drop for Query {
    fn drop(&mut self) {
        let ast = std::mem::replace(&mut self.ast, AstNode::Null);
        with_stack(&self.source, || drop(ast));
    }
}

/// Does something with an expression, on a stack of its own if it may be deep: a level takes a character at least.
fn with_stack<T>(source: &str, work: impl FnOnce() -> T) -> T {
    const SHALLOW: usize = 64;
    match source.len() > SHALLOW {
        true => stacker::maybe_grow(STACK_BYTES, STACK_BYTES, work),
        false => stacker::maybe_grow(STACK_LEFT_BYTES, STACK_BYTES, work),
    }
}

/// Why an evaluation yielded nothing usable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryError {
    /// The error's name: [`QueryError::EVALUATION`] in JSONata, mostly `States.Runtime` in JSONPath.
    pub error: &'static str,
    /// Where in the state, such as `Output/total`.
    pub field: String,
    /// A sentence, worded as Step Functions does.
    pub message: String,
}

impl QueryError {
    /// What a failed JSONata expression is.
    pub const EVALUATION: &'static str = "States.QueryEvaluationError";

    /// A failure with a name of its own.
    pub fn named(error: &'static str, field: &str, message: String) -> QueryError {
        QueryError {
            error,
            field: field.to_owned(),
            message,
        }
    }

    /// A failure that nothing can catch, as most are in JSONPath.
    pub fn runtime(field: &str, message: String) -> QueryError {
        QueryError::named("States.Runtime", field, message)
    }

    /// A failed JSONata expression.
    pub fn evaluation(field: &str, message: String) -> QueryError {
        QueryError::named(QueryError::EVALUATION, field, message)
    }

    /// A value of the wrong type.
    pub fn unexpected_type(query: &Query, expected: &str, value: &serde_json::Value) -> QueryError {
        let message = format!(
            "The JSONata expression '{}' specified for the field '{}' returned an unexpected result type. \
             Expected '{expected}', but was '{}' for value: {value}",
            query.source,
            query.field,
            type_name(value)
        );
        QueryError::evaluation(&query.field, message)
    }

    fn undefined(query: &Query) -> QueryError {
        let message = format!(
            "The JSONata expression '{}' specified for the field '{}' returned nothing (undefined).",
            query.source, query.field
        );
        QueryError::evaluation(&query.field, message)
    }

    fn thrown(query: &Query, reason: &str) -> QueryError {
        let message = format!(
            "The JSONata expression '{}' specified for the field '{}' threw an error during evaluation. {reason}",
            query.source, query.field
        );
        QueryError::evaluation(&query.field, message)
    }
}

/// The beginning of a text that a message quotes.
pub(crate) fn cut(text: &str) -> Cow<'_, str> {
    const LETTERS_MAX: usize = 200;
    match text.char_indices().nth(LETTERS_MAX) {
        Some((end, _)) => Cow::Owned(format!("{}...", text.get(..end).unwrap_or_default())),
        None => Cow::Borrowed(text),
    }
}

fn type_name(value: &serde_json::Value) -> &'static str {
    match value {
        serde_json::Value::Null => "null",
        serde_json::Value::Bool(_) => "boolean",
        serde_json::Value::Number(_) => "number",
        serde_json::Value::String(_) => "string",
        serde_json::Value::Array(_) => "array",
        serde_json::Value::Object(_) => "object",
    }
}

fn collect_variables(tree: &serde_json::Value, names: &mut BTreeSet<String>) {
    match tree {
        serde_json::Value::Array(items) => items.iter().for_each(|item| collect_variables(item, names)),
        serde_json::Value::Object(members) => {
            if let Some(serde_json::Value::String(name)) = members.get("Variable") {
                names.insert(name.clone());
            }
            // A variable may also hold a function and be called.
            if let Some(name) = members
                .get("Function")
                .and_then(|call| call.get("name"))
                .and_then(|name| name.as_str())
            {
                names.insert(name.to_owned());
            }
            members
                .values()
                .for_each(|member| collect_variables(member, names));
        }
        _ => {}
    }
}

/// Which fields of `$states` a source mentions: all of them, unless each mention goes straight to a field.
fn states_fields(source: &str) -> BTreeSet<&'static str> {
    let mut fields = BTreeSet::new();
    for rest in source.split("$states").skip(1) {
        let after_dot = rest.trim_start().strip_prefix('.').map(str::trim_start);
        let field = after_dot.and_then(|rest| {
            STATES_FIELDS
                .iter()
                .copied()
                .find(|field| begins_with(rest, field))
        });
        match field {
            Some(field) => {
                fields.insert(field);
            }
            None => fields.extend(STATES_FIELDS),
        }
    }
    fields
}

fn begins_with(text: &str, word: &str) -> bool {
    text.strip_prefix(word)
        .is_some_and(|rest| !rest.starts_with(|letter: char| letter.is_alphanumeric() || letter == '_'))
}
