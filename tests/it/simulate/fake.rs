//! A shop in memory that keeps its promises, but for the one lie it is told to tell. It knows of the API what a buyer uses.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// What a shop may get wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lie {
    /// Nothing.
    None,
    /// Whoever asks for a ticket gets it.
    SellsATicketTwice,
    /// Whoever asks for a product gets it, and it is taken out once only.
    SellsMoreThanThereIs,
    /// Every third order is answered with 500.
    Breaks,
    /// Every third order is answered with 201 and not kept.
    LosesOrders,
    /// Every payment takes the money twice.
    ChargesTwice,
    /// A payment takes a little more than the order costs.
    ChargesTooMuch,
    /// A payment that succeeded leaves the order as it was.
    ForgetsPayments,
    /// A cancelled order is completed.
    KeepsTheCancelled,
    /// The same request makes another order each time.
    ForgetsKeys,
    /// The order is for more than was asked.
    GivesMore,
    /// The shop's own count is red, but only after something was sold.
    CountsRed,
}

/// Everything the shop knows.
#[derive(Debug, Default)]
struct Book {
    lie: Option<Lie>,
    ids: u64,
    orders: BTreeMap<String, Value>,
    /// What each order was charged.
    charges: BTreeMap<String, Vec<u64>>,
    tickets: BTreeMap<String, Value>,
    products: BTreeMap<String, Value>,
    /// Answers by person and key.
    answered: BTreeMap<String, (u16, Value)>,
    asked: u64,
}

type Said = (u16, Value);

/// Opens one on a free port; where it answers.
pub async fn open(lie: Lie) -> String {
    let book = Book {
        lie: Some(lie),
        ..Book::default()
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new()
        .fallback(answer)
        .with_state(Arc::new(Mutex::new(book)));
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

async fn answer(
    State(book): State<Arc<Mutex<Book>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let header = |name: &str| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    };
    let person = header("authorization").trim_start_matches("Bearer ").to_owned();
    let key = format!("{person} {} {}", header("idempotency-key"), uri.path());
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let mut book = book.lock().unwrap();
    let is_once = !header("idempotency-key").is_empty() && !book.tells(Lie::ForgetsKeys);
    if is_once && let Some((status, body)) = book.answered.get(&key) {
        return said(*status, body);
    }
    let path: Vec<&str> = uri.path().split('/').skip(2).collect();
    let (status, body) = book.answer(method.as_str(), &path, &person, &body);
    if is_once && status < 500 {
        book.answered.insert(key, (status, body.clone()));
    }
    said(status, &body)
}

fn said(status: u16, body: &Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap();
    let json = [("content-type", "application/json")];
    (status, json, body.to_string()).into_response()
}

fn refused(status: u16, code: &str) -> Said {
    (status, json!({ "code": code, "detail": "No.", "status": status }))
}

impl Book {
    fn tells(&self, lie: Lie) -> bool {
        self.lie == Some(lie)
    }

    fn id(&mut self, kind: &str) -> String {
        self.ids += 1;
        format!("{kind}_{}", self.ids)
    }

    fn answer(&mut self, method: &str, path: &[&str], person: &str, body: &Value) -> Said {
        match (method, path) {
            ("POST", ["users", how @ ("signup" | "signin")]) => {
                let id = self.id("usr");
                let status = if *how == "signup" { 201 } else { 200 };
                (status, json!({ "id": id, "token": id, "email": body["email"] }))
            }
            ("GET", ["dishes"]) => (200, json!({ "dishes": [] })),
            ("GET", ["products"]) => (200, json!({ "products": [] })),
            ("POST", ["categories"]) => (201, json!({ "id": "cat_1" })),
            ("POST", ["devices"]) => refused(404, "NotFound"),
            ("POST", ["tickets"]) => {
                let id = self.id("tkt");
                let ticket =
                    json!({ "id": id, "priceMinor": body["priceMinor"], "version": 1, "state": "available" });
                self.tickets.insert(id, ticket.clone());
                (201, ticket)
            }
            ("POST", ["products"]) => {
                let id = self.id("prd");
                let product = json!({ "id": id, "priceMinor": body["priceMinor"], "version": 1 });
                self.products.insert(id, product.clone());
                (201, product)
            }
            ("PUT", ["products", _, "categories"]) => (200, json!({})),
            ("PUT", ["products", id, "inventory"]) => {
                let product = &mut self.products.get_mut(*id).unwrap();
                product["onHand"] = body["quantity"].clone();
                product["held"] = json!(0);
                (200, json!({}))
            }
            ("GET", ["products", id, "inventory"]) => (200, self.products[*id].clone()),
            ("POST", ["orders"]) => self.place(person, body),
            ("GET", ["orders"]) => {
                let own = self.orders.values().filter(|order| order["person"] == person);
                (200, json!({ "orders": own.collect::<Vec<_>>() }))
            }
            ("GET", ["orders", id]) => match self.orders.get(*id) {
                Some(order) => (200, order.clone()),
                None => refused(404, "NotFound"),
            },
            ("DELETE", ["orders", id]) => self.cancel(id),
            ("POST", ["orders", id, "payments"]) => self.pay(id, body["token"].as_str().unwrap_or_default()),
            ("POST", ["orders", id, "refund"]) => {
                self.orders.get_mut(*id).unwrap()["status"] = json!("refunded");
                (201, json!({}))
            }
            ("GET", ["orders", id, "payments"]) => (200, self.money(id)),
            ("GET", ["ops", "conservation"]) => {
                let is_green = !(self.tells(Lie::CountsRed) && !self.charges.is_empty());
                let red =
                    json!([{ "name": "held_is_sum", "place": "kitchen", "expected": "1", "found": "2" }]);
                let differences = if is_green { json!([]) } else { red };
                let looked_at = json!({ "orders": self.orders.len() });
                (
                    200,
                    json!({ "isGreen": is_green, "differences": differences, "lookedAt": looked_at, "unsettled": 0 }),
                )
            }
            _ => refused(404, "NotFound"),
        }
    }

    fn place(&mut self, person: &str, body: &Value) -> Said {
        self.asked += 1;
        if self.tells(Lie::Breaks) && self.asked.is_multiple_of(3) {
            return refused(500, "Defect");
        }
        let mut lines = body["lines"].as_array().cloned().unwrap();
        for line in &mut lines {
            if let Err(code) = self.price(line) {
                return refused(409, code);
            }
        }
        for line in &lines {
            self.change(line, "held");
        }
        if self.tells(Lie::GivesMore) {
            lines[0]["quantity"] = json!(lines[0]["quantity"].as_u64().unwrap() + 1);
        }
        let price = |line: &Value| line["quantity"].as_u64().unwrap() * line["priceMinor"].as_u64().unwrap();
        let total: u64 = lines.iter().map(price).sum();
        let id = self.id("ord");
        let order = json!({
            "id": id, "person": person, "status": "held", "lines": lines, "totalMinor": total,
            "hold": { "expiresAt": "2027-01-01T00:15:00Z" }, "serverTime": "2027-01-01T00:00:00Z",
        });
        if !(self.tells(Lie::LosesOrders) && self.asked.is_multiple_of(3)) {
            self.orders.insert(id.clone(), order.clone());
        }
        match body["payment"]["token"].as_str() {
            Some(card) if self.orders.contains_key(&id) => {
                let (status, mut paid) = self.pay(&id, card);
                let mut order = self.orders[&id].clone();
                order["payment"] = paid["payment"].take();
                (status, order)
            }
            _ => (201, order),
        }
    }

    /// Whether a line can be held; its quantity and price are filled in.
    fn price(&self, line: &mut Value) -> Result<(), &'static str> {
        let quantity = line["quantity"].as_u64().unwrap_or(1);
        line["quantity"] = json!(quantity);
        if let Some(ticket) = line["ticketId"].as_str().map(|id| &self.tickets[id]) {
            line["priceMinor"] = ticket["priceMinor"].clone();
            let is_free = ticket["state"] == "available" || self.tells(Lie::SellsATicketTwice);
            return if is_free { Ok(()) } else { Err("TicketAlreadyHeld") };
        }
        let product = &self.products[line["productId"].as_str().unwrap()];
        line["priceMinor"] = product["priceMinor"].clone();
        let number = |name: &str| product[name].as_u64().unwrap();
        let is_there = number("onHand") >= number("held") + quantity || self.tells(Lie::SellsMoreThanThereIs);
        if is_there { Ok(()) } else { Err("OutOfStock") }
    }

    /// What becomes of the thing of a line: `held`, `sold` or `available` again.
    fn change(&mut self, line: &Value, state: &str) {
        if let Some(ticket) = line["ticketId"].as_str().and_then(|id| self.tickets.get_mut(id)) {
            ticket["state"] = json!(state);
            return;
        }
        let product = self
            .products
            .get_mut(line["productId"].as_str().unwrap())
            .unwrap();
        let quantity = line["quantity"].as_u64().unwrap();
        let number = |product: &Value, name: &str| product[name].as_u64().unwrap();
        let (on_hand, held) = (number(product, "onHand"), number(product, "held"));
        match state {
            "held" => product["held"] = json!(held + quantity),
            "sold" => {
                product["held"] = json!(held.saturating_sub(quantity));
                product["onHand"] = json!(on_hand.saturating_sub(quantity));
            }
            _ => product["held"] = json!(held.saturating_sub(quantity)),
        }
    }

    fn becomes(&mut self, id: &str, status: &str, things: &str) {
        let Some(order) = self.orders.get_mut(id) else {
            return;
        };
        order["status"] = json!(status);
        let lines = order["lines"].as_array().cloned().unwrap();
        lines.iter().for_each(|line| self.change(line, things));
    }

    fn pay(&mut self, id: &str, card: &str) -> Said {
        let Some(order) = self.orders.get(id).cloned() else {
            return refused(404, "NotFound");
        };
        match (order["status"].as_str().unwrap(), card) {
            ("held", "tok_chargeDeclined") => return refused(402, "PaymentDeclined"),
            ("held", "tok_visa" | "tok_timeout_after") => {}
            ("held", _) => {
                self.becomes(id, "payment_failed", "available");
                return (
                    201,
                    json!({ "payment": { "status": "requested" }, "order": self.orders[id] }),
                );
            }
            ("completed", _) => return refused(409, "OrderAlreadyPaid"),
            _ => return refused(409, "OrderEnded"),
        }
        let total = order["totalMinor"].as_u64().unwrap();
        let charge = if self.tells(Lie::ChargesTooMuch) {
            total + 1
        } else {
            total
        };
        let charges = self.charges.entry(id.to_owned()).or_default();
        charges.push(charge);
        if self.lie == Some(Lie::ChargesTwice) {
            charges.push(charge);
        }
        if !self.tells(Lie::ForgetsPayments) {
            self.becomes(id, "completed", "sold");
        }
        (
            201,
            json!({ "payment": { "status": "succeeded" }, "order": self.orders[id] }),
        )
    }

    fn cancel(&mut self, id: &str) -> Said {
        match self.orders.get(id).and_then(|order| order["status"].as_str()) {
            Some("held") if self.tells(Lie::KeepsTheCancelled) => self.becomes(id, "completed", "sold"),
            Some("held") => self.becomes(id, "cancelled", "available"),
            Some(_) => return refused(409, "OrderEnded"),
            None => return refused(404, "NotFound"),
        }
        (204, Value::Null)
    }

    fn money(&self, id: &str) -> Value {
        let row = |amount: &u64| json!({ "status": "succeeded", "amountMinor": amount });
        let charges: Vec<Value> = self.charges.get(id).into_iter().flatten().map(row).collect();
        let is_refunded = self
            .orders
            .get(id)
            .is_some_and(|order| order["status"] == "refunded");
        let refunds = if is_refunded { charges.clone() } else { Vec::new() };
        json!({ "payments": charges, "refunds": refunds })
    }
}
