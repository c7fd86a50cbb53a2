//! What changes something: stop, redrive, start again. Each says who it is by a name or token, so that a repeated call is
//! known again.

use crate::arn::checked;
use crate::machines::Which;
use crate::problem::Reply;
use crate::{Changed, Viewer};
use aws::{Api, SystemEntropy};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::{Extension, Json};
use contract::once::IDEMPOTENCY_KEY;
use contract::problem::ProblemBody;
use contract::{Body, Query};
use domain::ids::fingerprint;
use domain::ports::Entropy;
use domain::{IdempotencyKey, Refusal};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

/// Which machine is to be started, and with what.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = StartOfExecution)]
pub(crate) struct StartBody {
    /// The machine, or a version or alias of it.
    state_machine_arn: String,
    /// The execution's name; if it is left out one is made of the idempotency key, or drawn.
    name: Option<String>,
    /// The input, as JSON text.
    input: String,
}

/// Why it is stopped.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = StopOfExecution)]
pub(crate) struct StopBody {
    /// The error that it ends with.
    error: Option<String>,
    /// The sentence beside it.
    cause: Option<String>,
}

/// Start an execution, such as one with the same input as another.
///
/// Without a name it is called after the key: whoever got no answer asks again under the same key, and no second one is started. AWS
/// gives the same answer while it runs, and `ExecutionAlreadyExists` once it has ended or if the input is another one.
#[utoipa::path(
    post, path = "/api/ops/executions", tag = "viewer", request_body = StartBody,
    params(("Idempotency-Key" = Option<String>, Header, pattern = "^[!-~]{1,255}$",
    description = "Names this request: repeating it starts no second execution.")),
    responses(
        (status = 201, body = Object, description = "StartExecution's answer."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    ),
    security(("session" = []), ("bearer" = []))
)]
pub(crate) async fn start_execution(
    State(viewer): State<Viewer>,
    headers: HeaderMap,
    Body(asked): Body<StartBody>,
) -> Reply<(StatusCode, Extension<Changed>, Json<Value>)> {
    let machine = checked(&asked.state_machine_arn)
        .map_err(|_| Refusal::invalid("stateMachineArn", "must be the ARN of a state machine"))?;
    // Without a name a call whose answer was lost would start a second one.
    let name = match asked.name {
        Some(name) => name,
        None => named("start", machine, &headers)?,
    };
    let input = json!({ "stateMachineArn": machine, "name": name, "input": asked.input });
    let answer = viewer.account.call(Api::States, "StartExecution", &input).await?;
    let started = answer["executionArn"].as_str().unwrap_or(machine);
    let changed = Changed(format!("started {started}"));
    Ok((StatusCode::CREATED, Extension(changed), Json(answer)))
}

/// Stop an execution. It cannot be taken back.
#[utoipa::path(
    post, path = "/api/ops/execution/stop", tag = "viewer", params(Which), request_body = StopBody,
    responses(
        (status = 200, body = Object, description = "StopExecution's answer."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    ),
    security(("session" = []), ("bearer" = []))
)]
pub(crate) async fn stop_execution(
    State(viewer): State<Viewer>,
    Query(which): Query<Which>,
    Body(asked): Body<StopBody>,
) -> Reply<Json<Value>> {
    let mut input = json!({ "executionArn": checked(&which.arn)? });
    for (name, text) in [("error", asked.error), ("cause", asked.cause)] {
        if let Some(text) = text {
            input[name] = text.into();
        }
    }
    let answer = viewer.account.call(Api::States, "StopExecution", &input).await?;
    Ok(Json(answer))
}

/// Go on with an execution that ended badly, from where it failed.
///
/// The key becomes AWS's client token: whoever got no answer asks again under the same key, and it is redriven once.
#[utoipa::path(
    post, path = "/api/ops/execution/redrive", tag = "viewer",
    params(Which, ("Idempotency-Key" = Option<String>, Header, pattern = "^[!-~]{1,255}$",
    description = "Names this request: repeating it changes nothing.")),
    responses(
        (status = 200, body = Object, description = "RedriveExecution's answer."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    ),
    security(("session" = []), ("bearer" = []))
)]
pub(crate) async fn redrive_execution(
    State(viewer): State<Viewer>,
    Query(which): Query<Which>,
    headers: HeaderMap,
) -> Reply<Json<Value>> {
    let arn = checked(&which.arn)?;
    let token = named("redrive", arn, &headers)?;
    let input = json!({ "executionArn": arn, "clientToken": token });
    let answer = viewer
        .account
        .call(Api::States, "RedriveExecution", &input)
        .await?;
    Ok(Json(answer))
}

/// What a request is known again by: made of its key, or drawn if it has none.
fn named(what: &str, arn: &str, headers: &HeaderMap) -> Reply<String> {
    let Some(header) = headers.get(&IDEMPOTENCY_KEY) else {
        return drawn();
    };
    let text = header.to_str().unwrap_or_default();
    let key = IdempotencyKey::parse(text)
        .map_err(|_| Refusal::invalid("Idempotency-Key", "must be 1 to 255 visible ASCII characters"))?;
    // A key may be longer than AWS's names and tokens, and may have been used for something else.
    Ok(fingerprint(&[what, arn, key.as_str()]))
}

/// A name that nobody else has.
fn drawn() -> Reply<String> {
    let bytes = SystemEntropy.bytes16()?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
