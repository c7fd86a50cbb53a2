//! The Step Functions API: AWS JSON 1.0, the operation named in `X-Amz-Target`.

mod activities;
mod describe;
mod executions;
pub(super) mod here;
mod machines;
mod tasks;

use http::{Response, StatusCode};
use http_body_util::Full;
use hyper::body::Bytes;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::engine::EngineError;

use super::listener::plain;
use super::service::{Refusal, Service};

/// What an operation answers.
type Answer = Result<Value, Refused>;

/// Why a request has no answer.
#[derive(Debug)]
enum Refused {
    Engine(EngineError),
    /// No such operation.
    Unknown(String),
    /// The journal cannot be written, or the server is stopping.
    Unavailable,
}

impl From<EngineError> for Refused {
    fn from(error: EngineError) -> Self {
        Refused::Engine(error)
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Engine(error) => Refused::Engine(error),
            Refusal::Unavailable => Refused::Unavailable,
        }
    }
}

/// Answers a request.
pub(super) async fn answer(service: &Service, target: &str, body: &[u8]) -> Response<Full<Bytes>> {
    let operation = target.rsplit('.').next().unwrap_or_default();
    let (status, answer) = match dispatch(service, operation, body).await {
        Ok(answer) => (StatusCode::OK, answer),
        Err(Refused::Engine(error)) => {
            tracing::info!(operation, error = error.name(), reason = %error, "refused");
            (
                StatusCode::BAD_REQUEST,
                json!({ "__type": error.name(), "message": error.to_string() }),
            )
        }
        Err(Refused::Unknown(operation)) => {
            let message = format!("The operation {operation:?} is not supported");
            (
                StatusCode::BAD_REQUEST,
                json!({ "__type": "UnknownOperationException", "message": message }),
            )
        }
        Err(Refused::Unavailable) => {
            let message = "The server is stopping, or its journal cannot be written";
            (
                StatusCode::SERVICE_UNAVAILABLE,
                json!({ "__type": "ServiceUnavailable", "message": message }),
            )
        }
    };
    plain(status, answer.to_string())
}

async fn dispatch(service: &Service, operation: &str, body: &[u8]) -> Answer {
    match operation {
        "CreateStateMachine" => machines::create(service, read(body)?).await,
        "UpdateStateMachine" => machines::update(service, read(body)?).await,
        "DeleteStateMachine" => machines::delete(service, read(body)?).await,
        "DescribeStateMachine" => machines::describe(service, read(body)?),
        "DescribeStateMachineForExecution" => machines::describe_for_execution(service, read(body)?),
        "ListStateMachines" => machines::list(service, read(body)?),
        "ValidateStateMachineDefinition" => machines::validate(&read(body)?),
        "StartExecution" => executions::start(service, read(body)?).await,
        "StartSyncExecution" => executions::start_sync(service, read(body)?).await,
        "DescribeExecution" => executions::describe(service, read(body)?),
        "ListExecutions" => executions::list(service, &read(body)?),
        "StopExecution" => executions::stop(service, read(body)?).await,
        "GetExecutionHistory" => executions::history(service, &read(body)?),
        "SendTaskSuccess" => tasks::success(service, read(body)?).await,
        "SendTaskFailure" => tasks::failure(service, read(body)?).await,
        "SendTaskHeartbeat" => tasks::heartbeat(service, read(body)?).await,
        "CreateActivity" => activities::create(service, read(body)?).await,
        "DeleteActivity" => activities::delete(service, read(body)?).await,
        "DescribeActivity" => activities::describe(service, &read(body)?),
        "ListActivities" => activities::list(service, &read(body)?),
        "GetActivityTask" => activities::get_task(service, read(body)?).await,
        other => Err(Refused::Unknown(other.to_owned())),
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refused> {
    let body = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(body).map_err(|reason| EngineError::Validation(reason.to_string()).into())
}

/// The size of a page: 100 unless stated, 0 means the same, 1,000 at most.
fn page_size(stated: Option<u32>) -> Result<usize, EngineError> {
    match stated {
        None | Some(0) => Ok(100),
        Some(size @ 1..=1000) => Ok(size as usize),
        Some(size) => Err(EngineError::Validation(format!(
            "maxResults must be from 0 to 1000, not {size}"
        ))),
    }
}
