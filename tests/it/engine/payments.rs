//! What a buyer does about an order's money, and reads of it.

use super::client::{Answer, Person, Ticket};
use serde_json::Value;

impl Person {
    /// Holds a ticket and pays it; the completed order's id.
    pub async fn buys(&self, ticket: &Ticket) -> String {
        let order_id = self.holds(ticket).await;
        self.pays(&order_id, "tok_visa").await.expect(201);
        self.sees(&order_id, "completed").await;
        order_id
    }

    /// Every attempt to charge an own order, oldest first.
    pub async fn attempts(&self, order_id: &str) -> Vec<Value> {
        let answer = self.get(&format!("/api/orders/{order_id}/payments")).await;
        let payments = answer.expect(200).body["payments"].take();
        payments.as_array().cloned().unwrap_or_default()
    }

    /// Every refund of an own order, oldest first.
    pub async fn refunds(&self, order_id: &str) -> Vec<Value> {
        let answer = self.get(&format!("/api/orders/{order_id}/payments")).await;
        let refunds = answer.expect(200).body["refunds"].take();
        refunds.as_array().cloned().unwrap_or_default()
    }

    /// Asks for money back, `{}` for all of it, and waits for how it comes out.
    pub async fn wants_back(&self, order_id: &str, wanted: &Value) -> Answer {
        self.post(&format!("/api/orders/{order_id}/refund?wait=20"), wanted)
            .await
    }
}
