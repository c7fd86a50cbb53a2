//! Everything that changes the engine, as data.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::engine::{
    Activity, ActivityTask, CallId, Engine, EngineError, MapRunChange, Registered, Registration, Reply,
    Retention, Revision, Route, Settings, Start, Started, Tag,
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
    UpdateMapRun {
        arn: String,
        change: MapRunChange,
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
    CreateActivity {
        name: String,
        #[serde(default)]
        tags: Vec<Tag>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        encryption: Option<Value>,
    },
    DeleteActivity {
        arn: String,
    },
    /// A worker takes a task; not written down when there is none.
    TakeActivityTask {
        arn: String,
        worker: Option<String>,
    },
    /// Time passed, and something was due.
    Wake,
    /// The clock was put ahead, to this far before the machine's; what is due by then happens.
    Pass {
        ahead_ms: u64,
    },
    /// The server began again, and nobody waits for the end of an execution any more.
    GiveUpAwaited,
    /// Executions that have ended were kept long enough.
    Forget(Retention),
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
    Activity(Activity),
    ActivityTask(Option<ActivityTask>),
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
            Operation::UpdateMapRun { arn, change } => engine
                .update_map_run(&arn, change, now_ms)
                .map(|()| Outcome::Nothing),
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
            Operation::CreateActivity {
                name,
                tags,
                encryption,
            } => engine
                .create_activity(&name, tags, encryption, now_ms)
                .map(Outcome::Activity),
            Operation::DeleteActivity { arn } => engine.delete_activity(&arn).map(|()| Outcome::Nothing),
            Operation::TakeActivityTask { arn, worker } => engine
                .take_activity_task(&arn, worker.as_deref(), now_ms)
                .map(Outcome::ActivityTask),
            Operation::GiveUpAwaited => {
                engine.give_up_awaited(now_ms);
                Ok(Outcome::Nothing)
            }
            Operation::Forget(retention) => {
                engine.forget_ended(retention, now_ms);
                Ok(Outcome::Nothing)
            }
            Operation::Wake | Operation::Pass { .. } => {
                engine.wake(now_ms);
                Ok(Outcome::Nothing)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_that_earlier_versions_wrote_can_be_read() {
        let machine = r#"{"name":"m","definition":"{}","role_arn":"r","machine_type":"STANDARD"}"#;
        let created = serde_json::from_str(&format!(r#"{{"Create":{machine}}}"#));
        assert!(
            matches!(created.unwrap(), Operation::Create(new) if new.machine.name == "m" && !new.publish)
        );
        let updated = r#"{"Update":{"arn":"a","definition":null,"role_arn":"r"}}"#;
        assert!(matches!(
            serde_json::from_str(updated).unwrap(),
            Operation::Update { publish: false, .. }
        ));
        let deleted = serde_json::from_str(r#"{"Delete":{"arn":"a"}}"#).unwrap();
        assert!(matches!(
            deleted,
            Operation::Delete {
                ends_executions: false,
                ..
            }
        ));
        for kind in ["Start", "StartSync"] {
            let line = format!(r#"{{"{kind}":{{"machine_arn":"a","name":null,"input":"{{}}"}}}}"#);
            let started = serde_json::from_str(&line).unwrap();
            assert!(matches!(
                started,
                Operation::Start {
                    trace_header: None,
                    ..
                } | Operation::StartSync {
                    trace_header: None,
                    ..
                }
            ));
        }
    }

    #[test]
    fn an_activity_that_an_earlier_version_wrote_has_no_tags() {
        let created = serde_json::from_str(r#"{"CreateActivity":{"name":"work"}}"#).unwrap();
        assert!(matches!(created, Operation::CreateActivity { tags, .. } if tags.is_empty()));
    }

    #[test]
    fn an_operation_is_read_as_it_was_written() {
        let new = crate::engine::NewMachine {
            name: "m".to_owned(),
            definition: "{}".to_owned(),
            role_arn: "r".to_owned(),
            machine_type: crate::definition::MachineType::Express,
        };
        let mut registration = Registration::from(new);
        registration.publish = true;
        registration.tags = vec![Tag {
            key: "k".to_owned(),
            value: "v".to_owned(),
        }];
        let text = serde_json::to_string(&Operation::Create(registration)).unwrap();
        let read: Operation = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), text);
        assert!(matches!(read, Operation::Create(new) if new.publish && new.tags.len() == 1));
    }

    #[test]
    fn answers_in_journals_of_earlier_versions_are_read() {
        for reply in [
            r#"{"Sqs":{"Sent":{"message_id":"m","body_md5":"0"}}}"#,
            r#"{"Sqs":{"ServiceError":{"error":"SQS.QueueDoesNotExistException","cause":"c"}}}"#,
            r#"{"Lambda":{"Returned":{"a":1}}}"#,
            r#"{"Lambda":{"FunctionError":{"errorType":"E"}}}"#,
        ] {
            let line = format!(r#"{{"Complete":{{"call":1,"reply":{reply}}}}}"#);
            let read = serde_json::from_str::<Operation>(&line).unwrap();
            assert_eq!(serde_json::to_string(&read).unwrap(), line);
        }
    }
}
