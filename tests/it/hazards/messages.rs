//! Messages, repeats and restarts: nothing stays half, and the same request gets the same answer.

use crate::engine::{Person, Shop, at_once, count, fresh, until};
use serde_json::{Value, json};

/// Waits until an order has completed, and checks that it was charged once.
async fn completes_with_one_charge(shop: &Shop, buyer: &Person, order_id: &str) {
    buyer.sees(order_id, "completed").await;
    let money = shop.aws.money(order_id).await;
    assert_eq!(
        (money.intents.len(), money.charges, money.refunded_minor),
        (1, 1, 0),
        "{money:?}"
    );
}

/// Hazard 25. Protection: the order's status is the truth, and the execution is entered again from it. Here the
/// execution is gone when the buyer pays: the payment is accepted, nobody hears of it, and the reconciler (run by
/// several at once, as a schedule that overlaps would) completes the order with one charge.
#[tokio::test]
async fn state_and_event_are_one() {
    let shop = Shop::patient();
    let buyer = shop.person("buyer").await;
    let ticket = shop.person("seller").await.sells(4_000).await;
    let order_id = buyer.holds(&ticket).await;
    let arn = shop.aws.execution_of(&order_id).await;
    shop.aws
        .states(
            "StopExecution",
            &json!({ "executionArn": arn, "error": "Killed", "cause": "By a test." }),
        )
        .await
        .expect("it can be stopped");
    assert_eq!(
        shop.aws.execution_status(&order_id).await.as_deref(),
        Some("ABORTED")
    );

    let body = json!({ "token": "tok_visa" });
    let paid = buyer
        .post(&format!("/api/orders/{order_id}/payments"), &body)
        .await
        .expect(201);
    assert_eq!(paid.body["order"]["status"], "paying");
    shop.aws.make_due(&order_id).await;
    at_once((0..4).map(|_| {
        let aws = shop.aws.clone();
        async move { aws.reconcile().await }
    }))
    .await;
    completes_with_one_charge(&shop, &buyer, &order_id).await;
}

/// Hazard 25, between the hold and the start of the execution: `hold-order` dies after its first step. The order is
/// held and nobody carries it; it can be paid and completed all the same.
#[tokio::test]
async fn a_hold_without_an_execution_can_be_paid() {
    let shop = Shop::patient();
    let (buyer, other) = (shop.person("buyer").await, shop.person("other").await);
    let ticket = shop.person("seller").await.sells(4_000).await;
    let order_id = hold_without_execution(&shop, &buyer, &ticket.id).await;
    other
        .post("/api/orders", &ticket.order())
        .await
        .refused(409, "TicketAlreadyHeld");
    assert_eq!(shop.aws.execution_status(&order_id).await, None);

    let body = json!({ "token": "tok_visa" });
    buyer
        .post(&format!("/api/orders/{order_id}/payments"), &body)
        .await
        .expect(201);
    shop.aws.make_due(&order_id).await;
    shop.aws.reconcile().await;
    completes_with_one_charge(&shop, &buyer, &order_id).await;
}

/// Hazard 25, the same place, and the buyer never comes back: the ticket is free again once its time is over.
#[tokio::test]
async fn a_hold_without_an_execution_expires() {
    let shop = Shop::brisk();
    let (buyer, other) = (shop.person("buyer").await, shop.person("other").await);
    let ticket = shop.person("seller").await.sells(4_000).await;
    let order_id = hold_without_execution(&shop, &buyer, &ticket.id).await;
    until("the reconciler to end it", || async {
        shop.aws.make_due(&order_id).await;
        let ran = shop.aws.reconcile().await;
        let order = buyer.order(&order_id).await;
        (order.str("/status") == "expired")
            .then_some(())
            .ok_or(format!("{ran} {}", order.text))
    })
    .await;
    let order_id = other.holds(&ticket).await;
    other.pays(&order_id, "tok_visa").await.expect(201);
}

/// The first step of `hold-order` and nothing after it. Returns the order's id.
async fn hold_without_execution(shop: &Shop, buyer: &Person, ticket_id: &str) -> String {
    let user = domain::UserId::parse(&buyer.id).expect("a person has an id");
    let key = domain::IdempotencyKey::parse(&fresh()).expect("fresh text is a key");
    let order_id = domain::OrderId::derived_from_request(&user, &key).to_string();
    let input = json!({
        "order_id": order_id,
        "user_id": buyer.id,
        "kind": "ticket",
        "tickets": [{ "ticket_id": ticket_id, "version": 1 }],
        "request_fingerprint": "none",
        "run": "none",
    });
    shop.aws.invoke("lock-ticket", &input).await.expect("it is free");
    order_id
}

/// Hazard 25, between the buyer's payment and the message that wakes the execution: the message is lost. The timer
/// finds the payment and goes on with it instead of ending the order.
#[tokio::test]
async fn a_lost_wake_up_is_found_by_the_timer() {
    let shop = Shop::brisk();
    let buyer = shop.person("buyer").await;
    let ticket = shop.person("seller").await.sells(4_000).await;
    let order_id = buyer.holds(&ticket).await;
    until("the execution to wait", || async {
        let order = shop.aws.order(&order_id).await;
        order["waiter"].is_object().then_some(()).ok_or(order.to_string())
    })
    .await;
    shop.aws.lose_token(&order_id).await;
    let body = json!({ "token": "tok_visa" });
    let paid = buyer
        .post(&format!("/api/orders/{order_id}/payments"), &body)
        .await;
    match paid.status {
        201 => completes_with_one_charge(&shop, &buyer, &order_id).await,
        // On a machine so slow that the hold ran out before the payment came, there is nothing to find.
        _ => assert!(
            ["HoldExpired", "OrderEnded"].contains(&paid.code()),
            "{}",
            paid.text
        ),
    }
}

/// Hazard 34. Protection: a request is claimed under its key before it is worked on and its answer is kept. The same
/// request gets the same answer; another under the same key is refused; nobody else's key is mine.
#[tokio::test]
async fn same_request_same_answer() {
    let shop = Shop::patient();
    let (ana, ben) = (shop.person("ana").await, shop.person("ben").await);
    let body = json!({ "title": "Once", "priceMinor": 1_000 });
    let first = ana.post_once("/api/tickets", "list", &body).await.expect(201);
    let second = ana.post_once("/api/tickets", "list", &body).await.expect(201);
    assert_eq!(first.text, second.text);
    assert_eq!(
        (
            first.header("idempotent-replayed"),
            second.header("idempotent-replayed")
        ),
        ("", "true")
    );
    let mine = ana.get("/api/tickets?mine=true").await.expect(200);
    assert_eq!(
        mine.body["tickets"].as_array().map(Vec::len),
        Some(1),
        "{}",
        mine.text
    );

    let other = json!({ "title": "Twice", "priceMinor": 1_000 });
    ana.post_once("/api/tickets", "list", &other)
        .await
        .refused(422, "KeyReused");
    ana.post_once("/api/orders", "list", &body)
        .await
        .refused(422, "KeyReused");
    let his = ben.post_once("/api/tickets", "list", &body).await.expect(201);
    assert_ne!(his.str("/id"), first.str("/id"), "a key belongs to its user");

    // A refusal is an answer as well: it is repeated even when the request would succeed by now.
    let taken = ana.sells(1_000).await;
    let holder = ben.holds(&taken).await;
    ana.post_once("/api/orders", "want", &taken.order())
        .await
        .refused(409, "TicketAlreadyHeld");
    ben.delete(&format!("/api/orders/{holder}")).await.expect(204);
    ana.post_once("/api/orders", "want", &taken.order())
        .await
        .refused(409, "TicketAlreadyHeld");
    ana.post_once("/api/orders", "want-now", &taken.order())
        .await
        .expect(201);
}

/// Hazard 34, all at once: twenty repeats of one order under one key, at the same instant. One order is made;
/// whoever comes while the first is worked on is told to wait, whoever comes later gets its answer.
#[tokio::test]
async fn same_request_at_the_same_instant_acts_once() {
    let shop = Shop::patient();
    let buyer = shop.person("buyer").await;
    let ticket = shop.person("seller").await.sells(1_000).await;
    let answers = at_once((0..20).map(|_| {
        let (buyer, order) = (buyer.clone(), ticket.order());
        async move { buyer.post_once("/api/orders", "one", &order).await }
    }))
    .await;
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        answer.clone().refused(409, "RequestInFlight");
        assert!(
            !answer.header("retry-after").is_empty(),
            "it says when to come back"
        );
    }
    assert!(count(&answers, 201) >= 1);
    let last = buyer
        .post_once("/api/orders", "one", &ticket.order())
        .await
        .expect(201);
    for answer in answers.iter().filter(|answer| answer.status == 201) {
        assert_eq!(answer.str("/id"), last.str("/id"));
    }
    assert_eq!(buyer.orders().await.len(), 1);
    // The key decides the order's id, so even without the kept answer there could be no second order.
    buyer.pays(last.str("/id"), "tok_visa").await.expect(201);
    assert_eq!(buyer.orders().await.len(), 1);
}

/// Hazard 34, while in flight: the first request is still waiting for how it comes out when it is repeated.
#[tokio::test]
async fn a_repeat_in_flight_is_told_to_wait() {
    let shop = Shop::patient();
    let buyer = shop.person("buyer").await;
    let ticket = shop.person("seller").await.sells(1_000).await;
    let first = tokio::spawn({
        let (buyer, order) = (buyer.clone(), ticket.order());
        async move { buyer.post_once("/api/orders?wait=25", "one", &order).await }
    });
    let order_id = until("the order to be there", || async {
        let orders = buyer.orders().await;
        orders
            .first()
            .and_then(|order| order["id"].as_str().map(str::to_owned))
            .ok_or(Value::from(orders).to_string())
    })
    .await;
    buyer
        .post_once("/api/orders?wait=25", "one", &ticket.order())
        .await
        .refused(409, "RequestInFlight");
    // Cancelled before the request has heard that it is held, it would be answered with that end.
    until("the order to wait for its payment", || async {
        let row = shop.aws.order(&order_id).await;
        row.get("waiter").is_some().then_some(()).ok_or(row.to_string())
    })
    .await;
    buyer.delete(&format!("/api/orders/{order_id}")).await.expect(204);
    let first = first.await.expect("the first request ends").expect(201);
    assert_eq!(
        (first.str("/id"), first.str("/status")),
        (order_id.as_str(), "cancelled")
    );
    let repeat = buyer
        .post_once("/api/orders?wait=25", "one", &ticket.order())
        .await
        .expect(201);
    assert_eq!(repeat.text, first.text);
}
