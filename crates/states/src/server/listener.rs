//! HTTP: `POST /` for the API, `GET /health`, and `/_local`.

use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use super::api;
use super::local;
use super::origin::{foreign, strange_host};
use super::permissions::key_of_role;
use super::service::Service;

/// A definition of 1 MB, escaped as JSON text, and some room.
const REQUEST_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Connections at the same time; the next one waits.
const CONNECTIONS_MAX: usize = 4_096;
/// A client that does not finish its headers is not waited for. The time counts for idle connections too, which
/// clients like to keep.
const HEADERS_MS_MAX: u64 = 600_000;
/// Requests still open at a stop, such as a StartSyncExecution that waits, get this long.
const STOP_MS_MAX: u64 = 2_000;

/// Answers requests until `stop` is over, and then those it has begun with.
pub(super) async fn serve(listener: TcpListener, service: Arc<Service>, stop: impl Future<Output = ()>) {
    let open = GracefulShutdown::new();
    tokio::select! {
        () = accept(&listener, &service, &open) => {}
        () = stop => tracing::info!("stopping"),
    }
    drop(listener);
    service.end_polls();
    if tokio::time::timeout(Duration::from_millis(STOP_MS_MAX), open.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("stopped with requests unanswered");
    }
}

async fn accept(listener: &TcpListener, service: &Arc<Service>, open: &GracefulShutdown) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        // The semaphore is never closed.
        let place = Arc::clone(&places).acquire_owned().await.ok();
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(reason) => {
                // Out of file descriptors, most likely: some will be free soon.
                tracing::warn!(%reason, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        // Small answers must not wait for the client's acknowledgement.
        let _refused = stream.set_nodelay(true).err();
        let service = Arc::clone(service);
        let watcher = open.watcher();
        tokio::spawn(async move {
            let _place = place;
            let answer = service_fn(|request| answer(request, &service));
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(Duration::from_millis(HEADERS_MS_MAX))
                .serve_connection(TokioIo::new(stream), answer);
            if let Err(reason) = watcher.watch(connection).await {
                tracing::debug!(%reason, "a connection broke");
            }
        });
    }
}

async fn answer(request: Request<Incoming>, service: &Service) -> Result<Response<Full<Bytes>>, Infallible> {
    if let Some(page) = foreign(request.headers()) {
        tracing::warn!(page, "a web page was refused");
        return Ok(plain(StatusCode::FORBIDDEN, refused_page(&page)));
    }
    let answer = match (request.method(), request.uri().path()) {
        (&Method::GET, "/health") => plain(StatusCode::OK, "{\"status\":\"running\"}"),
        (&Method::POST, "/") => {
            let target = request
                .headers()
                .get("X-Amz-Target")
                .and_then(|value| value.to_str().ok());
            let target = target.unwrap_or_default().to_owned();
            let key = key_of_role(request.headers());
            match read(request).await {
                Ok(body) => api::answer(service, key, &target, &body).await,
                Err(too_large) => too_large,
            }
        }
        (_, path) if path.starts_with("/_local/") => {
            if let Some(host) = strange_host(request.headers()) {
                tracing::warn!(host, "a request under a stranger's name was refused");
                return Ok(plain(StatusCode::FORBIDDEN, refused_host(&host)));
            }
            let (method, path) = (request.method().clone(), path["/_local/".len()..].to_owned());
            match read(request).await {
                Ok(body) => local::answer(service, &method, &path, &body).await,
                Err(too_large) => too_large,
            }
        }
        _ => plain(
            StatusCode::NOT_FOUND,
            "{\"__type\":\"UnknownOperationException\"}",
        ),
    };
    Ok(answer)
}

fn refused_page(page: &str) -> String {
    let message = format!("The web page {page} may not ask this server; ask it without an Origin header");
    json!({ "__type": "AccessDeniedException", "message": message }).to_string()
}

fn refused_host(host: &str) -> String {
    let message = format!(
        "{host} may be anybody's name, and a web page may ask under it; ask at localhost, at an IP address or at a name \
         without a dot"
    );
    json!({ "__type": "AccessDeniedException", "message": message }).to_string()
}

async fn read(request: Request<Incoming>) -> Result<Bytes, Response<Full<Bytes>>> {
    let body = Limited::new(request.into_body(), REQUEST_BYTES_MAX);
    let too_large = "{\"__type\":\"RequestEntityTooLargeException\"}";
    match body.collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(_) => Err(plain(StatusCode::PAYLOAD_TOO_LARGE, too_large)),
    }
}

/// An answer of JSON text.
pub(super) fn plain(status: StatusCode, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    let content_type = http::HeaderValue::from_static("application/x-amz-json-1.0");
    response
        .headers_mut()
        .insert(http::header::CONTENT_TYPE, content_type);
    response
}
