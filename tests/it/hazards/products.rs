//! Counted stock of products under competition, bad input and repetition.

use crate::engine::{Answer, Person, Product, Shop, at_once, count, turn};
use domain::{OrderId, UserId};
use serde_json::{Value, json};

/// Each buyer orders so many at the same instant.
async fn ordered_at_once(buyers: &[Person], product: &Product, quantity: u32) -> Vec<Answer> {
    at_once(buyers.iter().cloned().map(|buyer| {
        let order = product.order(quantity);
        async move { buyer.post("/api/orders", &order).await }
    }))
    .await
}

/// Hazard 1, for products. Protection: a hold is a write under the condition that the shard has not moved, and "not enough"
/// is only said of shards that were read twice and had not moved. Of a hundred buyers of the last unit exactly one gets
/// it, and everybody else is told so politely.
#[tokio::test]
async fn last_unit_100_buyers() {
    let _turn = turn().await;
    let shop = Shop::patient();
    let seller = shop.person("seller").await;
    let product = seller.stocks(1, 1).await;
    let buyers = shop.crowd("buyer", 100).await;
    let answers = ordered_at_once(&buyers, &product, 1).await;
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        let refusal = answer.clone().refused(409, "OutOfStock");
        assert!(refusal.str("/detail").contains(&product.id), "{}", refusal.text);
    }
    assert_eq!(count(&answers, 201), 1, "exactly one buyer has it");
    assert_eq!(seller.balance(&product).await, (1, 1));
    let winner = answers.iter().position(|answer| answer.status == 201).unwrap();
    for (index, buyer) in buyers.iter().enumerate() {
        assert_eq!(
            buyer.orders().await.len(),
            usize::from(index == winner),
            "a loser has no order"
        );
    }
    let order_id = answers[winner].str("/id");
    buyers[winner].pays(order_id, "tok_visa").await.expect(201);
    buyers[winner].sees(order_id, "completed").await;
    assert_eq!(seller.balance(&product).await, (0, 0));
    seller.movements(&product).await;

    // The last ten lie in four shards: ten of the hundred get one, and none is left over.
    let product = seller.stocks(10, 4).await;
    let answers = ordered_at_once(&buyers, &product, 1).await;
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        answer.clone().refused(409, "OutOfStock");
    }
    assert_eq!(count(&answers, 201), 10, "all ten are held");
    assert_eq!(seller.balance(&product).await, (10, 10));
    seller.movements(&product).await;
}

/// Hazard 2. Protection: lines of the same product are summed before they are held.
#[tokio::test]
async fn two_lines_same_thing() {
    let shop = Shop::patient();
    let (seller, buyer) = (shop.person("seller").await, shop.person("buyer").await);
    let (scarce, plenty) = (seller.stocks(5, 2).await, seller.stocks(50, 1).await);
    let lines = |first: u32, second: u32| json!({ "lines": [scarce.line(first), plenty.line(2), scarce.line(second)] });
    let refusal = buyer
        .post("/api/orders", &lines(3, 3))
        .await
        .refused(409, "OutOfStock");
    assert!(refusal.str("/detail").contains(&scarce.id), "{}", refusal.text);
    assert_eq!(seller.balance(&plenty).await, (50, 0), "every line or none");
    let placed = buyer.post("/api/orders", &lines(3, 2)).await.expect(201);
    let held: Vec<(&Value, &Value)> = placed.body["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| (&line["productId"], &line["quantity"]))
        .collect();
    assert_eq!(
        held,
        [(&json!(scarce.id), &json!(5)), (&json!(plenty.id), &json!(2))]
    );
    assert_eq!(placed.body["totalMinor"], 7 * 750);
    assert_eq!(seller.balance(&scarce).await, (5, 5));
    assert_eq!(seller.balance(&plenty).await, (50, 2));
}

/// Hazard 3. Protection: the step's own write has the condition, not the workflow around it. Called directly fifty times
/// in parallel it holds what there is and no more, and the same call again holds nothing more.
#[tokio::test]
async fn direct_call_is_still_safe() {
    let _turn = turn().await;
    let shop = Shop::patient();
    let seller = shop.person("seller").await;
    let product = seller.stocks(10, 2).await;
    let request = |number: u8| {
        json!({
            "order_id": OrderId::from_random(drawn(&product, number)),
            "user_id": UserId::from_random(drawn(&product, number)),
            "kind": "product", "products": [{ "product_id": product.id, "quantity": 1 }],
            "request_fingerprint": "direct",
            "run": "direct",
        })
    };
    for round in ["first", "again"] {
        let answers = at_once((0..50).map(|number| {
            let (aws, request) = (shop.aws.clone(), request(number));
            async move { aws.invoke("reserve-products", &request).await }
        }))
        .await;
        let held = answers.iter().filter(|answer| answer.is_ok()).count();
        let refused: Vec<&str> = answers
            .iter()
            .filter_map(|answer| Some(answer.as_ref().err()?.0.as_str()))
            .collect();
        assert_eq!(held, 10, "{round}: {refused:?}");
        assert!(
            refused.iter().all(|error| *error == "OutOfStock"),
            "{round}: {refused:?}"
        );
        assert_eq!(seller.balance(&product).await, (10, 10), "{round}");
    }
    seller.movements(&product).await;
}

/// Sixteen bytes that only this product and number have.
fn drawn(product: &Product, number: u8) -> [u8; 16] {
    let mut bytes = [number; 16];
    for (slot, letter) in bytes[1..].iter_mut().zip(product.id.bytes().rev()) {
        *slot = letter;
    }
    bytes
}

/// Hazard 12. Protection: the order ends once, together with what it holds of each shard.
#[tokio::test]
async fn release_twice_adds_once() {
    let shop = Shop::patient();
    let (seller, buyer) = (shop.person("seller").await, shop.person("buyer").await);
    let product = seller.stocks(6, 3).await;
    let order = buyer.post("/api/orders", &product.order(5)).await.expect(201);
    let order_id = order.str("/id").to_owned();
    assert_eq!(seller.balance(&product).await, (6, 5));
    for _ in 0..2 {
        buyer.delete(&format!("/api/orders/{order_id}")).await.expect(204);
    }
    for reason in ["unavailable", "payment_failed"] {
        let undo = json!({ "order_id": order_id, "reason": reason });
        shop.aws
            .invoke("release-products", &undo)
            .await
            .expect("safe to repeat");
    }
    assert_eq!(seller.balance(&product).await, (6, 0));
    let released: u64 = seller
        .movements(&product)
        .await
        .iter()
        .filter(|row| row["kind"] == "released")
        .filter_map(|row| row["quantity"].as_u64())
        .sum();
    assert_eq!(released, 5);
}

/// Hazard 12. Protection: a quantity is a whole number from 1 before anything is done with it.
#[tokio::test]
async fn negative_quantity_is_400() {
    let shop = Shop::patient();
    let (seller, buyer) = (shop.person("seller").await, shop.person("buyer").await);
    let product = seller.stocks(6, 1).await;
    for quantity in [
        json!(-1),
        json!(0),
        json!(0.5),
        json!(1_001),
        json!(1e30),
        json!("2"),
        json!(u64::MAX),
    ] {
        let order = json!({ "lines": [{ "productId": product.id, "quantity": quantity }] });
        let refusal = buyer
            .post("/api/orders", &order)
            .await
            .refused(400, "InvalidInput");
        assert_eq!(refusal.str("/errors/0/field"), "lines[0].quantity", "{quantity}");
    }
    let both = json!({ "lines": [product.line(600), product.line(600)] });
    let refusal = buyer
        .post("/api/orders", &both)
        .await
        .refused(400, "InvalidInput");
    assert_eq!(refusal.str("/errors/0/field"), "lines[1].quantity");
    let mixed = json!({ "lines": [product.line(1), { "ticketId": "tkt_00000000000000000000000000" }] });
    buyer
        .post("/api/orders", &mixed)
        .await
        .refused(400, "InvalidInput");
    assert_eq!(seller.balance(&product).await, (6, 0));
    assert!(buyer.orders().await.is_empty());
}

/// Hazard 12. Protection: what has no inventory is refused when it is ordered; nothing waits for it. What is withdrawn is not
/// sold, and what was ordered before goes on.
#[tokio::test]
async fn no_inventory_is_an_end_not_a_wait() {
    let shop = Shop::patient();
    let (seller, buyer) = (shop.person("seller").await, shop.person("buyer").await);
    let unset = seller.makes("Jar without inventory").await;
    let refusal = buyer
        .post("/api/orders", &unset.order(1))
        .await
        .refused(409, "ProductUnavailable");
    assert!(refusal.str("/detail").contains(&unset.id), "{}", refusal.text);
    let none = seller.stocks(0, 2).await;
    buyer
        .post("/api/orders", &none.order(1))
        .await
        .refused(409, "OutOfStock");
    assert!(buyer.orders().await.is_empty(), "nothing is pending");

    let product = seller.stocks(2, 1).await;
    let held = buyer.post("/api/orders", &product.order(1)).await.expect(201);
    seller.delete(&product.path()).await.expect(204);
    let refusal = buyer
        .post("/api/orders", &product.order(1))
        .await
        .refused(404, "NotFound");
    assert_eq!(refusal.str("/errors/0/field"), "lines[0].productId");
    buyer.pays(held.str("/id"), "tok_visa").await.expect(201);
    let done = buyer.sees(held.str("/id"), "completed").await;
    assert_eq!(done.body["lines"][0]["productId"], product.id);
    assert_eq!(seller.balance(&product).await, (1, 0));
}

/// Hazard 5, for products. Protection: an edit writes its version into every shard, and a hold has the condition that it is
/// still there. An order is held at a price that the product had at that moment, never at a mixture.
#[tokio::test]
async fn price_edit_races_hold() {
    let shop = Shop::patient();
    let seller = shop.person("seller").await;
    let product = seller.stocks(20, 4).await;
    let buyers = shop.crowd("buyer", 10).await;
    let seen = seller.get(&product.path()).await.expect(200).body["version"].clone();
    let editing = tokio::spawn({
        let (seller, path) = (seller.clone(), product.path());
        let edit = json!({ "title": "Jar, dearer", "priceMinor": 900, "version": seen });
        async move { seller.put(&path, &edit).await }
    });
    let answers = ordered_at_once(&buyers, &product, 2).await;
    editing.await.expect("it answers").expect(200);
    for answer in &answers {
        let line = &answer.clone().expect(201).body["lines"][0];
        let is_dearer = line["title"] == "Jar, dearer";
        let price = if is_dearer { 900 } else { 750 };
        assert_eq!(
            (&line["priceMinor"], &answer.body["totalMinor"]),
            (&json!(price), &json!(2 * price))
        );
    }
    assert_eq!(seller.balance(&product).await, (20, 20));
}

#[tokio::test]
async fn an_order_at_a_price_that_has_moved_since_is_refused() {
    let shop = Shop::patient();
    let seller = shop.person("seller").await;
    let product = seller.stocks(5, 1).await;
    let seen = seller.get(&product.path()).await.expect(200).body["version"].clone();
    let edit = json!({ "title": "Jar, dearer", "priceMinor": 900, "version": seen });
    let edited = seller.put(&product.path(), &edit).await.expect(200);
    let buyer = shop.person("buyer").await;
    let at = |version: &serde_json::Value| json!({ "lines": [{ "productId": product.id, "quantity": 1, "version": version }] });
    buyer
        .post("/api/orders", &at(&seen))
        .await
        .refused(409, "ProductChanged");
    assert_eq!(seller.balance(&product).await, (5, 0), "nothing is held");
    let ordered = buyer
        .post("/api/orders", &at(&edited.body["version"]))
        .await
        .expect(201);
    assert_eq!(ordered.body["totalMinor"], 900);
}
