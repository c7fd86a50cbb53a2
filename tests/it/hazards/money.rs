//! Money: charged once or not at all, in whole minor units, and never for something that was let go.

use crate::engine::{Answer, Person, Shop, Ticket, at_once, count, until};
use serde_json::json;
use std::time::Duration;

/// Hazard 14. Protection: paying is a conditional write of the order's status, so one of many parallel payments
/// begins; the charge has one intent per order and one idempotency key per attempt, so repeats of the step find it.
/// Checked in the provider's own books.
#[tokio::test]
async fn parallel_payments_charge_once() {
    let shop = Shop::patient();
    let buyer = shop.person("buyer").await;
    let ticket = shop.person("seller").await.sells(7_700).await;
    let order_id = buyer.holds(&ticket).await;
    let answers = at_once((0..20).map(|_| {
        let (buyer, order_id) = (buyer.clone(), order_id.clone());
        async move { buyer.pays(&order_id, "tok_visa").await }
    }))
    .await;
    assert_eq!(count(&answers, 201), 1, "one payment is accepted");
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        answer.problem();
        assert_eq!(answer.status, 409, "{}", answer.text);
        assert!(
            ["OrderBeingPaid", "OrderAlreadyPaid"].contains(&answer.code()),
            "{}",
            answer.text
        );
    }
    buyer.sees(&order_id, "completed").await;
    // The step itself, called again and again as a workflow with lost answers would, charges nothing more.
    let again = at_once((0..5).map(|_| {
        let (aws, input) = (shop.aws.clone(), json!({ "order_id": order_id }));
        async move { aws.invoke("charge-payment", &input).await }
    }))
    .await;
    assert!(again.iter().all(Result::is_ok), "{again:?}");
    buyer
        .pays(&order_id, "tok_visa")
        .await
        .refused(409, "OrderAlreadyPaid");

    let money = shop.aws.money(&order_id).await;
    assert_eq!(money.intents.len(), 1, "{money:?}");
    assert_eq!(
        (money.charges, money.taken_minor, money.refunded_minor),
        (1, 7_700, 0),
        "{money:?}"
    );
    let listed = buyer
        .get(&format!("/api/orders/{order_id}/payments"))
        .await
        .expect(200);
    let payments = listed.body["payments"].as_array().cloned().unwrap_or_default();
    assert_eq!(payments.len(), 1, "{}", listed.text);
    assert_eq!(payments[0]["status"], "succeeded");
    // And as the provider tells it to anybody with the key.
    let intent = shop
        .stranger()
        .with_token("sk_test_reader")
        .get(&format!("/simulator/v1/payment_intents/{}", money.intents[0]))
        .await
        .expect(200);
    assert_eq!(intent.body["status"], "succeeded");
    assert_eq!(intent.body["amount_received"], 7_700);
}

/// Hazard 16. Protection: `held -> paying` and `held -> expired` are conditional writes on one item, so exactly one
/// of the buyer and the timer wins. Dozens of orders are paid around the instant at which they run out; each ends
/// completed with one charge, or expired without any.
#[tokio::test]
async fn pay_at_the_deadline() {
    let shop = Shop::brisk();
    let seller = shop.person("seller").await;
    let buyers = shop.crowd("buyer", 6).await;
    let mut tickets = Vec::new();
    for _ in 0..36 {
        tickets.push(seller.sells(1_500).await);
    }
    let races = tickets.iter().cloned().enumerate().map(|(number, ticket)| {
        let buyer = buyers[number % buyers.len()].clone();
        // From 250 ms before the deadline to 100 ms after it, by the buyer's clock.
        let lead_ms = 250 - 10 * i64::try_from(number).unwrap_or_default();
        async move {
            let placed = buyer.post("/api/orders", &ticket.order()).await.expect(201);
            let left = left_ms(&placed) - lead_ms;
            tokio::time::sleep(Duration::from_millis(u64::try_from(left).unwrap_or_default())).await;
            let order_id = placed.str("/id").to_owned();
            let body = json!({ "token": "tok_visa" });
            let paid = buyer
                .post(&format!("/api/orders/{order_id}/payments"), &body)
                .await;
            (buyer, ticket, order_id, paid)
        }
    });
    let (mut completed, mut expired) = (0, 0);
    for (buyer, ticket, order_id, paid) in at_once(races).await {
        let order = buyer.sees_any(&order_id, &["completed", "expired"]).await;
        let money = shop.aws.money(&order_id).await;
        let sold = shop.aws.ticket(&ticket.id).await["state"]["S"].clone();
        match (order.str("/status"), paid.status) {
            ("completed", 201) => {
                assert_eq!((money.charges, money.refunded_minor), (1, 0), "{money:?}");
                assert_eq!(sold, "sold");
                completed += 1;
            }
            ("expired", 409) => {
                assert!(
                    ["HoldExpired", "OrderEnded"].contains(&paid.code()),
                    "{}",
                    paid.text
                );
                assert_eq!(money, Default::default(), "nothing was taken");
                assert_eq!(sold, "available");
                expired += 1;
            }
            other => panic!("{other:?}: {} {}", order.text, paid.text),
        }
    }
    assert_eq!(completed + expired, 36);
}

/// Hazard 16, as close as it gets. One order after the other has its deadline moved to the next moment, and the buyer
/// and the step that expires meet there. The buyer's head start follows who won the round before, which keeps the
/// rounds close to the instant at which the winner changes.
#[tokio::test]
async fn paying_and_expiring_meet_at_the_deadline() {
    const ROUNDS: usize = 30;
    const NOTICE_MS: i64 = 120;
    let shop = Shop::patient();
    let (seller, buyer) = (shop.person("seller").await, shop.person("buyer").await);
    let (mut head_start_ms, mut step_ms) = (30_i64, 16_i64);
    let mut paid_before = None;
    for _ in 0..ROUNDS {
        let ticket = seller.sells(1_500).await;
        let placed = buyer.post("/api/orders", &ticket.order()).await.expect(201);
        let order_id = placed.str("/id").to_owned();
        let deadline = buyer.order(&order_id).await.moment("/serverTime").as_ms() + NOTICE_MS;
        shop.aws
            .move_deadline(&order_id, domain::Timestamp::from_ms(deadline))
            .await;
        let pay = async {
            wait_until(deadline - head_start_ms).await;
            let body = json!({ "token": "tok_visa" });
            buyer
                .post(&format!("/api/orders/{order_id}/payments"), &body)
                .await
        };
        // As timers that fire a little early and are tried again.
        let expiries = (0..3).map(|_| {
            let (aws, input) = (shop.aws.clone(), json!({ "order_id": order_id }));
            async move {
                wait_until(deadline - 10).await;
                loop {
                    match aws.invoke("expire-order", &input).await {
                        Err((error, _)) if error == "HoldStillAlive" => {}
                        other => return other,
                    }
                }
            }
        });
        let (paid, expiries) = tokio::join!(pay, at_once(expiries));
        let has_expired = expiries
            .iter()
            .any(|done| done.as_ref().is_ok_and(|done| done["status"] == "expired"));
        let order = buyer.sees_any(&order_id, &["completed", "expired"]).await;
        let money = shop.aws.money(&order_id).await;
        let has_paid = match (order.str("/status"), paid.status) {
            ("completed", 201) => {
                assert!(!has_expired, "{expiries:?}");
                assert_eq!((money.charges, money.refunded_minor), (1, 0), "{money:?}");
                true
            }
            ("expired", 409) => {
                assert!(
                    ["HoldExpired", "OrderEnded"].contains(&paid.code()),
                    "{}",
                    paid.text
                );
                assert!(has_expired, "{expiries:?}");
                assert_eq!(money, Default::default(), "nothing was taken");
                false
            }
            other => panic!("{other:?}: {} {} {expiries:?}", order.text, paid.text),
        };
        if paid_before.is_some_and(|before| before != has_paid) {
            step_ms = (step_ms / 2).max(1);
        }
        paid_before = Some(has_paid);
        head_start_ms += if has_paid { -step_ms } else { step_ms };
    }
}

async fn wait_until(moment_ms: i64) {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let now_ms = now.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or_default());
    tokio::time::sleep(Duration::from_millis(
        u64::try_from(moment_ms - now_ms).unwrap_or_default(),
    ))
    .await;
}

/// How long the hold lives by the server's clock, milliseconds; holds of tests are shorter than a minute.
fn left_ms(order: &Answer) -> i64 {
    order.moment("/hold/expiresAt").as_ms() - order.moment("/serverTime").as_ms()
}

/// Hazard 17. Protection: from the first payment on the order is no longer `held`, and nothing but `held` can expire.
/// A paid order outlives its deadline, whatever comes to end it.
#[tokio::test]
async fn paid_stays_paid() {
    let shop = Shop::brisk();
    let (buyer, late) = (shop.person("buyer").await, shop.person("late").await);
    let ticket = shop.person("seller").await.sells(3_200).await;
    let order_id = buyer.holds(&ticket).await;
    buyer.pays(&order_id, "tok_visa").await.expect(201);
    let completed = buyer.sees(&order_id, "completed").await;
    until("the deadline to pass", || async {
        let order = buyer.order(&order_id).await;
        (left_ms(&order) < 0).then_some(()).ok_or(order.text)
    })
    .await;

    for (step, input) in [
        ("expire-order", json!({ "order_id": order_id })),
        (
            "unlock-ticket",
            json!({ "order_id": order_id, "reason": "payment_failed" }),
        ),
        (
            "unlock-ticket",
            json!({ "order_id": order_id, "reason": "unavailable" }),
        ),
    ] {
        shop.aws
            .invoke(step, &input)
            .await
            .expect("nothing to do is success");
    }
    shop.aws.reconcile().await;
    let order = buyer.order(&order_id).await;
    assert_eq!(order.str("/status"), "completed", "paid stays paid");
    buyer
        .delete(&format!("/api/orders/{order_id}"))
        .await
        .refused(409, "OrderAlreadyPaid");
    assert_eq!(
        order.body["version"], completed.body["version"],
        "nothing was written"
    );
    late.post("/api/orders", &ticket.order())
        .await
        .refused(409, "TicketSold");
    assert!(!is_listed(&late, &ticket).await, "a sold ticket is not offered");
    let money = shop.aws.money(&order_id).await;
    assert_eq!((money.charges, money.refunded_minor), (1, 0), "{money:?}");
}

/// Whether a ticket is among those that everybody is offered.
async fn is_listed(reader: &Person, ticket: &Ticket) -> bool {
    let mut path = "/api/tickets?limit=100".to_owned();
    loop {
        let page = reader.get(&path).await.expect(200);
        let tickets = page.body["tickets"].as_array().cloned().unwrap_or_default();
        if tickets.iter().any(|listed| listed["id"] == ticket.id) {
            return true;
        }
        match page.body["nextCursor"].as_str() {
            Some(cursor) => path = format!("/api/tickets?limit=100&cursor={cursor}"),
            None => return false,
        }
    }
}

/// Hazard 24. Protection: money is a whole number of minor units from the request to the provider. 19.99 is 1999, a
/// sum of lines is exact, and whatever is no whole number is refused instead of rounded.
#[tokio::test]
async fn money_is_integer() {
    let shop = Shop::patient();
    let (seller, buyer) = (shop.person("seller").await, shop.person("buyer").await);
    // 19.99 * 100 and 0.57 * 100 are no whole numbers in binary fractions.
    let prices_minor = [1_999, 57, 110, 99_990_001];
    let mut lines = Vec::new();
    for price_minor in prices_minor {
        let ticket = seller.sells(price_minor).await;
        let shown = buyer
            .get(&format!("/api/tickets/{}", ticket.id))
            .await
            .expect(200);
        assert_eq!(shown.body["priceMinor"], price_minor);
        lines.push(json!({ "ticketId": ticket.id }));
    }
    let total_minor: u64 = prices_minor.iter().sum();
    let placed = buyer
        .post("/api/orders", &json!({ "lines": lines }))
        .await
        .expect(201);
    assert_eq!(placed.body["totalMinor"], total_minor);
    assert_eq!(placed.str("/currency"), "usd");
    let order_id = placed.str("/id");
    let paid = buyer.pays(order_id, "tok_visa").await.expect(201);
    assert_eq!(paid.body["payment"]["amountMinor"], total_minor);
    buyer.sees(order_id, "completed").await;
    assert_eq!(shop.aws.money(order_id).await.taken_minor, total_minor);

    for price in [
        "19.99",
        "1999.0",
        "1e3",
        "\"1999\"",
        "-1999",
        "0",
        "49",
        "100000000",
        "null",
        "18446744073709551616",
    ] {
        let body = format!(r#"{{"title":"Seat","priceMinor":{price}}}"#);
        let refusal = seller
            .send(reqwest::Method::POST, "/api/tickets", &[], Some(body))
            .await;
        let refusal = refusal.refused(400, "InvalidInput");
        assert_eq!(
            refusal.str("/errors/0/field"),
            "priceMinor",
            "{price}: {}",
            refusal.text
        );
    }
    // A sum beyond what the provider can charge is refused before anything is held.
    let mut lines = Vec::new();
    for _ in 0..2 {
        lines.push(json!({ "ticketId": seller.sells(99_999_999).await.id }));
    }
    let before = buyer.orders().await.len();
    buyer
        .post("/api/orders", &json!({ "lines": lines }))
        .await
        .refused(400, "InvalidInput");
    assert_eq!(buyer.orders().await.len(), before);
}
