//! The path of a product order, from one shard.

use super::Counts;
use super::walks::Count;
use crate::engine::fresh;
use serde_json::json;

impl Count {
    /// Puts a product with stock in one shard on sale; its id.
    pub async fn offer(&self) -> String {
        let body = json!({ "title": "Green tea", "priceMinor": 650 });
        let product = self
            .seller
            .post_once("/api/products", &fresh(), &body)
            .await
            .expect(201);
        let id = product.str("/id").to_owned();
        self.seller
            .put(
                &format!("/api/products/{id}/inventory"),
                &json!({ "quantity": 10 }),
            )
            .await
            .expect(200);
        id
    }

    /// Two of it: paid for with the order, packed, shipped and delivered. The order waits for its delivery, so both executions
    /// have ended when the first has.
    pub async fn product(&self, product_id: &str) -> Counts {
        let buyer = self.shop.person("buyer").await;
        let payments = self.queues.hold("request-payment").await;
        let began = self.begin().await;
        let body = json!({
            "lines": [{ "productId": product_id, "quantity": 2 }],
            "payment": { "token": "tok_visa" },
        });
        let placed = buyer.post_once("/api/orders", &fresh(), &body).await.expect(201);
        let order_id = placed.str("/id").to_owned();
        payments.hand_over_next(&self.shop.aws).await;
        let execution = self.ended(&order_id).await;
        // The order's own machine is `...:stateMachine:STACK-order`; the first try of its delivery has this name.
        let delivery = execution.replace(
            &format!("-order:{order_id}"),
            &format!("-deliver-product:{order_id}-delivery-0"),
        );
        let counts = self.end(began, &[execution, delivery], 1).await;
        payments.let_go().await;
        buyer.sees(&order_id, "completed").await;
        counts
    }
}
