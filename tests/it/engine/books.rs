//! What is written down about an order's money, in the three places that must agree: the provider's books, the
//! ledger of money, and the order's own records.

use super::aws::Aws;
use super::client::Person;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What the provider's own books say about one order. Read from its storage, so that a second intent that the shop
/// has forgotten would be found as well.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Money {
    /// Intents made for the order.
    pub intents: Vec<String>,
    /// Charges that took money.
    pub charges: usize,
    /// Charges that were declined.
    pub declines: usize,
    /// The cards that took money, by the simulator's names.
    pub charged_cards: Vec<String>,
    /// Minor units taken.
    pub taken_minor: u64,
    /// Refunds that the bank has not refused.
    pub refunds: usize,
    /// Minor units given back, or on their way.
    pub refunded_minor: u64,
}

impl Money {
    fn add(&mut self, intent: &Value) {
        self.intents.extend(intent["id"].as_str().map(str::to_owned));
        for charge in intent["charges"].as_array().into_iter().flatten() {
            if charge["declined"].is_null() {
                self.charges += 1;
                self.taken_minor += intent["amount"].as_u64().unwrap_or_default();
                let card = charge["method"]["card"].as_str().unwrap_or_default();
                self.charged_cards.push(card.to_owned());
            } else {
                self.declines += 1;
            }
        }
        for refund in intent["refunds"].as_array().into_iter().flatten() {
            if refund["status"] != "failed" {
                self.refunds += 1;
                self.refunded_minor += refund["amount"].as_u64().unwrap_or_default();
            }
        }
    }
}

/// A row of the ledger of money, e.g. `("charged-1", 2500)`.
pub type Entry = (String, u64);

impl Aws {
    /// The provider's books, by order.
    pub async fn books(&self) -> BTreeMap<String, Money> {
        let mut books: BTreeMap<String, Money> = BTreeMap::new();
        for row in self.rows("simulate-payments", "TABLE_SIMULATED_PAYMENTS").await {
            let document: Value = row["text"]["S"]
                .as_str()
                .and_then(|text| serde_json::from_str(text).ok())
                .unwrap_or_default();
            // Its idempotency keys are kept in the same place.
            if let (Some(order_id), true) = (
                document["metadata"]["order_id"].as_str(),
                document["charges"].is_array(),
            ) {
                books.entry(order_id.to_owned()).or_default().add(&document);
            }
        }
        books
    }

    /// Everything that the payment provider took for an order.
    pub async fn money(&self, order_id: &str) -> Money {
        self.books().await.remove(order_id).unwrap_or_default()
    }

    /// The ledger of money, by order.
    pub async fn ledger(&self) -> BTreeMap<String, Vec<Entry>> {
        let mut ledger: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
        for row in self.rows("charge-payment", "TABLE_MONEY").await {
            let order_id = row["order_id"]["S"].as_str().unwrap_or_default();
            ledger.entry(order_id.to_owned()).or_default().push(entry(&row));
        }
        ledger.values_mut().for_each(|rows| rows.sort());
        ledger
    }

    /// The rows of the ledger of money for one order.
    pub async fn entries(&self, order_id: &str) -> Vec<Entry> {
        let query = json!({
            "TableName": self.setting("charge-payment", "TABLE_MONEY").await,
            "KeyConditionExpression": "order_id = :order",
            "ExpressionAttributeValues": { ":order": { "S": order_id } },
            "ConsistentRead": true,
        });
        let page = self.dynamodb("Query", &query).await;
        page["Items"]
            .as_array()
            .into_iter()
            .flatten()
            .map(entry)
            .collect()
    }

    /// What was charged for an order and what went back, minor units, by the provider's books, its own ledger and the
    /// order's records, which must be of one mind: one charge at most, in full.
    pub async fn charged_and_refunded(&self, buyer: &Person, order_id: &str) -> (u64, u64) {
        let money = self.money(order_id).await;
        let entries = self.entries(order_id).await;
        let order = buyer.order(order_id).await;
        let payments = buyer
            .get(&format!("/api/orders/{order_id}/payments"))
            .await
            .expect(200);
        let said = format!("{money:?} {entries:?} {} {}", order.text, payments.text);
        assert!(money.intents.len() <= 1 && money.charges <= 1, "{said}");
        let booked = booked(&entries);
        assert_eq!(booked, (money.taken_minor, money.refunded_minor), "{said}");
        assert_eq!(booked, recorded(&order.body, &payments.body), "{said}");
        booked
    }
}

/// What the ledger says was charged and given back.
pub fn booked(entries: &[Entry]) -> (u64, u64) {
    let sum = |kind: &str| {
        let of_kind = entries.iter().filter(|(name, _)| name.starts_with(kind));
        of_kind.map(|(_, amount_minor)| amount_minor).sum()
    };
    (sum("charged-"), sum("refunded-"))
}

/// What an order's own records say was charged and given back, as its buyer reads them.
pub fn recorded(order: &Value, payments: &Value) -> (u64, u64) {
    let succeeded = |list: &str| -> u64 {
        let rows = payments[list].as_array().into_iter().flatten();
        rows.filter(|row| row["status"] == "succeeded")
            .filter_map(|row| row["amountMinor"].as_u64())
            .sum()
    };
    let refunded = succeeded("refunds");
    assert_eq!(order["refundedMinor"], refunded, "{order} {payments}");
    (succeeded("payments"), refunded)
}

fn entry(row: &Value) -> Entry {
    let name = row["entry"]["S"].as_str().unwrap_or_default().to_owned();
    let amount = row["amount_minor"]["N"]
        .as_str()
        .and_then(|text| text.parse().ok());
    (
        name,
        amount.unwrap_or_else(|| panic!("no amount in a row of the ledger: {row}")),
    )
}
