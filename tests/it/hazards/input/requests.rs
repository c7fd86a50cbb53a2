//! Requests that must be refused, with what must come back.

use reqwest::Method;
use serde_json::json;

/// A request that must be refused: what is wrong, the request, and what must come back.
pub struct Bad<'a> {
    pub what: &'a str,
    pub method: Method,
    pub path: &'a str,
    pub headers: &'a [(&'a str, &'a str)],
    pub body: Option<&'a str>,
    pub status: u16,
    /// The field that the problem document must name; empty where none is to blame.
    pub field: &'a str,
}

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

/// All of them.
pub fn all() -> Vec<Bad<'static>> {
    [of_tickets(), of_orders(), of_users(), of_addresses()]
        .into_iter()
        .flatten()
        .collect()
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
