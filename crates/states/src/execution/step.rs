//! Entering a state, doing what needs nobody outside, and leaving it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use crate::definition::{Condition, Kind, Next, Rule, State, Template, WaitFor};
use crate::history::{Details, EventType};
use crate::query::QueryError;
use crate::timestamp;

use super::shape::Shaping;
use super::strand::{Doing, StrandId};
use super::timers::Timer;
use super::{Execution, Failure, limits};

/// How a state is left.
pub(super) struct Exit<'a> {
    /// Where to.
    pub next: Next,
    /// What is handed on, if no output is stated.
    pub value: Value,
    /// The stated output.
    pub output: Option<&'a Template>,
    /// Variables to set.
    pub assign: Option<&'a Template>,
    /// `$states.result`.
    pub result: Option<&'a Value>,
    /// `$states.errorOutput`.
    pub error_output: Option<&'a Value>,
    /// What is to be done with `value`, if no output is stated.
    pub shaping: Shaping<'a>,
}

impl<'a> Exit<'a> {
    /// The way out that the state's own fields describe.
    pub fn of(state: &'a State, value: Value, result: Option<&'a Value>) -> Exit<'a> {
        Exit {
            next: state.next,
            value,
            output: state.output.as_ref(),
            assign: state.assign.as_ref(),
            result,
            error_output: None,
            shaping: match result {
                Some(_) => Shaping::of_result(state),
                None => Shaping::of_input(state),
            },
        }
    }
}

impl Execution {
    /// Lets a strand do its next thing.
    pub(super) fn step(&mut self, id: StrandId) {
        match self.strands.get(&id).map(|strand| &strand.doing) {
            Some(Doing::Entering) => {
                if self.ends_here() || self.test_is_over(id) {
                    return;
                }
                self.enter(id);
                self.begin(id);
            }
            Some(Doing::Beginning) => self.begin(id),
            Some(Doing::Scheduled(_)) => self.hand_out(id),
            _ => {}
        }
    }

    fn enter(&mut self, id: StrandId) {
        let Some((machine, flow, state)) = self.place(id) else {
            return;
        };
        let state = &machine.flows[flow].states[state];
        let Some(strand) = self.strands.get(&id) else {
            return;
        };
        // The first state shows the input exactly as it was given.
        let input = match Arc::ptr_eq(&strand.input, &self.input) {
            true => Arc::clone(&self.input_text),
            false => Arc::from(strand.input.to_string()),
        };
        let details = Details::StateEntered {
            name: Arc::clone(&state.name),
            input,
        };
        let event = self.append(EventType::entered(state.kind.name()), strand.last_event, details);
        let now_ms = self.now_ms;
        if let Some(strand) = self.strands.get_mut(&id) {
            strand.last_event = event;
            strand.entered_event = event;
            strand.entered_ms = now_ms;
            strand.doing = Doing::Beginning;
            let retries = self.probe.as_ref().map_or(0, |probe| probe.retries);
            strand.retries = vec![retries; state.retry.len()];
        }
        self.replay_entered(id, &state.name);
    }

    /// Does what the strand's state does, for the first time or again.
    fn begin(&mut self, id: StrandId) {
        let Some((machine, flow, state)) = self.place(id) else {
            return;
        };
        let state = &machine.flows[flow].states[state];
        if let Err(error) = self.see(id, state) {
            return self.query_failed(id, &error);
        }
        let outcome = match &state.kind {
            Kind::Pass => self.pass(id, state),
            Kind::Succeed => self.leave_as_entered(id, state),
            Kind::Choice(rules) => self.choose(id, state, rules),
            Kind::Wait(wait) => self.wait(id, state, wait),
            Kind::Fail { error, cause } => self.fail_by_name(id, error.as_ref(), cause.as_ref()),
            Kind::Task(task) => self.schedule(id, task),
            Kind::Parallel { .. } | Kind::Map(_) if self.is_mocked() => self.fork_mocked(id, state),
            Kind::Parallel { arguments, branches } => self.fork(id, arguments.as_ref(), branches),
            Kind::Map(map) => match &map.distributed {
                Some(distributed) => self.begin_map_run(id, map, distributed),
                None => self.fork_over_items(id, map),
            },
        };
        if let Err(error) = outcome {
            self.query_failed(id, &error);
        }
    }

    pub(super) fn leave_as_entered(&mut self, id: StrandId, state: &State) -> Result<(), QueryError> {
        let value = self.input_of(id);
        self.leave(id, Exit::of(state, value, None))
    }

    /// What the state sees of its input.
    pub(super) fn input_of(&self, id: StrandId) -> Value {
        self.strands
            .get(&id)
            .map(|strand| (*strand.seen).clone())
            .unwrap_or_default()
    }

    fn choose(&mut self, id: StrandId, state: &State, rules: &[Rule]) -> Result<(), QueryError> {
        for rule in rules {
            let holds = match &rule.condition {
                Condition::Test(test) => self.test(id, test)?,
                Condition::Expression(template) => match self.evaluate(id, template, None, None)? {
                    Value::Bool(holds) => holds,
                    value => template.unfit("boolean", &value).map_or(Ok(false), Err)?,
                },
            };
            if holds {
                let exit = Exit {
                    next: Next::State(rule.next),
                    output: rule.output.as_ref(),
                    assign: rule.assign.as_ref(),
                    ..Exit::of(state, self.input_of(id), None)
                };
                return self.leave(id, exit);
            }
        }
        if state.next == Next::End {
            // The documents name States.NoChoiceMatched; this is what the service is seen to report.
            let cause = self.in_state(
                id,
                "Failed to transition out of the state. The state does not point to a next state.",
            );
            self.fail_state(id, Failure::runtime(cause));
            return Ok(());
        }
        self.leave_as_entered(id, state)
    }

    fn wait(&mut self, id: StrandId, state: &State, wait: &WaitFor) -> Result<(), QueryError> {
        let due_ms = match wait {
            WaitFor::Seconds(seconds) => {
                let seconds = self.evaluate_whole(id, seconds, 0)?;
                self.now_ms.saturating_add(seconds.saturating_mul(1000))
            }
            WaitFor::Timestamp(template) => {
                let text = self.evaluate_text(id, template)?;
                match (timestamp::parse(&text), template) {
                    (Some(due_ms), _) => due_ms,
                    (None, Template::Expression(query)) => {
                        let message = format!(
                            "The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format \
                             string: {text}"
                        );
                        return Err(QueryError::evaluation(query.field(), message));
                    }
                    (None, template) => {
                        let unfit = template.unfit("timestamp", &Value::String(text));
                        unfit.map_or(Ok(self.now_ms), Err)?
                    }
                }
            }
        };
        if due_ms <= self.now_ms {
            return self.leave_as_entered(id, state);
        }
        if let Some(strand) = self.strands.get_mut(&id) {
            strand.doing = Doing::Waiting;
        }
        self.set_timer(due_ms, Timer::WaitOver(id));
        Ok(())
    }

    /// The time of a Wait state has come.
    pub(super) fn wait_over(&mut self, id: StrandId) {
        let Some((machine, flow, state)) = self.place(id) else {
            return;
        };
        if let Err(error) = self.leave_as_entered(id, &machine.flows[flow].states[state]) {
            self.query_failed(id, &error);
        }
    }

    fn fail_by_name(
        &mut self,
        id: StrandId,
        error: Option<&Template>,
        cause: Option<&Template>,
    ) -> Result<(), QueryError> {
        let error = error.map(|error| self.evaluate_text(id, error)).transpose()?;
        let cause = cause.map(|cause| self.evaluate_text(id, cause)).transpose()?;
        self.fail_state(id, Failure::reported(error, cause));
        Ok(())
    }

    /// Leaves the state. On an error nothing has changed, so the caller may take another way out.
    pub(super) fn leave(&mut self, id: StrandId, exit: Exit<'_>) -> Result<(), QueryError> {
        let Some((machine, flow, state)) = self.place(id) else {
            return Ok(());
        };
        let state = &machine.flows[flow].states[state];
        // Both see the variables as they were before.
        let (assigned, output) = match self.replayed_exit(id) {
            Some(known) => known?,
            None => {
                let assigned = match exit.assign {
                    Some(assign) => self.evaluate(id, assign, exit.result, exit.error_output)?,
                    None => Value::Null,
                };
                let output = match exit.output {
                    Some(output) => self.evaluate(id, output, exit.result, exit.error_output)?,
                    None => self.shaped(id, exit.value, exit.shaping)?,
                };
                self.replay_unknowable(id, assigned, output)
            }
        };
        let Some(output_text) = limits::payload_text(&output) else {
            self.fail_state(id, Failure::data_limit(&state.name));
            return Ok(());
        };
        let Some(assigned) = self.assign(id, assigned) else {
            let cause = self.in_state(
                id,
                "The variables set at once are larger than 262144 bytes, or all together than 10 MiB.",
            );
            self.fail_state(id, Failure::new("States.DataLimitExceeded", cause));
            return Ok(());
        };
        let details = Details::StateExited {
            name: Arc::clone(&state.name),
            output: Arc::from(output_text),
            assigned,
        };
        self.append_to(id, EventType::exited(state.kind.name()), details);
        match exit.next {
            Next::State(next) => {
                if let Some(strand) = self.strands.get_mut(&id) {
                    strand.state = next;
                    strand.input = Arc::new(output);
                    strand.seen = Arc::clone(&strand.input);
                    strand.token = None;
                    strand.timeout_s = None;
                    strand.heartbeat_s = None;
                    strand.doing = Doing::Entering;
                    self.ready.push_back(id);
                }
            }
            Next::End => self.flow_done(id, output),
        }
        Ok(())
    }

    /// Sets variables and returns them as JSON text; `None` if they are too large.
    fn assign(&mut self, id: StrandId, assigned: Value) -> Option<BTreeMap<String, String>> {
        let (Value::Object(members), Some(strand)) = (assigned, self.strands.get_mut(&id)) else {
            return Some(BTreeMap::new());
        };
        let mut texts = BTreeMap::new();
        let mut variables = (*strand.variables).clone();
        for (name, value) in members {
            texts.insert(name.clone(), limits::payload_text(&value)?);
            variables.insert(name, Arc::new(value));
        }
        let bytes: usize = texts.values().map(String::len).sum();
        // "Maximum combined size for all variables in a single Assign field: 256 KiB" (Developer Guide, "Variables").
        if bytes > limits::PAYLOAD_BYTES_MAX {
            return None;
        }
        // Sizes of older variables are only worth counting when the sum could matter.
        if bytes.saturating_add(variables.len().saturating_mul(limits::PAYLOAD_BYTES_MAX))
            > limits::VARIABLES_BYTES_MAX
        {
            let total: usize = variables.values().map(|value| value.to_string().len()).sum();
            if total > limits::VARIABLES_BYTES_MAX {
                return None;
            }
        }
        strand.variables = Arc::new(variables);
        Some(texts)
    }

    /// Adds an event that follows the strand's last one.
    pub(super) fn append_to(&mut self, id: StrandId, event_type: EventType, details: Details) -> u64 {
        let previous = self.strands.get(&id).map_or(0, |strand| strand.last_event);
        let event = self.append(event_type, previous, details);
        if let Some(strand) = self.strands.get_mut(&id) {
            strand.last_event = event;
        }
        event
    }

    /// A message with the place Step Functions puts before it.
    pub(super) fn in_state(&self, id: StrandId, message: &str) -> String {
        let Some(strand) = self.strands.get(&id) else {
            return message.to_owned();
        };
        let state = &self.machine.flows[strand.flow].states[strand.state];
        format!(
            "An error occurred while executing the state '{}' (entered at the event id #{}). {message}",
            state.name, strand.entered_event
        )
    }
}
