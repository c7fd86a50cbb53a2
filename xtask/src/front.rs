//! The front: one origin for everything a browser or a script needs.
//!
//! `/api` and a few more ([`TO_THE_API`]) go to the HTTP API of the engine, and `/live` is a tunnel to its WebSocket API;
//! every other path is a page of the web part, `/docs`, or one of their files, as on AWS, where CloudFront does the same. It runs on a thread of its own, so whoever starts it need not be async.

mod pages;
mod proxy;
pub mod security;
mod shop_time;
mod site;
mod tunnel;

use std::net::{Ipv4Addr, SocketAddr, TcpListener as StdListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use http_body_util::combinators::BoxBody;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::api_page::ApiPage;
use crate::failure::{Result, While};
use pages::Pages;
use proxy::Proxy;
use shop_time::ShopTime;
use site::Site;
use tunnel::Tunnel;

/// The first segments of paths that the HTTP API answers. No page begins with one of them, on AWS neither: there each is a
/// behaviour of the distribution in template.yaml, except for the simulator, which people have no use for.
pub const TO_THE_API: [&str; 4] = ["api", "l", "door", "simulator"];

/// A response body, whether streamed from the engine or ours.
type Body = BoxBody<Bytes, hyper::Error>;

/// What the front needs to know.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The port on this machine.
    pub port: u16,
    /// The engine's address, such as `127.0.0.1:4566`.
    pub engine: String,
    /// The name under which the engine knows the HTTP API: the host of the stack's `HttpApiUrl`.
    pub api_host: String,
    /// The name under which the engine knows the WebSocket API: the host of the stack's `LiveUrl`.
    pub live_host: String,
    /// Where the local Step Functions tell how much time was let pass; none of a foreign engine.
    pub clock_file: Option<PathBuf>,
    /// The folder of the web part as it was built.
    pub site: PathBuf,
    /// The page at `/docs`.
    pub api_page: ApiPage,
}

/// The running front; it stops when this is dropped.
#[derive(Debug)]
pub struct Front {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

/// What answers requests.
struct Origin {
    proxy: Proxy,
    tunnel: Tunnel,
    pages: Pages,
    time: ShopTime,
}

impl Front {
    /// Listens; when this returns, requests are answered.
    pub fn start(settings: Settings) -> Result<Self> {
        let doing = format!("open http://localhost:{}", settings.port);
        let listener = StdListener::bind((Ipv4Addr::LOCALHOST, settings.port)).while_doing(&doing)?;
        listener.set_nonblocking(true).while_doing(&doing)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .while_doing(&doing)?;
        let (stop, stopped) = oneshot::channel();
        let origin = Arc::new(Origin {
            time: ShopTime::told_in(settings.clock_file)?,
            proxy: Proxy::to(settings.engine.clone(), settings.api_host),
            tunnel: Tunnel::to(settings.engine, settings.live_host),
            pages: Pages {
                site: Site::of(settings.site),
                api_page: settings.api_page,
            },
        });
        let thread = thread::spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = serve(listener, origin) => {}
                    _ = stopped => {}
                }
            });
        });
        Ok(Self {
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn serve(listener: StdListener, origin: Arc<Origin>) {
    let Ok(listener) = TcpListener::from_std(listener) else {
        return;
    };
    loop {
        // An accept fails when a client is gone already or descriptors run out; the next may succeed.
        let Ok((stream, client)) = listener.accept().await else {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            continue;
        };
        // Small answers must not wait for the client's acknowledgement of the one before.
        let _ = stream.set_nodelay(true);
        let origin = Arc::clone(&origin);
        tokio::spawn(async move {
            let answer = service_fn(move |request| {
                let origin = Arc::clone(&origin);
                async move { Ok::<_, hyper::Error>(origin.answer(request, client).await) }
            });
            // A connection's error is its client's: there is nobody left to tell.
            let _ = http1::Builder::new()
                .timer(TokioTimer::new())
                .serve_connection(TokioIo::new(stream), answer)
                .with_upgrades()
                .await;
        });
    }
}

impl Origin {
    async fn answer(&self, request: Request<Incoming>, client: SocketAddr) -> Response<Body> {
        let mut answer = match Route::of(request.uri().path()) {
            Route::Engine(path) => self.proxy.forward(request, &path, client).await,
            Route::Live => self.tunnel.open(request).await,
            Route::Page => self.pages.answer(&request),
        };
        self.time.stamp(answer.headers_mut());
        answer
    }
}

/// Who answers a path.
#[derive(Debug, PartialEq, Eq)]
enum Route {
    /// The engine, under this path.
    Engine(String),
    /// The engine's WebSocket API.
    Live,
    /// The front itself.
    Page,
}

impl Route {
    /// Paths under `/api` are matched without regard to case, so they are lowered here; short links, codes of passes and
    /// the provider's ids go as they are.
    fn of(path: &str) -> Self {
        let first = path.split('/').nth(1).unwrap_or_default();
        if first.eq_ignore_ascii_case("api") {
            Self::Engine(path.to_ascii_lowercase())
        } else if TO_THE_API.contains(&first) {
            Self::Engine(path.to_owned())
        } else if path == "/live" {
            Self::Live
        } else {
            Self::Page
        }
    }
}

#[cfg(test)]
mod tests;
