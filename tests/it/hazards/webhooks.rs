//! The provider's messages: at any moment, twice, out of order, before there is anything to tell of, and forged.

use crate::engine::{Answer, Person, SECRET, Shop, at_once, event, fresh, now_s, signature};
use reqwest::Method;
use serde_json::{Value, json};
use stripe::webhook::SIGNATURE_HEADER;

const SUCCEEDED: &str = "payment_intent.succeeded";

/// A held order whose card was declined for good: it has an intent, and waits for another card.
async fn declined(shop: &Shop, buyer: &Person) -> (String, String) {
    let order_id = buyer.holds(&shop.person("seller").await.sells(2_700).await).await;
    let answer = buyer.pays(&order_id, "tok_chargeDeclined").await;
    answer.refused(402, "PaymentDeclined");
    let intent = shop.intent_of(&order_id).await.expect("a card was tried");
    (order_id, intent)
}

/// Status, story and payments: what changes when something happens to an order. Not its version: an execution that
/// begins to wait is written down too, at a moment of its own.
async fn state(buyer: &Person, order_id: &str) -> (Value, Value) {
    let mut order = buyer.order(order_id).await;
    let path = format!("/api/orders/{order_id}");
    let events = buyer.get(&format!("{path}/events")).await.expect(200);
    let payments = buyer.get(&format!("{path}/payments")).await.expect(200);
    (order.body["status"].take(), json!([events.body, payments.body]))
}

/// Hazard 23, the same instant, many times over. Protection: whoever learns of the charge writes it under the version
/// of the order that was read, and the ledger of money takes one charge of an order; so the step's own answer, the
/// messages, and a request that comes from outside may meet as they like.
#[tokio::test]
async fn confirm_and_webhook_same_instant() {
    const WAVES: usize = 5;
    const AT_ONCE: usize = 5;
    let shop = Shop::patient();
    let buyers = shop.crowd("buyer", AT_ONCE).await;
    for wave in 0..WAVES {
        at_once(buyers.iter().cloned().map(|buyer| {
            let shop = shop.clone();
            // From outside the same intent is confirmed as well, every other time.
            async move { confirm_meets_webhooks(shop, buyer, wave % 2 == 1).await }
        }))
        .await;
    }
}

async fn confirm_meets_webhooks(shop: Shop, buyer: Person, with_outsider: bool) {
    let (order_id, intent) = declined(&shop, &buyer).await;
    let outsider = {
        let (shop, intent) = (shop.clone(), intent.clone());
        async move {
            if with_outsider {
                shop.confirm_outside(&intent, "tok_mastercard").await;
            }
        }
    };
    let told = {
        let (shop, buyer) = (shop.clone(), buyer.clone());
        let (order_id, intent) = (order_id.clone(), intent.clone());
        // Message after message, until one of them can have found the charge.
        async move {
            let mut answers = Vec::new();
            loop {
                let is_completed = buyer.order(&order_id).await.str("/status") == "completed";
                answers.push(shop.deliver(&event(SUCCEEDED, &order_id, &intent)).await);
                if is_completed {
                    return answers;
                }
            }
        }
    };
    let body = json!({ "token": "tok_visa" });
    let path = format!("/api/orders/{order_id}/payments");
    let (paid, told, ()) = tokio::join!(buyer.post(&path, &body), told, outsider);
    // The money from outside may have been quicker.
    match (paid.status, paid.code()) {
        (201, _) => {}
        (409, "OrderAlreadyPaid") if with_outsider => {}
        _ => panic!("{}", paid.text),
    }
    for answer in told {
        answer.expect(200);
    }
    let money = shop.aws.money(&order_id).await;
    assert_eq!((money.charges, money.declines), (1, 1), "{money:?}");
    let entries = shop.aws.entries(&order_id).await;
    assert_eq!(entries, [("charged-1".to_owned(), 2_700)]);
    assert_eq!(shop.aws.charged_and_refunded(&buyer, &order_id).await, (2_700, 0));
    let events = buyer.get(&format!("/api/orders/{order_id}/events")).await;
    let paid = events.body["events"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|event| event["status"] == "paid");
    assert_eq!(paid.count(), 1, "{}", events.text);
}

/// Hazard 23, too early. Protection: a message about an order that is not there is refused, and not remembered, so that
/// it comes again; then the order may not have kept its intent yet, and gets it from the message once the provider
/// says that it is its own.
#[tokio::test]
async fn webhook_before_order_row() {
    let shop = Shop::patient();
    let buyer = shop.person("buyer").await;
    let ticket = shop.person("seller").await.sells(2_700).await;
    let key = fresh();
    let order_id = {
        let user = domain::UserId::parse(&buyer.id).expect("a person has an id");
        let key = domain::IdempotencyKey::parse(&key).expect("fresh text is a key");
        domain::OrderId::derived_from_request(&user, &key).to_string()
    };
    let intent = shop.create_intent_outside(&order_id, 2_700).await;
    let news = event(SUCCEEDED, &order_id, &intent);
    shop.deliver(&news).await.refused(404, "NotFound");
    buyer
        .get(&format!("/api/orders/{order_id}"))
        .await
        .refused(404, "NotFound");

    let placed = buyer
        .post_once("/api/orders", &key, &ticket.order())
        .await
        .expect(201);
    assert_eq!(placed.str("/id"), order_id);
    // Nothing was charged: that there is an intent makes nobody pay.
    let early = event(SUCCEEDED, &order_id, &intent);
    shop.deliver(&early).await.expect(200);
    assert_eq!(state(&buyer, &order_id).await.0, "held");
    shop.confirm_outside(&intent, "tok_visa").await.expect(200);
    shop.deliver(&news).await.expect(200);
    buyer.sees(&order_id, "completed").await;
    assert_eq!(shop.intent_of(&order_id).await, Some(intent));
    assert_eq!(shop.aws.charged_and_refunded(&buyer, &order_id).await, (2_700, 0));
}

/// Hazard 23, twice, and ten times at the same moment. Protection: the event's id is claimed before it is worked on,
/// and working on it again would find that it is done.
#[tokio::test]
async fn webhook_twice() {
    let shop = Shop::patient();
    let buyer = shop.person("buyer").await;
    let (order_id, intent) = declined(&shop, &buyer).await;
    shop.confirm_outside(&intent, "tok_visa").await.expect(200);
    let news = event(SUCCEEDED, &order_id, &intent);
    let told = at_once((0..10).map(|_| {
        let (shop, news) = (shop.clone(), news.clone());
        async move { shop.deliver(&news).await }
    }))
    .await;
    assert!(told.iter().any(|answer| answer.status == 200), "{told:?}");
    for answer in told.into_iter().filter(|answer| answer.status != 200) {
        // Told to come again while the first is worked on, as the provider does with whatever is not 2xx.
        answer.refused(409, "RequestInFlight");
    }
    buyer.sees(&order_id, "completed").await;
    let before = state(&buyer, &order_id).await;
    shop.deliver(&news).await.expect(200);
    assert_eq!(state(&buyer, &order_id).await, before);
    let entries = shop.aws.entries(&order_id).await;
    assert_eq!(entries, [("charged-1".to_owned(), 2_700)]);
    assert_eq!(shop.aws.charged_and_refunded(&buyer, &order_id).await, (2_700, 0));
}

/// Hazard 23, in the wrong order. Protection: a message is a reason to ask and nothing more, so one that speaks of the
/// future or the past finds the present.
#[tokio::test]
async fn webhook_out_of_order() {
    let shop = Shop::patient();
    let buyer = shop.person("buyer").await;
    let (order_id, intent) = declined(&shop, &buyer).await;
    let tell = |kind: &'static str| {
        let (shop, news) = (shop.clone(), event(kind, &order_id, &intent));
        async move { shop.deliver(&news).await.expect(200) }
    };
    let before = state(&buyer, &order_id).await;
    for kind in [SUCCEEDED, "payment_intent.canceled"] {
        tell(kind).await;
        assert_eq!(state(&buyer, &order_id).await, before, "{kind}");
    }
    buyer.pays(&order_id, "tok_visa").await.expect(201);
    buyer.sees(&order_id, "completed").await;
    let before = state(&buyer, &order_id).await;
    for kind in [
        "payment_intent.payment_failed",
        "payment_intent.canceled",
        "payment_intent.created",
    ] {
        tell(kind).await;
        assert_eq!(state(&buyer, &order_id).await, before, "{kind}");
    }
    tell_of_refund(&shop, &order_id, &intent, "succeeded").await;
    assert_eq!(
        state(&buyer, &order_id).await,
        before,
        "nobody asked for a refund"
    );

    buyer.wants_back(&order_id, &json!({})).await.expect(201);
    buyer.sees(&order_id, "refunded").await;
    let before = state(&buyer, &order_id).await;
    for kind in [SUCCEEDED, "payment_intent.payment_failed"] {
        tell(kind).await;
        assert_eq!(state(&buyer, &order_id).await, before, "{kind}");
    }
    for status in ["pending", "failed"] {
        tell_of_refund(&shop, &order_id, &intent, status).await;
        assert_eq!(state(&buyer, &order_id).await, before, "{status}");
    }
    assert_eq!(
        shop.aws.charged_and_refunded(&buyer, &order_id).await,
        (2_700, 2_700)
    );
}

async fn tell_of_refund(shop: &Shop, order_id: &str, intent: &str, status: &str) {
    let mut news = event("refund.updated", order_id, intent);
    news["data"]["object"] = json!({
        "id": format!("re_{}", fresh()), "object": "refund", "amount": 2_700, "status": status,
        "payment_intent": intent, "metadata": { "order_id": order_id, "refund_number": "1" },
    });
    shop.deliver(&news).await.expect(200);
}

/// Hazard 23, forged. Protection: the signature is over time and bytes, and is checked before anything is read. What is
/// refused changes nothing and is not remembered: the same message, signed, is worked on afterwards.
#[tokio::test]
async fn webhook_bad_signature() {
    let shop = Shop::patient();
    let buyer = shop.person("buyer").await;
    let (order_id, intent) = declined(&shop, &buyer).await;
    let before = state(&buyer, &order_id).await;
    let news = event(SUCCEEDED, &order_id, &intent);
    let body = news.to_string();
    let now_s = now_s();
    let good = signature(&body, SECRET, now_s);
    let spaced = format!("{body} ");
    let other = event(SUCCEEDED, &order_id, &intent).to_string();
    for (name, body, signature) in [
        ("missing", &body, String::new()),
        ("no signature in it", &body, format!("t={now_s}")),
        (
            "no time in it",
            &body,
            good.split_once(',').expect("two parts").1.to_owned(),
        ),
        ("garbled", &body, "signed, honestly".to_owned()),
        ("of another scheme", &body, good.replace("v1=", "v0=")),
        (
            "with another secret",
            &body,
            signature(&body, "whsec_guessed", now_s),
        ),
        ("too old", &body, signature(&body, SECRET, now_s - 301)),
        // Further than the tolerance, because the message takes some time to arrive.
        ("from the future", &body, signature(&body, SECRET, now_s + 900)),
        (
            "with its time moved",
            &body,
            good.replace(&now_s.to_string(), &(now_s - 1).to_string()),
        ),
        ("of another body", &other, good.clone()),
        ("of a body with a space less", &spaced, good.clone()),
    ] {
        let answer = shop.deliver_signed(body, &signature).await;
        assert_eq!(
            (answer.status, answer.code()),
            (400, "BadSignature"),
            "{name}: {}",
            answer.text
        );
        answer.problem();
    }
    let unsigned = shop.stranger().post("/api/payments/webhook", &news).await;
    unsigned.refused(400, "BadSignature");
    // Being somebody is no signature.
    buyer
        .post("/api/payments/webhook", &news)
        .await
        .refused(400, "BadSignature");
    let headers = [(SIGNATURE_HEADER, good.as_str())];
    let got = shop
        .stranger()
        .send(Method::GET, "/api/payments/webhook", &headers, None)
        .await;
    assert!([404, 405].contains(&got.status), "{}", got.text);
    assert_eq!(state(&buyer, &order_id).await, before);
    // And who signs as they should is heard, a while ago as well as now.
    let old = signature(&other, SECRET, now_s - 200);
    shop.deliver_signed(&other, &old).await.expect(200);
    shop.deliver_signed(&body, &good).await.expect(200);
    assert_eq!(state(&buyer, &order_id).await, before);
}

/// Hazard 23. Protection: the provider is asked. A signed message that money was taken makes no order paid while the
/// provider says otherwise, be it about the order's own intent, about that of an order that was paid, or about one for
/// less money.
#[tokio::test]
async fn a_message_alone_makes_no_order_paid() {
    let shop = Shop::patient();
    let buyer = shop.person("buyer").await;
    let (order_id, intent) = declined(&shop, &buyer).await;
    let before = state(&buyer, &order_id).await;
    shop.deliver(&event(SUCCEEDED, &order_id, &intent))
        .await
        .expect(200);
    assert_eq!(state(&buyer, &order_id).await, before);

    let (paid_order, paid_intent) = declined(&shop, &buyer).await;
    buyer.pays(&paid_order, "tok_visa").await.expect(201);
    buyer.sees(&paid_order, "completed").await;
    is_not_believed(&shop.deliver(&event(SUCCEEDED, &order_id, &paid_intent)).await);
    assert_eq!(state(&buyer, &order_id).await, before);

    let cheap = shop.create_intent_outside(&order_id, 100).await;
    shop.confirm_outside(&cheap, "tok_visa").await.expect(200);
    is_not_believed(&shop.deliver(&event(SUCCEEDED, &order_id, &cheap)).await);
    assert_eq!(state(&buyer, &order_id).await, before);
    // Nor when the order has no intent of its own yet.
    let fresh_order = buyer.holds(&shop.person("seller").await.sells(2_700).await).await;
    let cheap = shop.create_intent_outside(&fresh_order, 100).await;
    shop.confirm_outside(&cheap, "tok_visa").await.expect(200);
    is_not_believed(&shop.deliver(&event(SUCCEEDED, &fresh_order, &cheap)).await);
    assert_eq!(state(&buyer, &fresh_order).await.0, "held");
    assert_eq!(shop.aws.entries(&fresh_order).await, []);
    assert_eq!(shop.aws.entries(&order_id).await, []);
}

/// A message of the provider about an intent that is not the order's is our mistake or theirs: an alarm, and no money.
fn is_not_believed(answer: &Answer) {
    assert!(answer.status >= 400, "{}", answer.text);
    answer.problem();
}
