//! `Idempotency-Key`: the same request gives the same answer and acts once.
//!
//! The key is claimed before the request is worked on and answered afterwards. While it is claimed, a repeat is
//! told to wait (409); with another body it is refused (422). An answer of 5xx is not kept: the client is to
//! repeat. If the function dies in between, the claim is free again after a minute, and whatever the request
//! creates has an id derived from the key, so that the repeat finds it.

use crate::gate::{Gate, SignedIn};
use crate::input::{is_mutation, read_body};
use crate::problem::Problem;
use crate::seal::{request_id, write};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::ids::fingerprint;
use domain::ports::{RequestState, SavedAnswer};
use domain::{IdempotencyKey, Refusal};
use http_body_util::BodyExt;

/// The header that names a request.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Set on an answer that was given before.
pub const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// The layer. Requests without the header, and reads, pass through.
///
/// # Errors
/// As problem documents: 400 for a malformed key, 401, 409 while in flight, 422 for another body.
pub async fn once(State(gate): State<Gate>, mut request: Request, next: Next) -> Result<Response, Problem> {
    if !is_mutation(request.method()) {
        return Ok(next.run(request).await);
    }
    let Some(header) = request.headers().get(&IDEMPOTENCY_KEY) else {
        return Ok(next.run(request).await);
    };
    let key = header
        .to_str()
        .ok()
        .and_then(|text| IdempotencyKey::parse(text).ok())
        .ok_or_else(|| Refusal::invalid("Idempotency-Key", "must be 1 to 255 visible ASCII characters"))?;
    let session = gate.who(request.headers()).await?.ok_or(Refusal::NotSignedIn)?;
    let user = session.user_id.to_string();
    request.extensions_mut().insert(SignedIn {
        user_id: session.user_id.clone(),
        session,
    });
    request.extensions_mut().insert(key.clone());

    let request_id = request_id(request.headers());
    let (parts, body) = request.into_parts();
    let bytes = read_body(body).await?;
    let print = fingerprint(&[
        parts.method.as_str(),
        parts.uri.path(),
        &String::from_utf8_lossy(&bytes),
    ]);
    match gate
        .requests
        .claim(&user, key.as_str(), &print, gate.clock.now())
        .await?
    {
        RequestState::Fresh => {}
        RequestState::InFlight => return Err(Refusal::RequestInFlight.into()),
        RequestState::Mismatch => return Err(Refusal::KeyReused.into()),
        RequestState::Answered(answer) => return Ok(replay(answer)),
    }
    let response = next.run(Request::from_parts(parts, Body::from(bytes))).await;
    // A busy moment, or a bug, is not an answer that should be kept for a day; nor is "slow down".
    if response.status().is_server_error() || response.status() == StatusCode::TOO_MANY_REQUESTS {
        gate.requests.give_up(&user, key.as_str()).await?;
        return Ok(response);
    }
    // Written out before it is kept: a refusal is an answer like any other.
    keep(&gate, &user, &key, write(response, &request_id)).await
}

async fn keep(
    gate: &Gate,
    user: &str,
    key: &IdempotencyKey,
    response: Response,
) -> Result<Response, Problem> {
    let (parts, body) = response.into_parts();
    let bytes = body
        .collect()
        .await
        .map(|collected| collected.to_bytes())
        .unwrap_or_default();
    let kept = |name: HeaderName| Some(parts.headers.get(name)?.to_str().ok()?.to_owned());
    let answer = SavedAnswer {
        status: parts.status.as_u16(),
        content_type: kept(header::CONTENT_TYPE).unwrap_or_else(|| "application/json".to_owned()),
        location: kept(header::LOCATION),
        body: String::from_utf8_lossy(&bytes).into_owned(),
    };
    // The request was carried out. That its answer cannot be kept must not be told as an error; a repeat after the
    // claim has run out finds by its derived id what was done.
    gate.requests
        .answer(user, key.as_str(), &answer, gate.clock.now())
        .await
        .ok();
    Ok(Response::from_parts(parts, Body::from(bytes)))
}

fn replay(answer: SavedAnswer) -> Response {
    let mut response = answer.body.into_response();
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let headers = response.headers_mut();
    if let Ok(content_type) = HeaderValue::from_str(&answer.content_type) {
        headers.insert(header::CONTENT_TYPE, content_type);
    }
    if let Some(Ok(location)) = answer.location.as_deref().map(HeaderValue::from_str) {
        headers.insert(header::LOCATION, location);
    }
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    response
}
