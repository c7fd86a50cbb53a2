//! Passes requests on to the engine's HTTP API, and answers for it when it cannot.

use std::net::SocketAddr;
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{
    CONNECTION, CONTENT_LENGTH, HOST, HeaderMap, HeaderName, HeaderValue, TRANSFER_ENCODING,
};
use hyper::{Request, Response, StatusCode, Uri, Version};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::error::Elapsed;

use super::{Body, pages::problem};

/// The longest request body that is passed on; no request of this API needs a tenth of it.
const BODY_MAX_BYTES: usize = 1024 * 1024;
const CONNECT_MAX: Duration = Duration::from_secs(2);
/// A little longer than the 30 s that an HTTP API gives its function.
const ANSWER_MAX: Duration = Duration::from_secs(35);
const IDLE_MAX: Duration = Duration::from_secs(30);
/// Requests that the engine works on at the same time. AWS would start a function for each of a crowd; a laptop that did has
/// thousands of processes, and answers nobody. So here they come in one after the other.
const AT_ONCE_MAX: usize = 64;
/// How long one waits for its turn.
const TURN_MAX: Duration = Duration::from_secs(300);

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
/// Headers that concern one connection and not the message (RFC 9110, section 7.6.1).
const HOP_BY_HOP: [HeaderName; 7] = [
    CONNECTION,
    TRANSFER_ENCODING,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    HeaderName::from_static("te"),
    HeaderName::from_static("trailer"),
    HeaderName::from_static("upgrade"),
];

/// The way to one HTTP API.
pub struct Proxy {
    client: Client<HttpConnector, Full<Bytes>>,
    engine: String,
    api_host: String,
    turns: Semaphore,
}

impl Proxy {
    /// A way to the API that the engine at `engine` serves under the name `api_host`.
    pub fn to(engine: String, api_host: String) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(CONNECT_MAX));
        let client = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(IDLE_MAX)
            .pool_timer(TokioTimer::new())
            .build(connector);
        Self {
            client,
            engine,
            api_host,
            turns: Semaphore::new(AT_ONCE_MAX),
        }
    }

    /// A turn, for what takes one: none who waits on purpose, and nobody for whom those who have a turn may be waiting.
    async fn turn(&self, path: &str, query: Option<&str>) -> Result<Option<SemaphorePermit<'_>>, Elapsed> {
        let waits = query.is_some_and(|query| query.split('&').any(|pair| pair.starts_with("wait=")));
        if waits || path.starts_with("/simulator") || path == "/api/payments/webhook" {
            return Ok(None);
        }
        let turn = tokio::time::timeout(TURN_MAX, self.turns.acquire()).await?;
        Ok(turn.ok())
    }

    /// Sends the request to `path` at the engine; status, headers and body come back as they are.
    pub async fn forward(
        &self,
        request: Request<Incoming>,
        path: &str,
        client: SocketAddr,
    ) -> Response<Body> {
        let (head, body) = request.into_parts();
        let Ok(body) = Limited::new(body, BODY_MAX_BYTES).collect().await else {
            return problem(
                StatusCode::PAYLOAD_TOO_LARGE,
                "PayloadTooLarge",
                "A request body may have 1 MiB at most, and must arrive whole.",
            );
        };
        let Ok(uri) = self.uri(path, head.uri.query()) else {
            return problem(
                StatusCode::BAD_REQUEST,
                "MalformedPath",
                "The path is not a valid URL path.",
            );
        };
        let mut onward = Request::new(Full::new(body.to_bytes()));
        *onward.method_mut() = head.method;
        *onward.uri_mut() = uri;
        *onward.headers_mut() = self.headers(head.headers, client);
        let Ok(_turn) = self.turn(path, head.uri.query()).await else {
            return problem(
                StatusCode::SERVICE_UNAVAILABLE,
                "EngineBusy",
                "The local engine has been busy with others for minutes; try again later.",
            );
        };
        match tokio::time::timeout(ANSWER_MAX, self.client.request(onward)).await {
            Ok(Ok(answer)) => back(answer),
            Ok(Err(_)) => problem(
                StatusCode::SERVICE_UNAVAILABLE,
                "EngineUnreachable",
                "The local engine does not answer. If `cargo xtask up` is still running, see its terminal and .local/stack/log/engine.log.",
            ),
            Err(_) => problem(
                StatusCode::GATEWAY_TIMEOUT,
                "EngineTimeout",
                "The local engine did not answer in time; see .local/stack/log/engine.log.",
            ),
        }
    }

    fn uri(&self, path: &str, query: Option<&str>) -> Result<Uri, hyper::http::Error> {
        let target = query.map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"));
        Uri::builder()
            .scheme("http")
            .authority(self.engine.as_str())
            .path_and_query(target)
            .build()
    }

    /// The request's headers as the engine should see them.
    fn headers(&self, mut headers: HeaderMap, client: SocketAddr) -> HeaderMap {
        strip(&mut headers);
        // The body was collected, so its length is set anew.
        headers.remove(CONTENT_LENGTH);
        let client = client.ip().to_string();
        let before = headers.get(&FORWARDED_FOR).and_then(|value| value.to_str().ok());
        let chain = before.map_or(client.clone(), |before| format!("{before}, {client}"));
        if let Ok(chain) = HeaderValue::from_str(&chain) {
            headers.insert(FORWARDED_FOR, chain);
        }
        if let Some(asked) = headers.get(HOST).cloned() {
            headers.insert(FORWARDED_HOST, asked);
        }
        if let Ok(host) = HeaderValue::from_str(&self.api_host) {
            headers.insert(HOST, host);
        }
        headers
    }
}

fn back(answer: Response<Incoming>) -> Response<Body> {
    let mut answer = answer.map(BodyExt::boxed);
    *answer.version_mut() = Version::HTTP_11;
    strip(answer.headers_mut());
    answer
}

fn strip(headers: &mut HeaderMap) {
    for name in &HOP_BY_HOP {
        headers.remove(name);
    }
}
