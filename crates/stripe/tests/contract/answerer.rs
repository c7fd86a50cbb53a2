//! Who answers: a simulator on a port of its own, or Stripe's test mode.

use crate::key::test_key;
use domain::ports::{Clock, Entropy};
use domain::{Fault, Timestamp};
use reqwest::RequestBuilder;
use serde_json::Value;
use simulate_payments::{InMemoryDocuments, Pause, Settings, Simulator, router};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use stripe::StripeProvider;

/// As `StripeProvider` asks for it.
const API_VERSION: &str = "2026-09-30.endive";
/// Stripe's test mode takes its time now and then.
const PATIENCE: Duration = Duration::from_secs(30);

/// Who answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    Simulator,
    Stripe,
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub replayed: bool,
    pub body: Value,
}

impl Reply {
    /// The status, and the error's code or type.
    pub fn refusal(&self) -> (u16, &str) {
        let error = &self.body["error"];
        let name = error["code"].as_str().or(error["type"].as_str());
        (self.status, name.unwrap_or("no error"))
    }

    pub fn id(&self) -> &str {
        self.body["id"].as_str().unwrap()
    }
}

/// A provider, and the way to it.
pub struct Answerer {
    pub who: Who,
    base_url: String,
    secret_key: String,
    client: reqwest::Client,
    /// Tells this run's idempotency keys from those of every other: Stripe remembers them for a day.
    run: String,
}

struct WallClock;

impl Clock for WallClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        Timestamp::from_ms(i64::try_from(since.as_millis()).unwrap())
    }
}

struct Counting(AtomicU64);

impl Entropy for Counting {
    fn bytes16(&self) -> Result<[u8; 16], Fault> {
        Ok((u128::from(self.0.fetch_add(1, Ordering::SeqCst)) << 64).to_be_bytes())
    }
}

struct NoPause;

impl Pause for NoPause {
    fn pause(&self, _ms: u32) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async {})
    }
}

/// A simulator on a free port until the test ends; its base URL.
async fn simulator() -> String {
    let simulator = Simulator {
        documents: Arc::new(InMemoryDocuments::default()),
        clock: Arc::new(WallClock),
        entropy: Arc::new(Counting(AtomicU64::new(1))),
        pause: Arc::new(NoPause),
        outbox: None,
        banks: None,
        settings: Settings::default(),
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router(simulator)).await });
    format!("http://{address}/simulator")
}

impl Answerer {
    /// Stripe's test mode if the environment has a key for it, else a simulator.
    pub async fn reach() -> Self {
        let (who, base_url, secret_key) = match test_key() {
            Some(_) if !cfg!(feature = "https") => {
                panic!("Stripe speaks HTTPS only: run these tests with `--features https`")
            }
            Some(key) => (Who::Stripe, "https://api.stripe.com".to_owned(), key),
            None => (Who::Simulator, simulator().await, "sk_test_contract".to_owned()),
        };
        #[cfg(feature = "https")]
        let _ = rustls::crypto::ring::default_provider().install_default();
        let nanoseconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
        Self {
            who,
            base_url,
            secret_key,
            client: reqwest::Client::builder().timeout(PATIENCE).build().unwrap(),
            run: format!("{}-{nanoseconds}", std::process::id()),
        }
    }

    /// The domain's port to it.
    pub fn port(&self) -> StripeProvider {
        StripeProvider::new(&self.base_url, &self.secret_key, PATIENCE).unwrap()
    }

    /// An idempotency key that no other run uses.
    pub fn key(&self, name: &str) -> String {
        format!("contract-{}-{name}", self.run)
    }

    /// POST; an empty `key` sends no idempotency key.
    pub async fn post(&self, path: &str, key: &str, form: &[(&str, &str)]) -> Reply {
        let mut request = self.client.post(self.url(path)).form(form);
        if !key.is_empty() {
            request = request.header("Idempotency-Key", self.key(key));
        }
        self.send(request, &self.secret_key).await
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send(self.client.get(self.url(path)), &self.secret_key).await
    }

    /// GET with another key than the right one.
    pub async fn get_with(&self, path: &str, secret_key: &str) -> Reply {
        self.send(self.client.get(self.url(path)), secret_key).await
    }

    fn url(&self, path: &str) -> String {
        format!("{}/v1{path}", self.base_url)
    }

    async fn send(&self, request: RequestBuilder, secret_key: &str) -> Reply {
        let answer = request
            .bearer_auth(secret_key)
            .header("Stripe-Version", API_VERSION)
            .send()
            .await
            .unwrap();
        Reply {
            status: answer.status().as_u16(),
            replayed: answer.headers().contains_key("idempotent-replayed"),
            body: answer.json().await.unwrap(),
        }
    }

    /// An intent of 19.99 USD for cards; its id.
    pub async fn intent(&self, key: &str) -> String {
        let made = self.post("/payment_intents", key, NEW_INTENT).await;
        assert_eq!(made.status, 200, "{made:?}");
        made.id().to_owned()
    }

    /// Confirms with one of Stripe's ready-made payment methods.
    pub async fn confirm(&self, intent: &str, key: &str, method: &str) -> Reply {
        let form = [("payment_method", method), ("error_on_requires_action", "true")];
        self.post(&format!("/payment_intents/{intent}/confirm"), key, &form)
            .await
    }

    /// An intent that this payment method has paid.
    pub async fn paid(&self, method: &str) -> String {
        let intent = self.intent("paid").await;
        let paid = self.confirm(&intent, "pay", method).await;
        assert_eq!(paid.body["status"], "succeeded", "{paid:?}");
        intent
    }
}

/// What every intent of the contract is made of.
pub const NEW_INTENT: &[(&str, &str)] = &[
    ("amount", "1999"),
    ("currency", "usd"),
    ("automatic_payment_methods[enabled]", "true"),
    ("automatic_payment_methods[allow_redirects]", "never"),
    ("metadata[order_id]", "ord_contract"),
];
