//! Operations on tasks that wait for their token.

use serde::Deserialize;
use serde_json::json;

use crate::server::operation::Operation;
use crate::server::service::Service;

use super::Answer;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Success {
    task_token: String,
    output: String,
}

pub(super) async fn success(service: &Service, request: Success) -> Answer {
    service
        .perform(Operation::TaskSuccess {
            token: request.task_token,
            output: request.output,
        })
        .await?;
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Failure {
    task_token: String,
    error: Option<String>,
    cause: Option<String>,
}

pub(super) async fn failure(service: &Service, request: Failure) -> Answer {
    let operation = Operation::TaskFailure {
        token: request.task_token,
        error: request.error,
        cause: request.cause,
    };
    service.perform(operation).await?;
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Heartbeat {
    task_token: String,
}

pub(super) async fn heartbeat(service: &Service, request: Heartbeat) -> Answer {
    service
        .perform(Operation::TaskHeartbeat {
            token: request.task_token,
        })
        .await?;
    Ok(json!({}))
}
