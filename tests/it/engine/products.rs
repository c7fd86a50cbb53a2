//! Products as a person at the API sees them, and their ledgers.

use super::{Person, fresh};
use serde_json::{Value, json};

/// A product with inventory.
#[derive(Clone, Debug)]
pub struct Product {
    pub id: String,
}

impl Product {
    /// A line of an order for so many.
    pub fn line(&self, quantity: u32) -> Value {
        json!({ "productId": self.id, "quantity": quantity })
    }

    /// An order for so many.
    pub fn order(&self, quantity: u32) -> Value {
        json!({ "lines": [self.line(quantity)] })
    }

    /// Its path.
    pub fn path(&self) -> String {
        format!("/api/products/{}", self.id)
    }
}

impl Person {
    /// Makes a product without inventory.
    pub async fn makes(&self, title: &str) -> Product {
        let body = json!({ "title": title, "priceMinor": 750 });
        let answer = self.post("/api/products", &body).await.expect(201);
        Product {
            id: answer.str("/id").to_owned(),
        }
    }

    /// Makes a product of which there are so many, in so many shards.
    pub async fn stocks(&self, quantity: u32, shards: u8) -> Product {
        let product = self.makes(&format!("Jar {}", fresh())).await;
        let body = json!({ "quantity": quantity, "shards": shards });
        let path = format!("{}/inventory", product.path());
        self.put(&path, &body).await.expect(200);
        product
    }

    /// What there is of a product: on hand, and held.
    pub async fn balance(&self, product: &Product) -> (u64, u64) {
        let path = format!("{}/inventory", product.path());
        let answer = self.get(&path).await.expect(200);
        let number = |name: &str| answer.body[name].as_u64().expect("a number");
        (number("onHand"), number("held"))
    }

    /// Every movement of an own product, shard by shard. Checks that no number is missing or given twice, and that the
    /// movements of each shard sum to what there is in it.
    pub async fn movements(&self, product: &Product) -> Vec<Value> {
        let inventory = self
            .get(&format!("{}/inventory", product.path()))
            .await
            .expect(200);
        let mut all = Vec::new();
        for shard in inventory.body["shards"]
            .as_array()
            .expect("the owner sees shards")
        {
            let number = &shard["shard"];
            let (mut after, mut on_hand, mut held) = (0, 0_i64, 0_i64);
            loop {
                let path = format!(
                    "{}/inventory/movements?shard={number}&limit=100&after={after}",
                    product.path()
                );
                let page = self.get(&path).await.expect(200);
                for row in page.body["movements"].as_array().expect("a list") {
                    after += 1;
                    assert_eq!(row["seq"], after, "a number is missing or was given twice: {row}");
                    let quantity = row["quantity"].as_i64().expect("a number");
                    let (to_hand, to_held) = effect(row["kind"].as_str().unwrap_or_default());
                    on_hand += to_hand * quantity;
                    held += to_held * quantity;
                    assert_eq!(
                        (&row["onHand"], &row["held"]),
                        (&json!(on_hand), &json!(held)),
                        "{row}"
                    );
                    assert!(0 <= held && held <= on_hand, "{row}");
                    all.push(row.clone());
                }
                if page.body["nextAfter"] == after && page.body["movements"] == json!([]) {
                    break;
                }
            }
            if shard["seq"] == after {
                assert_eq!(
                    (&shard["onHand"], &shard["held"]),
                    (&json!(on_hand), &json!(held)),
                    "movements do not sum to what there is: {shard}"
                );
            }
        }
        all
    }
}

/// What a movement of this kind does to what is on hand, and to what is held.
fn effect(kind: &str) -> (i64, i64) {
    match kind {
        "set" | "received" | "returned" | "moved_in" => (1, 0),
        "removed" | "moved_out" => (-1, 0),
        "held" => (0, 1),
        "released" => (0, -1),
        "sold" => (-1, -1),
        other => panic!("a product is never {other:?}"),
    }
}
