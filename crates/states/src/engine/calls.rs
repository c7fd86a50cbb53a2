//! What the engine asks of the world outside, and what comes back.

use std::sync::Arc;

use serde_json::Value;

use crate::definition::services::Service;
use crate::execution::{AwsReply, Failure, LambdaReply, SqsReply, TaskId};

use super::{Engine, ExecutionId};

/// Names a call; never used twice by one engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct CallId(pub u64);

/// Something to do outside.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Call {
    /// Names it in [`Engine::complete`].
    pub id: CallId,
    /// The execution that asks.
    pub execution_arn: String,
    /// Its machine's name.
    pub machine_name: String,
    /// The state that asks.
    #[serde(with = "crate::saved::text")]
    pub state: Arc<str>,
    /// The task token that was handed out with it, if its state waits for one.
    pub token: Option<String>,
    /// What to do.
    pub kind: CallKind,
    pub(super) owner: (ExecutionId, TaskId),
}

/// What to do outside.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum CallKind {
    /// Call a function; answered with [`Reply::Lambda`].
    Lambda {
        /// Name or ARN, as the definition says; see [`crate::execution::function_name`].
        function: String,
        /// Version or alias, if any.
        qualifier: Option<String>,
        /// The function's input.
        payload: Value,
        /// `RequestResponse` unless stated; `Event` and `DryRun` do not wait for the function.
        invocation_type: Option<String>,
        /// What the definition says for the function's client context.
        client_context: Option<String>,
    },
    /// Ask a service; answered with [`Reply::Aws`].
    Aws {
        /// Which one.
        #[serde(with = "crate::saved::service")]
        service: &'static Service,
        /// The action as the API names it, such as `PutItem`.
        #[serde(with = "crate::saved::text")]
        action: Arc<str>,
        /// The arguments as the API names them.
        arguments: Value,
    },
    /// Send a message; answered with [`Reply::Sqs`] or [`Reply::Aws`].
    Sqs {
        /// The queue's URL.
        queue_url: String,
        /// The message's text.
        body: String,
        /// Other arguments of `SendMessage`, such as `DelaySeconds`.
        options: Value,
    },
}

/// What came of a call.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum Reply {
    /// Of a function.
    Lambda(LambdaReply),
    /// Of a queue.
    Sqs(SqsReply),
    /// Of any service but Lambda.
    Aws(AwsReply),
    /// Of nobody: the task fails so, because a fault was set.
    Failed(Failure),
}

impl Engine {
    /// The next call nobody has taken yet.
    pub fn next_call(&mut self) -> Option<Call> {
        self.outbox.pop_front()
    }

    /// Calls that were handed out and still matter to someone, oldest first. After a restart these are the ones
    /// whose answer was lost.
    pub fn open_calls(&self) -> impl Iterator<Item = &Call> {
        self.calls.values()
    }

    /// Whether the task that waits for a call has a time limit that runs.
    pub fn has_time_limit(&self, id: CallId) -> bool {
        self.calls.get(&id).is_some_and(|call| {
            let (execution, task) = call.owner;
            let entry = self.executions.get(&execution);
            entry.is_some_and(|entry| entry.execution.has_time_limit(task))
        })
    }

    /// Brings back what came of a call. An answer nobody waits for any more is ignored, as is one of the wrong
    /// kind, which only a mistake in the driver can make. Says whether anyone still waited.
    pub fn complete(&mut self, id: CallId, reply: Reply, now_ms: u64) -> bool {
        self.wake(now_ms);
        let Some(call) = self.calls.get(&id) else {
            return false;
        };
        let (execution_id, task) = call.owner;
        let Some(entry) = self.executions.get_mut(&execution_id) else {
            return false;
        };
        match (reply, &call.kind) {
            (Reply::Lambda(reply), CallKind::Lambda { .. }) => {
                entry.execution.lambda_replied(task, reply, now_ms)
            }
            (Reply::Sqs(reply), CallKind::Sqs { .. }) => entry.execution.sqs_replied(task, reply, now_ms),
            (Reply::Aws(reply), CallKind::Aws { .. } | CallKind::Sqs { .. }) => {
                entry.execution.aws_replied(task, reply, now_ms)
            }
            (Reply::Failed(failure), _) => entry.execution.call_failed(task, failure, now_ms),
            _ => return false,
        }
        self.calls.remove(&id);
        self.call_of.remove(&(execution_id, task));
        self.settle(execution_id, now_ms);
        true
    }

    pub(super) fn open_call(&mut self, owner: (ExecutionId, TaskId), kind: CallKind) {
        let Some(entry) = self.executions.get(&owner.0) else {
            return;
        };
        let Some(state) = entry.execution.state_of(owner.1) else {
            return;
        };
        self.call_last += 1;
        let identity = entry.execution.identity();
        let call = Call {
            id: CallId(self.call_last),
            execution_arn: identity.arn.clone(),
            machine_name: identity.machine_name.clone(),
            state,
            token: self.token_of.get(&owner).map(|token| token.0.to_string()),
            kind,
            owner,
        };
        self.call_of.insert(owner, call.id);
        self.calls.insert(call.id, call.clone());
        self.outbox.push_back(call);
    }

    pub(super) fn close_call(&mut self, owner: (ExecutionId, TaskId)) {
        if let Some(id) = self.call_of.remove(&owner) {
            self.calls.remove(&id);
        }
    }
}
