//! Input from outside may be anything: it is refused by name, and nothing of it is written.

use crate::engine::{Answer, Shop};
use reqwest::Method;
use serde_json::json;

/// A request that must be refused: what is wrong, the request, and what must come back.
struct Bad<'a> {
    what: &'a str,
    method: Method,
    path: &'a str,
    headers: &'a [(&'a str, &'a str)],
    body: Option<&'a str>,
    status: u16,
    /// The field that the problem document must name; empty where none is to blame.
    field: &'a str,
}

const NOBODY: &str = "tkt_00000000000000000000000000";

fn post<'a>(what: &'a str, path: &'a str, body: &'a str, status: u16, field: &'a str) -> Bad<'a> {
    Bad {
        what,
        method: Method::POST,
        path,
        headers: &[],
        body: Some(body),
        status,
        field,
    }
}

fn get<'a>(what: &'a str, path: &'a str, status: u16, field: &'a str) -> Bad<'a> {
    Bad {
        what,
        method: Method::GET,
        path,
        headers: &[],
        body: None,
        status,
        field,
    }
}

fn headed<'a>(what: &'a str, headers: &'a [(&'a str, &'a str)], status: u16, field: &'a str) -> Bad<'a> {
    let body = Some(r#"{"title":"Seat","priceMinor":1000}"#);
    Bad {
        what,
        method: Method::POST,
        path: "/api/tickets",
        headers,
        body,
        status,
        field,
    }
}

fn of_tickets() -> Vec<Bad<'static>> {
    let to = "/api/tickets";
    vec![
        post("no body", to, "", 400, "body"),
        post("not JSON", to, "title=Seat", 400, "body"),
        post("half a JSON", to, r#"{"title":"Seat","#, 400, "body"),
        post(
            "two JSONs",
            to,
            r#"{"title":"Seat","priceMinor":1000}{}"#,
            400,
            "body",
        ),
        post("an array", to, "[]", 400, "body"),
        post(
            "the fields as an array",
            to,
            r#"["Seat",1000,null,null,null]"#,
            400,
            "body",
        ),
        post("null", to, "null", 400, "body"),
        post("a missing field", to, r#"{"title":"Seat"}"#, 400, "priceMinor"),
        post(
            "an extra field",
            to,
            r#"{"title":"Seat","priceMinor":1000,"admin":true}"#,
            400,
            "admin",
        ),
        post(
            "a field twice",
            to,
            r#"{"title":"A","title":"B","priceMinor":1000}"#,
            400,
            "title",
        ),
        post(
            "a wrong type",
            to,
            r#"{"title":7,"priceMinor":1000}"#,
            400,
            "title",
        ),
        post(
            "an empty title",
            to,
            r#"{"title":"","priceMinor":1000}"#,
            400,
            "title",
        ),
        post(
            "a blank title",
            to,
            r#"{"title":" \t ","priceMinor":1000}"#,
            400,
            "title",
        ),
        post(
            "a control character",
            to,
            r#"{"title":"a\u0000b","priceMinor":1000}"#,
            400,
            "title",
        ),
        post(
            "a zero price",
            to,
            r#"{"title":"Seat","priceMinor":0}"#,
            400,
            "priceMinor",
        ),
        post(
            "a negative price",
            to,
            r#"{"title":"Seat","priceMinor":-1}"#,
            400,
            "priceMinor",
        ),
        post(
            "a fractional price",
            to,
            r#"{"title":"Seat","priceMinor":19.99}"#,
            400,
            "priceMinor",
        ),
        post(
            "a huge price",
            to,
            r#"{"title":"Seat","priceMinor":1e300}"#,
            400,
            "priceMinor",
        ),
        post(
            "a price beyond 64 bits",
            to,
            r#"{"title":"Seat","priceMinor":99999999999999999999}"#,
            400,
            "priceMinor",
        ),
        post(
            "a price as text",
            to,
            r#"{"title":"Seat","priceMinor":"1000"}"#,
            400,
            "priceMinor",
        ),
        post(
            "a time that is none",
            to,
            r#"{"title":"Seat","priceMinor":1000,"startsAt":"soon"}"#,
            400,
            "startsAt",
        ),
        post(
            "a day that is none",
            to,
            r#"{"title":"Seat","priceMinor":1000,"startsAt":"2027-02-30T10:00:00Z"}"#,
            400,
            "startsAt",
        ),
        post(
            "half a surrogate",
            to,
            r#"{"title":"\ud800","priceMinor":1000}"#,
            400,
            "title",
        ),
        headed("another media type", &[("content-type", "text/plain")], 415, ""),
        headed(
            "a form",
            &[("content-type", "application/x-www-form-urlencoded")],
            415,
            "",
        ),
        headed("an empty key", &[("idempotency-key", "")], 400, "Idempotency-Key"),
        headed(
            "a key with a space",
            &[("idempotency-key", "a b")],
            400,
            "Idempotency-Key",
        ),
        get("a malformed id", "/api/tickets/1", 404, ""),
        get(
            "an id of another kind",
            "/api/tickets/ord_00000000000000000000000000",
            404,
            "",
        ),
        get(
            "an id that nobody has",
            "/api/tickets/tkt_00000000000000000000000000",
            404,
            "",
        ),
        get("an id with an escape", "/api/tickets/%2e%2e%2f%00", 404, ""),
        get("no limit at all", "/api/tickets?limit=0", 400, "limit"),
        get("a limit too high", "/api/tickets?limit=101", 400, "limit"),
        get(
            "a limit beyond its type",
            "/api/tickets?limit=99999999999",
            400,
            "limit",
        ),
        get("a negative limit", "/api/tickets?limit=-1", 400, "limit"),
        get("a limit in words", "/api/tickets?limit=ten", 400, "limit"),
        get("a cursor that is none", "/api/tickets?cursor=abc", 400, "cursor"),
        get(
            "a cursor of nonsense",
            "/api/tickets?cursor=eyJhdCI6MX0",
            400,
            "cursor",
        ),
        get("an unknown parameter", "/api/tickets?sort=price", 400, "sort"),
        get("mine in words", "/api/tickets?mine=yes", 400, "mine"),
    ]
}

fn of_orders() -> Vec<Bad<'static>> {
    let to = "/api/orders";
    vec![
        post("no lines", to, r#"{"lines":[]}"#, 400, "lines"),
        post("lines missing", to, "{}", 400, "lines"),
        post("lines of a wrong type", to, r#"{"lines":{}}"#, 400, "lines"),
        post("a line of a wrong type", to, r#"{"lines":[1]}"#, 400, "lines[0]"),
        post(
            "a malformed id",
            to,
            r#"{"lines":[{"ticketId":"1"}]}"#,
            400,
            "lines[0].ticketId",
        ),
        post(
            "an id as a number",
            to,
            r#"{"lines":[{"ticketId":1}]}"#,
            400,
            "lines[0].ticketId",
        ),
        post("an empty line", to, r#"{"lines":[{}]}"#, 400, "lines[0].ticketId"),
        post(
            "a ticket nobody has",
            to,
            r#"{"lines":[{"ticketId":"tkt_00000000000000000000000000"}]}"#,
            404,
            "lines[0].ticketId",
        ),
        post(
            "version 0",
            to,
            r#"{"lines":[{"ticketId":"tkt_00000000000000000000000000","version":0}]}"#,
            400,
            "lines[0].version",
        ),
        post(
            "a quantity",
            to,
            r#"{"lines":[{"ticketId":"tkt_00000000000000000000000000","quantity":-1}]}"#,
            400,
            "lines[0].quantity",
        ),
        post(
            "a card number",
            to,
            r#"{"lines":[{"ticketId":"tkt_00000000000000000000000000"}],"payment":{"token":"4242424242424242"}}"#,
            400,
            "payment.token",
        ),
        post(
            "a wait too long",
            "/api/orders?wait=26",
            r#"{"lines":[]}"#,
            400,
            "wait",
        ),
        post(
            "a negative wait",
            "/api/orders?wait=-1",
            r#"{"lines":[]}"#,
            400,
            "wait",
        ),
        post(
            "a wait in words",
            "/api/orders?wait=long",
            r#"{"lines":[]}"#,
            400,
            "wait",
        ),
        get("a malformed order", "/api/orders/1", 404, ""),
        get(
            "an order nobody has",
            "/api/orders/ord_00000000000000000000000000",
            404,
            "",
        ),
        get(
            "a read that waits too long",
            "/api/orders/ord_00000000000000000000000000?wait=1000",
            400,
            "wait",
        ),
        get("a limit too high", "/api/orders?limit=1000", 400, "limit"),
        get(
            "a cursor that is none",
            "/api/orders?cursor=%F0%9F%92%A9",
            400,
            "cursor",
        ),
        post(
            "a payment of no order",
            "/api/orders/ord_00000000000000000000000000/payments",
            r#"{"token":"tok_visa"}"#,
            404,
            "",
        ),
    ]
}

fn of_users() -> Vec<Bad<'static>> {
    let (up, to) = ("/api/users/signup", "/api/users/signin");
    vec![
        post("no address", up, r#"{"password":"correct horse"}"#, 400, "email"),
        post(
            "no password",
            up,
            r#"{"email":"ana@example.com"}"#,
            400,
            "password",
        ),
        post(
            "an address that is none",
            up,
            r#"{"email":"ana","password":"correct horse"}"#,
            400,
            "email",
        ),
        post(
            "a short password",
            up,
            r#"{"email":"ana@example.com","password":"1234"}"#,
            400,
            "password",
        ),
        post("a long password", up, &LONG_PASSWORD, 400, "password"),
        post(
            "a password as a number",
            up,
            r#"{"email":"ana@example.com","password":12345}"#,
            400,
            "password",
        ),
        post("signing in without anything", to, "{}", 400, "email"),
        post(
            "signing in as nobody",
            to,
            r#"{"email":"nobody@example.com","password":"12345"}"#,
            401,
            "",
        ),
    ]
}

fn of_addresses() -> Vec<Bad<'static>> {
    let with = |what, method, path| Bad {
        what,
        method,
        path,
        headers: &[],
        body: None,
        status: 405,
        field: "",
    };
    vec![
        get("an unknown address", "/api/nothing/here", 404, ""),
        get(
            "an unknown address below a known one",
            "/api/orders/ord_00000000000000000000000000/nothing",
            404,
            "",
        ),
        get("an unknown question about people", "/api/users/password", 404, ""),
        get("a POST address read", "/api/users/signup", 405, ""),
        with("a collection deleted", Method::DELETE, "/api/tickets"),
        with(
            "a ticket patched",
            Method::PATCH,
            "/api/tickets/tkt_00000000000000000000000000",
        ),
        with(
            "a ticket posted to",
            Method::POST,
            "/api/tickets/tkt_00000000000000000000000000",
        ),
    ]
}

static LONG_PASSWORD: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
    json!({ "email": "ana@example.com", "password": "x".repeat(73) }).to_string()
});

/// Hazard 32. Protection: every request is parsed into a closed shape before anything is done with it, and every
/// refusal is a problem document that names the field. Nothing is written, and nothing is ever a 5xx.
#[tokio::test]
async fn bad_input_is_4xx() {
    let shop = Shop::patient();
    let person = shop.person("clumsy").await;
    let mut wrong = Vec::new();
    for bad in of_tickets()
        .into_iter()
        .chain(of_orders())
        .chain(of_users())
        .chain(of_addresses())
    {
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
