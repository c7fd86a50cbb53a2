//! Passes WebSocket connections on to the engine: the handshake as it is, then bytes both ways.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{HOST, HeaderValue, UPGRADE};
use hyper::upgrade::{self, OnUpgrade};
use hyper::{Method, Request, Response, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use tokio::io::copy;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use super::{Body, pages::problem};

/// Connections at one time; a laptop's pages and a test's crowd need a fraction of it.
const TUNNELS_MAX: usize = 1_000;
const CONNECT_MAX: Duration = Duration::from_secs(2);
/// How long the function may take to let a connection in or not.
const ANSWER_MAX: Duration = Duration::from_secs(35);
/// As long as API Gateway keeps a connection.
const OPEN_MAX: Duration = Duration::from_secs(2 * 3600);

/// The way to one WebSocket API.
pub struct Tunnel {
    engine: String,
    live_host: String,
    room: Arc<Semaphore>,
}

impl Tunnel {
    /// A way to the API that the engine at `engine` serves under the name `live_host`.
    pub fn to(engine: String, live_host: String) -> Self {
        Self {
            engine,
            live_host,
            room: Arc::new(Semaphore::new(TUNNELS_MAX)),
        }
    }

    /// Answers a handshake as the engine does. If that lets it in, what either side sends goes to the other until one of them
    /// ends.
    pub async fn open(&self, mut request: Request<Incoming>) -> Response<Body> {
        let wants = request.headers().get(UPGRADE).map(HeaderValue::as_bytes);
        if request.method() != Method::GET || !wants.is_some_and(|to| to.eq_ignore_ascii_case(b"websocket")) {
            return problem(
                StatusCode::UPGRADE_REQUIRED,
                "UpgradeRequired",
                "This is a WebSocket: open it as one. docs/live.md says what is said there.",
            );
        }
        let Ok(place) = Arc::clone(&self.room).try_acquire_owned() else {
            return problem(
                StatusCode::SERVICE_UNAVAILABLE,
                "TooManyConnections",
                "There are too many open connections. Close some pages, or read over the API.",
            );
        };
        let client = upgrade::on(&mut request);
        let Some((answer, engine)) = within(ANSWER_MAX, self.ask(&request)).await else {
            return problem(
                StatusCode::SERVICE_UNAVAILABLE,
                "EngineUnreachable",
                "The local engine does not answer. If `cargo xtask up` is still running, see its terminal and .local/stack/log/engine.log.",
            );
        };
        if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
            tokio::spawn(async move {
                // However it ends, both ends are closed and there is nobody to tell.
                let _ = tokio::time::timeout(OPEN_MAX, join(client, engine)).await;
                drop(place);
            });
        }
        answer
    }

    /// Sends the handshake on. The answer, and what becomes the connection if it lets the client in.
    async fn ask(&self, request: &Request<Incoming>) -> Option<(Response<Body>, OnUpgrade)> {
        let stream = within(CONNECT_MAX, async { TcpStream::connect(&self.engine).await.ok() }).await?;
        let _ = stream.set_nodelay(true);
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.ok()?;
        tokio::spawn(connection.with_upgrades());
        let mut onward = Request::new(Empty::<Bytes>::new());
        *onward.uri_mut() = request
            .uri()
            .path_and_query()
            .map_or_else(|| Uri::from_static("/live"), |path| Uri::from(path.clone()));
        *onward.headers_mut() = request.headers().clone();
        onward
            .headers_mut()
            .insert(HOST, HeaderValue::from_str(&self.live_host).ok()?);
        let mut answer = sender.send_request(onward).await.ok()?;
        let engine = upgrade::on(&mut answer);
        Some((answer.map(BodyExt::boxed), engine))
    }
}

/// What comes of `work` in time, if anything does.
async fn within<T>(limit: Duration, work: impl Future<Output = Option<T>>) -> Option<T> {
    tokio::time::timeout(limit, work).await.ok().flatten()
}

/// Copies both ways until either side ends.
async fn join(client: OnUpgrade, engine: OnUpgrade) -> Option<()> {
    let (client, engine) = (client.await.ok()?, engine.await.ok()?);
    let (mut from_client, mut to_client) = tokio::io::split(TokioIo::new(client));
    let (mut from_engine, mut to_engine) = tokio::io::split(TokioIo::new(engine));
    // Whoever ends first has nothing more to say and will hear nothing more: a WebSocket has no half-closed state.
    tokio::select! {
        _ = copy(&mut from_client, &mut to_engine) => {}
        _ = copy(&mut from_engine, &mut to_client) => {}
    }
    Some(())
}
