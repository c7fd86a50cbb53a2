//! Inventories: set once, adjusted by movements, spread while they sell.

use crate::engine::{Answer, Shop, at_once, count, fresh};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn an_inventory_is_set_once_and_adjusted_by_movements() {
    let shop = Shop::patient();
    let (seller, buyer) = (shop.person("seller").await, shop.person("buyer").await);
    let product = seller.makes(&format!("Jar {}", fresh())).await;
    let path = format!("{}/inventory", product.path());
    let adjustments = format!("{path}/adjustments");
    let adjust = |delta: i32| json!({ "delta": delta, "reason": "Counted again." });

    let unset = buyer.get(&path).await.expect(200);
    assert_eq!(
        (&unset.body["isSet"], &unset.body["available"]),
        (&json!(false), &json!(0))
    );
    seller
        .post(&adjustments, &adjust(1))
        .await
        .refused(409, "InventoryNotSet");
    buyer
        .put(&path, &json!({ "quantity": 10 }))
        .await
        .refused(403, "NotYours");
    let set = |key: &'static str| {
        let (seller, path) = (seller.clone(), path.clone());
        async move {
            let headers = [("idempotency-key", key)];
            let body = json!({ "quantity": 10 }).to_string();
            seller.send(Method::PUT, &path, &headers, Some(body)).await
        }
    };
    let first = set("set").await.expect(200);
    assert_eq!(
        set("set").await.expect(200).body,
        first.body,
        "the same request again"
    );
    set("anew").await.refused(409, "InventoryAlreadySet");

    let order = buyer.post("/api/orders", &product.order(3)).await.expect(201);
    assert_eq!(seller.balance(&product).await, (10, 3));
    let taken_out = seller
        .post(&adjustments, &adjust(-8))
        .await
        .refused(409, "NotEnoughAvailable");
    assert!(
        taken_out.str("/detail").contains(&product.id),
        "{}",
        taken_out.text
    );
    buyer
        .post(&adjustments, &adjust(1))
        .await
        .refused(403, "NotYours");
    for _ in 0..2 {
        let once = seller
            .post_once(&adjustments, "came-in", &adjust(5))
            .await
            .expect(201);
        assert_eq!(
            (&once.body["onHand"], &once.body["available"]),
            (&json!(15), &json!(12))
        );
    }
    seller.post(&adjustments, &adjust(-12)).await.expect(201);
    buyer.pays(order.str("/id"), "tok_visa").await.expect(201);
    buyer.sees(order.str("/id"), "completed").await;
    assert_eq!(seller.balance(&product).await, (0, 0));

    let kinds: Vec<(String, u64)> = seller
        .movements(&product)
        .await
        .iter()
        .map(|row| {
            (
                row["kind"].as_str().unwrap().to_owned(),
                row["quantity"].as_u64().unwrap(),
            )
        })
        .collect();
    let expected = [
        ("set", 10),
        ("held", 3),
        ("received", 5),
        ("removed", 12),
        ("sold", 3),
    ];
    assert_eq!(
        kinds,
        expected.map(|(kind, quantity)| (kind.to_owned(), quantity))
    );
    let rows = seller.movements(&product).await;
    assert_eq!(rows[2]["reason"], "Counted again.");
    assert_eq!(rows[1]["cause"], order.str("/id"));
    buyer
        .get(&format!("{path}/movements"))
        .await
        .refused(403, "NotYours");
    let seen = buyer.get(&path).await.expect(200);
    assert_eq!(
        seen.body["shards"],
        Value::Null,
        "where it lies is the owner's business"
    );
}

/// Shards are opened and closed while thirty people buy: everybody gets what they ordered, nothing is lost or doubled.
#[tokio::test]
async fn shards_change_while_it_sells() {
    let shop = Shop::patient();
    let seller = shop.person("seller").await;
    let product = seller.stocks(40, 1).await;
    let buyers = shop.crowd("buyer", 30).await;
    let path = format!("{}/inventory/shards", product.path());
    let spreading = tokio::spawn({
        let (seller, path) = (seller.clone(), path.clone());
        async move {
            let mut answers = Vec::new();
            for shards in [4, 2, 8] {
                answers.push(seller.put(&path, &json!({ "shards": shards })).await);
            }
            answers
        }
    });
    let answers = at_once(buyers.iter().cloned().map(|buyer| {
        let order = product.order(1);
        async move { buyer.post("/api/orders", &order).await }
    }))
    .await;
    let spread: Vec<Answer> = spreading.await.expect("it answers");
    assert_eq!(count(&answers, 201), 30, "{answers:?}");
    assert_eq!(count(&spread, 200), 3, "{spread:?}");
    assert_eq!(seller.balance(&product).await, (40, 30));
    seller.movements(&product).await;
    let inventory = seller.put(&path, &json!({ "shards": 8 })).await.expect(200);
    let shards = inventory.body["shards"].as_array().unwrap();
    assert_eq!(
        (
            shards.len(),
            shards.iter().filter(|shard| shard["open"] == true).count()
        ),
        (8, 8)
    );
    seller.put(&path, &json!({ "shards": 3 })).await.expect(200);
    let left = buyers[0]
        .post("/api/orders", &product.order(10))
        .await
        .expect(201);
    assert_eq!(
        left.body["lines"][0]["quantity"], 10,
        "the rest, wherever it lies"
    );
    assert_eq!(seller.balance(&product).await, (40, 40));
    seller.movements(&product).await;
}
