//! Money that comes when the order has ended: it buys what it was meant for if that is still free, or all of it goes
//! back. Never both, never neither.

use crate::engine::{Person, Shop, Ticket, at_once, event};
use serde_json::json;

/// Set-ups tried until one is done before its hold ends: holds of the brisk shop live for seconds, and a machine may be
/// slower than that for a while.
const TRIES_MAX: usize = 10;

/// An order that has expired after a hard decline, and its intent, which somebody may still confirm.
async fn expired_with_an_intent(shop: &Shop, seller: &Person, buyer: &Person) -> (Ticket, String, String) {
    for _ in 0..TRIES_MAX {
        let ticket = seller.sells(3_100).await;
        let order_id = buyer.holds(&ticket).await;
        let declined = buyer.pays(&order_id, "tok_chargeDeclined").await;
        assert!([402, 409].contains(&declined.status), "{}", declined.text);
        buyer.sees(&order_id, "expired").await;
        if let Some(intent) = shop.intent_of(&order_id).await {
            return (ticket, order_id, intent);
        }
    }
    panic!("{TRIES_MAX} times the hold ended before a card was tried");
}

/// Hazard 18, still free. Protection: what comes late is found by the provider's message, and one transaction holds
/// everything again, under the next version of the hold, and notes the charge.
#[tokio::test]
async fn paid_after_expiry_free() {
    let shop = Shop::brisk();
    let (seller, buyer) = (shop.person("seller").await, shop.person("buyer").await);
    let (ticket, order_id, intent) = expired_with_an_intent(&shop, &seller, &buyer).await;
    assert_eq!(shop.aws.charged_and_refunded(&buyer, &order_id).await, (0, 0));

    shop.confirm_outside(&intent, "tok_visa").await.expect(200);
    let completed = buyer.sees(&order_id, "completed").await;
    assert_eq!(completed.body["hold"]["version"], 2, "{}", completed.text);
    assert_eq!(shop.aws.charged_and_refunded(&buyer, &order_id).await, (3_100, 0));
    assert!(buyer.refunds(&order_id).await.is_empty());
    let sold = buyer
        .get(&format!("/api/tickets/{}", ticket.id))
        .await
        .expect(200);
    assert_eq!(sold.str("/state"), "sold");
    seller
        .post("/api/orders", &ticket.order())
        .await
        .refused(409, "TicketSold");
}

/// Hazard 18, somebody else has it. Protection: the ticket's own state is a condition of holding again; when that is
/// false the order owes a refund, in full, and the other buyer keeps what they bought.
#[tokio::test]
async fn paid_after_expiry_taken() {
    let shop = Shop::brisk();
    let (seller, buyer) = (shop.person("seller").await, shop.person("buyer").await);
    let other = shop.person("other").await;
    let (ticket, order_id, intent) = expired_with_an_intent(&shop, &seller, &buyer).await;
    let others_order = bought_in_time(&other, &ticket).await;

    shop.confirm_outside(&intent, "tok_visa").await.expect(200);
    buyer.sees(&order_id, "refunded").await;
    assert_eq!(
        shop.aws.charged_and_refunded(&buyer, &order_id).await,
        (3_100, 3_100)
    );
    let refunds = buyer.refunds(&order_id).await;
    assert_eq!(refunds.len(), 1, "{refunds:?}");
    assert_eq!(
        (&refunds[0]["reason"], &refunds[0]["status"]),
        (&json!("arrived_too_late"), &json!("succeeded"))
    );
    assert_eq!(other.order(&others_order).await.str("/status"), "completed");
    assert_eq!(
        shop.aws.charged_and_refunded(&other, &others_order).await,
        (3_100, 0)
    );
    buyer
        .post("/api/orders", &ticket.order())
        .await
        .refused(409, "TicketSold");
}

/// Holds and pays, again if the hold was over first; the completed order.
async fn bought_in_time(buyer: &Person, ticket: &Ticket) -> String {
    for _ in 0..TRIES_MAX {
        let order_id = buyer.holds(ticket).await;
        buyer.pays(&order_id, "tok_visa").await;
        let ended = buyer.sees_any(&order_id, &["completed", "expired"]).await;
        if ended.str("/status") == "completed" {
            return order_id;
        }
    }
    panic!("{TRIES_MAX} times the hold ended before the payment");
}

/// Hazard 18, the buyer does not want it any more. Protection: only an order that its buyer has not given up is held
/// again; the ticket stays free, and all the money goes back, once, however many messages tell of it at once.
#[tokio::test]
async fn paid_after_cancelling_is_given_back() {
    let shop = Shop::patient();
    let (buyer, other) = (shop.person("buyer").await, shop.person("other").await);
    let ticket = shop.person("seller").await.sells(3_100).await;
    let order_id = buyer.holds(&ticket).await;
    buyer
        .pays(&order_id, "tok_chargeDeclined")
        .await
        .refused(402, "PaymentDeclined");
    let intent = shop.intent_of(&order_id).await.expect("a card was tried");
    buyer.delete(&format!("/api/orders/{order_id}")).await.expect(204);

    shop.confirm_outside(&intent, "tok_visa").await.expect(200);
    let told = at_once((0..12).map(|_| {
        let (shop, news) = (
            shop.clone(),
            event("payment_intent.succeeded", &order_id, &intent),
        );
        async move { shop.deliver(&news).await }
    }))
    .await;
    for answer in told {
        answer.expect(200);
    }
    buyer.sees(&order_id, "refunded").await;
    assert_eq!(
        shop.aws.charged_and_refunded(&buyer, &order_id).await,
        (3_100, 3_100)
    );
    assert_eq!(shop.aws.money(&order_id).await.refunds, 1);
    assert_eq!(buyer.refunds(&order_id).await.len(), 1);
    other.buys(&ticket).await;
}
