//! The plain walk through every address of the API, as a client with docs/openapi.json in hand would take it.

use crate::engine::{Shop, fresh};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn people_sign_up_in_and_out() {
    let shop = Shop::patient();
    let stranger = shop.stranger();
    let nobody = stranger.get("/api/users/currentuser").await.expect(200);
    assert_eq!(nobody.body, json!({ "currentUser": null }));

    let email = format!("ana-{}@example.com", fresh());
    let body = json!({ "email": email.to_uppercase(), "password": "12345" });
    let up = stranger.post("/api/users/signup", &body).await.expect(201);
    assert_eq!(up.str("/email"), email, "addresses are kept in lower case");
    let ana = stranger.with_token(up.str("/token"));
    let current = ana.get("/api/users/currentuser").await.expect(200);
    assert_eq!(
        current.body["currentUser"],
        json!({ "id": up.str("/id"), "email": email, "role": "buyer" })
    );
    stranger
        .post("/api/users/signup", &body)
        .await
        .refused(409, "EmailTaken");
    let wrong = json!({ "email": email, "password": "54321" });
    stranger
        .post("/api/users/signin", &wrong)
        .await
        .refused(401, "BadCredentials");
    let signed_in = stranger.post("/api/users/signin", &body).await.expect(200);
    assert_eq!(signed_in.str("/id"), up.str("/id"));
    let out = ana
        .send(Method::POST, "/api/users/signout", &[], None)
        .await
        .expect(200);
    assert_eq!(out.body, json!({ "currentUser": null }));
    // Paths do not care about case.
    let elsewhere = stranger.with_token(signed_in.str("/token"));
    let current = elsewhere.get("/API/Users/CurrentUser").await.expect(200);
    assert_eq!(current.str("/currentUser/email"), email);
}

#[tokio::test]
async fn tickets_are_listed_edited_and_withdrawn() {
    let shop = Shop::patient();
    let (seller, reader) = (shop.person("seller").await, shop.stranger());
    let body = json!({
        "title": " Row 1, seat 2 ", "priceMinor": 4_500, "event": "Brass Night", "venue": "Old Mill",
        "startsAt": "2030-05-01T19:30:00+02:00",
    });
    let listed = seller.post("/api/tickets", &body).await.expect(201);
    let path = format!("/api/tickets/{}", listed.str("/id"));
    assert_eq!(listed.header("location"), path);
    let expected = json!({
        "id": listed.str("/id"), "title": "Row 1, seat 2", "priceMinor": 4_500, "currency": "usd",
        "event": "Brass Night", "venue": "Old Mill", "startsAt": "2030-05-01T17:30:00Z", "state": "available",
        "ownerId": seller.id, "version": 1, "createdAt": listed.str("/createdAt"),
    });
    assert_eq!(listed.body, with_same_time(expected, &listed.body));
    assert_eq!(reader.get(&path).await.expect(200).body, listed.body);
    let newest = reader.get("/api/tickets?limit=100").await.expect(200);
    assert!(ids(&newest.body["tickets"]).contains(&listed.str("/id").to_owned()));

    let edit = json!({ "title": "Row 1, seat 3", "priceMinor": 5_000, "version": 1 });
    let edited = seller.put(&path, &edit).await.expect(200);
    assert_eq!(
        (&edited.body["priceMinor"], &edited.body["version"]),
        (&json!(5_000), &json!(2))
    );
    assert_eq!(
        edited.body["event"], "Brass Night",
        "an edit leaves the rest alone"
    );
    seller.put(&path, &edit).await.refused(409, "TicketChanged");
    let nameless = json!({ "title": "Row 1", "priceMinor": 5_000 });
    let refusal = seller.put(&path, &nameless).await.refused(400, "InvalidInput");
    assert_eq!(refusal.str("/errors/0/field"), "version");

    seller.delete(&path).await.expect(204);
    reader.get(&path).await.refused(404, "NotFound");
    seller.delete(&path).await.refused(404, "NotFound");
    let ordered = seller.sells(1_000).await;
    let order_id = seller.holds(&ordered).await;
    let path = format!("/api/tickets/{}", ordered.id);
    seller.delete(&path).await.refused(409, "TicketAlreadyHeld");
    seller
        .delete(&format!("/api/orders/{order_id}"))
        .await
        .expect(204);
    seller.delete(&path).await.refused(409, "TicketWasHeld");
}

/// Engines write a moment in more than one way; it is the moment that counts.
fn with_same_time(mut expected: Value, actual: &Value) -> Value {
    let moment = |value: &Value| {
        value["startsAt"]
            .as_str()
            .and_then(domain::Timestamp::parse_rfc3339)
    };
    assert_eq!(moment(&expected), moment(actual));
    expected["startsAt"] = actual["startsAt"].clone();
    expected
}

fn ids(rows: &Value) -> Vec<String> {
    let rows = rows.as_array().into_iter().flatten();
    rows.filter_map(|row| row["id"].as_str().map(str::to_owned))
        .collect()
}

#[tokio::test]
async fn lists_are_read_page_by_page() {
    let shop = Shop::patient();
    let person = shop.person("collector").await;
    let mut listed = Vec::new();
    let mut placed = Vec::new();
    for number in 0..7 {
        let ticket = person.sells(1_000 + number).await;
        placed.push(person.holds(&ticket).await);
        listed.push(ticket.id);
    }
    for (list, first, all) in [
        ("tickets", "/api/tickets?mine=true&limit=3".to_owned(), listed),
        ("orders", "/api/orders?limit=3".to_owned(), placed),
    ] {
        let (mut seen, mut sizes, mut path) = (Vec::new(), Vec::new(), first.clone());
        loop {
            let page = person.get(&path).await.expect(200);
            let rows = ids(&page.body[list]);
            sizes.push(rows.len());
            seen.extend(rows);
            match page.body["nextCursor"].as_str() {
                Some(cursor) => path = format!("{first}&cursor={cursor}"),
                None => break,
            }
        }
        assert_eq!(sizes.iter().take(2).collect::<Vec<_>>(), [&3, &3], "{list}");
        let newest_first: Vec<String> = all.into_iter().rev().collect();
        assert_eq!(seen, newest_first, "{list}: each once, newest first");
    }
}

#[tokio::test]
async fn an_order_is_held_declined_paid_and_explained() {
    let shop = Shop::patient();
    let (buyer, other) = (shop.person("buyer").await, shop.person("other").await);
    let ticket = shop.person("seller").await.sells(4_500).await;
    let placed = buyer.post("/api/orders", &ticket.order()).await.expect(201);
    let order_id = placed.str("/id").to_owned();
    let path = format!("/api/orders/{order_id}");
    assert_eq!(placed.header("location"), path);
    assert_eq!((placed.str("/status"), placed.str("/currency")), ("held", "usd"));
    assert_eq!(
        (&placed.body["totalMinor"], &placed.body["hold"]["version"]),
        (&json!(4_500), &json!(1))
    );
    assert_eq!(placed.body["lines"][0]["ticketId"], ticket.id);
    assert_eq!(
        placed.moment("/createdAt").plus_s(900),
        placed.moment("/hold/expiresAt")
    );
    // Held: hidden from everybody but seller and buyer.
    other
        .get(&format!("/api/tickets/{}", ticket.id))
        .await
        .refused(404, "NotFound");
    let seen = buyer
        .get(&format!("/api/tickets/{}", ticket.id))
        .await
        .expect(200);
    assert_eq!(seen.str("/state"), "held");

    let stolen = buyer
        .pays(&order_id, "tok_chargeDeclined")
        .await
        .refused(402, "PaymentDeclined");
    assert!(stolen.body["retryable"].is_boolean(), "{}", stolen.text);
    buyer.sees(&order_id, "held").await;
    let paid = buyer.pays(&order_id, "tok_visa").await.expect(201);
    assert_eq!(
        (&paid.body["payment"]["attempt"], &paid.body["payment"]["status"]),
        (&json!(2), &json!("succeeded"))
    );
    let done = buyer.sees(&order_id, "completed").await;
    assert_eq!(done.str("/id"), order_id);
    buyer
        .pays(&order_id, "tok_visa")
        .await
        .refused(409, "OrderAlreadyPaid");
    buyer.delete(&path).await.refused(409, "OrderAlreadyPaid");

    let payments = buyer.get(&format!("{path}/payments")).await.expect(200);
    let attempts: Vec<_> = payments.body["payments"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|payment| (payment["attempt"].clone(), payment["status"].clone()))
        .collect();
    assert_eq!(
        attempts,
        [(json!(1), json!("declined")), (json!(2), json!("succeeded"))]
    );
    assert!(!payments.text.contains("tok_"), "a card's token is never shown");
    let events = buyer.get(&format!("{path}/events")).await.expect(200);
    let told: Vec<_> = events.body["events"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|event| event["status"].as_str().unwrap_or_default())
        .collect();
    assert_eq!(
        told,
        ["held", "paying", "held", "paying", "paid", "completed"],
        "{}",
        events.text
    );
    for event in events.body["events"].as_array().into_iter().flatten() {
        let what = event["what"].as_str().unwrap_or_default();
        assert!(
            what.ends_with('.') && what.contains(' '),
            "not a sentence: {what:?}"
        );
    }
    let sold = buyer
        .get(&format!("/api/tickets/{}", ticket.id))
        .await
        .expect(200);
    assert_eq!(sold.str("/state"), "sold");
}

#[tokio::test]
async fn an_order_pays_in_the_same_request_and_waits_for_the_outcome() {
    let shop = Shop::patient();
    let buyer = shop.person("buyer").await;
    let seller = shop.person("seller").await;
    let order = |ticket: &crate::engine::Ticket, card: &str| json!({ "lines": [{ "ticketId": ticket.id }], "payment": { "token": card } });
    let ticket = seller.sells(4_500).await;
    let placed = buyer
        .post("/api/orders?wait=20", &order(&ticket, "tok_visa"))
        .await
        .expect(201);
    assert!(
        ["paid", "completed"].contains(&placed.str("/status")),
        "{}",
        placed.text
    );
    assert_eq!(placed.str("/payment/status"), "succeeded");
    buyer.sees(placed.str("/id"), "completed").await;

    let ticket = seller.sells(4_500).await;
    buyer
        .post("/api/orders?wait=20", &order(&ticket, "tok_chargeDeclined"))
        .await
        .refused(402, "PaymentDeclined");
    let held = buyer.orders().await;
    assert_eq!(held[0]["status"], "held", "the hold lives on");
    // A read that waits answers when the order moves.
    let order_id = text_of(&held[0]);
    let waiting = tokio::spawn({
        let (buyer, path) = (buyer.clone(), format!("/api/orders/{order_id}?wait=25"));
        async move { buyer.get(&path).await }
    });
    buyer.delete(&format!("/api/orders/{order_id}")).await.expect(204);
    let left = waiting.await.expect("it answers").expect(200);
    assert_eq!(left.str("/status"), "cancelled");
    buyer.delete(&format!("/api/orders/{order_id}")).await.expect(204);
    buyer.pays(&order_id, "tok_visa").await.refused(409, "OrderEnded");
    let again = buyer.post("/api/orders", &ticket.order()).await.expect(201);
    assert_eq!(again.str("/status"), "held");
}

fn text_of(order: &Value) -> String {
    order["id"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn an_unpaid_order_expires_and_its_ticket_is_free_again() {
    let shop = Shop::brisk();
    let (buyer, other) = (shop.person("buyer").await, shop.person("other").await);
    let ticket = shop.person("seller").await.sells(4_500).await;
    let order_id = buyer.holds(&ticket).await;
    let expired = buyer.sees(&order_id, "expired").await;
    assert!(
        expired.moment("/updatedAt") >= expired.moment("/hold/expiresAt"),
        "{}",
        expired.text
    );
    buyer.pays(&order_id, "tok_visa").await.refused(409, "OrderEnded");
    buyer
        .delete(&format!("/api/orders/{order_id}"))
        .await
        .refused(409, "OrderEnded");
    other.holds(&ticket).await;
}

#[tokio::test]
async fn a_page_is_told_how_the_shop_is_set_up_before_anybody_signs_in() {
    for (shop, hold_ttl_s) in [(Shop::patient(), 900), (Shop::brisk(), 4)] {
        let told = shop.stranger().get("/api/shop").await.expect(200);
        let expected = json!({ "currency": "usd", "holdTtlS": hold_ttl_s, "stripePublishableKey": null });
        assert_eq!(told.body, expected);
    }
}

#[tokio::test]
async fn the_api_says_that_it_is_well_and_what_it_does_not_know() {
    let shop = Shop::patient();
    let health = shop.stranger().get("/api/health").await.expect(200);
    assert_eq!(health.str("/status"), "ok");
    let unknown = shop.stranger().get("/api/unknown").await.refused(404, "NotFound");
    assert_eq!(unknown.header("content-type"), "application/problem+json");
}
