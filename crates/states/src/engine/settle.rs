//! What executions want done: until nothing inside the engine is left to do.

use std::sync::Arc;

use serde_json::Value;

use crate::definition::{MachineType, Waits};
use crate::execution::{Effect, Failure};

use super::{CallKind, EXPRESS_KEPT, Engine, EngineError, ExecutionId, STARTS_AT_ONCE_MAX, Start, Token};

impl Engine {
    /// Looks at an execution's effects, and at those of every execution they touch.
    pub(super) fn settle(&mut self, id: ExecutionId, now_ms: u64) {
        self.touched.push_back(id);
        self.settle_touched(now_ms);
    }

    /// Looks at the effects of everything that was touched, executions first, then map runs.
    pub(super) fn settle_touched(&mut self, now_ms: u64) {
        self.starts_left = STARTS_AT_ONCE_MAX;
        loop {
            self.settle_executions(now_ms);
            match self.next_touched_map_run() {
                Some(run) => self.drive(run, now_ms),
                None => return,
            }
        }
    }

    fn settle_executions(&mut self, now_ms: u64) {
        while let Some(id) = self.touched.pop_front() {
            let Some(entry) = self.executions.get_mut(&id) else {
                continue;
            };
            for effect in entry.execution.take_effects() {
                self.perform(id, effect, now_ms);
            }
            self.note_logged(id);
            self.tell_end(id, now_ms);
            self.plan(id);
            self.note_awake(id);
        }
    }

    fn perform(&mut self, id: ExecutionId, effect: Effect, now_ms: u64) {
        let owner = (id, effect.task());
        match effect {
            Effect::Expect { token, .. } => {
                let token = Token(Arc::from(token));
                self.tokens.insert(token.clone(), owner);
                self.token_of.insert(owner, token);
            }
            Effect::Invoke {
                function,
                qualifier,
                payload,
                invocation_type,
                client_context,
                ..
            } => {
                self.open_call(
                    owner,
                    CallKind::Lambda {
                        function,
                        qualifier,
                        payload,
                        invocation_type,
                        client_context,
                    },
                );
            }
            Effect::Ask {
                service,
                action,
                arguments,
                ..
            } => {
                let kind = CallKind::Aws {
                    service,
                    action,
                    arguments,
                };
                self.open_call(owner, kind);
            }
            Effect::Offer { activity, .. } => self.offer(owner, activity, now_ms),
            Effect::Send {
                queue_url,
                body,
                options,
                ..
            } => {
                self.open_call(
                    owner,
                    CallKind::Sqs {
                        queue_url,
                        body,
                        options,
                    },
                );
            }
            Effect::Start {
                task,
                waits,
                machine_arn,
                name,
                input,
            } => {
                let waiting = matches!(waits, Waits::ForJob | Waits::ForJobJson).then_some(owner);
                let started = self.start_child(&machine_arn, name.as_deref(), &input, waiting, now_ms);
                let Some(entry) = self.executions.get_mut(&id) else {
                    return;
                };
                match started {
                    Ok((child, arn, started_ms)) => {
                        entry
                            .execution
                            .child_started(task, Ok((&arn, started_ms)), now_ms);
                        if waiting.is_some() {
                            self.child_of.insert(owner, child);
                        }
                        self.touched.push_back(child);
                    }
                    Err(error) => {
                        entry
                            .execution
                            .child_started(task, Err(start_failure(&error)), now_ms);
                    }
                }
                self.touched.push_back(id);
            }
            Effect::OpenMapRun { arn, settings, .. } => self.open_map_run(owner, arn, settings, now_ms),
            Effect::RunMap { children, .. } => self.run_map(owner, children),
            Effect::RedriveMapRun { arn, .. } => self.redrive_map_run(owner, &arn, now_ms),
            Effect::CloseMapRun { succeeded, .. } => self.close_map_run(owner, succeeded, now_ms),
            Effect::Forget { .. } => {
                if self.abort_map_run(owner, now_ms) {
                    return;
                }
                if let Some(token) = self.token_of.remove(&owner) {
                    self.tokens.remove(&token);
                }
                self.close_call(owner);
                self.withdraw(owner);
                // "If a task that uses .sync is stopped, Step Functions makes a best effort to stop its job".
                if let Some(child) = self.child_of.remove(&owner) {
                    self.stop(
                        child,
                        None,
                        Some("The execution that waited for this one stopped it.".into()),
                        now_ms,
                    );
                    self.touched.push_back(child);
                }
            }
        }
    }

    fn start_child(
        &mut self,
        machine_arn: &str,
        name: Option<&str>,
        input: &str,
        waiting: Option<(ExecutionId, crate::execution::TaskId)>,
        now_ms: u64,
    ) -> Result<(ExecutionId, String, u64), EngineError> {
        if waiting.is_some() && self.type_of(machine_arn)? == MachineType::Express {
            return Err(EngineError::StateMachineTypeNotSupported);
        }
        self.starts_left = self
            .starts_left
            .checked_sub(1)
            .ok_or(EngineError::ExecutionLimitExceeded)?;
        let start = Start {
            machine_arn,
            name,
            input,
            trace_header: None,
        };
        let (child, started) = self.start(start, waiting, now_ms)?;
        Ok((child, started.arn, started.at_ms))
    }

    /// Tells an execution's end, once, to the task that waits for it and to whoever drives the engine.
    fn tell_end(&mut self, id: ExecutionId, now_ms: u64) {
        let Some(entry) = self.executions.get_mut(&id) else {
            return;
        };
        if entry.end_told || entry.execution.ended().is_none() {
            return;
        }
        entry.end_told = true;
        self.ended.push(entry.execution.identity().arn.clone());
        let is_express = entry.execution.machine_type() == MachineType::Express;
        let (status, map_child) = (entry.execution.status(), entry.map_child);
        let machine_name = entry.machine.name.clone();
        for (parent, task) in std::mem::take(&mut entry.waiting) {
            self.child_of.remove(&(parent, task));
            // Both are needed at once, so one is taken out for a moment.
            if let Some(mut waiting) = self.executions.remove(&parent) {
                if let Some(entry) = self.executions.get(&id) {
                    waiting.execution.child_ended(task, &entry.execution, now_ms);
                }
                self.executions.insert(parent, waiting);
                self.touched.push_back(parent);
            }
        }
        self.awaited.remove(&id);
        if let Some(child) = map_child {
            // It stays as long as its map run.
            self.map_child_ended(child, status);
        } else if is_express {
            self.express_ended.push_back(id);
            self.forget_express();
        }
        self.finish_deleting(&machine_name);
    }

    /// Drops the oldest ended Express executions beyond those that are kept to look at.
    fn forget_express(&mut self) {
        while self.express_ended.len() > EXPRESS_KEPT {
            if let Some(id) = self.express_ended.pop_front() {
                self.forget(id);
            }
        }
    }

    /// Puts an execution under the time at which it is due next.
    fn plan(&mut self, id: ExecutionId) {
        let Some(entry) = self.executions.get_mut(&id) else {
            return;
        };
        let due_ms = entry.execution.next_due_ms();
        if entry.due_ms == due_ms {
            return;
        }
        if let Some(old_ms) = entry.due_ms {
            self.due.remove(&(old_ms, id));
        }
        if let Some(due_ms) = due_ms {
            self.due.insert((due_ms, id));
        }
        entry.due_ms = due_ms;
    }
}

/// How a refused start looks to the task that asked for it.
fn start_failure(error: &EngineError) -> Failure {
    let cause = format!(
        "{error} (Service: AWSStepFunctions; Status Code: 400; Error Code: {})",
        error.name()
    );
    Failure::new(
        format!(
            "StepFunctions.{}Exception",
            error.name().trim_end_matches("Exception")
        ),
        cause,
    )
}

/// JSON text to a value, for outputs that come as text.
pub(super) fn parse_output(text: &str) -> Result<Value, EngineError> {
    if text.len() > crate::execution::PAYLOAD_BYTES_MAX {
        return Err(EngineError::InvalidOutput(
            "it is larger than 262144 bytes".to_owned(),
        ));
    }
    serde_json::from_str(text).map_err(|reason| EngineError::InvalidOutput(reason.to_string()))
}
