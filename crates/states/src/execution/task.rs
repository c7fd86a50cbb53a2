//! Task states: from arguments to an effect, and from an answer to the next state.

use std::sync::Arc;

use serde_json::Value;

use crate::definition::integrations::Does;
use crate::definition::{Kind, Resource, Task, Waits};
use crate::history::{Details, EventType};
use crate::query::QueryError;

use super::request::effect_of;
use super::step::Exit;
use super::strand::{Doing, StrandId, TaskId};
use super::timers::Timer;
use super::{Effect, Execution, Failure, limits};

impl Execution {
    /// Evaluates a task's fields and puts it on the schedule; it is handed out in the strand's next turn.
    pub(super) fn schedule(&mut self, id: StrandId, task: &Task) -> Result<(), QueryError> {
        // An activity's token is made when a worker takes the task.
        let is_activity = matches!(task.resource, Resource::Activity(_));
        let needs_token = task.resource.waits() == Waits::ForToken && !is_activity;
        let token = needs_token.then(|| self.chance.token());
        if let Some(strand) = self.strands.get_mut(&id) {
            strand.token = token;
        }
        let mut arguments = match &task.arguments {
            Some(arguments) => self.evaluate(id, arguments, None, None)?,
            None => self.input_of(id),
        };
        if let (Some(drawn), Some(template)) = (self.token_of(id), &task.arguments)
            && let Some(token) = self.replayed_token(id, &drawn, &arguments)
        {
            if let Some(strand) = self.strands.get_mut(&id) {
                strand.token = Some(token);
            }
            arguments = self.evaluate(id, template, None, None)?;
        }
        self.note(|seen| {
            seen.shaped.parameters = seen.shaped.input.is_some().then(|| arguments.clone());
        });
        let timeout_s = task
            .timeout_s
            .as_ref()
            .map(|limit| self.evaluate_whole(id, limit, 1))
            .transpose()?;
        let heartbeat_s = task
            .heartbeat_s
            .as_ref()
            .map(|limit| self.evaluate_whole(id, limit, 1))
            .transpose()?;
        let credentials = match &task.role_arn {
            Some(role_arn) => Some(Arc::from(self.evaluate_text(id, role_arn)?)),
            None => None,
        };
        let Some(parameters) = limits::payload_text(&arguments) else {
            let cause = self.in_state(id, "The arguments are larger than 262144 bytes.");
            self.fail_state(id, Failure::new("States.DataLimitExceeded", cause));
            return Ok(());
        };
        let task_id = TaskId(self.task_last + 1);
        let effect = match effect_of(task_id, &task.resource, arguments, &self.identity) {
            Ok(effect) => self.asks_to_start(effect),
            Err(reason) => {
                let message =
                    format!("The Parameters '{parameters}' could not be used to start the Task: [{reason}]");
                let cause = self.in_state(id, &message);
                self.fail_state(id, Failure::runtime(cause));
                return Ok(());
            }
        };
        self.task_last = task_id.0;
        self.tasks.insert(task_id, id);
        let parameters: Arc<str> = Arc::from(parameters);
        if let Some(strand) = self.strands.get_mut(&id) {
            strand.timeout_s = timeout_s;
            strand.heartbeat_s = heartbeat_s;
            strand.offered = is_activity.then(|| Arc::clone(&parameters));
            strand.doing = Doing::Scheduled(Box::new(effect));
            self.ready.push_back(id);
        }
        match &task.resource {
            // Whether the activity exists is not known here; its limits count from its start.
            Resource::Activity(_) => return Ok(()),
            _ => self.replay_began(id),
        }
        let (event_type, details) = match &task.resource {
            Resource::Function(arn) => (
                EventType::LambdaFunctionScheduled,
                Details::ResourceScheduled {
                    resource: Arc::from(arn.as_str()),
                    input: parameters,
                    timeout_s,
                    heartbeat_s: None,
                    credentials,
                },
            ),
            resource => (
                EventType::TaskScheduled,
                Details::TaskScheduled {
                    service: resource.service(),
                    action: Arc::from(resource.action()),
                    region: Arc::clone(&self.identity.region),
                    parameters,
                    timeout_s,
                    heartbeat_s,
                    credentials,
                },
            ),
        };
        self.append_to(id, event_type, details);
        self.set_limits(id);
        Ok(())
    }

    fn token_of(&self, id: StrandId) -> Option<String> {
        self.replayed.as_ref()?;
        self.strands.get(&id)?.token.clone()
    }

    /// The running task's time limits count from now.
    pub(super) fn set_limits(&mut self, id: StrandId) {
        let Some(strand) = self.strands.get(&id) else {
            return;
        };
        let heartbeat_s = strand.heartbeat_s.filter(|_| !self.beats_later(id));
        for (limit_s, timer) in [
            (strand.timeout_s, Timer::TaskTimeout(id)),
            (heartbeat_s, Timer::Heartbeat(id)),
        ] {
            if let Some(limit_s) = limit_s {
                let due_ms = self.now_ms.saturating_add(limit_s.saturating_mul(1000));
                self.set_timer(due_ms, timer);
            }
        }
    }

    /// "If you invoke the Lambda function with a callback task, the heartbeat timeout doesn't start counting until
    /// after the Lambda function has completed executing and returned a result" (Developer Guide, "Invoke an AWS
    /// Lambda function").
    fn beats_later(&self, id: StrandId) -> bool {
        self.task_of(id).is_some_and(|(_, resource)| {
            resource.does() == Some(Does::Invoke) && resource.waits() == Waits::ForToken
        })
    }

    /// Hands a scheduled task out.
    pub(super) fn hand_out(&mut self, id: StrandId) {
        let Some((task, resource)) = self.task_of(id) else {
            return;
        };
        match resource {
            Resource::Activity(_) => {}
            Resource::Function(_) => {
                self.append_to(id, EventType::LambdaFunctionStarted, Details::None);
            }
            resource => {
                let details = Details::TaskStarted {
                    service: resource.service(),
                    action: Arc::from(resource.action()),
                };
                self.append_to(id, EventType::TaskStarted, details);
            }
        }
        let Some(strand) = self.strands.get_mut(&id) else {
            return;
        };
        if let Some(token) = &strand.token {
            self.effects.push(Effect::Expect {
                task,
                token: token.clone(),
            });
        }
        if let Doing::Scheduled(effect) = std::mem::replace(&mut strand.doing, Doing::Asking(task)) {
            self.effects.push(*effect);
        }
    }

    /// The task a strand waits for, if it waits for one.
    pub(super) fn task_of(&self, id: StrandId) -> Option<(TaskId, Resource)> {
        let strand = self.strands.get(&id)?;
        let task = match &strand.doing {
            Doing::Asking(task) => *task,
            Doing::Scheduled(effect) => effect.task(),
            _ => return None,
        };
        match &self.machine.flows[strand.flow].states[strand.state].kind {
            Kind::Task(definition) => Some((task, definition.resource.clone())),
            _ => None,
        }
    }

    /// The service took the task on; it is done when its token comes back or its job ends.
    pub(super) fn submit_task(&mut self, id: StrandId, resource: &Resource, output: &Value) {
        let details = output_details(resource, output);
        self.append_to(id, EventType::TaskSubmitted, details);
        if self.beats_later(id)
            && let Some(heartbeat_s) = self.strands.get(&id).and_then(|strand| strand.heartbeat_s)
        {
            let due_ms = self.now_ms.saturating_add(heartbeat_s.saturating_mul(1000));
            self.set_timer(due_ms, Timer::Heartbeat(id));
        }
    }

    /// The task is done.
    pub(super) fn succeed_task(&mut self, id: StrandId, task: TaskId, resource: &Resource, result: Value) {
        if limits::payload_text(&result).is_none() {
            // A function's own ARN is its name.
            let name = match resource.action() {
                arn if arn.starts_with("arn:") => arn,
                _ => resource.service(),
            };
            return self.fail_task(id, task, resource, Failure::large_result(name));
        }
        self.forget_task(task);
        self.clear_timers(id);
        let output = || Details::Output {
            output: text(&result),
        };
        let (event_type, details) = match resource {
            Resource::Activity(_) => (EventType::ActivitySucceeded, output()),
            Resource::Function(_) => (EventType::LambdaFunctionSucceeded, output()),
            _ => (EventType::TaskSucceeded, output_details(resource, &result)),
        };
        self.append_to(id, event_type, details);
        self.leave_with_result(id, result);
    }

    /// Leaves a Task, Map or Parallel state with what came of it.
    pub(super) fn leave_with_result(&mut self, id: StrandId, result: Value) {
        let Some((machine, flow, state)) = self.place(id) else {
            return;
        };
        let state = &machine.flows[flow].states[state];
        self.note(|seen| seen.result = Some(result.clone()));
        let value = if state.output.is_some() {
            Value::Null
        } else {
            result.clone()
        };
        if let Err(error) = self.leave(id, Exit::of(state, value, Some(&result))) {
            // What the branches and iterations have yielded is not to be done again by a redrive.
            if let (Some(fork), Value::Array(outputs)) = (self.fork_of(id), result) {
                fork.outputs = outputs.into_iter().map(Some).collect();
            }
            self.query_failed(id, &error);
        }
    }

    /// The task failed.
    pub(super) fn fail_task(&mut self, id: StrandId, task: TaskId, resource: &Resource, failure: Failure) {
        self.forget_task(task);
        self.clear_timers(id);
        let event_type = match resource {
            Resource::Activity(_) => EventType::ActivityFailed,
            Resource::Function(_) => EventType::LambdaFunctionFailed,
            _ => EventType::TaskFailed,
        };
        self.append_to(id, event_type, error_details(resource, &failure));
        self.fail_state(id, failure);
    }
}

fn text(value: &Value) -> Arc<str> {
    Arc::from(value.to_string())
}

fn output_details(resource: &Resource, output: &Value) -> Details {
    Details::TaskOutput {
        service: resource.service(),
        action: Arc::from(resource.action()),
        output: text(output),
    }
}

/// Details of an event that tells of a task's failure.
pub(super) fn error_details(resource: &Resource, failure: &Failure) -> Details {
    let (error, cause) = (failure.error.clone(), failure.cause.clone());
    match resource {
        Resource::Activity(_) | Resource::Function(_) => Details::Error { error, cause },
        _ => Details::TaskError {
            service: resource.service(),
            action: Arc::from(resource.action()),
            error,
            cause,
        },
    }
}
