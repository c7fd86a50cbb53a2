//! Input from outside may be anything: it is refused by name, and nothing of it is written.

mod requests;

use crate::engine::{Answer, Shop};
use reqwest::Method;
use serde_json::json;

const NOBODY: &str = "tkt_00000000000000000000000000";

/// Hazard 32. Protection: every request is parsed into a closed shape before anything is done with it, and every
/// refusal is a problem document that names the field. Nothing is written, and nothing is ever a 5xx.
#[tokio::test]
async fn bad_input_is_4xx() {
    let shop = Shop::patient();
    let person = shop.person("clumsy").await;
    let mut wrong = Vec::new();
    for bad in requests::all() {
        let body = bad.body.map(str::to_owned);
        let answer = person.send(bad.method, bad.path, bad.headers, body).await;
        if let Err(complaint) = judge(&answer, bad.status, bad.field) {
            wrong.push(format!(
                "{}: {complaint}\n    {} -> {}",
                bad.what, answer.asked, answer.text
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} answers are wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(person.orders().await.is_empty());
    let mine = person.get("/api/tickets?mine=true").await.expect(200);
    assert_eq!(mine.body["tickets"], json!([]), "nothing was written");
}

fn judge(answer: &Answer, status: u16, field: &str) -> Result<(), String> {
    if answer.status != status {
        return Err(format!("expected {status}, got {}", answer.status));
    }
    if answer.header("content-type") != "application/problem+json" {
        return Err(format!("is {:?}", answer.header("content-type")));
    }
    for name in ["type", "title", "detail", "code", "requestId"] {
        if answer.body[name].as_str().is_none_or(str::is_empty) {
            return Err(format!("has no {name}"));
        }
    }
    let named = answer.body["errors"][0]["field"].as_str().unwrap_or_default();
    if named == field {
        Ok(())
    } else {
        Err(format!("names {named:?} instead of {field:?}"))
    }
}

/// Hazard 32, by size: a body of a megabyte, and JSON a hundred thousand levels deep.
#[tokio::test]
async fn huge_and_deep_bodies_are_refused() {
    let shop = Shop::patient();
    let person = shop.person("clumsy").await;
    let ticket = person.sells(1_000).await;
    let huge = format!(r#"{{"title":"{}","priceMinor":1000}}"#, "x".repeat(1_000_000));
    // Below the limit of bytes, beyond every honest depth.
    let deep = format!(r#"{{"title":{}"#, "[".repeat(50_000));
    let deep_objects = format!("{}1{}", r#"{"title":"#.repeat(6_000), "}".repeat(6_000));
    for to in [
        "/api/tickets",
        "/api/orders",
        "/api/users/signup",
        "/api/users/signin",
    ] {
        for headers in [&[][..], &[("idempotency-key", "huge")][..]] {
            person
                .send(Method::POST, to, headers, Some(huge.clone()))
                .await
                .refused(413, "BodyTooLarge");
        }
        person
            .send(Method::POST, to, &[], Some(deep.clone()))
            .await
            .refused(400, "InvalidInput");
        person
            .send(Method::POST, to, &[], Some(deep_objects.clone()))
            .await
            .refused(400, "InvalidInput");
    }
    let long = "x".repeat(201);
    let body = json!({ "title": long, "priceMinor": 1_000, "version": 1 });
    let path = format!("/api/tickets/{}", ticket.id);
    let refusal = person.put(&path, &body).await.refused(400, "InvalidInput");
    assert_eq!(refusal.str("/errors/0/field"), "title");
    let many: Vec<_> = (0..11).map(|_| json!({ "ticketId": NOBODY })).collect();
    person
        .post("/api/orders", &json!({ "lines": many }))
        .await
        .refused(400, "InvalidInput");
    let key = "k".repeat(256);
    let headers = [("idempotency-key", key.as_str())];
    let body = json!({ "title": "Seat", "priceMinor": 1_000 }).to_string();
    person
        .send(Method::POST, "/api/tickets", &headers, Some(body))
        .await
        .refused(400, "InvalidInput");
    let cursor = format!("/api/tickets?cursor={}", "A".repeat(5_000));
    person.get(&cursor).await.refused(400, "InvalidInput");
    let untouched = person.get(&path).await.expect(200);
    assert_eq!(untouched.body["version"], 1);
}
