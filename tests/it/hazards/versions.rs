//! Two people, or one person twice, changing the same thing from the same version.

use crate::engine::{Shop, at_once, count};
use serde_json::json;
use std::time::Duration;

/// Hazard 5. Protection: the hold is conditional on the version whose price the buyer saw, and an edit is conditional
/// on the ticket not being held. Whichever commits first wins; the other is refused; no order carries a price that
/// its buyer did not see.
///
/// The two take different ways, so sending both at once is no race. The head start of one follows who won the round
/// before, which keeps the rounds close to the instant at which the winner changes.
#[tokio::test]
async fn price_edit_races_hold() {
    const OLD_MINOR: u64 = 5_000;
    const NEW_MINOR: u64 = 9_900;
    const ROUNDS: usize = 40;
    let shop = Shop::patient();
    let (seller, buyer) = (shop.person("seller").await, shop.person("buyer").await);
    let mut head_start_ms: u64 = 16;
    let mut step_ms: u64 = 16;
    let mut edit_won_before = None;
    for _ in 0..ROUNDS {
        let ticket = seller.sells(OLD_MINOR).await;
        let edit = {
            let (seller, id) = (seller.clone(), ticket.id.clone());
            let body = json!({ "title": "Dearer", "priceMinor": NEW_MINOR, "version": ticket.version });
            async move {
                tokio::time::sleep(Duration::from_millis(head_start_ms)).await;
                seller.put(&format!("/api/tickets/{id}"), &body).await
            }
        };
        let order = ticket.order();
        let (edited, held) = tokio::join!(edit, buyer.post("/api/orders", &order));
        let shown = seller
            .get(&format!("/api/tickets/{}", ticket.id))
            .await
            .expect(200);
        let edit_won = match (edited.status, held.status) {
            (200, 409) => {
                held.refused(409, "TicketChanged");
                assert_eq!(shown.body["priceMinor"], NEW_MINOR);
                true
            }
            (409, 201) => {
                edited.refused(409, "TicketAlreadyHeld");
                assert_eq!(held.body["totalMinor"], OLD_MINOR);
                assert_eq!(shown.body["priceMinor"], OLD_MINOR);
                let path = format!("/api/orders/{}", held.str("/id"));
                buyer.delete(&path).await.expect(204);
                false
            }
            other => panic!("{other:?}: {} {}", edited.text, held.text),
        };
        if edit_won_before.is_some_and(|before| before != edit_won) {
            step_ms = (step_ms / 2).max(1);
        }
        edit_won_before = Some(edit_won);
        head_start_ms = if edit_won {
            head_start_ms + step_ms
        } else {
            head_start_ms.saturating_sub(step_ms)
        };
    }
}

/// Hazard 30. Protection: an edit is a conditional write on the version seen. Of many edits from the same version one
/// wins, the others are told; an old version is refused however it is sent.
#[tokio::test]
async fn stale_version_is_refused() {
    let shop = Shop::patient();
    let (seller, buyer) = (shop.person("seller").await, shop.person("buyer").await);
    let ticket = seller.sells(5_000).await;
    let path = format!("/api/tickets/{}", ticket.id);
    let answers = at_once((0..8).map(|number| {
        let (seller, path) = (seller.clone(), path.clone());
        let body = json!({ "title": format!("Edit {number}"), "priceMinor": 6_000 + number, "version": 1 });
        async move { seller.put(&path, &body).await }
    }))
    .await;
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        answer.clone().refused(409, "TicketChanged");
    }
    assert_eq!(count(&answers, 200), 1);
    let winner = answers
        .iter()
        .find(|answer| answer.status == 200)
        .expect("one wins");
    let now = seller.get(&path).await.expect(200);
    assert_eq!(
        (&now.body["version"], &now.body["title"], &now.body["priceMinor"]),
        (&json!(2), &winner.body["title"], &winner.body["priceMinor"])
    );

    let body = json!({ "title": "By header", "priceMinor": 7_000 }).to_string();
    let by_header = |version: &'static str| {
        let headers = [("if-match", version)];
        let (seller, path, body) = (seller.clone(), path.clone(), body.clone());
        async move {
            seller
                .send(reqwest::Method::PUT, &path, &headers, Some(body))
                .await
        }
    };
    by_header("\"1\"").await.refused(409, "TicketChanged");
    let edited = by_header("\"2\"").await.expect(200);
    assert_eq!(edited.body["version"], 3);
    // An order from an old version is refused in the same way, and holds nothing.
    buyer
        .post("/api/orders", &ticket.order())
        .await
        .refused(409, "TicketChanged");
    assert!(buyer.orders().await.is_empty());
}
