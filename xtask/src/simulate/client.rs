//! Requests to the shop, as a buyer's browser would send them: bounded in number, each with an id by which the shop's
//! logs know it, each measured from the moment somebody wanted to send it.
//!
//! Made of the HTTP pieces that this crate has for its front anyway (see docs/decisions.md).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use hyper::{Method, Request};
use hyper_util::client::legacy::Client as Http;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use serde_json::Value;
use tokio::sync::Semaphore;

use super::board::Board;

/// Requests under way at the same time, unless a crowd is wanted. What waits for its turn is measured as waiting.
pub const IN_FLIGHT_MAX: usize = 64;
/// Longer than the 25 s of the longest `?wait`, and than the 30 s a gateway gives.
const ANSWER_MAX: Duration = Duration::from_secs(40);
/// Longer than the front lets anybody wait.
const LINE_MAX: Duration = Duration::from_secs(340);
const CONNECT_MAX: Duration = Duration::from_secs(10);
const IDLE_MAX: Duration = Duration::from_secs(20);
/// No answer of this API comes near it.
const BODY_MAX_BYTES: usize = 8 * 1024 * 1024;
/// How often a request is repeated that was not answered, or with 5xx: under the same key, so that it is done once.
const TRIES_MAX: u32 = 6;
/// How often "wait" is obeyed: a request in flight, or too many of them.
const PATIENCE_MAX: u32 = 20;
/// In rough weather a request is repeated for as long as this after its first answer was missed: rough weather has an end. Whatever
/// was working on it when it was killed has claimed its key for a minute.
const ROUGH_MAX: Duration = Duration::from_secs(20 * 60);
/// The longest pause between two tries.
const PAUSE_MAX: Duration = Duration::from_secs(2);

/// Whether whatever the shop runs on is left in peace.
#[derive(Clone, Debug, Default)]
pub enum Weather {
    /// Every request has to be answered.
    #[default]
    Calm,
    /// Somebody ends what answers. Connections may break, and a gateway or a front may say that nobody is there; whoever repeats
    /// the request long enough has to be answered all the same. The word of the shop itself counts as in calm weather.
    Rough(Arc<Storm>),
}

/// When a storm is to begin, and whether it is over.
#[derive(Debug, Default)]
pub struct Storm {
    /// Is set when the people have signed up and buyers begin to come.
    pub may_begin: AtomicBool,
    /// Is set when it is over. From then on no more buyers come.
    pub is_over: AtomicBool,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body; null when there is none.
    pub body: Value,
    /// By what the logs know the request.
    pub request_id: String,
    wait: Duration,
}

impl Answer {
    /// A field of the body as text; empty when it is missing.
    #[must_use]
    pub fn text(&self, pointer: &str) -> &str {
        self.body
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// The name of a refusal.
    #[must_use]
    pub fn code(&self) -> &str {
        self.text("/code")
    }

    /// Status and refusal, or the beginning of the body, for a sentence about it.
    #[must_use]
    pub fn in_words(&self) -> String {
        match self.code() {
            "" => format!("{} {:.120}", self.status, self.body.to_string()),
            code => format!("{} {code}: {:.200}", self.status, self.text("/detail")),
        }
    }

    /// Whether this is what is said when whoever should answer is not there: by the front, or by a gateway, which has no words of
    /// this API. A defect is the shop's own word.
    fn is_of_nobody(&self) -> bool {
        self.status >= 500 && (self.code().is_empty() || self.code().starts_with("Engine"))
    }
}

/// A request.
#[derive(Clone, Debug)]
pub struct Call {
    what: &'static str,
    method: Method,
    path: String,
    token: String,
    key: String,
    body: Option<Value>,
}

impl Call {
    /// Reads `path`; `what` is the kind of request in tables.
    pub fn get(what: &'static str, path: impl Into<String>) -> Self {
        Self {
            what,
            method: Method::GET,
            path: path.into(),
            token: String::new(),
            key: String::new(),
            body: None,
        }
    }

    /// Sends `body` to `path`.
    pub fn post(what: &'static str, path: impl Into<String>, body: Value) -> Self {
        Self {
            method: Method::POST,
            body: Some(body),
            ..Self::get(what, path)
        }
    }

    /// Puts `body` at `path`.
    pub fn put(what: &'static str, path: impl Into<String>, body: Value) -> Self {
        Self {
            method: Method::PUT,
            ..Self::post(what, path, body)
        }
    }

    /// Deletes `path`.
    pub fn delete(what: &'static str, path: impl Into<String>) -> Self {
        Self {
            method: Method::DELETE,
            ..Self::get(what, path)
        }
    }

    /// The same as whoever has this session.
    #[must_use]
    pub fn by(mut self, token: &str) -> Self {
        token.clone_into(&mut self.token);
        self
    }

    /// The same under an idempotency key.
    #[must_use]
    pub fn once(mut self, key: impl Into<String>) -> Self {
        self.key = key.into();
        self
    }
}

/// A request that was not answered.
#[derive(Clone, Debug)]
pub struct Lost {
    /// Why.
    pub why: String,
    /// By what the logs know it, if it got there.
    pub request_id: String,
}

/// The way to one shop.
#[derive(Clone, Debug)]
pub struct Client {
    http: Http<HttpConnector, Full<Bytes>>,
    base: String,
    run: String,
    turns: Arc<Semaphore>,
    board: Arc<Board>,
    sent: Arc<AtomicU64>,
    weather: Weather,
    patience: Duration,
}

impl Client {
    /// A way to the shop at `base`; `run` begins every request's id.
    #[must_use]
    pub fn new(base: &str, run: &str, in_flight: usize, board: Arc<Board>) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(CONNECT_MAX));
        let http = Http::builder(TokioExecutor::new())
            .pool_idle_timeout(IDLE_MAX)
            .pool_timer(TokioTimer::new())
            .build(connector);
        Self {
            http,
            // The front listens on IPv4 alone; `localhost` may be tried as IPv6 first, which costs a connection each time.
            base: base.replace("//localhost", "//127.0.0.1"),
            run: run.to_owned(),
            turns: Arc::new(Semaphore::new(in_flight)),
            board,
            sent: Arc::default(),
            weather: Weather::Calm,
            patience: ANSWER_MAX,
        }
    }

    /// The same way in this weather.
    #[must_use]
    pub fn in_weather(mut self, weather: Weather) -> Self {
        self.weather = weather;
        self
    }

    /// The same way for a crowd that stands in line before a shop on one machine: who comes last waits for all others.
    #[must_use]
    pub fn in_line(mut self) -> Self {
        self.patience = LINE_MAX;
        self
    }

    /// Buyers begin to come.
    pub fn begins(&self) {
        if let Weather::Rough(storm) = &self.weather {
            storm.may_begin.store(true, Ordering::Relaxed);
        }
    }

    /// Whether no more buyers are to come, although their time is not over.
    #[must_use]
    pub fn is_enough(&self) -> bool {
        matches!(&self.weather, Weather::Rough(storm) if storm.is_over.load(Ordering::Relaxed))
    }

    /// What is known so far.
    #[must_use]
    pub fn board(&self) -> &Board {
        &self.board
    }

    /// The name of this run: fresh each time, unlike the seed.
    #[must_use]
    pub fn run(&self) -> &str {
        &self.run
    }

    /// Sends it once. Whether the answer is what was wanted is the caller's business; that there is one, and no 5xx, is
    /// noted here.
    ///
    /// # Errors
    /// There was no answer.
    pub async fn ask(&self, call: &Call) -> Result<Answer, Lost> {
        let answer = self.send(call).await;
        self.note(call, &answer);
        answer
    }

    /// Notes what should not be.
    fn note(&self, call: &Call, answer: &Result<Answer, Lost>) {
        let asked = || format!("{} {}", call.method, call.path);
        match answer {
            Ok(answer) if answer.status >= 500 => {
                let what = format!("{}: {}", asked(), answer.in_words());
                self.board.wrong(what, &answer.request_id);
            }
            Ok(_) => {}
            Err(lost) => self
                .board
                .wrong(format!("{}: {}", asked(), lost.why), &lost.request_id),
        }
    }

    async fn send(&self, call: &Call) -> Result<Answer, Lost> {
        let begun = Instant::now();
        let request_id = format!("{}-{}", self.run, self.sent.fetch_add(1, Ordering::Relaxed));
        let _turn = self.turns.acquire().await;
        let answer = match tokio::time::timeout(self.patience, self.exchange(call, &request_id)).await {
            Ok(answer) => answer,
            Err(_) => Err(format!("no answer within {} s", self.patience.as_secs())),
        };
        self.board.took(call.what, begun.elapsed());
        answer.map_err(|why| Lost { why, request_id })
    }

    /// Sends it until it is answered with something else than 5xx, "in flight" or "slow down"; not without bounds.
    ///
    /// "Busy, repeat it" (503) is an answer that a shop under load may give, and whoever gets it repeats it, as here. It is counted,
    /// and noted as wrong only if it stays the answer. So is, in rough weather, that nobody is there.
    ///
    /// # Errors
    /// It was never answered.
    pub async fn insist(&self, call: &Call) -> Result<Answer, Lost> {
        let begun = Instant::now();
        let (mut tries, mut waits, mut defects) = (0, 0, 0);
        loop {
            let answer = self.send(call).await;
            let is_last = match self.weather {
                Weather::Calm => tries + 1 >= TRIES_MAX || waits >= PATIENCE_MAX,
                // What is broken stays broken, whoever is ended.
                Weather::Rough(_) => begun.elapsed() > ROUGH_MAX || defects >= TRIES_MAX,
            };
            self.hear(call, &answer, is_last);
            let is_to_be_repeated = match &answer {
                Ok(answer) if answer.code() == "RequestInFlight" || answer.status == 429 => {
                    waits += 1;
                    Some(answer.wait)
                }
                Ok(answer) if answer.status < 500 => None,
                answer => {
                    tries += 1;
                    defects += u32::from(
                        answer
                            .as_ref()
                            .is_ok_and(|answer| !answer.is_of_nobody() && answer.status == 500),
                    );
                    Some((Duration::from_millis(500) * tries).min(PAUSE_MAX))
                }
            };
            match is_to_be_repeated {
                Some(pause) if !is_last => tokio::time::sleep(pause).await,
                _ => return answer,
            }
        }
    }

    /// Counts what may be the answer for a while, and notes what may not.
    fn hear(&self, call: &Call, answer: &Result<Answer, Lost>, is_last: bool) {
        let is_rough = matches!(self.weather, Weather::Rough(_));
        match answer {
            Ok(answer) if !is_last && answer.status == 503 && answer.code() == "Transient" => {
                self.board.busy()
            }
            Ok(answer) if !is_last && is_rough && answer.is_of_nobody() => {
                self.board.nobody(&format!("{} {}", answer.status, answer.code()));
            }
            Err(_) if !is_last && is_rough => self.board.nobody("connection broken"),
            _ => self.note(call, answer),
        }
    }

    async fn exchange(&self, call: &Call, sent_as: &str) -> Result<Answer, String> {
        let mut request = Request::builder()
            .method(call.method.clone())
            .uri(format!("{}{}", self.base, call.path))
            .header("x-request-id", sent_as);
        if !call.token.is_empty() {
            request = request.header(AUTHORIZATION, format!("Bearer {}", call.token));
        }
        if !call.key.is_empty() {
            request = request.header("idempotency-key", &call.key);
        }
        if call.body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let body = call.body.as_ref().map(Value::to_string).unwrap_or_default();
        let request = request
            .body(Full::new(Bytes::from(body)))
            .map_err(|error| error.to_string())?;
        let answer = self
            .http
            .request(request)
            .await
            .map_err(|error| in_full(&error))?;
        let header = |name: &str| {
            let value = answer.headers().get(name).and_then(|value| value.to_str().ok());
            value.unwrap_or_default().to_owned()
        };
        let wait = header(RETRY_AFTER.as_str())
            .parse()
            .map_or(Duration::from_millis(300), |seconds: u64| {
                Duration::from_secs(seconds.min(30))
            });
        // A shop behind a gateway may know the request by a name that the gateway gave it.
        let request_id = Some(header("x-request-id")).filter(|id| !id.is_empty() && id != "none");
        let request_id = request_id.unwrap_or_else(|| sent_as.to_owned());
        let status = answer.status().as_u16();
        let body = Limited::new(answer.into_body(), BODY_MAX_BYTES)
            .collect()
            .await
            .map_err(|error| format!("half an answer: {error}"))?
            .to_bytes();
        Ok(Answer {
            status,
            body: serde_json::from_slice(&body).unwrap_or_default(),
            request_id,
            wait,
        })
    }
}

/// An error with its causes: that of the pool alone says only that sending failed.
fn in_full(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        words = format!("{words}: {error}");
        cause = error.source();
    }
    words
}
