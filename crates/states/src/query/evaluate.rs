//! Evaluating a template or an expression against what a state can see.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;

use jsonata_core::evaluator::{Context, Evaluator, EvaluatorOptions};
use jsonata_core::value::JValue;
use serde_json::Value;

use crate::chance::Chance;
use crate::definition::Template;
use crate::paths::Sight;

use super::meter::Meter;
use super::{Query, QueryError, cut, functions, json, meter};

/// Nested evaluation levels; far above any sensible expression, far below what memory holds.
const DEPTH_MAX: usize = 3_000;
/// Items a single sequence may have.
const SEQUENCE_MAX: usize = 200_000;
/// The last resort, for what is not counted in steps. It must never be the limit that ends an evaluation: it is not
/// the same on each machine, so the journal might be read as another story than the one that was told.
const EVALUATION_MS_MAX: u64 = 120_000;

/// Variables in scope, shared by the flows inside.
pub type Variables = Arc<BTreeMap<String, Arc<Value>>>;

/// What `$states` holds; a field that is absent is undefined.
#[derive(Clone, Copy, Default)]
pub struct States<'a> {
    /// The state's input.
    pub input: Option<&'a Value>,
    /// What a Task, Map or Parallel state came back with.
    pub result: Option<&'a Value>,
    /// `{"Error": .., "Cause": ..}` in a catcher.
    pub error_output: Option<&'a Value>,
}

/// What an expression can see, and the ports it draws from.
pub struct Scope<'a> {
    /// The fields of `$states` that cost nothing to have.
    pub states: States<'a>,
    /// `$` in a path.
    pub root: &'a Value,
    /// Builds `$states.context`, only when an expression asks for it.
    pub context: &'a dyn Fn() -> Value,
    /// Variables assigned so far.
    pub variables: &'a Variables,
    /// What `$now()` and `$millis()` say.
    pub now_ms: u64,
    /// Counts the steps of its evaluations; all of a scope together have a limit.
    pub steps: Cell<u64>,
}

/// An evaluation's answer: a value, or why there is none.
pub type Evaluation = Result<Value, QueryError>;

impl Scope<'_> {
    /// Evaluates every expression in a template.
    ///
    /// # Errors
    ///
    /// The first expression that fails or yields nothing.
    pub fn template(&self, template: &Template, chance: &mut Chance) -> Evaluation {
        match template {
            Template::Literal(value) => Ok(value.clone()),
            Template::Expression(query) => self.query(query, chance),
            Template::Path(query) => {
                let sight = Sight {
                    root: self.root,
                    context: self.context,
                    variables: self.variables,
                };
                query.evaluate(&sight, chance)
            }
            Template::List(items) => items
                .iter()
                .map(|item| self.template(item, chance))
                .collect::<Result<_, _>>()
                .map(Value::Array),
            Template::Object(members) => {
                let evaluate =
                    |(name, member): &(String, Template)| Ok((name.clone(), self.template(member, chance)?));
                members
                    .iter()
                    .map(evaluate)
                    .collect::<Result<_, _>>()
                    .map(Value::Object)
            }
        }
    }

    /// Evaluates one expression.
    ///
    /// # Errors
    ///
    /// When it fails, yields nothing, or yields what JSON cannot hold.
    pub fn query(&self, query: &Query, chance: &mut Chance) -> Evaluation {
        let shared = Rc::new(RefCell::new(chance.clone()));
        let meter = Rc::new(RefCell::new(Meter::after(self.steps.get() + 1)));
        // The evaluator belongs to someone else; a panic in it is an error of this expression, not of this process.
        let outcome = catch_unwind(AssertUnwindSafe(|| self.run(query, &shared, &meter)));
        self.steps.set(meter.borrow().steps());
        *chance = shared.borrow().clone();
        match outcome {
            Ok(Ok(JValue::Undefined)) => Err(QueryError::undefined(query)),
            Ok(Ok(value)) => json::to_json(&value).map_err(|reason| QueryError::thrown(query, reason)),
            Ok(Err(reason)) => Err(QueryError::thrown(query, &reason)),
            Err(panic) => Err(QueryError::thrown(query, &gave_up(&*panic))),
        }
    }

    fn run(
        &self,
        query: &Query,
        chance: &Rc<RefCell<Chance>>,
        meter: &Rc<RefCell<Meter>>,
    ) -> Result<JValue, String> {
        let options = EvaluatorOptions {
            timeout_ms: Some(EVALUATION_MS_MAX),
            max_stack_depth: Some(DEPTH_MAX),
            max_sequence_length: Some(SEQUENCE_MAX),
            ..EvaluatorOptions::default()
        };
        let mut context = Context::new();
        for name in &query.variables {
            if let Some(value) = self.variables.get(name) {
                context.bind(name.clone(), json::from_json(value));
            }
        }
        if !query.states.is_empty() {
            context.bind("states".to_owned(), self.states_value(query));
        }
        let mut evaluator = Evaluator::with_options(context, options);
        functions::register(&mut evaluator, &query.functions, chance, self.now_ms)?;
        if query.is_guarded {
            meter::register(&mut evaluator, meter)?;
        }
        evaluator
            .evaluate(&query.ast, &JValue::Undefined)
            .map_err(|reason| reason.message().to_owned())
    }

    fn states_value(&self, query: &Query) -> JValue {
        let mut members = Vec::with_capacity(query.states.len());
        for field in query.states.iter().copied() {
            let value = match field {
                "input" => self.states.input.map(json::from_json),
                "result" => self.states.result.map(json::from_json),
                "errorOutput" => self.states.error_output.map(json::from_json),
                _ => Some(json::from_json(&(self.context)())),
            };
            if let Some(value) = value {
                members.push((field.to_owned(), value));
            }
        }
        JValue::object(members.into_iter().collect())
    }
}

/// What a panic of the evaluator says about itself.
fn gave_up(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    match text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)) {
        Some(text) => format!(
            "The evaluator cannot compute this, for a function in it was given something that it did not expect: {}",
            cut(text)
        ),
        None => "The evaluator cannot compute this.".to_owned(),
    }
}
