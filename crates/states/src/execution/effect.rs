//! What an execution asks of those who hold it.

use std::sync::Arc;

use serde_json::Value;

use crate::definition::Waits;
use crate::definition::services::Service;

use super::{ChildInput, MapRunSettings, TaskId};

/// What an execution wants done.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Call a function; answer with [`super::Execution::lambda_replied`].
    Invoke {
        /// Names the task in the answer.
        task: TaskId,
        /// Name or ARN, as the definition says.
        function: String,
        /// Version or alias, if the definition says one.
        qualifier: Option<String>,
        /// The function's input.
        payload: Value,
        /// `RequestResponse` unless stated; `Event` and `DryRun` do not wait for the function.
        invocation_type: Option<String>,
        /// What the definition says for the function's client context.
        client_context: Option<String>,
    },
    /// Ask a service; answer with [`super::Execution::aws_replied`].
    Ask {
        /// Names the task in the answer.
        task: TaskId,
        /// Which one.
        service: &'static Service,
        /// The action as the API names it, such as `PutItem`.
        action: Arc<str>,
        /// The arguments as the API names them.
        arguments: Value,
    },
    /// Let an activity's workers have the task; answer with [`super::Execution::activity_scheduled`] at once and with
    /// [`super::Execution::activity_started`] when a worker takes it.
    Offer {
        /// Names the task in the answer.
        task: TaskId,
        /// The activity's ARN.
        activity: String,
    },
    /// Send a message; answer with [`super::Execution::sqs_replied`] or [`super::Execution::aws_replied`].
    Send {
        /// Names the task in the answer.
        task: TaskId,
        /// The queue's URL.
        queue_url: String,
        /// The message's text.
        body: String,
        /// The other arguments, such as `DelaySeconds`, as the definition says.
        options: Value,
    },
    /// Start another execution; answer with [`super::Execution::child_started`] and, unless `waits` is
    /// [`Waits::ForAnswer`] or [`Waits::ForToken`], [`super::Execution::child_ended`].
    Start {
        /// Names the task in the answer.
        task: TaskId,
        /// What the task waits for.
        waits: Waits,
        /// The machine's ARN.
        machine_arn: String,
        /// The execution's name, if the definition says one.
        name: Option<String>,
        /// The execution's input as JSON text.
        input: String,
    },
    /// A map run begins; [`Effect::RunMap`] says what its executions are given.
    OpenMapRun {
        /// Names it until its end.
        task: TaskId,
        /// Its ARN.
        arn: Arc<str>,
        /// What it is to be.
        settings: MapRunSettings,
    },
    /// Run an execution for each of these; answer with [`super::Execution::map_run_done`].
    RunMap {
        /// The map run.
        task: TaskId,
        /// In the order of the items.
        children: Vec<ChildInput>,
    },
    /// Go on with a map run that ended badly; answer with [`super::Execution::map_run_done`], unless its executions are not
    /// known yet.
    RedriveMapRun {
        /// Names it from now on.
        task: TaskId,
        /// Its ARN.
        arn: Arc<str>,
    },
    /// Nothing more is to be done for a map run.
    CloseMapRun {
        /// The map run.
        task: TaskId,
        /// Whether it ended well.
        succeeded: bool,
    },
    /// From now on this token answers this task.
    Expect {
        /// Names the task in the answer.
        task: TaskId,
        /// The task's token.
        token: String,
    },
    /// Nobody waits for this task any more: it timed out, or its branch was cancelled.
    Forget {
        /// The task.
        task: TaskId,
    },
}

impl Effect {
    /// The task it is about.
    pub fn task(&self) -> TaskId {
        match self {
            Effect::Invoke { task, .. }
            | Effect::Send { task, .. }
            | Effect::Start { task, .. }
            | Effect::Ask { task, .. }
            | Effect::Offer { task, .. }
            | Effect::OpenMapRun { task, .. }
            | Effect::RunMap { task, .. }
            | Effect::RedriveMapRun { task, .. }
            | Effect::CloseMapRun { task, .. }
            | Effect::Expect { task, .. }
            | Effect::Forget { task } => *task,
        }
    }
}
