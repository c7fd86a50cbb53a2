//! A person at the HTTP API, who may be signed in, and the answers they get.

use super::{PATIENCE, fresh, text};
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use std::time::Instant;

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Method and path, for messages.
    pub asked: String,
    pub status: u16,
    pub headers: HeaderMap,
    /// The body as it came.
    pub bytes: Vec<u8>,
    /// The body as text.
    pub text: String,
    /// The body as JSON; null when it is none.
    pub body: Value,
}

impl Answer {
    /// The answer itself, if it has this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}: {}", self.asked, self.text);
        self
    }

    /// The answer itself, if it is this refusal, told as a problem document.
    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> Self {
        self.problem();
        assert_eq!(
            (self.status, self.code()),
            (status, code),
            "{}: {}",
            self.asked,
            self.text
        );
        self
    }

    /// Checks that this is a problem document with everything a client may rely on.
    #[track_caller]
    pub fn problem(&self) {
        let said = format!("{}: {} {}", self.asked, self.status, self.text);
        assert_eq!(self.header("content-type"), "application/problem+json", "{said}");
        for field in ["type", "title", "detail", "code", "requestId"] {
            assert!(
                self.body[field].as_str().is_some_and(|text| !text.is_empty()),
                "{field} in {said}"
            );
        }
        assert_eq!(self.body["status"], self.status, "{said}");
    }

    /// The refusal's name.
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// A field of the body as text.
    #[track_caller]
    pub fn str(&self, pointer: &str) -> &str {
        text(&self.body, pointer)
    }

    /// A field of the body as a moment.
    #[track_caller]
    pub fn moment(&self, pointer: &str) -> domain::Timestamp {
        domain::Timestamp::parse_rfc3339(self.str(pointer))
            .unwrap_or_else(|| panic!("no time at {pointer} in {}", self.text))
    }

    /// A header; empty when it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }
}

/// A listed ticket.
#[derive(Clone, Debug)]
pub struct Ticket {
    pub id: String,
    pub version: u64,
}

impl Ticket {
    /// An order for it, at the version seen.
    pub fn order(&self) -> Value {
        json!({ "lines": [{ "ticketId": self.id, "version": self.version }] })
    }
}

/// Someone who speaks to the API.
#[derive(Clone, Debug)]
pub struct Person {
    http: Client,
    base: String,
    /// The session; none for a stranger.
    pub token: Option<String>,
    pub id: String,
    pub email: String,
}

impl Person {
    pub(super) fn stranger(http: Client, base: &str) -> Self {
        Self {
            http,
            base: base.to_owned(),
            token: None,
            id: String::new(),
            email: String::new(),
        }
    }

    /// The same place, with this token for a session.
    pub fn with_token(&self, token: &str) -> Self {
        Self {
            token: Some(token.to_owned()),
            ..self.clone()
        }
    }

    pub async fn sign_up(&self, email: &str, password: &str) -> Self {
        let answer = self
            .post(
                "/api/users/signup",
                &json!({ "email": email, "password": password }),
            )
            .await
            .expect(201);
        Self {
            id: answer.str("/id").to_owned(),
            email: answer.str("/email").to_owned(),
            ..self.with_token(answer.str("/token"))
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], None).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, &[], Some(body.to_string())).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::PUT, path, &[], Some(body.to_string())).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, &[], None).await
    }

    /// Posts under an idempotency key.
    pub async fn post_once(&self, path: &str, key: &str, body: &Value) -> Answer {
        self.send(
            Method::POST,
            path,
            &[("idempotency-key", key)],
            Some(body.to_string()),
        )
        .await
    }

    /// Sends anything at all. A body is called JSON unless a header says otherwise.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<String>,
    ) -> Answer {
        let asked = format!("{method} {path}");
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            if !headers
                .iter()
                .any(|(name, _)| name.eq_ignore_ascii_case("content-type"))
            {
                request = request.header(CONTENT_TYPE, "application/json");
            }
            request = request.body(body);
        }
        let response = request
            .send()
            .await
            .unwrap_or_else(|error| panic!("{asked}: no answer: {error:?}"));
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let bytes = response
            .bytes()
            .await
            .unwrap_or_else(|error| panic!("{asked}: half an answer: {error:?}"));
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Answer {
            asked,
            status,
            headers,
            body: serde_json::from_str(&text).unwrap_or_default(),
            bytes: bytes.to_vec(),
            text,
        }
    }

    /// Lists a ticket.
    pub async fn sells(&self, price_minor: u64) -> Ticket {
        let body = json!({ "title": format!("Seat {}", fresh()), "priceMinor": price_minor });
        let answer = self.post("/api/tickets", &body).await.expect(201);
        Ticket {
            id: answer.str("/id").to_owned(),
            version: answer.body["version"].as_u64().expect("a ticket has a version"),
        }
    }

    /// Holds a ticket; the order's id.
    pub async fn holds(&self, ticket: &Ticket) -> String {
        let answer = self.post("/api/orders", &ticket.order()).await.expect(201);
        assert_eq!(answer.str("/status"), "held", "{}", answer.text);
        answer.str("/id").to_owned()
    }

    /// Asks to charge a card for an order, and waits for how it comes out.
    pub async fn pays(&self, order_id: &str, card: &str) -> Answer {
        self.post(
            &format!("/api/orders/{order_id}/payments?wait=20"),
            &json!({ "token": card }),
        )
        .await
    }

    /// An own order.
    pub async fn order(&self, order_id: &str) -> Answer {
        self.get(&format!("/api/orders/{order_id}")).await.expect(200)
    }

    /// Waits until an own order has this status.
    pub async fn sees(&self, order_id: &str, status: &str) -> Answer {
        self.sees_any(order_id, &[status]).await
    }

    /// Waits until an own order has one of these statuses.
    pub async fn sees_any(&self, order_id: &str, statuses: &[&str]) -> Answer {
        let deadline = Instant::now() + PATIENCE;
        // It may be there already; if it is not, there is something to wait for.
        let mut path = format!("/api/orders/{order_id}");
        loop {
            let answer = self.get(&path).await.expect(200);
            path = format!("/api/orders/{order_id}?wait=5");
            if statuses.contains(&answer.str("/status")) {
                return answer;
            }
            let events = || async { self.get(&format!("/api/orders/{order_id}/events")).await.text };
            assert!(
                Instant::now() < deadline,
                "waited {} s for {statuses:?}; {} and {}",
                PATIENCE.as_secs(),
                answer.text,
                events().await
            );
        }
    }

    /// The page of own orders.
    pub async fn orders(&self) -> Vec<Value> {
        let answer = self.get("/api/orders?limit=100").await.expect(200);
        answer.body["orders"].as_array().cloned().unwrap_or_default()
    }
}
