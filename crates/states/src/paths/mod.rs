//! JSONPath as Step Functions speaks it: paths, variables, intrinsic functions and tests of Choice states.
//!
//! A path or call is read when its machine is registered and evaluated against a [`Sight`].

mod call;
mod choice;
mod cursor;
mod filter;
mod functions;
mod path;
mod reference;
#[cfg(test)]
mod tests;

use serde_json::Value;

use crate::chance::Chance;
use crate::query::{QueryError, Variables};

use call::{Argument, Call};
use path::{Found, Origin, Path};

pub use choice::{Against, Comparison, Kind, Order, Test};
pub use reference::ReferencePath;

/// Characters of an input that a failure shows.
const SHOWN_MAX: usize = 10_000;

/// What a path can see.
pub struct Sight<'a> {
    /// `$`.
    pub root: &'a Value,
    /// Builds `$$`, only when a path asks for it.
    pub context: &'a dyn Fn() -> Value,
    /// `$name`.
    pub variables: &'a Variables,
}

/// A path or a call of a function, and where it stands.
#[derive(Debug)]
pub struct PathQuery {
    source: String,
    field: String,
    form: Form,
}

#[derive(Debug)]
enum Form {
    Path(Path),
    Call(Call),
}

/// Why a path or call yielded nothing.
enum Fault {
    /// A path leads nowhere; what it was applied to.
    Missing { path: String, whole: Value },
    /// A function could not do it.
    Refused(String),
}

impl PathQuery {
    /// Reads a path. `field` is its place within the state, as failures name it; the error is a sentence.
    pub fn path(source: &str, field: &str) -> Result<PathQuery, String> {
        Ok(PathQuery {
            source: source.to_owned(),
            field: field.to_owned(),
            form: Form::Path(Path::parse(source)?),
        })
    }

    /// Reads a path or, if it does not begin with `$`, a call of an intrinsic function.
    pub fn path_or_call(source: &str, field: &str) -> Result<PathQuery, String> {
        if source.starts_with('$') {
            return PathQuery::path(source, field);
        }
        Ok(PathQuery {
            source: source.to_owned(),
            field: field.to_owned(),
            form: Form::Call(Call::parse(source)?),
        })
    }

    /// The path as it was written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Its place within the state, such as `Parameters/total.$`.
    pub fn field(&self) -> &str {
        &self.field
    }

    /// What is there, or why there is nothing.
    ///
    /// # Errors
    ///
    /// When a path leads nowhere or a function refuses its arguments.
    pub fn evaluate(&self, sight: &Sight<'_>, chance: &mut Chance) -> Result<Value, QueryError> {
        let outcome = match &self.form {
            Form::Path(path) => sight.find(path),
            Form::Call(call) => sight.call(call, chance),
        };
        outcome.map_err(|fault| match (&self.form, fault) {
            (Form::Path(path), Fault::Missing { whole, .. }) => self.missing(path, &whole),
            (_, Fault::Missing { path, whole }) => self.refused(&format!(
                "The JsonPath argument for the field '{path}' could not be found in the input '{}'",
                shown(&whole)
            )),
            (_, Fault::Refused(reason)) => self.refused(&reason),
        })
    }

    /// What is there, if anything is.
    pub(crate) fn look(&self, sight: &Sight<'_>) -> Option<Value> {
        match &self.form {
            Form::Path(path) => sight.find(path).ok(),
            Form::Call(_) => None,
        }
    }

    /// A value that is not what the field needs, in the words the service has for it.
    pub fn unfit(&self, needed: &str, value: &Value) -> QueryError {
        let (field, source) = (self.field.as_str(), self.source.as_str());
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let is_negative = value.as_i64().is_some_and(|number| number < 0);
        let cause = match field {
            "SecondsPath" if is_negative => {
                format!("The SecondsPath parameter references a negative value: {source} == {text}")
            }
            "SecondsPath" => {
                format!("The SecondsPath parameter cannot be parsed as a long value: {source} == {text}")
            }
            "TimestampPath" => format!(
                "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format \
                 string: {source} == {text}"
            ),
            "MaxConcurrencyPath" | "ToleratedFailureCountPath" if is_negative => {
                format!("{} cannot be negative.", field.trim_end_matches("Path"))
            }
            "MaxConcurrencyPath" | "ToleratedFailureCountPath" => {
                format!("The {field} field refers to value \"{text}\" which is not a valid integer: {source}")
            }
            "ToleratedFailurePercentagePath" if value.is_number() => {
                "ToleratedFailurePercentage must be between 0 and 100.".to_owned()
            }
            "ToleratedFailurePercentagePath" => {
                format!("The {field} field refers to value \"{text}\" which is not a valid float: {source}")
            }
            "ItemsPath" => format!("Reference path \"{source}\" must point to array."),
            _ => format!("The {field} parameter does not reference a {needed}: {source} == {text}"),
        };
        QueryError::runtime(field, cause)
    }

    /// A path that leads nowhere. Each field has words of its own, all recorded from the service.
    fn missing(&self, path: &Path, whole: &Value) -> QueryError {
        let (field, source) = (self.field.as_str(), self.source.as_str());
        match field {
            "InputPath" | "OutputPath" | "TimeoutSecondsPath" | "HeartbeatSecondsPath" => {
                QueryError::runtime(
                    field,
                    format!(
                        "Invalid path '{source}' : No results for path: {}",
                        path.normalised()
                    ),
                )
            }
            "SecondsPath" | "TimestampPath" => QueryError::runtime(
                field,
                format!("The {field} parameter does not reference an input value: {source}"),
            ),
            "ItemsPath" | "MaxConcurrencyPath" => {
                let (step, before) = path.dead_end(whole);
                let cause = format!("Unable to apply step \"{step}\" to input {}", shown(before));
                QueryError::named("States.ReferencePathConflict", field, cause)
            }
            _ => {
                let name = field.rsplit('/').next().unwrap_or(field);
                let cause = format!(
                    "The JSONPath '{source}' specified for the field '{name}' could not be found in the input '{}'",
                    shown(whole)
                );
                QueryError::runtime(field, cause)
            }
        }
    }

    fn refused(&self, reason: &str) -> QueryError {
        let cause = format!("The function '{}' had the following error: {reason}", self.source);
        QueryError::runtime(&self.field, cause)
    }
}

impl Sight<'_> {
    fn find(&self, path: &Path) -> Result<Value, Fault> {
        let missing = |whole: &Value| Fault::Missing {
            path: path.source().to_owned(),
            whole: whole.clone(),
        };
        let whole = match &path.origin {
            Origin::Input => return found(path, self.root).ok_or_else(|| missing(self.root)),
            Origin::Context => (self.context)(),
            Origin::Variable(name) => match self.variables.get(name) {
                Some(value) => return found(path, value).ok_or_else(|| missing(value)),
                None => return Err(missing(self.root)),
            },
        };
        found(path, &whole).ok_or_else(|| missing(&whole))
    }

    fn call(&self, call: &Call, chance: &mut Chance) -> Result<Value, Fault> {
        let mut values = Vec::with_capacity(call.arguments.len());
        for (index, argument) in call.arguments.iter().enumerate() {
            values.push(match argument {
                Argument::Text(text) if index == 0 && call.function == functions::Function::Format => {
                    Value::from(text.as_str())
                }
                Argument::Text(text) => call::unescaped(text).into(),
                Argument::Constant(value) => value.clone(),
                Argument::Path(path) => self.find(path)?,
                Argument::Call(inner) => self.call(inner, chance)?,
            });
        }
        call.function.call(&values, chance).map_err(Fault::Refused)
    }
}

fn found(path: &Path, whole: &Value) -> Option<Value> {
    match path.select(whole) {
        Found::Value(value) => Some(value),
        Found::Nothing => None,
    }
}

/// A value as text, shortened if it is very long.
pub(crate) fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(SHOWN_MAX) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}
