//! Task states: from arguments to an effect, and from an answer to the next state.

use std::sync::Arc;

use serde_json::Value;

use crate::definition::Kind;
use crate::definition::{Resource, Task, Waits};
use crate::history::{Details, EventType};
use crate::query::QueryError;

use super::step::Exit;
use super::strand::{Doing, StrandId, TaskId};
use super::timers::Timer;
use super::{Effect, Execution, Failure, limits};

impl Execution {
    /// Evaluates a task's fields and puts it on the schedule; it is handed out in the strand's next turn.
    pub(super) fn schedule(&mut self, id: StrandId, task: &Task) -> Result<(), QueryError> {
        let token = (task.resource.waits() == Waits::ForToken).then(|| self.chance.token());
        if let Some(strand) = self.strands.get_mut(&id) {
            strand.token = token;
        }
        let arguments = match &task.arguments {
            Some(arguments) => self.evaluate(id, arguments, None, None)?,
            None => self.input_of(id),
        };
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
        let Some(parameters) = limits::payload_text(&arguments) else {
            let cause = self.in_state(id, "The arguments are larger than 262144 bytes.");
            self.fail_state(id, Failure::new("States.DataLimitExceeded", cause));
            return Ok(());
        };
        let task_id = TaskId(self.task_last + 1);
        let effect = match effect_of(task_id, &task.resource, arguments) {
            Ok(effect) => effect,
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
        let details = match &task.resource {
            Resource::LambdaFunction(arn) => Details::LambdaScheduled {
                resource: Arc::from(arn.as_str()),
                input: Arc::from(parameters),
                timeout_s,
            },
            resource => Details::TaskScheduled {
                service: resource.service(),
                action: Arc::from(resource.action()),
                region: Arc::clone(&self.identity.region),
                parameters: Arc::from(parameters),
                timeout_s,
                heartbeat_s,
            },
        };
        let event_type = match task.resource.is_function() {
            true => EventType::LambdaFunctionScheduled,
            false => EventType::TaskScheduled,
        };
        self.append_to(id, event_type, details);
        let now_ms = self.now_ms;
        for (limit_s, timer) in [
            (timeout_s, Timer::TaskTimeout(id)),
            (heartbeat_s, Timer::Heartbeat(id)),
        ] {
            if let Some(limit_s) = limit_s {
                self.set_timer(now_ms.saturating_add(limit_s.saturating_mul(1000)), timer);
            }
        }
        if let Some(strand) = self.strands.get_mut(&id) {
            strand.heartbeat_s = heartbeat_s;
            strand.doing = Doing::Scheduled(Box::new(effect));
            self.ready.push_back(id);
        }
        Ok(())
    }

    /// Hands a scheduled task out.
    pub(super) fn hand_out(&mut self, id: StrandId) {
        let Some((task, resource)) = self.task_of(id) else {
            return;
        };
        let (event_type, details) = match resource.is_function() {
            true => (EventType::LambdaFunctionStarted, Details::None),
            false => (
                EventType::TaskStarted,
                Details::TaskStarted {
                    service: resource.service(),
                    action: Arc::from(resource.action()),
                },
            ),
        };
        self.append_to(id, event_type, details);
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
    }

    /// The task is done.
    pub(super) fn succeed_task(&mut self, id: StrandId, task: TaskId, resource: &Resource, result: Value) {
        if limits::payload_text(&result).is_none() {
            return self.fail_task(id, task, resource, Failure::data_limit(resource.service()));
        }
        self.forget_task(task);
        self.clear_timers(id);
        let (event_type, details) = match resource.is_function() {
            true => (
                EventType::LambdaFunctionSucceeded,
                Details::Output {
                    output: text(&result),
                },
            ),
            false => (EventType::TaskSucceeded, output_details(resource, &result)),
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
        let event_type = match resource.is_function() {
            true => EventType::LambdaFunctionFailed,
            false => EventType::TaskFailed,
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
    match resource.is_function() {
        true => Details::Error { error, cause },
        false => Details::TaskError {
            service: resource.service(),
            action: Arc::from(resource.action()),
            error,
            cause,
        },
    }
}

/// What evaluated arguments ask for; the error is a sentence.
fn effect_of(task: TaskId, resource: &Resource, arguments: Value) -> Result<Effect, String> {
    resource.check(&arguments)?;
    if let Resource::LambdaFunction(arn) = resource {
        return Ok(Effect::Invoke {
            task,
            function: arn.clone(),
            qualifier: None,
            payload: arguments,
        });
    }
    let Value::Object(mut members) = arguments else {
        return Err("The arguments must be an object".to_owned());
    };
    let mut needed_text = |name: &str| match members.remove(name) {
        Some(Value::String(text)) if !text.is_empty() => Ok(text),
        _ => Err(format!("The argument {name:?} must be text")),
    };
    match resource {
        Resource::LambdaInvoke(_) | Resource::LambdaFunction(_) => {
            let function = needed_text("FunctionName")?;
            let qualifier = match members.get("Qualifier") {
                Some(_) => Some(optional_text(members.remove("Qualifier"), "Qualifier")?),
                None => None,
            };
            let payload = members
                .remove("Payload")
                .unwrap_or_else(|| Value::Object(serde_json::Map::new()));
            Ok(Effect::Invoke {
                task,
                function,
                qualifier,
                payload,
            })
        }
        Resource::SqsSendMessage(_) => {
            let queue_url = needed_text("QueueUrl")?;
            let body = as_text(members.remove("MessageBody").unwrap_or_default());
            Ok(Effect::Send {
                task,
                queue_url,
                body,
                options: Value::Object(members),
            })
        }
        Resource::StartExecution(waits) => {
            let machine_arn = needed_text("StateMachineArn")?;
            let name = match members.get("Name") {
                Some(_) => Some(optional_text(members.remove("Name"), "Name")?),
                None => None,
            };
            let input = members.remove("Input").map_or_else(|| "{}".to_owned(), as_text);
            Ok(Effect::Start {
                task,
                waits: *waits,
                machine_arn,
                name,
                input,
            })
        }
    }
}

fn optional_text(value: Option<Value>, name: &str) -> Result<String, String> {
    match value {
        Some(Value::String(text)) => Ok(text),
        _ => Err(format!("The argument {name:?} must be text")),
    }
}

/// Text stays as it is; anything else becomes JSON text.
fn as_text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        value => value.to_string(),
    }
}
