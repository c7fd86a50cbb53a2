//! Everything that changes the engine, as data.

use serde::{Deserialize, Serialize};

use crate::engine::{
    CallId, Engine, EngineError, Registered, Registration, Reply, Revision, Route, Settings, Start, Started,
    Tag,
};

/// One change. Done again at the same time on the same engine, it has the same outcome.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Operation {
    Create(Registration),
    Update {
        arn: String,
        definition: Option<String>,
        role_arn: Option<String>,
        #[serde(default)]
        settings: Settings,
        #[serde(default)]
        publish: bool,
        #[serde(default)]
        version_description: Option<String>,
    },
    Delete {
        arn: String,
        /// Whether its executions end at their next transition. Earlier versions let them go on.
        #[serde(default)]
        ends_executions: bool,
    },
    PublishVersion {
        arn: String,
        revision: Option<String>,
        description: Option<String>,
    },
    DeleteVersion {
        arn: String,
    },
    CreateAlias {
        name: String,
        description: Option<String>,
        routes: Vec<Route>,
    },
    UpdateAlias {
        arn: String,
        description: Option<String>,
        routes: Option<Vec<Route>>,
    },
    DeleteAlias {
        arn: String,
    },
    Tag {
        arn: String,
        tags: Vec<Tag>,
    },
    Untag {
        arn: String,
        keys: Vec<String>,
    },
    Start {
        machine_arn: String,
        name: Option<String>,
        input: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        trace_header: Option<String>,
    },
    StartSync {
        machine_arn: String,
        name: Option<String>,
        input: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        trace_header: Option<String>,
    },
    Redrive {
        arn: String,
        token: Option<String>,
    },
    Stop {
        arn: String,
        error: Option<String>,
        cause: Option<String>,
    },
    TaskSuccess {
        token: String,
        output: String,
    },
    TaskFailure {
        token: String,
        error: Option<String>,
        cause: Option<String>,
    },
    TaskHeartbeat {
        token: String,
    },
    Complete {
        call: CallId,
        reply: Reply,
    },
    /// Time passed, and something was due.
    Wake,
}

/// What came of an operation.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    Nothing,
    Registered(Registered),
    /// An ARN, and when it came to be, milliseconds since 1970.
    Made(String, u64),
    Started(Started),
    /// When it happened, milliseconds since 1970.
    At(u64),
}

impl Operation {
    /// Does it.
    pub fn apply(&self, engine: &mut Engine, now_ms: u64) -> Result<Outcome, EngineError> {
        match self.clone() {
            Operation::Create(new) => engine.register_machine(new, now_ms).map(Outcome::Registered),
            Operation::Update {
                arn,
                definition,
                role_arn,
                settings,
                publish,
                version_description,
            } => {
                let revision = Revision {
                    definition,
                    role_arn,
                    settings,
                    publish,
                    version_description,
                };
                engine
                    .revise_machine(&arn, revision, now_ms)
                    .map(Outcome::Registered)
            }
            Operation::Delete { arn, ends_executions } => match ends_executions {
                true => engine.retire_machine(&arn, now_ms),
                false => engine.delete_machine(&arn),
            }
            .map(|()| Outcome::Nothing),
            Operation::PublishVersion {
                arn,
                revision,
                description,
            } => engine
                .publish_version(&arn, revision.as_deref(), description, now_ms)
                .map(|(arn, at_ms)| Outcome::Made(arn, at_ms)),
            Operation::DeleteVersion { arn } => engine.delete_version(&arn).map(|()| Outcome::Nothing),
            Operation::CreateAlias {
                name,
                description,
                routes,
            } => engine
                .create_alias(&name, description, routes, now_ms)
                .map(|(arn, at_ms)| Outcome::Made(arn, at_ms)),
            Operation::UpdateAlias {
                arn,
                description,
                routes,
            } => engine
                .update_alias(&arn, description, routes, now_ms)
                .map(Outcome::At),
            Operation::DeleteAlias { arn } => engine.delete_alias(&arn).map(|()| Outcome::Nothing),
            Operation::Tag { arn, tags } => engine.tag(&arn, tags).map(|()| Outcome::Nothing),
            Operation::Untag { arn, keys } => engine.untag(&arn, &keys).map(|()| Outcome::Nothing),
            Operation::Start {
                machine_arn,
                name,
                input,
                trace_header,
            } => {
                let start = Start {
                    machine_arn: &machine_arn,
                    name: name.as_deref(),
                    input: &input,
                    trace_header,
                };
                engine.start_execution_with(start, now_ms).map(Outcome::Started)
            }
            Operation::StartSync {
                machine_arn,
                name,
                input,
                trace_header,
            } => {
                let start = Start {
                    machine_arn: &machine_arn,
                    name: name.as_deref(),
                    input: &input,
                    trace_header,
                };
                engine
                    .start_sync_execution_with(start, now_ms)
                    .map(Outcome::Started)
            }
            Operation::Redrive { arn, token } => engine
                .redrive_execution(&arn, token.as_deref(), now_ms)
                .map(Outcome::At),
            Operation::Stop { arn, error, cause } => {
                engine.stop_execution(&arn, error, cause, now_ms).map(Outcome::At)
            }
            Operation::TaskSuccess { token, output } => engine
                .send_task_success(&token, &output, now_ms)
                .map(|()| Outcome::Nothing),
            Operation::TaskFailure { token, error, cause } => engine
                .send_task_failure(&token, error, cause, now_ms)
                .map(|()| Outcome::Nothing),
            Operation::TaskHeartbeat { token } => engine
                .send_task_heartbeat(&token, now_ms)
                .map(|()| Outcome::Nothing),
            Operation::Complete { call, reply } => {
                engine.complete(call, reply, now_ms);
                Ok(Outcome::Nothing)
            }
            Operation::Wake => {
                engine.wake(now_ms);
                Ok(Outcome::Nothing)
            }
        }
    }
}
