//! The Step Functions API: AWS JSON 1.0, the operation named in `X-Amz-Target`.

mod activities;
mod aliases;
mod configurations;
mod constraints;
mod describe;
pub(super) mod executions;
pub(super) mod here;
mod logging;
mod machines;
mod map_runs;
mod pages;
mod tags;
mod tasks;
mod test_state;
mod validate;
mod versions;

use http::{HeaderValue, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Bytes;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::engine::EngineError;

use super::listener::plain;
use super::permissions::Prevented;
use super::service::{Refusal, Service};
use pages::Page;

/// What an operation answers.
type Answer = Result<Value, Refused>;

/// Why a request has no answer.
#[derive(Debug)]
enum Refused {
    Engine(EngineError),
    /// No such operation.
    Unknown(String),
    /// The caller's policies do not allow it.
    Denied(String),
    /// The journal cannot be written, the server is stopping, or nobody says whether the caller may.
    Unavailable,
}

const UNAVAILABLE: &str =
    "The server is stopping, its journal cannot be written, or nobody answers for permissions";

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

impl From<Prevented> for Refused {
    fn from(prevented: Prevented) -> Self {
        match prevented {
            Prevented::Denied(reason) => Refused::Denied(reason),
            Prevented::Unknown => Refused::Unavailable,
        }
    }
}

/// Answers a request; `key` is the role's that it is signed with, if it is.
pub(super) async fn answer(
    service: &Service,
    key: Option<String>,
    target: &str,
    body: &[u8],
) -> Response<Full<Bytes>> {
    let operation = target.rsplit('.').next().unwrap_or_default();
    let (status, answer) = match permitted(service, key, operation, body).await {
        Ok(answer) => (StatusCode::OK, answer),
        Err(Refused::Engine(error)) => {
            tracing::info!(operation, error = error.name(), reason = %error, "refused");
            (StatusCode::BAD_REQUEST, refusal(&error))
        }
        Err(Refused::Unknown(operation)) => {
            let message = format!("The operation {operation:?} is not supported");
            (
                StatusCode::BAD_REQUEST,
                json!({ "__type": "UnknownOperationException", "message": message }),
            )
        }
        Err(Refused::Denied(message)) => {
            tracing::info!(operation, reason = message, "denied");
            (
                StatusCode::BAD_REQUEST,
                json!({ "__type": "AccessDeniedException", "message": message }),
            )
        }
        Err(Refused::Unavailable) => {
            let message = UNAVAILABLE;
            (
                StatusCode::SERVICE_UNAVAILABLE,
                json!({ "__type": "ServiceUnavailable", "message": message }),
            )
        }
    };
    let mut response = plain(status, answer.to_string());
    if let Ok(id) = HeaderValue::from_str(&service.request_id()) {
        response.headers_mut().insert("x-amzn-requestid", id);
    }
    response
}

fn refusal(error: &EngineError) -> Value {
    let mut refusal = json!({ "__type": error.name(), "message": error.to_string() });
    if let Some(reason) = error.reason() {
        refusal["reason"] = reason.into();
    }
    if let Some(resource) = error.resource() {
        refusal["resourceName"] = resource.into();
    }
    refusal
}

/// Does what a request asks if its caller may.
async fn permitted(service: &Service, key: Option<String>, operation: &str, body: &[u8]) -> Answer {
    let Some(permissions) = &service.permissions else {
        return dispatch(service, operation, body).await;
    };
    if let Some(key) = key {
        permissions.check(service, key, operation, body).await?;
    }
    let answer = dispatch(service, operation, body).await;
    if matches!(operation, "CreateStateMachine" | "UpdateStateMachine") {
        permissions.forget();
    }
    answer
}

async fn dispatch(service: &Service, operation: &str, body: &[u8]) -> Answer {
    let body = match body {
        [] => json!({}),
        body => serde_json::from_slice(body)
            .map_err(|reason| EngineError::Serialization(format!("The request is not JSON: {reason}")))?,
    };
    constraints::check(operation, &body)?;
    let page = || Page::of(operation, &body, service.clock().now_ms);
    match operation {
        "CreateStateMachine" => machines::create(service, read(&body)?).await,
        "UpdateStateMachine" => machines::update(service, read(&body)?).await,
        "DeleteStateMachine" => machines::delete(service, read(&body)?).await,
        "DescribeStateMachine" => machines::describe(service, &read(&body)?),
        "DescribeStateMachineForExecution" => machines::describe_for_execution(service, &read(&body)?),
        "ListStateMachines" => machines::list(service, &page()?),
        "ValidateStateMachineDefinition" => validate::validate(&read(&body)?),
        "TestState" => test_state::test_state(service, read(&body)?).await,
        "PublishStateMachineVersion" => versions::publish(service, read(&body)?).await,
        "DeleteStateMachineVersion" => versions::delete(service, read(&body)?).await,
        "ListStateMachineVersions" => versions::list(service, &read(&body)?, &page()?),
        "CreateStateMachineAlias" => aliases::create(service, read(&body)?).await,
        "UpdateStateMachineAlias" => aliases::update(service, read(&body)?).await,
        "DeleteStateMachineAlias" => aliases::delete(service, read(&body)?).await,
        "DescribeStateMachineAlias" => aliases::describe(service, &read(&body)?),
        "ListStateMachineAliases" => aliases::list(service, &read(&body)?, &page()?),
        "TagResource" => tags::tag(service, read(&body)?).await,
        "UntagResource" => tags::untag(service, read(&body)?).await,
        "ListTagsForResource" => tags::list(service, &read(&body)?),
        "StartExecution" => executions::start(service, read(&body)?).await,
        "StartSyncExecution" => executions::start_sync(service, read(&body)?).await,
        "DescribeExecution" => executions::describe(service, &read(&body)?),
        "ListExecutions" => executions::list(service, &read(&body)?, &page()?),
        "StopExecution" => executions::stop(service, read(&body)?).await,
        "RedriveExecution" => executions::redrive(service, read(&body)?).await,
        "DescribeMapRun" => map_runs::describe(service, &read(&body)?),
        "ListMapRuns" => map_runs::list(service, &read(&body)?, &page()?),
        "UpdateMapRun" => map_runs::update(service, read(&body)?).await,
        "GetExecutionHistory" => executions::history(service, &read(&body)?, &page()?),
        "SendTaskSuccess" => tasks::success(service, read(&body)?).await,
        "SendTaskFailure" => tasks::failure(service, read(&body)?).await,
        "SendTaskHeartbeat" => tasks::heartbeat(service, read(&body)?).await,
        "CreateActivity" => activities::create(service, read(&body)?).await,
        "DeleteActivity" => activities::delete(service, read(&body)?).await,
        "DescribeActivity" => activities::describe(service, &read(&body)?),
        "ListActivities" => activities::list(service, &page()?),
        "GetActivityTask" => activities::get_task(service, read(&body)?).await,
        other => Err(Refused::Unknown(other.to_owned())),
    }
}

fn read<T: DeserializeOwned>(body: &Value) -> Result<T, Refused> {
    T::deserialize(body).map_err(|reason| EngineError::Serialization(reason.to_string()).into())
}
