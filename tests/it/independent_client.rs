//! A client that we did not write (async-stripe, generated from Stripe's own API description) works against the
//! simulated provider: what it sends is understood, and what it gets back it can read.
//!
//! With a key in `HOLDFAST_STRIPE_TEST_KEY` the same client asks Stripe's test mode the same (docs/stripe.md).

#[path = "../../crates/stripe/tests/contract/key.rs"]
mod key;

use domain::ports::{Clock, Entropy};
use domain::{Fault, Timestamp};
use independent_stripe::{
    ApiErrorsCode, ApiErrorsType, Client, ClientBuilder, IdempotencyKey, RequestStrategy,
};
use independent_stripe::{StripeError, StripeRequest};
use independent_stripe_core::payment_intent::{
    CancelPaymentIntent, ConfirmPaymentIntent, CreatePaymentIntent,
    CreatePaymentIntentAutomaticPaymentMethods, CreatePaymentIntentAutomaticPaymentMethodsAllowRedirects,
    RetrievePaymentIntent,
};
use independent_stripe_core::refund::{CreateRefund, ListRefund, RetrieveRefund};
use independent_stripe_core::{ChargeStatus, PaymentIntent, PaymentIntentId, PaymentIntentStatus};
use independent_stripe_types::{Currency, Expandable};
use simulate_payments::{InMemoryDocuments, Pause, Settings, Simulator, router};
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

struct StillClock;

impl Clock for StillClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(1_795_266_300_000)
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

/// A client that speaks to Stripe's test mode if there is a key for it, else to a simulator on a free port.
async fn client() -> Client {
    match key::test_key() {
        Some(key) => ClientBuilder::new(key).build().unwrap(),
        None => client_of_simulator().await,
    }
}

async fn client_of_simulator() -> Client {
    let simulator = Simulator {
        documents: Arc::new(InMemoryDocuments::default()),
        clock: Arc::new(StillClock),
        entropy: Arc::new(Counting(AtomicU64::new(1))),
        pause: Arc::new(NoPause),
        outbox: None,
        banks: None,
        settings: Settings::default(),
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router(simulator)).await });
    ClientBuilder::new("sk_test_independent")
        .url(format!("http://{address}/simulator/"))
        .build()
        .unwrap()
}

/// A strategy under a key of this run's own: Stripe remembers keys for a day.
fn under(run: &str, key: &str) -> RequestStrategy {
    RequestStrategy::Idempotent(IdempotencyKey::new(format!("{run}-{key}")).unwrap())
}

/// What tells one run from another.
fn run() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    format!("independent-{}-{}", std::process::id(), now.as_nanos())
}

fn creation() -> CreatePaymentIntent {
    CreatePaymentIntent::new(1_999, Currency::USD)
        .automatic_payment_methods(CreatePaymentIntentAutomaticPaymentMethods {
            allow_redirects: Some(CreatePaymentIntentAutomaticPaymentMethodsAllowRedirects::Never),
            enabled: true,
        })
        .metadata(HashMap::from([("order_id".to_owned(), "ord_1".to_owned())]))
}

async fn create(client: &Client) -> PaymentIntent {
    creation().send(client).await.unwrap()
}

async fn confirm(
    client: &Client,
    id: &PaymentIntentId,
    card: &str,
    key: &str,
) -> Result<PaymentIntent, StripeError> {
    ConfirmPaymentIntent::new(id.clone())
        .payment_method(card)
        .error_on_requires_action(true)
        .customize()
        .request_strategy(under(id, key))
        .send(client)
        .await
}

#[tokio::test]
async fn it_creates_confirms_and_retrieves_with_the_charge_expanded() {
    let client = client().await;
    let made = create(&client).await;
    assert_eq!(made.status, PaymentIntentStatus::RequiresPaymentMethod);
    assert_eq!(
        (made.amount, made.metadata["order_id"].as_str()),
        (1_999, "ord_1")
    );

    let paid = confirm(&client, &made.id, "pm_card_visa", "1").await.unwrap();
    assert_eq!(paid.status, PaymentIntentStatus::Succeeded);
    let found = RetrievePaymentIntent::new(made.id)
        .expand(vec!["latest_charge".to_owned()])
        .send(&client)
        .await
        .unwrap();
    assert_eq!(found.amount_received, 1_999);
    let Some(Expandable::Object(charge)) = found.latest_charge else {
        panic!("not expanded: {:?}", found.latest_charge);
    };
    assert_eq!((charge.status, charge.paid), (ChargeStatus::Succeeded, true));
}

#[tokio::test]
async fn it_reads_a_decline_with_its_codes_and_its_intent() {
    let client = client().await;
    let made = create(&client).await;
    let declined = confirm(&client, &made.id, "pm_card_visa_chargeDeclinedStolenCard", "1").await;
    let Err(StripeError::Stripe(error, 402)) = declined else {
        panic!("not declined: {declined:?}");
    };
    assert_eq!(error.type_, ApiErrorsType::CardError);
    assert_eq!(error.code, Some(ApiErrorsCode::CardDeclined));
    assert_eq!(error.decline_code.as_deref(), Some("stolen_card"));
    let intent = error.payment_intent.unwrap();
    assert_eq!(intent.status, PaymentIntentStatus::RequiresPaymentMethod);
    assert!(intent.last_payment_error.is_some() && error.payment_method.is_some());
}

#[tokio::test]
async fn it_gets_the_same_intent_under_the_same_key_and_a_refusal_for_another_body() {
    let client = client().await;
    let run = run();
    let under_key =
        |request: CreatePaymentIntent| request.customize().request_strategy(under(&run, "order-1"));
    let first = under_key(creation()).send(&client).await.unwrap();
    let again = under_key(creation()).send(&client).await.unwrap();
    assert_eq!(first.id, again.id);
    let other = under_key(creation().description("another")).send(&client).await;
    assert!(
        matches!(&other, Err(StripeError::Stripe(error, 400)) if error.type_ == ApiErrorsType::IdempotencyError),
        "{other:?}"
    );
}

#[tokio::test]
async fn it_is_told_when_an_intent_is_no_longer_where_it_needs_it() {
    let client = client().await;
    let made = create(&client).await;
    confirm(&client, &made.id, "pm_card_visa", "1").await.unwrap();
    let again = confirm(&client, &made.id, "pm_card_visa", "2").await;
    assert!(
        matches!(&again, Err(StripeError::Stripe(error, 400)) if error.code == Some(ApiErrorsCode::PaymentIntentUnexpectedState)),
        "{again:?}"
    );
    let cancelled = CancelPaymentIntent::new(create(&client).await.id)
        .send(&client)
        .await
        .unwrap();
    assert_eq!(cancelled.status, PaymentIntentStatus::Canceled);
}

#[tokio::test]
async fn it_refunds_in_part_and_finds_the_refund() {
    let client = client().await;
    let made = create(&client).await;
    confirm(&client, &made.id, "pm_card_mastercard", "1")
        .await
        .unwrap();
    let refund = CreateRefund::new()
        .payment_intent(made.id.to_string())
        .amount(999)
        .metadata(HashMap::from([("refund_number".to_owned(), "1".to_owned())]))
        .send(&client)
        .await
        .unwrap();
    let found = RetrieveRefund::new(refund.id.clone())
        .send(&client)
        .await
        .unwrap();
    assert_eq!((found.amount, found.status.as_deref()), (999, Some("succeeded")));
    let list = ListRefund::new()
        .payment_intent(made.id.to_string())
        .limit(100)
        .send(&client)
        .await
        .unwrap();
    assert!(!list.has_more);
    assert_eq!(list.data.len(), 1);
    assert_eq!(list.data[0].id, refund.id);
    let metadata = list.data[0].metadata.as_ref().unwrap();
    assert_eq!(metadata["refund_number"], "1");
    let too_much = CreateRefund::new()
        .payment_intent(made.id.to_string())
        .amount(1_001)
        .send(&client)
        .await;
    assert!(
        matches!(too_much, Err(StripeError::Stripe(_, 400))),
        "{too_much:?}"
    );
}

#[tokio::test]
async fn it_reads_a_refund_that_is_pending_and_one_that_is_refused() {
    let client = client().await;
    let made = create(&client).await;
    confirm(&client, &made.id, "pm_card_pendingRefund", "1")
        .await
        .unwrap();
    let all = || CreateRefund::new().payment_intent(made.id.to_string());
    let pending = all().send(&client).await.unwrap();
    assert_eq!(pending.status.as_deref(), Some("pending"));
    let again = all().send(&client).await;
    assert!(
        matches!(&again, Err(StripeError::Stripe(error, 400)) if error.code == Some(ApiErrorsCode::ChargeAlreadyRefunded)),
        "{again:?}"
    );
}
