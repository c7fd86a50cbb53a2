//! What comes back from outside. Answers to tasks nobody waits for any more are ignored.

use serde_json::{Value, json};

use crate::definition::integrations::Does;
use crate::definition::{Resource, Waits};

use super::end::Status;
use super::probe;
use super::strand::{StrandId, TaskId};
use super::{AwsReply, Execution, Failure, LambdaReply, SqsReply};

impl Execution {
    /// A function was called, or could not be.
    pub fn lambda_replied(&mut self, task: TaskId, reply: LambdaReply, now_ms: u64) {
        self.advance(now_ms);
        if let Some((id, resource)) = self.waiting(task) {
            let shaped = match &resource {
                Resource::Function(_) => reply.bare(),
                _ => reply.wrapped(&mut self.chance),
            };
            self.replied(id, task, &resource, shaped);
        }
    }

    /// A message was sent, or could not be.
    pub fn sqs_replied(&mut self, task: TaskId, reply: SqsReply, now_ms: u64) {
        self.advance(now_ms);
        if let Some((id, resource)) = self.waiting(task) {
            let shaped = reply.wrapped(&mut self.chance);
            self.replied(id, task, &resource, shaped);
        }
    }

    /// A service was asked, or could not be.
    pub fn aws_replied(&mut self, task: TaskId, reply: AwsReply, now_ms: u64) {
        self.advance(now_ms);
        if let Some((id, resource)) = self.waiting(task) {
            let reply = match resource.does() {
                Some(Does::Start) => probe::started(reply),
                _ => reply,
            };
            let shaped = reply.shaped(&resource, &mut self.chance);
            self.replied(id, task, &resource, shaped);
        } else {
            self.map_run_replied(task, reply);
        }
    }

    /// The call was not made, or what came of it shall not count. `States.Runtime` ends the execution without an event
    /// of the task's own.
    pub fn call_failed(&mut self, task: TaskId, failure: Failure, now_ms: u64) {
        self.advance(now_ms);
        let Some((id, resource)) = self.waiting(task) else {
            return self.map_run_call_failed(task, failure);
        };
        if failure.is_final() {
            self.forget_task(task);
            self.clear_timers(id);
            self.fail_state(id, failure);
        } else {
            self.fail_task(id, task, &resource, failure);
        }
        self.run_ready();
    }

    /// Whether a time limit of the task runs.
    pub fn has_time_limit(&self, task: TaskId) -> bool {
        self.seen_strand(task)
            .is_some_and(|strand| !strand.timers.is_empty())
    }

    /// Another execution was started at `started_ms`, or could not be.
    pub fn child_started(&mut self, task: TaskId, started: Result<(&str, u64), Failure>, now_ms: u64) {
        self.advance(now_ms);
        if let Some((id, resource)) = self.waiting(task) {
            let shaped = started.map(|(arn, started_ms)| {
                super::integration::with_sdk_metadata(
                    json!({ "ExecutionArn": arn, "StartDate": started_ms }),
                    &mut self.chance,
                )
            });
            self.replied(id, task, &resource, shaped);
        }
    }

    /// The other execution has ended.
    pub fn child_ended(&mut self, task: TaskId, child: &Execution, now_ms: u64) {
        self.advance(now_ms);
        let Some((id, resource)) = self.waiting(task) else {
            return;
        };
        let Some(ended) = child.ended() else { return };
        let as_json = resource.waits() == Waits::ForJobJson;
        let described = child.describe_as_result(ended, as_json);
        match ended.status {
            Status::Succeeded => self.succeed_task(id, task, &resource, described),
            _ => {
                let failure = Failure::new("States.TaskFailed", described.to_string());
                self.fail_task(id, task, &resource, failure);
            }
        }
        self.run_ready();
    }

    /// Someone sent the task's token back with an output.
    pub fn token_succeeded(&mut self, task: TaskId, output: Value, now_ms: u64) {
        self.advance(now_ms);
        if let Some((id, resource)) = self.waiting(task) {
            self.succeed_task(id, task, &resource, output);
            self.run_ready();
        }
    }

    /// Someone sent the task's token back with an error.
    pub fn token_failed(&mut self, task: TaskId, failure: Failure, now_ms: u64) {
        self.advance(now_ms);
        if let Some((id, resource)) = self.waiting(task) {
            self.fail_task(id, task, &resource, failure);
            self.run_ready();
        }
    }

    /// Someone who has the task's token is still at work.
    pub fn token_heartbeat(&mut self, task: TaskId, now_ms: u64) {
        self.advance(now_ms);
        let Some((id, _)) = self.waiting(task) else { return };
        if let Some(heartbeat_s) = self.strands.get(&id).and_then(|strand| strand.heartbeat_s) {
            self.restart_heartbeat(id, heartbeat_s);
        }
    }

    pub(super) fn waiting(&self, task: TaskId) -> Option<(StrandId, Resource)> {
        let id = *self.tasks.get(&task)?;
        let (_, resource) = self.task_of(id).filter(|(current, _)| *current == task)?;
        Some((id, resource))
    }

    fn replied(&mut self, id: StrandId, task: TaskId, resource: &Resource, reply: Result<Value, Failure>) {
        match (reply, resource.waits()) {
            (Ok(result), Waits::ForAnswer) => self.succeed_task(id, task, resource, result),
            (Ok(output), _) => self.submit_task(id, resource, &output),
            (Err(failure), _) => self.fail_task(id, task, resource, failure),
        }
        self.run_ready();
    }
}
