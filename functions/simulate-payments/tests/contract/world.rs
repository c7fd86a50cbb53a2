//! A simulator with a clock that stands still, chance that counts, and silence that takes no time.

use axum::body::Body;
use axum::http::{HeaderMap, Request};
use domain::ports::{Answer, Clock, Document, Documents, Entropy, PutError};
use domain::{Fault, Timestamp};
use http_body_util::BodyExt;
use serde_json::Value;
use simulate_payments::{
    Banks, InMemoryDocuments, Odds, Outbox, OutgoingEvent, Pause, Settings, Simulator, router,
};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;
use tower::ServiceExt;

/// What came back.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Reply {
    /// The status, and the error's code or type.
    pub fn refusal(&self) -> (u16, &str) {
        let error = &self.body["error"];
        let name = error["code"].as_str().or(error["type"].as_str());
        (self.status, name.unwrap_or("no error"))
    }

    pub fn id(&self) -> String {
        self.body["id"].as_str().expect("an id").to_owned()
    }

    pub fn replayed(&self) -> bool {
        self.headers.contains_key("idempotent-replayed")
    }
}

pub struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.0.load(Ordering::SeqCst))
    }
}

struct Counting(AtomicU64);

impl Entropy for Counting {
    fn bytes16(&self) -> Result<[u8; 16], Fault> {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.0.fetch_add(1, Ordering::SeqCst).to_be_bytes());
        Ok(bytes)
    }
}

struct Waited(AtomicU32);

impl Pause for Waited {
    fn pause(&self, ms: u32) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.0.fetch_add(ms, Ordering::SeqCst);
        Box::pin(async {})
    }
}

/// Documents in memory whose next write of an intent can be held up, or kept and its writer killed.
#[derive(Default)]
pub struct Obstacles {
    documents: InMemoryDocuments,
    holding: AtomicBool,
    killing: AtomicBool,
    pub arrived: Notify,
    pub released: Notify,
}

impl Documents for Obstacles {
    fn get<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Document>> {
        self.documents.get(key)
    }

    fn put<'a>(
        &'a self,
        key: &'a str,
        expected_revision: Option<u64>,
        text: &'a str,
        expires_at: Option<Timestamp>,
    ) -> Answer<'a, u64, PutError> {
        Box::pin(async move {
            let is_intent = key.starts_with("intent#");
            if is_intent && self.holding.swap(false, Ordering::SeqCst) {
                self.arrived.notify_one();
                self.released.notified().await;
            }
            let written = self
                .documents
                .put(key, expected_revision, text, expires_at)
                .await?;
            if is_intent && self.killing.swap(false, Ordering::SeqCst) {
                self.arrived.notify_one();
                std::future::pending::<()>().await;
            }
            Ok(written)
        })
    }
}

/// An outbox that keeps what it is given, or is away.
#[derive(Default)]
pub struct Kept {
    events: Mutex<Vec<OutgoingEvent>>,
    is_away: AtomicBool,
    is_hanging: AtomicBool,
}

impl Outbox for Kept {
    fn send<'a>(&'a self, event: &'a OutgoingEvent) -> Answer<'a, ()> {
        Box::pin(async move {
            if self.is_hanging.load(Ordering::SeqCst) {
                std::future::pending::<()>().await;
            }
            if self.is_away.load(Ordering::SeqCst) {
                return Err(Fault::Transient("the queue is away".to_owned()));
            }
            self.events.lock().expect("no panic before").push(event.clone());
            Ok(())
        })
    }
}

/// Banks that do what every card says, until they do not, or nobody knows.
#[derive(Default)]
struct Moody {
    is_declining: AtomicBool,
    is_unknown: AtomicBool,
}

impl Banks for Moody {
    fn decline_all(&self) -> Result<bool, Fault> {
        if self.is_unknown.load(Ordering::SeqCst) {
            return Err(Fault::Transient("the file does not read".to_owned()));
        }
        Ok(self.is_declining.load(Ordering::SeqCst))
    }
}

pub struct World {
    simulator: Simulator,
    clock: Arc<TestClock>,
    waited: Arc<Waited>,
    kept: Arc<Kept>,
    banks: Arc<Moody>,
    pub obstacles: Arc<Obstacles>,
}

impl World {
    pub fn new() -> Self {
        Self::with(Settings::default())
    }

    pub fn with_odds(seed: &str, odds: Odds) -> Self {
        Self::with(Settings {
            seed: seed.to_owned(),
            odds: Some(odds),
            ..Settings::default()
        })
    }

    fn with(settings: Settings) -> Self {
        let clock = Arc::new(TestClock(AtomicI64::new(1_795_266_300_000)));
        let waited = Arc::new(Waited(AtomicU32::new(0)));
        let kept = Arc::new(Kept::default());
        let obstacles = Arc::new(Obstacles::default());
        let banks = Arc::new(Moody::default());
        let simulator = Simulator {
            documents: obstacles.clone(),
            clock: clock.clone(),
            entropy: Arc::new(Counting(AtomicU64::new(1))),
            pause: waited.clone(),
            outbox: Some(kept.clone()),
            banks: Some(banks.clone()),
            settings,
        };
        Self {
            simulator,
            clock,
            waited,
            kept,
            banks,
            obstacles,
        }
    }

    pub fn pass_s(&self, seconds: i64) {
        self.clock.0.fetch_add(seconds * 1000, Ordering::SeqCst);
    }

    /// From now on the banks decline every card, or no longer.
    pub fn decline_all(&self, is_declining: bool) {
        self.banks.is_declining.store(is_declining, Ordering::SeqCst);
    }

    /// From now on nobody knows what the banks do.
    pub fn lose_the_banks(&self) {
        self.banks.is_unknown.store(true, Ordering::SeqCst);
    }

    /// Whoever is to deliver events is away from now on.
    pub fn lose_the_outbox(&self) {
        self.kept.is_away.store(true, Ordering::SeqCst);
    }

    /// Whoever is to deliver events never answers from now on.
    pub fn hang_the_outbox(&self) {
        self.kept.is_hanging.store(true, Ordering::SeqCst);
    }

    /// The same provider, which tells nobody anything.
    pub fn untold(mut self) -> Self {
        self.simulator.outbox = None;
        self
    }

    /// What the provider has told so far, and not been asked for yet.
    pub fn told(&self) -> Vec<OutgoingEvent> {
        std::mem::take(&mut *self.kept.events.lock().expect("no panic before"))
    }

    pub fn waited_ms(&self) -> u32 {
        self.waited.0.load(Ordering::SeqCst)
    }

    /// The next write of an intent waits for `obstacles.released`.
    pub fn hold_next_write(&self) {
        self.obstacles.holding.store(true, Ordering::SeqCst);
    }

    /// The next writer of an intent writes and never goes on.
    pub fn kill_after_next_write(&self) {
        self.obstacles.killing.store(true, Ordering::SeqCst);
    }

    pub async fn send(&self, request: Request<Body>) -> Reply {
        let response = router(self.simulator.clone())
            .oneshot(request)
            .await
            .expect("a router answers");
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("a body").to_bytes();
        Reply {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: serde_json::from_slice(&bytes).expect("a JSON body"),
        }
    }

    /// POST with a test key; an empty `key` sends no idempotency key.
    pub async fn post(&self, path: &str, key: &str, form: &str) -> Reply {
        let mut request = Request::post(format!("/simulator/v1{path}"))
            .header("authorization", "Bearer sk_test_contract")
            .header("content-type", "application/x-www-form-urlencoded");
        if !key.is_empty() {
            request = request.header("idempotency-key", key);
        }
        self.send(request.body(Body::from(form.to_owned())).expect("a request"))
            .await
    }

    pub async fn get(&self, path: &str) -> Reply {
        let request = Request::get(format!("/simulator/v1{path}"))
            .header("authorization", "Bearer sk_test_contract")
            .body(Body::empty())
            .expect("a request");
        self.send(request).await
    }

    /// An intent of 19.99 for a card; its id.
    pub async fn intent(&self, key: &str) -> String {
        let reply = self
            .post(
                "/payment_intents",
                key,
                "amount=1999&currency=usd&payment_method_types[]=card&metadata[order_id]=ord_1",
            )
            .await;
        assert_eq!(reply.status, 200, "{:?}", reply.body);
        reply.id()
    }

    pub async fn confirm(&self, intent: &str, key: &str, token: &str) -> Reply {
        let form = format!(
            "payment_method_data[type]=card&payment_method_data[card][token]={token}&error_on_requires_action=true"
        );
        self.post(&format!("/payment_intents/{intent}/confirm"), key, &form)
            .await
    }

    pub async fn find(&self, intent: &str) -> Value {
        let reply = self.get(&format!("/payment_intents/{intent}")).await;
        assert_eq!(reply.status, 200, "{:?}", reply.body);
        reply.body
    }
}
