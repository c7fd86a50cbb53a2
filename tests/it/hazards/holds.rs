//! Holds under competition: who gets the last one, and whose timer may let it go.

use crate::engine::{Shop, at_once, count, text, turn, until};
use serde_json::json;

/// Hazard 1. Protection: a ticket is held by a conditional write in one transaction, so of a hundred buyers at the
/// same instant exactly one gets it, and everybody else is told so politely.
#[tokio::test]
async fn last_unit_100_buyers() {
    let _turn = turn().await;
    let shop = Shop::patient();
    let seller = shop.person("seller").await;
    let ticket = seller.sells(4_500).await;
    let buyers = shop.crowd("buyer", 100).await;

    let answers = at_once(buyers.iter().cloned().map(|buyer| {
        let order = ticket.order();
        async move { buyer.post("/api/orders", &order).await }
    }))
    .await;

    for answer in answers.iter().filter(|answer| answer.status != 201) {
        answer.clone().refused(409, "TicketAlreadyHeld");
    }
    assert_eq!(count(&answers, 201), 1, "exactly one buyer has it");
    let winner = answers
        .iter()
        .position(|answer| answer.status == 201)
        .unwrap_or_default();
    let order_id = answers[winner].str("/id");
    assert_eq!(
        shop.aws.execution_status(order_id).await.as_deref(),
        Some("RUNNING")
    );
    let stored = shop.aws.ticket(&ticket.id).await;
    assert_eq!(text(&stored, "/hold/M/order_id/S"), order_id);
    for (index, buyer) in buyers.iter().enumerate() {
        let orders = buyer.orders().await.len();
        assert_eq!(orders, usize::from(index == winner), "a loser has no order");
    }
    buyers[winner].pays(order_id, "tok_visa").await.expect(201);
    buyers[winner].sees(order_id, "completed").await;
}

/// Hazard 4. Protection: a hold is released only by the order that has it, whoever asks and whenever. A's undo and
/// A's timer come after B has the ticket, by direct calls of the steps, so that no luck with timing is needed.
#[tokio::test]
async fn stale_timer_cannot_release_newer_hold() {
    let shop = Shop::patient();
    let (ana, ben) = (shop.person("ana").await, shop.person("ben").await);
    let ticket = shop.person("seller").await.sells(2_000).await;
    let older = ana.holds(&ticket).await;
    ana.delete(&format!("/api/orders/{older}")).await.expect(204);
    let newer = ben.holds(&ticket).await;

    for (step, input) in [
        ("expire-order", json!({ "order_id": older })),
        (
            "unlock-ticket",
            json!({ "order_id": older, "reason": "unavailable" }),
        ),
        (
            "unlock-ticket",
            json!({ "order_id": older, "reason": "payment_failed" }),
        ),
    ] {
        shop.aws
            .invoke(step, &input)
            .await
            .expect("nothing to do is success");
    }
    let stored = shop.aws.ticket(&ticket.id).await;
    assert_eq!(stored["hold"]["M"]["order_id"]["S"], newer, "B keeps it");
    ana.delete(&format!("/api/orders/{older}")).await.expect(204);
    ben.pays(&newer, "tok_visa").await.expect(201);
    ben.sees(&newer, "completed").await;
    assert_eq!(ana.order(&older).await.str("/status"), "cancelled");
}

/// Hazard 4, with the timer itself. A's cancellation is not heard by A's execution (what would wake it is lost), so
/// its timer runs on and fires while B holds. B's hold may end by B's own deadline, never before.
#[tokio::test]
async fn stale_timer_that_fires_leaves_the_newer_hold_alone() {
    let shop = Shop::brisk();
    let (ana, ben) = (shop.person("ana").await, shop.person("ben").await);
    let ticket = shop.person("seller").await.sells(2_000).await;
    let older = ana.holds(&ticket).await;
    until("A's execution to wait", || async {
        let order = shop.aws.order(&older).await;
        order["waiter"].is_object().then_some(()).ok_or(order.to_string())
    })
    .await;
    shop.aws.lose_token(&older).await;
    ana.delete(&format!("/api/orders/{older}")).await.expect(204);
    let newer = ben.holds(&ticket).await;

    until("A's timer to fire", || async {
        let status = shop.aws.execution_status(&older).await;
        (status.as_deref() == Some("SUCCEEDED"))
            .then_some(())
            .ok_or(format!("{status:?}"))
    })
    .await;
    let stored = shop.aws.ticket(&ticket.id).await;
    let order = ben.sees_any(&newer, &["held", "expired"]).await;
    if order.str("/status") == "held" {
        // Held after the look at the ticket, so held before it as well.
        assert_eq!(stored["hold"]["M"]["order_id"]["S"], newer, "B keeps it");
    } else {
        let (ended, deadline) = (order.moment("/updatedAt"), order.moment("/hold/expiresAt"));
        assert!(
            ended >= deadline,
            "B's hold ended before its time: {}",
            order.text
        );
    }
    assert_eq!(ana.order(&older).await.str("/status"), "cancelled");
}

/// Hazard 6. Protection: a buyer's own hold is recognised, so repeating the same wish gives the same order back
/// instead of "somebody else has it".
#[tokio::test]
async fn own_hold_does_not_block_me() {
    let shop = Shop::patient();
    let (ana, ben) = (shop.person("ana").await, shop.person("ben").await);
    let seller = shop.person("seller").await;
    let (ticket, other) = (seller.sells(2_000).await, seller.sells(3_000).await);
    let order_id = ana.holds(&ticket).await;

    let again = ana.post("/api/orders", &ticket.order()).await.expect(200);
    assert_eq!(again.str("/id"), order_id);
    let keyed = ana
        .post_once("/api/orders", "again", &ticket.order())
        .await
        .expect(200);
    assert_eq!(keyed.str("/id"), order_id);
    assert_eq!(ana.orders().await.len(), 1, "no second order was made");

    // A different wish that needs the same ticket is not the same request.
    let both = json!({ "lines": [{ "ticketId": ticket.id }, { "ticketId": other.id }] });
    ana.post("/api/orders", &both)
        .await
        .refused(409, "TicketHeldByYou");
    ben.post("/api/orders", &ticket.order())
        .await
        .refused(409, "TicketAlreadyHeld");
    ben.holds(&other).await;

    ana.delete(&format!("/api/orders/{order_id}")).await.expect(204);
    let fresh = ana.post("/api/orders", &ticket.order()).await.expect(201);
    assert_ne!(fresh.str("/id"), order_id, "a cancelled order stays cancelled");
}

/// Hazard 6. Protection: each buyer's live orders are a set whose size is a condition of the transaction that holds,
/// so that not even parallel requests get past the cap. What ends makes room.
#[tokio::test]
async fn hold_cap_per_user() {
    const CAP: usize = 10;
    let shop = Shop::patient();
    let (seller, hoarder) = (shop.person("seller").await, shop.person("hoarder").await);
    let mut tickets = Vec::new();
    for _ in 0..CAP + 5 {
        tickets.push(seller.sells(1_000).await);
    }
    let answers = at_once(tickets.iter().map(|ticket| {
        let (hoarder, order) = (hoarder.clone(), ticket.order());
        async move { hoarder.post("/api/orders", &order).await }
    }))
    .await;
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        answer.clone().refused(409, "TooManyHolds");
    }
    assert_eq!(count(&answers, 201), CAP);

    let held: Vec<&str> = answers
        .iter()
        .filter(|a| a.status == 201)
        .map(|a| a.str("/id"))
        .collect();
    let refused: Vec<_> = (0..tickets.len())
        .filter(|index| answers[*index].status != 201)
        .collect();
    // Cancelling makes room, and so does buying.
    hoarder
        .delete(&format!("/api/orders/{}", held[0]))
        .await
        .expect(204);
    hoarder.holds(&tickets[refused[0]]).await;
    hoarder
        .post("/api/orders", &tickets[refused[1]].order())
        .await
        .refused(409, "TooManyHolds");
    hoarder.pays(held[1], "tok_visa").await.expect(201);
    hoarder.sees(held[1], "completed").await;
    hoarder.holds(&tickets[refused[1]]).await;
}

/// Every line or none: where one line cannot be held, nothing of the order is, and the answer names the line.
#[tokio::test]
async fn an_order_holds_every_line_or_none() {
    let shop = Shop::patient();
    let (ana, ben) = (shop.person("ana").await, shop.person("ben").await);
    let seller = shop.person("seller").await;
    let (free, taken) = (seller.sells(1_000).await, seller.sells(1_000).await);
    ben.holds(&taken).await;
    let both = json!({ "lines": [{ "ticketId": free.id }, { "ticketId": taken.id }] });
    let refusal = ana
        .post("/api/orders", &both)
        .await
        .refused(409, "TicketAlreadyHeld");
    assert!(refusal.str("/detail").contains(&taken.id), "{}", refusal.text);
    assert!(ana.orders().await.is_empty());
    ben.holds(&free).await;
}
