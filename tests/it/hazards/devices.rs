//! Devices: registered once, ordering once, and every delivery added once.

mod input;

use crate::engine::{Answer, Person, Product, Shop, at_once, count, fresh, turn, until};
use serde_json::{Value, json};

/// An address that no other test uses.
fn address() -> String {
    use std::collections::hash_map::RandomState;
    use std::hash::BuildHasher;
    // A bit says that it was given by hand; the rest is drawn.
    let drawn = RandomState::new().hash_one(fresh()) & 0x00ff_ffff_ffff;
    format!("02{drawn:010x}")
}

/// A device that watches one product below five, and orders so many.
fn watching(product: &Product, order_quantity: u32) -> Value {
    let watch = json!({ "productId": product.id, "threshold": 5, "orderQuantity": order_quantity });
    json!({ "macAddress": address(), "watches": [watch] })
}

/// As if the answer had never been kept: the function takes the request up anew.
async fn forget_answer(shop: &Shop, owner: &Person, key: &str) {
    let kept = json!({
        "TableName": shop.aws.setting("devices-api", "TABLE_REQUESTS").await,
        "Key": { "key": { "S": format!("{}#{key}", owner.id) } },
        "ConditionExpression": "attribute_exists(#key)",
        "ExpressionAttributeNames": { "#key": "key" },
    });
    shop.aws.dynamodb("DeleteItem", &kept).await;
}

impl Person {
    /// Registers a device; its path.
    async fn registers(&self, device: &Value) -> String {
        let answer = self.post("/api/devices", device).await.expect(201);
        assert_eq!(
            answer.header("location"),
            format!("/api/devices/{}", answer.str("/id"))
        );
        format!("/api/devices/{}", answer.str("/id"))
    }

    /// A device says how much is left.
    async fn says(&self, device: &str, product: &Product, quantity: u32) -> Answer {
        let reading = json!({ "productId": product.id, "quantity": quantity });
        self.post(&format!("{device}/readings"), &reading).await
    }

    /// What there is of a product at a device.
    async fn has(&self, device: &str, product: &Product) -> Value {
        let answer = self.get(&format!("{device}/stock?limit=100")).await.expect(200);
        let rows = answer.body["stock"].as_array().cloned().unwrap_or_default();
        let row = rows.into_iter().find(|row| row["productId"] == product.id);
        row.unwrap_or_default()
    }

    /// Waits until there is so much.
    async fn sees_stock(&self, device: &str, product: &Product, quantity: u64) -> Value {
        until(&format!("{quantity} at the device"), || async {
            let row = self.has(device, product).await;
            if row["quantity"] == quantity {
                Ok(row)
            } else {
                Err(row.to_string())
            }
        })
        .await
    }

    async fn stores_card(&self, token: &str) {
        let stored = self
            .put("/api/payment-method", &json!({ "token": token }))
            .await
            .expect(200);
        assert!(!stored.text.contains("mastercard"), "{}", stored.text);
    }
}

/// Hazard 13. Protection: a delivery is an ADD on what there is, in the transaction that completes its order; it asks for
/// nothing and replaces nothing, and an order completes once. So two deliveries add up, side by side as well, also where
/// there was no row before.
#[tokio::test]
async fn two_deliveries_add_up() {
    let shop = Shop::patient();
    let (seller, owner) = (shop.person("seller").await, shop.person("owner").await);
    let (product, unwatched) = (seller.stocks(50, 2).await, seller.stocks(50, 1).await);
    let device = owner.registers(&watching(&product, 10)).await;
    let device_id = device.trim_start_matches("/api/devices/");
    owner.says(&device, &product, 6).await.expect(200);
    let orders = [
        json!({ "lines": [product.line(3), unwatched.line(1)], "deviceId": device_id, "payment": { "token": "tok_visa" } }),
        json!({ "lines": [product.line(4)], "deviceId": device_id, "payment": { "token": "tok_visa" } }),
    ];
    let placed = at_once(orders.map(|order| {
        let owner = owner.clone();
        async move { owner.post("/api/orders", &order).await.expect(201) }
    }))
    .await;
    for order in &placed {
        assert_eq!(order.str("/deviceId"), device_id);
        owner.sees(order.str("/id"), "completed").await;
    }
    // Completed and delivered are one: whoever sees the one sees the other.
    assert_eq!(owner.has(&device, &product).await["quantity"], 6 + 3 + 4);
    let made = owner.has(&device, &unwatched).await;
    assert_eq!(made["quantity"], 1);
    assert!(
        made.get("threshold").is_none() && made["reorder"].is_null(),
        "{made}"
    );
    // The step that completes, called again, adds nothing.
    for order in &placed {
        let again = json!({ "order_id": order.str("/id") });
        shop.aws
            .invoke("complete-order", &again)
            .await
            .expect("safe to repeat");
    }
    assert_eq!(owner.has(&device, &product).await["quantity"], 13);
}

/// Protection: the device's id is derived from the request's name, so a repeat whose answer was not kept registers nothing;
/// and it is told what is stored, which may have been changed since.
#[tokio::test]
async fn a_registration_that_is_repeated_later_is_told_what_is_stored() {
    let shop = Shop::patient();
    let (seller, owner) = (shop.person("seller").await, shop.person("owner").await);
    let product = seller.stocks(5, 1).await;
    let (device, key) = (watching(&product, 3), fresh());
    let register = || owner.post_once("/api/devices", &key, &device);
    let first = register().await.expect(201);
    let path = format!("/api/devices/{}/watches", first.str("/id"));
    let none = json!({ "version": 1, "watches": [] });
    let changed = owner.put(&path, &none).await.expect(200);
    forget_answer(&shop, &owner, &key).await;
    let again = register().await.expect(201);
    assert_eq!(again.body, changed.body);
    assert_eq!(again.body["createdAt"], first.body["createdAt"]);
}

/// Protection: device and address are written in one transaction, the address under the condition that it is not there.
#[tokio::test]
async fn parallel_registrations_of_one_address_register_one_device() {
    let _turn = turn().await;
    let shop = Shop::patient();
    let seller = shop.person("seller").await;
    let product = seller.stocks(1, 1).await;
    let owners = shop.crowd("owner", 20).await;
    let address = address();
    let forms = [address.clone(), address.to_uppercase()];
    let answers = at_once(owners.iter().cloned().enumerate().map(|(number, owner)| {
        let mut device = watching(&product, 1);
        device["macAddress"] = json!(forms[number % 2]);
        async move { owner.post("/api/devices", &device).await }
    }))
    .await;
    assert_eq!(count(&answers, 201), 1, "exactly one has it");
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        answer.clone().refused(409, "MacAddressTaken");
    }
    let mut devices = 0;
    for owner in &owners {
        let listed = owner.get("/api/devices").await.expect(200);
        devices += listed.body["devices"].as_array().unwrap().len();
    }
    assert_eq!(devices, 1, "whoever was refused has nothing");
}

/// Protection: the write that takes the reading below the threshold records the order, under the version that was read;
/// the order's id is derived from device, product and number. However many say so at once, one order is placed, paid,
/// delivered, and added once.
#[tokio::test]
async fn parallel_readings_below_the_threshold_place_one_order() {
    let _turn = turn().await;
    let shop = Shop::patient();
    let (seller, owner) = (shop.person("seller").await, shop.person("owner").await);
    let product = seller.stocks(100, 2).await;
    // A card that is declined in passing keeps the order waiting until everybody has asked.
    owner.stores_card("tok_succeeds_fifth").await;
    let device = owner.registers(&watching(&product, 7)).await;
    // Nothing was said yet, so nothing is known and nothing is ordered.
    assert!(owner.has(&device, &product).await["reorder"].is_null());
    let enough = owner.says(&device, &product, 5).await.expect(200);
    assert!(enough.body["reorder"].is_null() && enough.body["why"].is_null());
    let answers = at_once((0..12).map(|_| {
        let (owner, device, product) = (owner.clone(), device.clone(), product.clone());
        async move { owner.says(&device, &product, 2).await }
    }))
    .await;
    let named: Vec<&str> = answers
        .iter()
        .filter_map(|answer| answer.body["reorder"]["orderId"].as_str())
        .collect();
    assert_eq!(count(&answers, 200), answers.len(), "{:?}", answers.first());
    let order_id = *named.first().expect("an order is named");
    assert!(
        named.len() == answers.len() && named.iter().all(|name| *name == order_id),
        "{named:?}"
    );
    let order = owner.sees(order_id, "completed").await;
    let payments = owner
        .get(&format!("/api/orders/{order_id}/payments"))
        .await
        .expect(200);
    assert_eq!(
        payments.body["payments"].as_array().map(Vec::len),
        Some(5),
        "{}",
        payments.text
    );
    assert_eq!(
        (
            &order.body["lines"][0]["quantity"],
            order.body["deviceId"].as_str()
        ),
        (&json!(7), Some(device.trim_start_matches("/api/devices/")))
    );
    owner.sees_stock(&device, &product, 9).await;
    assert_eq!(owner.orders().await.len(), 1, "one order was placed");
    assert_eq!(seller.balance(&product).await, (93, 0));
    // The next one is another one: what was open is over, whoever sees that first.
    owner.stores_card("tok_visa").await;
    let again = owner.says(&device, &product, 1).await.expect(200);
    let second = again.str("/reorder/orderId").to_owned();
    assert_ne!(second, order_id);
    assert_eq!(again.body["reorder"]["number"], 2);
    owner.sees(&second, "completed").await;
    owner.sees_stock(&device, &product, 8).await;
    assert_eq!(owner.orders().await.len(), 2);
}

/// Protection: the order of a card that was declined for good is cancelled at the next look, under its own rule; so it keeps
/// nothing from other buyers, and the reorder ends with a reason and a pause. The same card is not charged again.
#[tokio::test]
async fn a_card_declined_for_good_keeps_nothing_from_others() {
    let shop = Shop::patient();
    let (seller, owner) = (shop.person("seller").await, shop.person("owner").await);
    let product = seller.stocks(10, 1).await;
    owner.stores_card("tok_chargeDeclinedStolenCard").await;
    let device = owner.registers(&watching(&product, 10)).await;
    let order_id = owner.says(&device, &product, 2).await.expect(200);
    let order_id = order_id.str("/reorder/orderId").to_owned();
    let told = until("the end of the reorder", || async {
        let told = owner.says(&device, &product, 2).await.expect(200);
        if told.body["reorder"].is_null() {
            Ok(told)
        } else {
            Err(told.text)
        }
    })
    .await;
    assert_eq!(told.str("/why/code"), "OrderEnded");
    assert!(!told.str("/why/pauseUntil").is_empty(), "{}", told.text);
    owner.sees(&order_id, "cancelled").await;
    assert_eq!(seller.balance(&product).await, (10, 0), "all of it is free");
    let payments = owner
        .get(&format!("/api/orders/{order_id}/payments"))
        .await
        .expect(200);
    assert_eq!(payments.body["payments"].as_array().map(Vec::len), Some(1));
    let buyer = shop.person("buyer").await;
    let order = json!({ "lines": [product.line(10)] });
    buyer.post("/api/orders", &order).await.expect(201);
    assert_eq!(owner.orders().await.len(), 1);
}

/// Protection: a reading has the name that its request has; the latest one is not taken twice. A device that was not
/// answered and says again what it said takes nothing away that was delivered meanwhile.
#[tokio::test]
async fn a_reading_that_is_repeated_is_old_news() {
    let shop = Shop::patient();
    let (seller, owner) = (shop.person("seller").await, shop.person("owner").await);
    let product = seller.stocks(20, 1).await;
    owner.stores_card("tok_visa").await;
    let device = owner.registers(&watching(&product, 6)).await;
    let (reading, key) = (json!({ "productId": product.id, "quantity": 1 }), fresh());
    let path = format!("{device}/readings");
    let say = || owner.post_once(&path, &key, &reading);
    let order_id = say().await.expect(200).str("/reorder/orderId").to_owned();
    owner.sees(&order_id, "completed").await;
    let before = owner.sees_stock(&device, &product, 7).await;
    forget_answer(&shop, &owner, &key).await;
    let again = say().await.expect(200);
    assert_eq!(again.body["quantity"], 7, "{}", again.text);
    assert_eq!(owner.orders().await.len(), 1);
    assert_eq!(before["measuredAt"], again.body["measuredAt"]);
}

/// Protection: nothing is ordered that nobody pays; the reading is taken all the same, and the answer says what to do.
#[tokio::test]
async fn without_a_payment_method_nothing_is_ordered() {
    let shop = Shop::patient();
    let (seller, owner) = (shop.person("seller").await, shop.person("owner").await);
    let product = seller.stocks(20, 1).await;
    let device = owner.registers(&watching(&product, 6)).await;
    let told = owner.says(&device, &product, 3).await.expect(200);
    assert_eq!(
        (
            &told.body["quantity"],
            &told.body["reorder"],
            told.str("/why/code")
        ),
        (&json!(3), &Value::Null, "NoPaymentMethod")
    );
    assert!(
        told.str("/why/message").contains("PUT /api/payment-method"),
        "{}",
        told.text
    );
    owner.get("/api/payment-method").await.refused(404, "NotFound");
    assert!(owner.orders().await.is_empty());
    assert_eq!(seller.balance(&product).await, (20, 0));
    // From the moment that there is one, the next reading orders.
    owner.stores_card("tok_visa").await;
    let masked = owner.get("/api/payment-method").await.expect(200);
    assert_eq!(masked.str("/masked"), "tok_...visa");
    let told = owner.says(&device, &product, 3).await.expect(200);
    owner.sees(told.str("/reorder/orderId"), "completed").await;
    owner.sees_stock(&device, &product, 9).await;
    for _ in 0..2 {
        owner.delete("/api/payment-method").await.expect(204);
    }
    let told = owner.says(&device, &product, 0).await.expect(200);
    assert_eq!(told.str("/why/code"), "NoPaymentMethod");
}

/// Protection: a refusal ends the reorder with its reason and a pause; nothing is asked for again before that is over.
#[tokio::test]
async fn what_cannot_be_had_is_told_and_not_asked_for_at_once_again() {
    let shop = Shop::patient();
    let (seller, owner) = (shop.person("seller").await, shop.person("owner").await);
    let product = seller.stocks(3, 1).await;
    owner.stores_card("tok_visa").await;
    let device = owner.registers(&watching(&product, 6)).await;
    let told = owner.says(&device, &product, 1).await.expect(200);
    assert_eq!(
        (&told.body["reorder"], told.str("/why/code")),
        (&Value::Null, "OutOfStock")
    );
    let until = told.str("/why/pauseUntil").to_owned();
    let again = owner.says(&device, &product, 0).await.expect(200);
    assert_eq!(
        (again.str("/why/pauseUntil"), &again.body["quantity"]),
        (until.as_str(), &json!(0))
    );
    assert!(owner.orders().await.is_empty(), "nothing is left behind");
}

/// Protection: the owner has said how much one may cost, or has taken the price of that moment. What is held is held under
/// the version of the product that has the price which was compared, so a seller who makes it dearer sells nothing unseen.
#[tokio::test]
async fn what_became_dearer_is_not_ordered_until_the_owner_allows_it() {
    let shop = Shop::patient();
    let (seller, owner) = (shop.person("seller").await, shop.person("owner").await);
    let product = seller.stocks(30, 2).await;
    owner.stores_card("tok_visa").await;
    let device = owner.registers(&watching(&product, 4)).await;
    assert_eq!(owner.has(&device, &product).await["maxPriceMinor"], 750);
    let seen = seller.get(&product.path()).await.expect(200).body["version"].clone();
    let dearer = json!({ "title": "Jar of gold", "priceMinor": 999_900, "version": seen });
    seller.put(&product.path(), &dearer).await.expect(200);
    let told = owner.says(&device, &product, 1).await.expect(200);
    assert_eq!(
        (&told.body["reorder"], told.str("/why/code")),
        (&Value::Null, "PriceAboveLimit")
    );
    let message = told.str("/why/message");
    assert!(
        message.contains("999900") && message.contains("maxPriceMinor"),
        "{message}"
    );
    assert!(owner.orders().await.is_empty());
    assert_eq!(seller.balance(&product).await, (30, 0), "nothing is held");
    let mut watch =
        json!({ "productId": product.id, "threshold": 5, "orderQuantity": 4, "maxPriceMinor": 49 });
    let path = format!("{device}/watches");
    let refusal = owner
        .put(&path, &json!({ "version": 1, "watches": [watch] }))
        .await;
    assert_eq!(
        refusal.refused(400, "InvalidInput").body["errors"][0]["field"],
        "watches[0].maxPriceMinor"
    );
    watch["maxPriceMinor"] = json!(999_900);
    let changed = owner
        .put(&path, &json!({ "version": 1, "watches": [watch] }))
        .await
        .expect(200);
    assert_eq!(changed.body["watches"][0]["maxPriceMinor"], 999_900);
    let told = owner.says(&device, &product, 1).await.expect(200);
    let order = owner.sees(told.str("/reorder/orderId"), "completed").await;
    assert_eq!(order.body["totalMinor"], 4 * 999_900);
    owner.sees_stock(&device, &product, 5).await;
}

/// Protection: whose a device is, is looked at before anything else; to everybody else it is not there.
#[tokio::test]
async fn a_foreign_device_is_not_there() {
    let shop = Shop::patient();
    let (owner, stranger) = (shop.person("owner").await, shop.person("stranger").await);
    let product = owner.stocks(9, 1).await;
    let device = owner.registers(&watching(&product, 1)).await;
    for path in [device.clone(), format!("{device}/stock")] {
        stranger.get(&path).await.refused(404, "NotFound");
        shop.stranger().get(&path).await.refused(401, "NotSignedIn");
        owner.get(&path).await.expect(200);
    }
    stranger.says(&device, &product, 1).await.refused(404, "NotFound");
    let watches = json!({ "version": 1, "watches": [] });
    let path = format!("{device}/watches");
    stranger.put(&path, &watches).await.refused(404, "NotFound");
    let order = json!({ "lines": [product.line(1)], "deviceId": device.trim_start_matches("/api/devices/") });
    let refusal = stranger
        .post("/api/orders", &order)
        .await
        .refused(404, "NotFound");
    assert_eq!(refusal.body["errors"][0]["field"], "deviceId");
    assert_eq!(owner.balance(&product).await, (9, 0));
    let row = owner.has(&device, &product).await;
    assert_eq!((&row["quantity"], &row["threshold"]), (&json!(0), &json!(5)));
    assert_eq!(
        stranger.get("/api/devices").await.expect(200).body["devices"],
        json!([])
    );
}

/// Protection: what is watched is replaced whole, under the versions that were read; what there is stays. A threshold that
/// was raised above what is left orders, though nothing is said any more: `reorder-products` sees to that.
#[tokio::test]
async fn a_raised_threshold_orders_by_itself() {
    let shop = Shop::patient();
    let (seller, owner) = (shop.person("seller").await, shop.person("owner").await);
    let product = seller.stocks(20, 1).await;
    owner.stores_card("tok_visa").await;
    let device = owner.registers(&watching(&product, 2)).await;
    owner.says(&device, &product, 8).await.expect(200);
    let higher = json!({ "productId": product.id, "threshold": 9, "orderQuantity": 4 });
    let path = format!("{device}/watches");
    let changed = owner
        .put(&path, &json!({ "version": 1, "watches": [higher] }))
        .await
        .expect(200);
    assert_eq!(changed.body["version"], 2);
    // Hazard 30: whoever has seen what was there before undoes nothing unseen, and nobody replaces what they have not seen.
    let late = owner.put(&path, &json!({ "version": 1, "watches": [] })).await;
    late.refused(409, "DeviceChanged");
    let blind = owner.put(&path, &json!({ "watches": [] })).await;
    assert_eq!(
        blind.refused(400, "InvalidInput").body["errors"][0]["field"],
        "version"
    );
    let row = until("an order", || async {
        shop.aws
            .invoke("reorder-products", &json!({}))
            .await
            .map_err(|error| format!("{error:?}"))?;
        let row = owner.has(&device, &product).await;
        if owner.orders().await.is_empty() {
            Err(row.to_string())
        } else {
            Ok(row)
        }
    })
    .await;
    assert_eq!((&row["threshold"], &row["orderQuantity"]), (&json!(9), &json!(4)));
    owner.sees_stock(&device, &product, 12).await;
    assert_eq!(owner.orders().await.len(), 1);
}
