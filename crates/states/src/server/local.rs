//! What AWS does not have: requests under `/_local`, for development and tests.
//!
//! - `GET /_local/clock` shows the clock, `POST /_local/clock {"pass_s": 900}` lets time pass.
//! - `GET /_local/faults` lists the faults that are set, `POST /_local/faults` sets one, `DELETE /_local/faults/ID`
//!   removes one and `DELETE /_local/faults` all. A restart forgets them.
//! - `POST /_local/execution {"executionArn": ".."}` shows an execution and its events, also an Express one.

use std::sync::{MutexGuard, PoisonError};

use http::{Method, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Bytes;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::engine::EngineError;
use crate::faults::{Fault, Faults, Set};
use crate::history::seconds;

use super::api::executions;
use super::clock::{PASS_S_MAX, Shown};
use super::listener::plain;
use super::service::{Refusal, Service};

/// Why a request is refused: its status, and a sentence.
type Refused = (StatusCode, String);

/// Answers a request; `path` begins behind `/_local/`.
pub(super) async fn answer(
    service: &Service,
    method: &Method,
    path: &str,
    body: &[u8],
) -> Response<Full<Bytes>> {
    let answer = match (method.as_str(), path) {
        ("GET", "clock") => Ok(shown(service.clock())),
        ("POST", "clock") => pass(service, body).await,
        ("POST", "execution") => execution(service, body),
        ("GET", "faults") => Ok(listed(service)),
        ("POST", "faults") => set(service, body),
        ("DELETE", path) if path.starts_with("faults") => remove(service, path),
        _ => Err(nothing_there(method, path)),
    };
    match answer {
        Ok(answer) => plain(StatusCode::OK, answer.to_string()),
        Err((status, message)) => plain(status, json!({ "message": message }).to_string()),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pass {
    pass_s: u64,
}

async fn pass(service: &Service, body: &[u8]) -> Result<Value, Refused> {
    let Pass { pass_s } = read(body)?;
    if pass_s > PASS_S_MAX {
        let message = format!("pass_s is {PASS_S_MAX} (a year) at most, not {pass_s}");
        return Err((StatusCode::BAD_REQUEST, message));
    }
    service.pass(pass_s * 1000).await.map(shown).map_err(unavailable)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct OfExecution {
    execution_arn: String,
}

fn execution(service: &Service, body: &[u8]) -> Result<Value, Refused> {
    let OfExecution { execution_arn } = read(body)?;
    executions::seen(service, &execution_arn).map_err(|reason| {
        let status = match reason {
            EngineError::ExecutionDoesNotExist(_) => StatusCode::NOT_FOUND,
            _ => StatusCode::BAD_REQUEST,
        };
        (status, reason.to_string())
    })
}

fn nothing_there(method: &Method, path: &str) -> Refused {
    let message = format!(
        "There is no {method} /_local/{path}; there are GET and POST of /_local/clock and /_local/faults, DELETE of \
         /_local/faults and /_local/faults/ID, and POST of /_local/execution"
    );
    (StatusCode::NOT_FOUND, message)
}

fn faults(service: &Service) -> MutexGuard<'_, Faults> {
    service.faults.lock().unwrap_or_else(PoisonError::into_inner)
}

fn listed(service: &Service) -> Value {
    let faults: Vec<Set> = faults(service).all().cloned().collect();
    json!({ "faults": faults })
}

fn set(service: &Service, body: &[u8]) -> Result<Value, Refused> {
    let fault: Fault = read(body)?;
    let checked = service.look(|engine| fault.check(engine));
    let id = checked.and_then(|()| faults(service).set(fault));
    id.map(|id| json!({ "id": id }))
        .map_err(|reason| (StatusCode::BAD_REQUEST, reason))
}

fn remove(service: &Service, path: &str) -> Result<Value, Refused> {
    let found = match path.strip_prefix("faults/") {
        Some(id) => id.parse().is_ok_and(|id| faults(service).remove(id)),
        None if path == "faults" => {
            faults(service).clear();
            true
        }
        None => false,
    };
    match found {
        true => Ok(json!({})),
        false => Err((StatusCode::NOT_FOUND, format!("There is no /_local/{path}"))),
    }
}

fn shown(clock: Shown) -> Value {
    json!({ "now": seconds(clock.now_ms), "ahead_s": seconds(clock.ahead_ms) })
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refused> {
    serde_json::from_slice(body).map_err(|reason| (StatusCode::BAD_REQUEST, reason.to_string()))
}

fn unavailable(refusal: Refusal) -> Refused {
    let message = match refusal {
        Refusal::Engine(error) => error.to_string(),
        Refusal::Unavailable => "The server is stopping, or its journal cannot be written".to_owned(),
    };
    (StatusCode::SERVICE_UNAVAILABLE, message)
}
