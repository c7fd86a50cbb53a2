//! Everything that changes the engine, as data.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::engine::{
    Activity, ActivityTask, CallId, Engine, EngineError, MachineRecord, NewMachine, Reply, Retention, Started,
};

/// One change. Done again at the same time on the same engine, it has the same outcome.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Operation {
    Create(NewMachine),
    Update {
        arn: String,
        definition: Option<String>,
        role_arn: Option<String>,
    },
    Delete {
        arn: String,
    },
    Start {
        machine_arn: String,
        name: Option<String>,
        input: String,
    },
    StartSync {
        machine_arn: String,
        name: Option<String>,
        input: String,
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
    CreateActivity {
        name: String,
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
    /// Executions that have ended were kept long enough.
    Forget(Retention),
}

/// What came of an operation.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    Nothing,
    Machine(Arc<MachineRecord>),
    Started(Started),
    StoppedAt(u64),
    Activity(Activity),
    ActivityTask(Option<ActivityTask>),
}

impl Operation {
    /// Does it.
    pub fn apply(&self, engine: &mut Engine, now_ms: u64) -> Result<Outcome, EngineError> {
        match self.clone() {
            Operation::Create(new) => engine.create_machine(new, now_ms).map(Outcome::Machine),
            Operation::Update {
                arn,
                definition,
                role_arn,
            } => engine
                .update_machine(&arn, definition, role_arn, now_ms)
                .map(Outcome::Machine),
            Operation::Delete { arn } => engine.delete_machine(&arn).map(|()| Outcome::Nothing),
            Operation::Start {
                machine_arn,
                name,
                input,
            } => engine
                .start_execution(&machine_arn, name.as_deref(), &input, now_ms)
                .map(Outcome::Started),
            Operation::StartSync {
                machine_arn,
                name,
                input,
            } => engine
                .start_sync_execution(&machine_arn, name.as_deref(), &input, now_ms)
                .map(Outcome::Started),
            Operation::Stop { arn, error, cause } => engine
                .stop_execution(&arn, error, cause, now_ms)
                .map(Outcome::StoppedAt),
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
            Operation::CreateActivity { name } => {
                engine.create_activity(&name, now_ms).map(Outcome::Activity)
            }
            Operation::DeleteActivity { arn } => engine.delete_activity(&arn).map(|()| Outcome::Nothing),
            Operation::TakeActivityTask { arn, worker } => engine
                .take_activity_task(&arn, worker.as_deref(), now_ms)
                .map(Outcome::ActivityTask),
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
