//! What came of a tested state.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::execution::{Execution, Failure, Seen, Shaped};
use crate::history::Details;

use super::TEST_MS_MAX;

/// How a tested state ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was left.
    Succeeded,
    /// It failed, and nothing has the error.
    Failed,
    /// It failed, and would be tried again.
    Retriable,
    /// It failed, and was left by a catcher.
    CaughtError,
}

impl Outcome {
    /// The name in answers.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Succeeded => "SUCCEEDED",
            Outcome::Failed => "FAILED",
            Outcome::Retriable => "RETRIABLE",
            Outcome::CaughtError => "CAUGHT_ERROR",
        }
    }
}

/// What came of a tested state.
#[derive(Clone, Debug)]
pub struct Report {
    /// How it ended.
    pub outcome: Outcome,
    /// What it handed on, as JSON text.
    pub output: Option<String>,
    /// Why it failed, also if that was caught.
    pub failure: Option<Failure>,
    /// The state it leads to.
    pub next_state: Option<Arc<str>>,
    /// The input as it was given.
    pub input: String,
    /// What `Arguments` yielded, as JSON text.
    pub arguments: Option<String>,
    /// The result as the task, the branches or the iterations yielded it.
    pub result: Option<Value>,
    /// What the fields of a JSONPath state yielded, by their names in inspection data.
    pub shaped: Vec<(&'static str, Value)>,
    /// What `ItemSelector` yielded for each item.
    pub selected: Option<Vec<Value>>,
    /// What `ItemBatcher` put together.
    pub batches: Option<Vec<Value>>,
    /// `MaxConcurrency` of a Map state; 0 if it has none.
    pub concurrency_max: Option<u64>,
    /// `ToleratedFailureCount` of a Map state, if it states one.
    pub tolerated_count: Option<u64>,
    /// `ToleratedFailurePercentage` of a Map state, if it states one.
    pub tolerated_percentage: Option<f64>,
    /// The variables after the state.
    pub variables: Map<String, Value>,
    /// Which retrier would try again, and after how many seconds.
    pub retry: Option<(usize, u64)>,
    /// Which catcher had the error.
    pub catch: Option<usize>,
}

impl Report {
    pub(super) fn of(
        execution: &Execution,
        input: String,
        mut variables: Map<String, Value>,
        has_result: bool,
    ) -> Report {
        let mut seen = execution.seen();
        let is_jsonata = seen.shaped.input.is_none();
        if has_result {
            // A Pass state that states its result looks at nothing else.
            seen.result = seen.shaped.parameters.take();
            seen.shaped.input = None;
        }
        let exit = execution.first_exit();
        let outcome = match (&exit, seen.catch, seen.retry) {
            (Some(_), Some(_), _) => Outcome::CaughtError,
            (Some(_), None, _) => Outcome::Succeeded,
            (None, _, Some(_)) if execution.ended().is_none() => Outcome::Retriable,
            _ => Outcome::Failed,
        };
        let failure = match outcome {
            Outcome::Succeeded => None,
            Outcome::CaughtError | Outcome::Retriable => seen.failure.clone(),
            Outcome::Failed => Some(last_failure(execution, &seen)),
        };
        if let Some((_, assigned)) = exit {
            for (name, text) in assigned {
                let value = crate::saved::read(text.as_bytes()).unwrap_or_default();
                variables.insert(name.clone(), value);
            }
        }
        Report {
            outcome,
            output: exit.map(|(output, _)| output.to_owned()),
            failure,
            next_state: seen.next,
            input,
            arguments: match is_jsonata {
                true => scheduled(execution).or_else(|| seen.arguments.map(|value| value.to_string())),
                false => None,
            },
            shaped: shown(seen.shaped),
            result: seen.result,
            selected: seen.selected,
            batches: seen.batches,
            concurrency_max: seen.concurrency_max,
            tolerated_count: seen.tolerance.count,
            tolerated_percentage: seen.tolerance.percentage,
            variables,
            retry: match outcome {
                Outcome::Retriable => seen
                    .retry
                    .map(|(index, delay_ms)| (index, delay_ms.div_ceil(1_000))),
                _ => None,
            },
            catch: match outcome {
                Outcome::CaughtError => seen.catch,
                _ => None,
            },
        }
    }

    /// Of a run that cannot be found any more, which only a mistake in this crate can bring about.
    pub(super) fn lost() -> Report {
        Report {
            outcome: Outcome::Failed,
            output: None,
            failure: Some(Failure::new("States.Runtime", "The run was lost.")),
            next_state: None,
            input: String::new(),
            arguments: None,
            shaped: Vec::new(),
            result: None,
            selected: None,
            batches: None,
            concurrency_max: None,
            tolerated_count: None,
            tolerated_percentage: None,
            variables: Map::new(),
            retry: None,
            catch: None,
        }
    }
}

fn shown(shaped: Shaped) -> Vec<(&'static str, Value)> {
    let fields = [
        ("afterInputPath", shaped.input),
        ("afterParameters", shaped.parameters),
        ("afterItemsPointer", shaped.pointed),
        ("afterItemsPath", shaped.items),
        ("afterResultSelector", shaped.selected),
        ("afterResultPath", shaped.placed),
    ];
    let shown = fields
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)));
    shown.collect()
}

/// A state that is neither left nor has failed has taken too long.
fn last_failure(execution: &Execution, seen: &Seen) -> Failure {
    let ended = execution.ended().and_then(|ended| ended.failure.clone());
    ended.or_else(|| seen.failure.clone()).unwrap_or_else(|| {
        let cause = format!("The state took longer than {} s.", TEST_MS_MAX / 1_000);
        Failure::new("States.Timeout", cause)
    })
}

/// What a task was scheduled with.
fn scheduled(execution: &Execution) -> Option<String> {
    execution.history().iter().find_map(|event| match &event.details {
        Details::TaskScheduled { parameters, .. } => Some(parameters.to_string()),
        Details::ResourceScheduled { input, .. } => Some(input.to_string()),
        _ => None,
    })
}
