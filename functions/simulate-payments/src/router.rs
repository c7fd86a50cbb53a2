//! The door: paths, keys, bodies and headers.

use crate::Simulator;
use crate::errors::ApiError;
use crate::execution::{Ending, execute};
use crate::form::Form;
use crate::idempotency::{Answer, Verdict, claim, finish};
use crate::requests::{self, Reader, Request};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::Response;
use axum::routing::{get, post};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Where the simulated API begins; a client's base URL ends with it.
const PREFIX: &str = "/simulator";
/// Largest body, bytes. The largest honest one is a few kilobytes of metadata.
const BODY_MAX: usize = 64 * 1024;

/// The simulated API under `/simulator/v1/...`: create, retrieve, confirm and cancel payment intents, retrieve
/// charges, create, retrieve and list refunds. Everything else is answered as Stripe answers an unknown URL.
pub fn router(simulator: Simulator) -> Router {
    let v1 = Router::new()
        .route("/payment_intents", post(create_intent))
        .route("/payment_intents/{id}", get(find_intent))
        .route("/payment_intents/{id}/confirm", post(confirm_intent))
        .route("/payment_intents/{id}/cancel", post(cancel_intent))
        .route("/charges/{id}", get(find_charge))
        .route("/refunds", post(create_refund).get(list_refunds))
        .route("/refunds/{id}", get(find_refund));
    Router::new()
        .nest("/simulator/v1", v1)
        .fallback(unrecognized)
        .method_not_allowed_fallback(unrecognized)
        .with_state(simulator)
}

type HttpRequest = axum::http::Request<Body>;

async fn create_intent(State(simulator): State<Simulator>, request: HttpRequest) -> Response {
    serve(&simulator, request, String::new(), requests::create_intent).await
}

async fn find_intent(
    State(simulator): State<Simulator>,
    Path(id): Path<String>,
    request: HttpRequest,
) -> Response {
    serve(&simulator, request, id, requests::find_intent).await
}

async fn confirm_intent(
    State(simulator): State<Simulator>,
    Path(id): Path<String>,
    request: HttpRequest,
) -> Response {
    serve(&simulator, request, id, requests::confirm_intent).await
}

async fn cancel_intent(
    State(simulator): State<Simulator>,
    Path(id): Path<String>,
    request: HttpRequest,
) -> Response {
    serve(&simulator, request, id, requests::cancel_intent).await
}

async fn find_charge(
    State(simulator): State<Simulator>,
    Path(id): Path<String>,
    request: HttpRequest,
) -> Response {
    serve(&simulator, request, id, requests::find_charge).await
}

async fn create_refund(State(simulator): State<Simulator>, request: HttpRequest) -> Response {
    serve(&simulator, request, String::new(), requests::create_refund).await
}

async fn list_refunds(State(simulator): State<Simulator>, request: HttpRequest) -> Response {
    serve(&simulator, request, String::new(), requests::list_refunds).await
}

async fn find_refund(
    State(simulator): State<Simulator>,
    Path(id): Path<String>,
    request: HttpRequest,
) -> Response {
    serve(&simulator, request, id, requests::find_refund).await
}

async fn unrecognized(State(simulator): State<Simulator>, method: Method, uri: Uri) -> Response {
    let error = ApiError::unrecognized_url(method.as_str(), own_path(&uri));
    respond(&simulator, &error.into(), None, false)
}

/// What came through the door.
struct Call {
    /// The idempotency key of a POST; other methods are idempotent by themselves, and keys on them are ignored.
    key: Option<String>,
    /// Method and path, e.g. `/v1/payment_intents`.
    endpoint: String,
    fingerprint: String,
    request: Request,
}

async fn serve(simulator: &Simulator, request: HttpRequest, id: String, read: Reader) -> Response {
    let call = match receive(request, id, read).await {
        Ok(call) => call,
        Err(error) => return respond(simulator, &error.into(), None, false),
    };
    let key = call.key.clone();
    match carry_out(simulator, call).await {
        Ok((answer, replayed)) => respond(simulator, &answer, key.as_deref(), replayed),
        Err(error) => respond(simulator, &error.into(), key.as_deref(), false),
    }
}

/// Lets in and reads. What is refused here never began to execute.
async fn receive(request: HttpRequest, id: String, read: Reader) -> Result<Call, ApiError> {
    let (parts, body) = request.into_parts();
    authorize(&parts.headers)?;
    let is_post = parts.method == Method::POST;
    let mut form = if is_post {
        let bytes = to_bytes(body, BODY_MAX)
            .await
            .map_err(|_| ApiError::invalid(format!("The request body has more than {BODY_MAX} bytes.")))?;
        Form::parse(&String::from_utf8_lossy(&bytes))
    } else {
        Form::parse(parts.uri.query().unwrap_or_default())
    };
    let version = parts
        .headers
        .get("stripe-version")
        .and_then(|version| version.to_str().ok());
    requests::check_version(&form, version.unwrap_or_default())?;
    let fingerprint = form.fingerprint();
    let request = read(&mut form, id)?;
    form.finish()?;
    let key = parts
        .headers
        .get("idempotency-key")
        .filter(|_| is_post)
        .map(|key| key.to_str().map(str::to_owned))
        .transpose()
        .map_err(|_| ApiError::idempotency("Keys for idempotent requests are visible ASCII characters."))?;
    Ok(Call {
        key,
        endpoint: own_path(&parts.uri).to_owned(),
        fingerprint,
        request,
    })
}

/// Executes under the idempotency key, if there is one. Answers whether this is the answer of an earlier request.
async fn carry_out(simulator: &Simulator, call: Call) -> Result<(Answer, bool), ApiError> {
    let claimed = match &call.key {
        None => None,
        Some(key) => match claim(simulator, key, &call.endpoint, &call.fingerprint).await? {
            Verdict::Replay(answer) => return Ok((answer, true)),
            Verdict::Execute(claimed) => Some(claimed),
        },
    };
    let ending = execute(simulator, call.request, claimed.as_ref())
        .await
        .unwrap_or_else(|error| Ending::Answered(error.into()));
    let (answer, silent) = match ending {
        Ending::Answered(answer) => (Some(answer), false),
        Ending::Silence(answer) => (answer, true),
    };
    // Before the silence, so that a client who gives up and asks again finds what was done.
    if let Some(claimed) = claimed {
        finish(simulator, claimed, answer.as_ref()).await?;
    }
    if silent {
        // The wait is the simulated provider's own behaviour, not a step of an order that sleeps in code.
        simulator.pause.pause(simulator.settings.timeout_ms).await;
    }
    let lost = || ApiError::provider(504, "The provider did not answer in time.").into();
    Ok((answer.filter(|_| !silent).unwrap_or_else(lost), false))
}

/// Any test key is let in; a missing, live or publishable one is not. Bearer, or basic with the key as user name.
/// Source: <https://docs.stripe.com/api/authentication>.
fn authorize(headers: &HeaderMap) -> Result<(), ApiError> {
    let given = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '));
    let key = match given {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Some(token.trim().to_owned()),
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("basic") => STANDARD
            .decode(token.trim())
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .map(|pair| pair.split(':').next().unwrap_or_default().to_owned()),
        _ => None,
    };
    match key {
        Some(key) if key.starts_with("sk_test_") && key.len() > "sk_test_".len() => Ok(()),
        // Of a wrong key, only its last characters are shown, as Stripe does.
        Some(key) if !key.is_empty() => {
            let from = key.char_indices().rev().nth(3).map_or(0, |(index, _)| index);
            let tail = if key.len() > 8 { &key[from..] } else { "" };
            Err(ApiError::unauthorized(format!(
                "Invalid API Key provided: ****{tail}"
            )))
        }
        _ => Err(ApiError::unauthorized(
            "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
        )),
    }
}

/// The path as Stripe would see it, without the simulator's prefix.
fn own_path(uri: &Uri) -> &str {
    uri.path().strip_prefix(PREFIX).unwrap_or(uri.path())
}

fn respond(simulator: &Simulator, answer: &Answer, key: Option<&str>, replayed: bool) -> Response {
    let mut response = Response::new(Body::from(answer.body.to_string()));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Ok(random) = simulator.entropy.bytes16() {
        let id = format!("req_{:014x}", u128::from_be_bytes(random) >> 72);
        insert(headers, "request-id", &id);
    }
    if let Some(key) = key {
        insert(headers, "idempotency-key", key);
    }
    if replayed {
        insert(headers, "idempotent-replayed", "true");
    }
    if answer.status == 401 {
        insert(headers, "www-authenticate", "Bearer realm=\"Stripe\"");
    }
    response
}

fn insert(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(HeaderName::from_static(name), value);
    }
}
