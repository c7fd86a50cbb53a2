//! The last layer of every HTTP function: problems get their request id, unknown paths become problems.

use crate::problem::{Problem, Unsealed};
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use domain::{Fault, Refusal};

/// The header that carries the request id, in and out.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What a response tells the log about a fault. The client does not see it.
#[derive(Clone, Debug)]
pub struct LoggedFault(pub Fault);

/// Wraps a function's routes so that every error is a problem document with a request id.
pub fn seal(routes: Router) -> Router {
    told(routes.fallback(async || Problem::from(Refusal::not_found("page"))))
}

/// The same for routes that have a fallback of their own.
pub fn told(routes: Router) -> Router {
    routes
        .method_not_allowed_fallback(async || Problem::from(Refusal::MethodNotAllowed))
        .layer(from_fn(write_problem))
}

/// The same for a single answer, to a request that no route was asked for.
pub fn sealed(response: Response) -> Response {
    write(response, &HeaderValue::from_static("none"))
}

async fn write_problem(request: Request, next: Next) -> Response {
    let request_id = request_id(request.headers());
    let mut response = write(next.run(request).await, &request_id);
    let headers = response.headers_mut();
    headers.insert(REQUEST_ID, request_id);
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

/// The id under which this request is found in the logs.
pub(crate) fn request_id(headers: &HeaderMap) -> HeaderValue {
    headers
        .get(&REQUEST_ID)
        .cloned()
        .unwrap_or(HeaderValue::from_static("none"))
}

/// Writes out the problem that a response carries. A response without one, or written before, stays as it is.
pub(crate) fn write(mut response: Response, request_id: &HeaderValue) -> Response {
    let Some(mut unsealed) = response.extensions_mut().remove::<Unsealed>() else {
        return response;
    };
    unsealed.body.request_id = request_id.to_str().unwrap_or("none").to_owned();
    let text = serde_json::to_string(&unsealed.body).unwrap_or_default();
    let (mut parts, _) = response.into_parts();
    parts.headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.extensions.insert(LoggedFault(unsealed.fault));
    Response::from_parts(parts, Body::from(text))
}
