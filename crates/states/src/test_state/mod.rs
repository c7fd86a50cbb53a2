//! One state by itself: what `TestState` does.
//!
//! A state is taken out of its machine, or is one of its own, and becomes a machine whose other states do nothing.
//! Its run ends before another state is entered. A mocked result or error takes the place of what the task, the
//! branches or the iterations would yield; without one, whoever holds the [`Run`] performs its calls. Time is not
//! waited for: a Wait state and a time limit are over as soon as nothing else is left to happen.

mod context;
mod isolate;
mod model;
mod report;

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::chance::Chance;
use crate::definition::{Kind, Machine, Resource, State, Waits};
use crate::engine::{Call, CallId, Engine, EngineError, Place, Reply};
use crate::execution::{Execution, Failure, Identity, Probe};

pub use model::Strictness;
pub use report::{Outcome, Report};

/// A state to be tested and what it is to see.
#[derive(Clone, Debug, Default)]
pub struct StateTest {
    /// A state, or a whole machine.
    pub definition: String,
    /// The state within the machine, wherever it stands.
    pub state_name: Option<String>,
    /// The state's input as JSON text; `{}` if absent.
    pub input: Option<String>,
    /// An object of variables as JSON text.
    pub variables: Option<String>,
    /// The context object as JSON text; only with a mock.
    pub context: Option<String>,
    /// The role's ARN, for the context object.
    pub role_arn: Option<String>,
    /// What the task, the branches or the iterations yield.
    pub mock: Option<Mock>,
    /// How often the retrier that is for the mocked error was used already.
    pub retries: u64,
    /// The state within a Map or Parallel state that the mocked error comes from.
    pub error_caused_by: Option<String>,
    /// How many iterations of a Map state failed; if those are more than it tolerates, it fails.
    pub failed_iterations: Option<u64>,
    /// What is found where a Map state's `ItemReader` reads: the text of the object, or of the list of objects.
    pub reader_data: Option<String>,
}

/// What a task, branches or iterations yield.
#[derive(Clone, Debug)]
pub enum Mock {
    /// A result as JSON text, and how far it must be what the service would answer.
    Result(String, Strictness),
    /// An error's name and cause.
    Error(String, String),
}

/// A test that has begun.
#[derive(Debug)]
pub struct Run {
    engine: Engine,
    arn: String,
    started_ms: u64,
    input: String,
    variables: Map<String, Value>,
    /// Whether it is a Pass state that states its result.
    has_result: bool,
}

/// A test lasts five minutes at most.
pub const TEST_MS_MAX: u64 = 300_000;

impl StateTest {
    /// Begins the test. With a mock it is over at once; else [`Run::next_call`] says what is to be done outside.
    ///
    /// # Errors
    ///
    /// [`EngineError::InvalidDefinition`], [`EngineError::NotTestable`], [`EngineError::InvalidExecutionInput`] or
    /// [`EngineError::Validation`].
    pub fn begin(self, place: &Place, seed: u64, now_ms: u64) -> Result<Run, EngineError> {
        let isolated = isolate::isolate(&self.definition, self.state_name.as_deref())?;
        let machine =
            Machine::parse_isolated(&isolated.definition).map_err(EngineError::InvalidDefinition)?;
        let state = machine.flows[0]
            .states
            .iter()
            .find(|state| *state.name == *isolated.name)
            .ok_or_else(|| EngineError::NotTestable("The definition has no state".to_owned()))?;
        let input = self.input.unwrap_or_else(|| "{}".to_owned());
        let value: Value = serde_json::from_str(&input)
            .map_err(|reason| EngineError::InvalidExecutionInput(reason.to_string()))?;
        let variables = object(self.variables.as_deref(), "variables")?;
        let mock = self
            .mock
            .as_ref()
            .map(|mock| read_mock(mock, state))
            .transpose()?;
        if mock.is_none() {
            check_testable(state)?;
        }
        if let Some(name) = &self.error_caused_by
            && !isolated.holds(name)
        {
            let message = format!("errorCausedByState {name:?} is not a state within the tested state");
            return Err(EngineError::Validation(message));
        }
        if self.failed_iterations.is_some() && !matches!(state.kind, Kind::Map(_)) {
            let message = "mapIterationFailureCount is for Map states only".to_owned();
            return Err(EngineError::Validation(message));
        }
        let reads = matches!(&state.kind, Kind::Map(map) if map.distributed.as_ref().is_some_and(|map| map.reader.is_some()));
        if self.reader_data.is_some() && !reads {
            let message = "mapItemReaderData is for Map states with an ItemReader only".to_owned();
            return Err(EngineError::Validation(message));
        }
        let context = object(self.context.as_deref(), "context")?;
        if self.context.is_some() {
            context::check(&context, state, mock.is_some())?;
        }
        let mocked = mock.is_some();
        let mut chance = Chance::new(seed);
        let probe = Probe {
            variables: variables.clone(),
            context,
            retries: self.retries,
            failed_iterations: self.failed_iterations,
            reader_data: self.reader_data,
            item: isolated.in_map.then(|| value.clone()),
            mock,
            ..Probe::default()
        };
        let name = chance.uuid();
        let identity = Arc::new(Identity {
            arn: place.express_arn(&name, &chance.uuid(), &chance.uuid()),
            machine_arn: place.machine_arn(&name),
            machine_name: name.clone(),
            name,
            role_arn: Arc::from(self.role_arn.unwrap_or_default()),
            region: Arc::from(place.region.as_str()),
            version_arn: None,
            alias_arn: None,
            map_run_arn: None,
        });
        let arn = identity.arn.clone();
        let mut execution =
            Execution::start_probe(identity, Arc::new(machine), value, &mut chance, now_ms, probe);
        if mocked {
            execution.answer_mock(now_ms);
            // What it wanted done is mocked.
            execution.take_effects();
        }
        let mut engine = Engine::new(place.clone(), seed);
        engine.adopt(execution, now_ms);
        Ok(Run {
            engine,
            arn,
            started_ms: now_ms,
            input,
            variables,
            has_result: isolated.has_result(),
        })
    }
}

impl Run {
    /// What is to be done outside.
    pub fn next_call(&mut self) -> Option<Call> {
        self.engine.next_call()
    }

    /// Brings back what came of a call.
    pub fn complete(&mut self, id: CallId, reply: Reply, now_ms: u64) {
        self.engine.complete(id, reply, now_ms);
    }

    /// Says what came of the state when nothing is left to be done outside. If it still waits for something, then
    /// for time to pass, which it does at once.
    pub fn report(mut self) -> Report {
        let until_ms = self.started_ms.saturating_add(TEST_MS_MAX);
        while let Ok(execution) = self.engine.execution(&self.arn) {
            let due_ms = self.engine.next_due_ms().filter(|due_ms| *due_ms <= until_ms);
            match due_ms {
                Some(due_ms) if execution.ended().is_none() && execution.seen().retry.is_none() => {
                    self.engine.wake(due_ms);
                }
                _ => return Report::of(execution, self.input, self.variables, self.has_result),
            }
        }
        Report::lost()
    }
}

fn object(text: Option<&str>, name: &str) -> Result<Map<String, Value>, EngineError> {
    match text.map(serde_json::from_str) {
        None => Ok(Map::new()),
        Some(Ok(Value::Object(members))) => Ok(members),
        _ => Err(EngineError::Validation(format!(
            "{name} must be the text of a JSON object"
        ))),
    }
}

/// Reads a mock and compares it with the state it is for and, as far as it is known, with what the service answers.
fn read_mock(mock: &Mock, state: &State) -> Result<Result<Value, Failure>, EngineError> {
    let refuse = |message: &str| Err(EngineError::Validation(message.to_owned()));
    if !matches!(state.kind, Kind::Task(_) | Kind::Map(_) | Kind::Parallel { .. }) {
        return refuse(&format!(
            "State type '{}' is not supported when a mock is specified",
            state.kind.name()
        ));
    }
    let (text, strictness) = match mock {
        Mock::Error(error, cause) => return Ok(Err(Failure::new(error.as_str(), cause.as_str()))),
        Mock::Result(text, strictness) => (text, *strictness),
    };
    let Ok(result) = serde_json::from_str::<Value>(text) else {
        return refuse("Mocked result must be a valid JSON.");
    };
    match (&state.kind, &result) {
        (Kind::Map(_) | Kind::Parallel { .. }, value) if !value.is_array() => {
            refuse("Mocked result must be an array.")
        }
        (Kind::Parallel { branches, .. }, Value::Array(items)) if items.len() != branches.len() => {
            refuse("Mocked result must contain the same number of items as number of Parallel branches.")
        }
        (Kind::Task(task), value) => match model::check(&task.resource, value, strictness) {
            Ok(()) => Ok(Ok(result)),
            Err(reason) => refuse(&format!("Mock result schema validation error: {reason}")),
        },
        _ => Ok(Ok(result)),
    }
}

/// What cannot be tested without a mock.
fn check_testable(state: &State) -> Result<(), EngineError> {
    let refuse = |message: String| Err(EngineError::NotTestable(message));
    match &state.kind {
        Kind::Map(_) | Kind::Parallel { .. } => refuse(
            "TestState API does not support Map or Parallel states. Supported state types include: [Task, Wait, \
             Pass, Succeed, Fail, Choice]"
                .to_owned(),
        ),
        Kind::Task(task) if matches!(task.resource, Resource::Activity(_)) => {
            refuse("TestState API does not support activities without a mock".to_owned())
        }
        Kind::Task(task) if task.resource.waits() != Waits::ForAnswer => refuse(
            "TestState API does not support '.sync' or '.waitForTaskToken' service integrations without a mock"
                .to_owned(),
        ),
        _ => Ok(()),
    }
}
