//! Money that goes back: once, no more than was taken, and nothing is sold again before it has.

use crate::engine::{Answer, Person, Shop, at_once, count, fresh, until};
use serde_json::{Value, json};

/// Asks for money back without waiting for how it comes out.
async fn asks_back(buyer: &Person, order_id: &str, wanted: &Value) -> Answer {
    buyer
        .post(&format!("/api/orders/{order_id}/refund"), wanted)
        .await
}

/// Hazard 21. Protection: what is paid cannot be cancelled, only refunded; the ticket goes back on sale in the write
/// that notes the money as given back. Twice asked is once given.
#[tokio::test]
async fn cancel_completed_refunds_or_refuses() {
    let shop = Shop::patient();
    let (buyer, other) = (shop.person("buyer").await, shop.person("other").await);
    let ticket = shop.person("seller").await.sells(4_200).await;
    let order_id = buyer.buys(&ticket).await;
    buyer
        .delete(&format!("/api/orders/{order_id}"))
        .await
        .refused(409, "OrderAlreadyPaid");
    other
        .post("/api/orders", &ticket.order())
        .await
        .refused(409, "TicketSold");
    // Not somebody else's to ask for, and not even to know of.
    other
        .wants_back(&order_id, &json!({}))
        .await
        .refused(404, "NotFound");
    assert_eq!(shop.aws.charged_and_refunded(&buyer, &order_id).await, (4_200, 0));

    let refunded = buyer.wants_back(&order_id, &json!({})).await.expect(201);
    assert_eq!(refunded.body["refund"]["amountMinor"], 4_200);
    buyer.sees(&order_id, "refunded").await;
    assert_eq!(
        shop.aws.charged_and_refunded(&buyer, &order_id).await,
        (4_200, 4_200)
    );
    buyer
        .wants_back(&order_id, &json!({}))
        .await
        .refused(409, "OrderEnded");
    assert_eq!(shop.aws.money(&order_id).await.refunds, 1);

    let others_order = other.buys(&ticket).await;
    assert_eq!(
        shop.aws.charged_and_refunded(&other, &others_order).await,
        (4_200, 0)
    );
}

/// Hazard 21, while the money is on its way: the bank takes its time. Somebody asks for the ticket again and again; the
/// moment they get it, the money is back by the provider's own word.
#[tokio::test]
async fn nothing_is_sold_again_before_the_money_is_back() {
    let shop = Shop::patient();
    let (buyer, other) = (shop.person("buyer").await, shop.person("other").await);
    let ticket = shop.person("seller").await.sells(4_200).await;
    let order_id = buyer.holds(&ticket).await;
    buyer.pays(&order_id, "tok_pendingRefund").await.expect(201);
    buyer.sees(&order_id, "completed").await;
    let asked = asks_back(&buyer, &order_id, &json!({})).await.expect(201);
    assert_eq!(asked.str("/order/status"), "completed", "{}", asked.text);
    until("the ticket to be on sale again", || async {
        let answer = other.post("/api/orders", &ticket.order()).await;
        match answer.status {
            201 => Ok(()),
            _ => Err(answer.refused(409, "TicketSold").text),
        }
    })
    .await;
    let intent = shop.intent_of(&order_id).await.expect("it was charged");
    let refunds = shop
        .at_provider(&format!("refunds?payment_intent={intent}"))
        .await
        .expect(200);
    assert_eq!(
        (
            &refunds.body["data"][0]["status"],
            &refunds.body["data"][0]["amount"]
        ),
        (&json!("succeeded"), &json!(4_200)),
        "{}",
        refunds.text
    );
    buyer.sees(&order_id, "refunded").await;
    assert_eq!(
        shop.aws.charged_and_refunded(&buyer, &order_id).await,
        (4_200, 4_200)
    );
}

/// Hazard 21, and the bank does not take the money back. Protection: only a refund that has succeeded frees the ticket:
/// the order stays completed, the ticket stays sold, the buyer reads why.
#[tokio::test]
async fn a_refund_that_fails_sells_nothing_again() {
    let shop = Shop::patient();
    let (buyer, other) = (shop.person("buyer").await, shop.person("other").await);
    let ticket = shop.person("seller").await.sells(4_200).await;
    let order_id = buyer.holds(&ticket).await;
    buyer.pays(&order_id, "tok_refund_fails").await.expect(201);
    buyer.sees(&order_id, "completed").await;
    asks_back(&buyer, &order_id, &json!({})).await.expect(201);
    let refund = until("the refund to fail", || async {
        let mut refunds = buyer.refunds(&order_id).await;
        match refunds.pop() {
            Some(refund) if refund["status"] == "failed" => Ok(refund),
            other => Err(format!("{other:?}")),
        }
    })
    .await;
    assert!(refund["code"].is_string(), "{refund}");
    assert_eq!(buyer.order(&order_id).await.str("/status"), "completed");
    other
        .post("/api/orders", &ticket.order())
        .await
        .refused(409, "TicketSold");
    assert_eq!(shop.aws.charged_and_refunded(&buyer, &order_id).await, (4_200, 0));
}

/// Hazard 21, and the provider's answer is lost, before or after it gave the money back. Protection: it is asked for
/// this very refund, by order and number, before it is asked to refund; so it goes back once.
#[tokio::test]
async fn a_refund_whose_answer_is_lost_gives_back_once() {
    let shop = Shop::patient();
    let (seller, buyer) = (shop.person("seller").await, shop.person("buyer").await);
    for card in [
        "tok_refund_timeout_after",
        "tok_refund_timeout_before",
        "tok_refund_error_after",
    ] {
        let order_id = buyer.holds(&seller.sells(4_200).await).await;
        buyer.pays(&order_id, card).await.expect(201);
        buyer.sees(&order_id, "completed").await;
        asks_back(&buyer, &order_id, &json!({})).await.expect(201);
        is_refunded_once(&shop, &buyer, &order_id).await;
    }
}

/// Hazard 21, and the provider keeps an error under the refund's key, and repeats it for a day. Protection: the
/// execution gives up in the end, and a fresh one asks under a key of its own, after an inquiry. Here it is given up by
/// hand, so that nobody waits for the end of its retries.
#[tokio::test]
async fn a_refund_whose_key_is_burnt_is_asked_for_under_another() {
    let shop = Shop::patient();
    let buyer = shop.person("buyer").await;
    let order_id = buyer.holds(&shop.person("seller").await.sells(4_200).await).await;
    let card = "tok_refund_error_before";
    buyer.pays(&order_id, card).await.expect(201);
    buyer.sees(&order_id, "completed").await;
    asks_back(&buyer, &order_id, &json!({})).await.expect(201);
    let refund = json!({ "order_id": order_id, "number": 1 });
    let (error, _) = shop
        .aws
        .invoke("refund-payment", &refund)
        .await
        .expect_err("the provider repeats its error");
    assert_eq!(error, "PaymentOutcomeUnknown");
    let machine = shop
        .aws
        .setting("request-refund", "REFUND_ORDER_MACHINE_ARN")
        .await;
    let execution = machine.replace(":stateMachine:", ":execution:");
    let stop = json!({
        "executionArn": format!("{execution}:{order_id}-refund-1"), "error": "Killed", "cause": "By a test.",
    });
    shop.aws
        .states("StopExecution", &stop)
        .await
        .expect("it can be stopped");
    shop.aws.make_due(&order_id).await;
    shop.aws.reconcile().await;
    is_refunded_once(&shop, &buyer, &order_id).await;
}

/// Refunded, in full and in one piece.
async fn is_refunded_once(shop: &Shop, buyer: &Person, order_id: &str) {
    buyer.sees(order_id, "refunded").await;
    let sums = shop.aws.charged_and_refunded(buyer, order_id).await;
    assert_eq!(sums, (4_200, 4_200));
    assert_eq!(shop.aws.money(order_id).await.refunds, 1);
    assert_eq!(buyer.refunds(order_id).await.len(), 1);
}

/// Hazard 21, all at once: twenty requests under twenty names, twenty under one. Protection: a refund is written into
/// the order, under its version, before anybody is asked for money; so what is left is known to all.
#[tokio::test]
async fn parallel_refunds_give_back_once() {
    let shop = Shop::patient();
    let (seller, buyer) = (shop.person("seller").await, shop.person("buyer").await);
    for one_name in [false, true] {
        let order_id = buyer.buys(&seller.sells(4_200).await).await;
        let key = fresh();
        let answers = at_once((0..20).map(|number| {
            let (buyer, order_id) = (buyer.clone(), order_id.clone());
            let key = if one_name {
                key.clone()
            } else {
                format!("{key}-{number}")
            };
            let path = format!("/api/orders/{order_id}/refund");
            async move { buyer.post_once(&path, &key, &json!({})).await }
        }))
        .await;
        for answer in answers.iter().filter(|answer| answer.status != 201) {
            answer.problem();
            let expected: &[&str] = if one_name {
                &["RequestInFlight"]
            } else {
                &["NotRefundable", "OrderEnded"]
            };
            assert!(expected.contains(&answer.code()), "{}", answer.text);
        }
        let accepted = count(&answers, 201);
        assert!(accepted == 1 || one_name, "{accepted} were accepted");
        buyer.sees(&order_id, "refunded").await;
        assert_eq!(
            shop.aws.charged_and_refunded(&buyer, &order_id).await,
            (4_200, 4_200)
        );
        assert_eq!(shop.aws.money(&order_id).await.refunds, 1);
        assert_eq!(buyer.refunds(&order_id).await.len(), 1);
    }
}

/// Hazard 21, by line. Of an order of two tickets one goes back: that one is on sale again, the other is not.
#[tokio::test]
async fn a_ticket_goes_back_by_its_line() {
    let shop = Shop::patient();
    let (seller, buyer) = (shop.person("seller").await, shop.person("buyer").await);
    let other = shop.person("other").await;
    let (first, second) = (seller.sells(1_000).await, seller.sells(2_000).await);
    let both = json!({ "lines": [{ "ticketId": first.id }, { "ticketId": second.id }] });
    let placed = buyer.post("/api/orders", &both).await.expect(201);
    let order_id = placed.str("/id");
    buyer
        .wants_back(order_id, &json!({}))
        .await
        .refused(409, "OrderNotPaid");
    buyer.pays(order_id, "tok_visa").await.expect(201);
    buyer.sees(order_id, "completed").await;
    let second_line = json!({ "lines": [{ "line": 1, "quantity": 1 }] });
    buyer.wants_back(order_id, &second_line).await.expect(201);
    until("the money of that line to be back", || async {
        let order = buyer.order(order_id).await;
        (order.body["refundedMinor"] == 2_000)
            .then_some(())
            .ok_or(order.text)
    })
    .await;
    assert_eq!(buyer.order(order_id).await.str("/status"), "completed");
    other
        .post("/api/orders", &first.order())
        .await
        .refused(409, "TicketSold");
    other.buys(&second).await;
    buyer
        .wants_back(order_id, &second_line)
        .await
        .refused(409, "NotRefundable");

    buyer.wants_back(order_id, &json!({})).await.expect(201);
    buyer.sees(order_id, "refunded").await;
    assert_eq!(
        shop.aws.charged_and_refunded(&buyer, order_id).await,
        (3_000, 3_000)
    );
    other.buys(&first).await;
}

/// Hazard 21, counted things. Parts go back, also at once, never more of a line than was bought; and what was handed
/// over is not on the shelf again because its money went back.
#[tokio::test]
async fn products_go_back_in_parts_and_never_more_than_was_bought() {
    let shop = Shop::patient();
    let (seller, buyer) = (shop.person("seller").await, shop.person("buyer").await);
    let (pens, ink) = (product(&seller, 300, 10).await, product(&seller, 1_100, 10).await);
    let wanted = json!({ "lines": [
        { "productId": pens, "quantity": 5 }, { "productId": ink, "quantity": 2 },
    ] });
    let placed = buyer.post("/api/orders", &wanted).await.expect(201);
    let order_id = placed.str("/id").to_owned();
    buyer.pays(&order_id, "tok_visa").await.expect(201);
    buyer.sees(&order_id, "completed").await;
    for wrong in [
        // Nothing chosen is not everything chosen.
        json!([]),
        json!([{ "line": 0, "quantity": 6 }]),
        json!([{ "line": 0, "quantity": 0 }]),
        json!([{ "line": 2, "quantity": 1 }]),
        json!([{ "line": 1, "quantity": 1 }, { "line": 1, "quantity": 1 }]),
    ] {
        buyer
            .wants_back(&order_id, &json!({ "lines": wrong }))
            .await
            .refused(400, "InvalidInput");
    }
    // Of five pens, twelve times one at the same moment.
    let answers = at_once((0..12).map(|_| {
        let (buyer, order_id) = (buyer.clone(), order_id.clone());
        let one = json!({ "lines": [{ "line": 0, "quantity": 1 }] });
        async move { asks_back(&buyer, &order_id, &one).await }
    }))
    .await;
    assert_eq!(count(&answers, 201), 5);
    for answer in answers.into_iter().filter(|answer| answer.status != 201) {
        answer.refused(409, "NotRefundable");
    }
    until("five pens' money to be back", || async {
        let order = buyer.order(&order_id).await;
        (order.body["refundedMinor"] == 5 * 300)
            .then_some(())
            .ok_or(order.text)
    })
    .await;
    assert_eq!(buyer.order(&order_id).await.str("/status"), "completed");
    assert_eq!(
        shop.aws.charged_and_refunded(&buyer, &order_id).await,
        (3_700, 1_500)
    );
    buyer.wants_back(&order_id, &json!({})).await.expect(201);
    buyer.sees(&order_id, "refunded").await;
    assert_eq!(
        shop.aws.charged_and_refunded(&buyer, &order_id).await,
        (3_700, 3_700)
    );
    for (product_id, left) in [(pens, 5), (ink, 8)] {
        let shown = buyer
            .get(&format!("/api/products/{product_id}"))
            .await
            .expect(200);
        assert_eq!(shown.body["available"], left, "{}", shown.text);
    }
}

/// A product of which there are so many.
async fn product(seller: &Person, price_minor: u64, quantity: u32) -> String {
    let new = json!({ "title": format!("Thing {}", fresh()), "priceMinor": price_minor });
    let product = seller.post("/api/products", &new).await.expect(201);
    let id = product.str("/id").to_owned();
    let inventory = json!({ "quantity": quantity });
    seller
        .put(&format!("/api/products/{id}/inventory"), &inventory)
        .await
        .expect(200);
    id
}

/// Hazard 21, what is not given back: a dish that was served, and a ticket whose event has begun.
#[tokio::test]
async fn what_was_used_is_not_refunded() {
    let shop = Shop::patient();
    let (seller, buyer) = (shop.person("seller").await, shop.person("buyer").await);
    let ingredient = format!("lechuga-{}", fresh());
    let stock = json!({ "cause": ingredient, "kitchen": { ingredient.clone(): 5 } });
    shop.aws
        .invoke("stock-kitchen", &stock)
        .await
        .expect("the kitchen is stocked");
    let dish = json!({ "name": "Salad", "priceMinor": 900, "recipe": { ingredient: 5 } });
    let dish = seller.post("/api/dishes", &dish).await.expect(201);
    let begun = json!({ "title": "Matinée", "priceMinor": 900, "startsAt": "2020-01-01T15:00:00Z" });
    let begun = seller.post("/api/tickets", &begun).await.expect(201);
    for line in [
        json!({ "dishId": dish.str("/id") }),
        json!({ "ticketId": begun.str("/id") }),
    ] {
        let placed = buyer
            .post("/api/orders", &json!({ "lines": [line] }))
            .await
            .expect(201);
        let order_id = placed.str("/id");
        buyer.pays(order_id, "tok_visa").await.expect(201);
        buyer.sees(order_id, "completed").await;
        buyer
            .wants_back(order_id, &json!({}))
            .await
            .refused(409, "NotRefundable");
        assert_eq!(shop.aws.charged_and_refunded(&buyer, order_id).await, (900, 0));
    }
}
