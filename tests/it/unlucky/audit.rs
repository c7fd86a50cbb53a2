//! The books afterwards: every order as its buyer reads it, the ledger of money, and what the provider says.

use super::lane::Placed;
use super::shelf::Wanted;
use crate::engine::{Shop, at_once, booked, recorded};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::{Display, Write};

/// Orders read at the same time.
const AT_ONCE: usize = 8;

/// An order in the end.
pub struct Order {
    pub order_id: String,
    pub wanted: Wanted,
    /// As its buyer reads it.
    body: Value,
    /// Its attempts and refunds.
    payments: Value,
    /// What happened to it.
    events: Value,
}

impl Order {
    pub fn status(&self) -> &str {
        self.body["status"].as_str().unwrap_or_default()
    }

    fn attempts(&self) -> impl Iterator<Item = &Value> {
        self.payments["payments"].as_array().into_iter().flatten()
    }

    fn refunds(&self) -> impl Iterator<Item = &Value> {
        self.payments["refunds"].as_array().into_iter().flatten()
    }

    /// How often the provider kept silent about an attempt.
    fn silences(&self) -> usize {
        let events = self.events["events"].as_array().into_iter().flatten();
        let told = events.filter_map(|event| event["what"].as_str());
        told.filter(|what| what.contains("has not said yet")).count()
    }
}

/// All orders in the end.
pub struct Audit {
    pub orders: Vec<Order>,
}

impl Audit {
    /// Reads every order.
    pub async fn of(shop: &Shop, placed: Vec<Placed>) -> Self {
        let mut orders = Vec::with_capacity(placed.len());
        for few in placed.chunks(AT_ONCE) {
            orders.extend(at_once(few.iter().cloned().map(read)).await);
        }
        // What nobody was told of is there as well.
        let stored = shop.aws.rows("place-order", "TABLE_ORDERS").await;
        assert_eq!(
            stored.len(),
            orders.len(),
            "an order was placed that no buyer knows"
        );
        Self { orders }
    }

    /// Nothing is unfinished, nothing is stuck, no refund is open.
    pub fn every_order_has_ended(&self) {
        for order in &self.orders {
            assert!(
                ["completed", "cancelled", "payment_failed", "refunded"].contains(&order.status()),
                "{}",
                order.body
            );
            let settled = ["succeeded", "declined"];
            for attempt in order.attempts() {
                let status = attempt["status"].as_str().unwrap_or_default();
                assert!(settled.contains(&status), "{} {}", order.body, order.payments);
            }
            assert!(
                order.refunds().all(|refund| refund["status"] == "succeeded"),
                "{}",
                order.payments
            );
        }
    }

    /// Three books, one mind: for each order and in all, charged is kept and refunded.
    pub async fn money_adds_up(&self, shop: &Shop) {
        let (mut books, mut ledger) = (shop.aws.books().await, shop.aws.ledger().await);
        let (mut charged_minor, mut kept_minor, mut refunded_minor) = (0, 0, 0);
        for order in &self.orders {
            let money = books.remove(&order.order_id).unwrap_or_default();
            let entries = ledger.remove(&order.order_id).unwrap_or_default();
            let said = format!("{money:?} {entries:?} {} {}", order.body, order.payments);
            assert!(money.intents.len() <= 1 && money.charges <= 1, "{said}");
            let (charged, refunded) = booked(&entries);
            assert_eq!(
                (charged, refunded),
                (money.taken_minor, money.refunded_minor),
                "{said}"
            );
            assert_eq!(
                (charged, refunded),
                recorded(&order.body, &order.payments),
                "{said}"
            );
            let total = order.body["totalMinor"].as_u64().unwrap_or_default();
            let kept = match order.status() {
                "completed" => total.checked_sub(refunded).unwrap_or_else(|| panic!("{said}")),
                _ => 0,
            };
            assert!(charged == 0 || charged == total, "{said}");
            assert_eq!(charged, kept + refunded, "{said}");
            charged_minor += charged;
            kept_minor += kept;
            refunded_minor += refunded;
        }
        assert!(
            books.is_empty() && ledger.is_empty(),
            "money of nobody's order: {books:?} {ledger:?}"
        );
        assert_eq!(charged_minor, kept_minor + refunded_minor);
        let taken: u64 = self.taken_by_provider(shop).await;
        assert_eq!(taken, kept_minor, "what the provider says over HTTP");
    }

    /// What the provider has taken and not given back, as it tells anybody with the key.
    async fn taken_by_provider(&self, shop: &Shop) -> u64 {
        let mut sum = 0;
        for few in self.orders.chunks(AT_ONCE) {
            let asked = few.iter().map(|order| {
                let (shop, order_id) = (shop.clone(), order.order_id.clone());
                async move {
                    let intent = shop.intent_of(&order_id).await?;
                    let path = format!("payment_intents/{intent}?expand[]=latest_charge");
                    let mut intent = shop.at_provider(&path).await.expect(200).body;
                    let received = intent["amount_received"].as_u64().unwrap_or_default();
                    let charge = intent["latest_charge"].take();
                    Some(received - charge["amount_refunded"].as_u64().unwrap_or_default())
                }
            });
            sum += at_once(asked).await.into_iter().flatten().sum::<u64>();
        }
        sum
    }

    /// One line: how the orders ended, and what it took.
    pub fn summary(&self) -> impl Display {
        let mut ends: BTreeMap<&str, usize> = BTreeMap::new();
        for order in &self.orders {
            *ends.entry(order.status()).or_default() += 1;
        }
        let attempts = || self.orders.iter().flat_map(Order::attempts);
        let unanswered = attempts()
            .filter(|attempt| attempt["code"] == "no_answer")
            .count();
        let silences: usize = self.orders.iter().map(Order::silences).sum();
        let refunds = self.orders.iter().flat_map(Order::refunds).count();
        let mut line = format!("{} orders:", self.orders.len());
        for (end, number) in ends {
            let _ = write!(line, " {number} {end},");
        }
        let _ = write!(
            line,
            " {} attempts, {silences} unknown outcomes of which {unanswered} had not charged, {refunds} refunds",
            attempts().count()
        );
        line
    }
}

async fn read(placed: Placed) -> Order {
    let path = format!("/api/orders/{}", placed.order_id);
    let read = async |path: &str| placed.buyer.get(path).await.expect(200).body;
    Order {
        body: read(&path).await,
        payments: read(&format!("{path}/payments")).await,
        events: read(&format!("{path}/events")).await,
        order_id: placed.order_id,
        wanted: placed.wanted,
    }
}
