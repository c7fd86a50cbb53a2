//! Two people, or one person twice, changing the same thing from the same version.

use crate::engine::{Shop, at_once, count};
use serde_json::json;

/// Hazard 5. Protection: the hold is conditional on the version whose price the buyer saw, and an edit is conditional
/// on the ticket not being held. Whichever commits first wins; the other is refused; no order carries a price that
/// its buyer did not see.
#[tokio::test]
async fn price_edit_races_hold() {
    const OLD_MINOR: u64 = 5_000;
    const NEW_MINOR: u64 = 9_900;
    let shop = Shop::patient();
    let (seller, buyer) = (shop.person("seller").await, shop.person("buyer").await);
    for round in 0..12 {
        let ticket = seller.sells(OLD_MINOR).await;
        let edit = {
            let (seller, id) = (seller.clone(), ticket.id.clone());
            let body = json!({ "title": "Dearer", "priceMinor": NEW_MINOR, "version": ticket.version });
            async move { seller.put(&format!("/api/tickets/{id}"), &body).await }
        };
        let hold = {
            let (buyer, order) = (buyer.clone(), ticket.order());
            async move { buyer.post("/api/orders", &order).await }
        };
        // Each of the two is first to be sent in half of the rounds.
        let racers: Vec<std::pin::Pin<Box<dyn Future<Output = _> + Send>>> = if round % 2 == 0 {
            vec![Box::pin(edit), Box::pin(hold)]
        } else {
            vec![Box::pin(hold), Box::pin(edit)]
        };
        let mut answers = at_once(racers).await;
        if round % 2 == 1 {
            answers.reverse();
        }
        let [edited, held] = [answers[0].clone(), answers[1].clone()];
        let price = seller
            .get(&format!("/api/tickets/{}", ticket.id))
            .await
            .expect(200);
        match (edited.status, held.status) {
            (200, 409) => {
                held.refused(409, "TicketChanged");
                assert_eq!(price.body["priceMinor"], NEW_MINOR);
            }
            (409, 201) => {
                edited.refused(409, "TicketAlreadyHeld");
                assert_eq!(held.body["totalMinor"], OLD_MINOR);
                assert_eq!(price.body["priceMinor"], OLD_MINOR);
                // The price stays what it was for as long as the order lives.
                buyer
                    .delete(&format!("/api/orders/{}", held.str("/id")))
                    .await
                    .expect(204);
            }
            other => panic!("{other:?}: {} {}", edited.text, held.text),
        }
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
