//! Operations on tasks that wait for their token.

use serde::Deserialize;
use serde_json::json;

use crate::faults::{Action, Moment};
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
    let operation = Operation::TaskSuccess {
        token: request.task_token.clone(),
        output: request.output,
    };
    come_back(service, &request.task_token, operation).await
}

/// A token comes back: once, unless a fault strikes.
async fn come_back(service: &Service, token: &str, operation: Operation) -> Answer {
    let place = service.look(|engine| engine.awaits_token(token));
    let struck = place.and_then(|(machine, state)| service.strike(Moment::Callback, &machine, &state));
    match struck {
        Some(Action::LoseCallback) => return Ok(json!({})),
        Some(Action::DoubleCallback) => drop(service.perform(operation.clone()).await?),
        _ => {}
    }
    service.perform(operation).await?;
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
        token: request.task_token.clone(),
        error: request.error,
        cause: request.cause,
    };
    come_back(service, &request.task_token, operation).await
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
