//! A run of one state only, for `TestState`: it begins with given variables and context, may be told what its task or
//! its branches yield, and ends before it would enter another state.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::chance::Chance;
use crate::definition::services::SFN;
use crate::definition::{Kind, Machine, State};
use crate::history::{Details, HistoryEvent};
use crate::query::QueryError;

use super::end::Status;
use super::strand::StrandId;
use super::tolerance::Tolerance;
use super::{Along, AwsReply, Effect, Execution, Failure, Identity, Root};

/// What a test of a state brings along, and what is seen of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Probe {
    /// Variables that are set.
    pub variables: Map<String, Value>,
    /// What the context object is to say; the rest is made up.
    pub context: Map<String, Value>,
    /// How often the state was tried again already.
    pub retries: u64,
    /// The item, if the state is inside a Map state.
    pub item: Option<Value>,
    /// How many iterations failed.
    pub failed_iterations: Option<u64>,
    /// What is found where the items are read.
    pub reader_data: Option<String>,
    /// What the task, the branches or the iterations yield.
    pub mock: Option<Result<Value, Failure>>,
    pub seen: Seen,
}

/// What happened in the state.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// What `Arguments` of a Parallel state yielded.
    pub arguments: Option<Value>,
    /// What `ItemSelector` yielded for each item.
    pub selected: Option<Vec<Value>>,
    /// What `ItemBatcher` put together.
    pub batches: Option<Vec<Value>>,
    pub concurrency_max: Option<u64>,
    pub tolerance: Tolerance,
    /// The result, as the state was given it.
    pub result: Option<Value>,
    /// What a JSONPath state made of its data on the way.
    pub shaped: Shaped,
    /// Why it failed last.
    pub failure: Option<Failure>,
    /// Which retrier has it, and after how many milliseconds.
    pub retry: Option<(usize, u64)>,
    /// Which catcher had it.
    pub catch: Option<usize>,
    /// Which state would be next.
    pub next: Option<Arc<str>>,
    /// Whether the state was entered.
    entered: bool,
}

/// What each field of a JSONPath state yielded; nothing of a JSONata state.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shaped {
    /// After `InputPath`.
    pub input: Option<Value>,
    /// After `Parameters`.
    pub parameters: Option<Value>,
    /// After `ItemsPath`.
    pub items: Option<Value>,
    /// After `ItemsPointer`.
    pub pointed: Option<Value>,
    /// After `ResultSelector`.
    pub selected: Option<Value>,
    /// After `ResultPath`.
    pub placed: Option<Value>,
}

impl Execution {
    /// Starts a run of the machine's first state.
    pub(crate) fn start_probe(
        identity: Arc<Identity>,
        machine: Arc<Machine>,
        input: Value,
        chance: &mut Chance,
        now_ms: u64,
        probe: Probe,
    ) -> Execution {
        let input_text = Arc::from(input.to_string());
        let seed = chance.next_u64();
        let probe = Along::Probe(Box::new(probe));
        let whole = (machine, Root::default());
        Execution::begin_run(identity, whole, (input, input_text), seed, now_ms, probe)
    }

    /// What was seen of the state that is tested.
    pub(crate) fn seen(&self) -> Seen {
        self.probe
            .as_ref()
            .map(|probe| probe.seen.clone())
            .unwrap_or_default()
    }

    /// What the state handed on and assigned, if it was left.
    pub(crate) fn first_exit(&self) -> Option<(&str, &BTreeMap<String, String>)> {
        let exit = |event: &HistoryEvent| matches!(event.details, Details::StateExited { .. });
        match &self.history.iter().find(|event| exit(event))?.details {
            Details::StateExited { output, assigned, .. } => Some((output, assigned)),
            _ => None,
        }
    }

    /// Gives the task its mocked result.
    pub(crate) fn answer_mock(&mut self, now_ms: u64) {
        let task = self.tasks.keys().next().copied();
        let mock = self.probe.as_ref().and_then(|probe| probe.mock.clone());
        match (task, mock) {
            (Some(task), Some(Ok(result))) => self.token_succeeded(task, result, now_ms),
            (Some(task), Some(Err(failure))) => self.token_failed(task, failure, now_ms),
            _ => {}
        }
    }

    /// In a test, whoever performs the calls starts another execution too: there is no engine around that has machines.
    pub(super) fn asks_to_start(&self, effect: Effect) -> Effect {
        match effect {
            Effect::Start {
                task,
                machine_arn,
                name,
                input,
                ..
            } if self.probe.is_some() => {
                let mut arguments = json!({ "stateMachineArn": machine_arn, "input": input });
                if let Some(name) = name {
                    arguments["name"] = name.into();
                }
                Effect::Ask {
                    task,
                    service: &SFN,
                    action: Arc::from("StartExecution"),
                    arguments,
                }
            }
            effect => effect,
        }
    }

    /// Notes what happens in a state that is tested.
    pub(super) fn note(&mut self, note: impl FnOnce(&mut Seen)) {
        if let Some(probe) = &mut self.probe {
            note(&mut probe.seen);
        }
    }

    /// A test is over before a second state is entered.
    pub(super) fn test_is_over(&mut self, id: StrandId) -> bool {
        let Some((machine, flow, state)) = self.place(id) else {
            return false;
        };
        let Some(probe) = &mut self.probe else {
            return false;
        };
        if probe.seen.entered {
            probe.seen.next = Some(Arc::clone(&machine.flows[flow].states[state].name));
            self.set_ended(Status::Aborted, None);
            return true;
        }
        probe.seen.entered = true;
        false
    }

    /// Whether a state's branches or iterations are mocked, and are not to run.
    pub(super) fn is_mocked(&self) -> bool {
        self.probe.as_ref().is_some_and(|probe| probe.mock.is_some())
    }

    /// Takes the mocked result of branches or iterations, after all that would come before them.
    pub(super) fn fork_mocked(&mut self, id: StrandId, state: &State) -> Result<(), QueryError> {
        match &state.kind {
            Kind::Parallel { arguments, .. } => {
                if let Some(arguments) = arguments {
                    let arguments = self.evaluate(id, arguments, None, None)?;
                    self.note(|seen| seen.arguments = Some(arguments));
                }
                self.note(|seen| {
                    let given = seen.arguments.as_ref().or(seen.shaped.input.as_ref());
                    seen.shaped.parameters = seen.shaped.input.as_ref().and(given).cloned();
                });
            }
            Kind::Map(map) => {
                let Some(items) = self.select_items(id, map)? else {
                    return Ok(());
                };
                let tolerance = self.tolerance(id, map)?;
                self.note(|seen| seen.tolerance = tolerance);
                let failed = self.probe.as_ref().and_then(|probe| probe.failed_iterations);
                if tolerance.is_exceeded(failed.unwrap_or_default(), items) {
                    self.fail_state(id, Failure::exceeded());
                    return Ok(());
                }
            }
            _ => return Ok(()),
        }
        match self.probe.as_ref().and_then(|probe| probe.mock.clone()) {
            Some(Ok(result)) => self.leave_with_result(id, result),
            Some(Err(failure)) => self.fail_state(id, failure.of_branch()),
            None => {}
        }
        Ok(())
    }
}

/// What a task is told of the execution that [`Execution::asks_to_start`] had started.
pub(super) fn started(reply: AwsReply) -> AwsReply {
    match reply {
        AwsReply::Answered { result, http } => {
            let started_ms = (result["startDate"].as_f64().unwrap_or_default() * 1_000.0).round();
            let result = json!({ "ExecutionArn": result["executionArn"], "StartDate": started_ms as u64 });
            AwsReply::Answered { result, http }
        }
        refused => refused,
    }
}
