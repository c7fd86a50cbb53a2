//! Events on their way: what counts as delivered, what the queue keeps, and that the shop can tell who sent it.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops at what must not be, in its set-up too"
)]

use domain::ports::{Answer, Clock};
use domain::{Fault, Timestamp};
use send_webhook::{Post, SendWebhook};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use stripe::webhook::verify;
use stripe::{Endpoint, WebhookSecret, read_event};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const NOW_S: i64 = 1_795_266_300;

struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.0.load(Ordering::SeqCst) * 1000 + 999)
    }
}

/// An endpoint that remembers what it got, and answers as it is told.
struct Shop {
    answer: Result<u16, Fault>,
    got: Mutex<Vec<(Vec<u8>, String)>>,
}

impl Post for Shop {
    fn post<'a>(&'a self, body: &'a [u8], signature: &'a str) -> Answer<'a, u16> {
        Box::pin(async move {
            self.got
                .lock()
                .unwrap()
                .push((body.to_vec(), signature.to_owned()));
            self.answer.clone()
        })
    }
}

struct Http(Endpoint);

impl Post for Http {
    fn post<'a>(&'a self, body: &'a [u8], signature: &'a str) -> Answer<'a, u16> {
        self.0.post(body, signature)
    }
}

fn secret() -> WebhookSecret {
    WebhookSecret::new("whsec_simulator").unwrap()
}

fn event() -> Value {
    json!({ "id": "evt_1", "type": "payment_intent.succeeded", "data": { "object": { "id": "pi_1" } } })
}

fn sender(endpoint: Arc<dyn Post>) -> (SendWebhook, Arc<TestClock>) {
    let clock = Arc::new(TestClock(AtomicI64::new(NOW_S)));
    let step = SendWebhook {
        endpoint,
        secret: secret(),
        clock: clock.clone(),
    };
    (step, clock)
}

fn shop(answer: Result<u16, Fault>) -> Arc<Shop> {
    Arc::new(Shop {
        answer,
        got: Mutex::default(),
    })
}

#[tokio::test]
async fn whatever_is_not_answered_with_2xx_stays_in_the_queue() {
    for status in [301, 400, 404, 429, 500, 503] {
        let (step, _) = sender(shop(Ok(status)));
        let kept = step.handle(event()).await;
        assert!(matches!(kept, Err(Fault::Transient(_))), "{status}: {kept:?}");
    }
}

#[tokio::test]
async fn an_answer_that_never_came_is_asked_for_again() {
    let (step, _) = sender(shop(Err(Fault::Unknown("no answer in time".to_owned()))));
    let kept = step.handle(event()).await;
    assert!(matches!(kept, Err(Fault::Transient(_))), "{kept:?}");
}

#[tokio::test]
async fn a_message_that_is_no_event_is_parked_and_never_posted() {
    for message in [json!(null), json!([]), json!({}), json!({ "id": 7 })] {
        let shop = shop(Ok(200));
        let (step, _) = sender(shop.clone());
        let refused = step.handle(message).await;
        assert!(matches!(refused, Err(Fault::Defect(_))), "{refused:?}");
        assert!(shop.got.lock().unwrap().is_empty());
    }
}

proptest::proptest! {
    /// Whatever stands in the queue: what has an id is posted, as it is and signed; everything else is parked and never posted.
    #[test]
    fn a_damaged_message_is_posted_as_it_is_or_not_at_all(message in damaged::json(event())) {
        let shop = shop(Ok(200));
        let (step, _) = sender(shop.clone());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let outcome = runtime.block_on(step.handle(message.clone()));
        let got = shop.got.lock().unwrap().pop();
        if message["id"].is_string() {
            proptest::prop_assert_eq!(outcome, Ok(()));
            let (body, signature) = got.unwrap();
            proptest::prop_assert_eq!(serde_json::from_slice::<Value>(&body).unwrap(), message);
            proptest::prop_assert_eq!(verify(&signature, &body, &secret(), NOW_S), Ok(()));
        } else {
            proptest::prop_assert!(matches!(outcome, Err(Fault::Defect(_))), "{:?}", outcome);
            proptest::prop_assert_eq!(got, None);
        }
    }
}

#[tokio::test]
async fn the_shop_can_verify_what_it_gets_and_read_it() {
    let shop = shop(Ok(200));
    let (step, _) = sender(shop.clone());
    step.handle(event()).await.unwrap();
    let (body, signature) = shop.got.lock().unwrap().remove(0);
    assert_eq!(verify(&signature, &body, &secret(), NOW_S), Ok(()));
    let read = read_event(&body).unwrap();
    assert_eq!((read.id.as_str(), read.is_of_interest()), ("evt_1", true));
}

#[tokio::test]
async fn a_message_that_waited_for_hours_is_signed_when_it_is_sent_and_not_before() {
    let shop = shop(Ok(200));
    let (step, clock) = sender(shop.clone());
    clock.0.store(NOW_S + 7_200, Ordering::SeqCst);
    step.handle(event()).await.unwrap();
    let (body, signature) = shop.got.lock().unwrap().remove(0);
    assert_eq!(verify(&signature, &body, &secret(), NOW_S + 7_200), Ok(()));
}

/// Serves one connection after the other with these bytes; what was asked.
async fn serve(answer: &'static [u8]) -> (String, Arc<Mutex<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/api/payments/webhook", listener.local_addr().unwrap());
    let heard = Arc::new(Mutex::new(String::new()));
    let hears = heard.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let length = stream.read(&mut request).await.unwrap_or_default();
            hears
                .lock()
                .unwrap()
                .push_str(&String::from_utf8_lossy(&request[..length]));
            if answer.is_empty() {
                // Listens, and never says anything.
                std::future::pending::<()>().await;
            }
            let _ = stream.write_all(answer).await;
        }
    });
    (url, heard)
}

async fn over_http(url: &str) -> Result<(), Fault> {
    let endpoint = Endpoint::new(url, Duration::from_millis(200)).unwrap();
    sender(Arc::new(Http(endpoint))).0.handle(event()).await
}

#[tokio::test]
async fn over_http_the_signature_travels_in_stripes_header() {
    let (url, heard) = serve(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await;
    over_http(&url).await.unwrap();
    let heard = heard.lock().unwrap().to_lowercase();
    assert!(
        heard.starts_with("post /api/payments/webhook http/1.1"),
        "{heard}"
    );
    assert!(heard.contains("stripe-signature: t=1795266300,v1="), "{heard}");
    assert!(heard.contains("content-type: application/json"), "{heard}");
}

#[tokio::test]
async fn an_endpoint_that_is_silent_redirects_or_is_not_there_fails_the_message() {
    let (silent, _) = serve(b"").await;
    let (elsewhere, _) =
        serve(b"HTTP/1.1 307 Temporary Redirect\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            .await;
    for url in [silent.as_str(), &elsewhere, "http://127.0.0.1:1/"] {
        let kept = over_http(url).await;
        assert!(matches!(kept, Err(Fault::Transient(_))), "{url}: {kept:?}");
    }
}
