//! The simulator on a free local port, and a client that speaks to it.

use axum::Router;
use axum::http::StatusCode;
use axum::routing::{get, post};
use domain::order::{Line, NewOrder, Order, Thing};
use domain::ports::{Clock, Entropy, PaymentProvider};
use domain::{
    CardToken, ChargeOutcome, Currency, Fault, IdempotencyKey, Inquiry, IntentId, OrderId, PriceMinor,
    TicketId, Timestamp, UserId,
};
use simulate_payments::{InMemoryDocuments, Pause, Settings, Simulator, router};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use stripe::StripeProvider;

struct StillClock;

impl Clock for StillClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(1_795_266_300_000)
    }
}

struct Counting(AtomicU64);

impl Entropy for Counting {
    fn bytes16(&self) -> Result<[u8; 16], Fault> {
        Ok(u128::from(self.0.fetch_add(1, Ordering::SeqCst)).to_be_bytes())
    }
}

struct Sleeping;

impl Pause for Sleeping {
    fn pause(&self, ms: u32) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(tokio::time::sleep(Duration::from_millis(ms.into())))
    }
}

pub fn settings(timeout_ms: u32) -> Settings {
    Settings {
        timeout_ms,
        ..Settings::default()
    }
}

/// Serves a simulator until the test ends; its base URL.
pub async fn serve(settings: Settings) -> String {
    let simulator = Simulator {
        documents: Arc::new(InMemoryDocuments::default()),
        clock: Arc::new(StillClock),
        entropy: Arc::new(Counting(AtomicU64::new(1))),
        pause: Arc::new(Sleeping),
        outbox: None,
        banks: None,
        settings,
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router(simulator)).await });
    format!("http://{address}/simulator")
}

/// Serves a provider that refuses every confirmation with this 400, and says of every intent that it is `status`:
/// for refusals that no card of the simulator gets.
pub async fn serve_refusal(body: &'static str, status: &'static str) -> String {
    let confirm = move || async move { (StatusCode::BAD_REQUEST, body) };
    let find = move || async move { format!(r#"{{"id":"pi_1","status":"{status}"}}"#) };
    let provider = Router::new()
        .route("/v1/payment_intents/{id}/confirm", post(confirm))
        .route("/v1/payment_intents/{id}", get(find));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, provider).await });
    format!("http://{address}")
}

pub fn client(base_url: &str) -> StripeProvider {
    StripeProvider::new(base_url, "sk_test_holdfast", Duration::from_millis(400)).unwrap()
}

pub fn order() -> Order {
    order_of(1_999)
}

pub fn order_of(price_minor: u64) -> Order {
    let new = NewOrder {
        order_id: OrderId::from_random([1; 16]),
        user_id: UserId::from_random([2; 16]),
        lines: vec![Line {
            thing: Thing::Ticket {
                ticket_id: TicketId::from_random([3; 16]),
                version: 1,
            },
            title: "A ticket".to_owned(),
            quantity: 1,
            price_minor: PriceMinor::new(price_minor).unwrap(),
        }],
        currency: Currency::parse("usd").unwrap(),
        hold_ttl_s: 900,
        device_id: None,
        request_fingerprint: "fingerprint".to_owned(),
        run: domain::HoldRun::of_execution("run"),
    };
    Order::place(new, Timestamp::from_ms(0)).unwrap().after
}

pub fn key(text: &str) -> IdempotencyKey {
    IdempotencyKey::parse(text).unwrap()
}

pub fn card(text: &str) -> CardToken {
    CardToken::parse(text).unwrap()
}

/// Where an inquiry says the money is.
pub fn found(result: Result<Inquiry, Fault>) -> Result<ChargeOutcome, Fault> {
    result.map(|inquiry| inquiry.outcome)
}

pub fn declined(result: Result<ChargeOutcome, Fault>) -> (String, bool) {
    match result {
        Ok(ChargeOutcome::Declined { code, retryable, .. }) => (code, retryable),
        other => panic!("not declined: {other:?}"),
    }
}

/// A fresh simulator, a client, and an intent of 19.99.
pub async fn intent() -> (StripeProvider, IntentId) {
    let provider = client(&serve(settings(10)).await);
    let intent = provider.create_intent(&order(), &key("create")).await.unwrap();
    (provider, intent)
}
