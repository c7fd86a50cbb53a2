//! What is said about devices and cannot be: each field that is wrong is named.

use super::watching;
use crate::engine::Shop;
use serde_json::{Value, json};

/// Protection: every field is checked before anything is written, and each wrong one is named.
#[tokio::test]
async fn bad_input_about_devices_names_its_field() {
    let shop = Shop::patient();
    let owner = shop.person("owner").await;
    let product = owner.stocks(9, 1).await;
    let registered = |change: &dyn Fn(&mut Value)| {
        let mut device = watching(&product, 1);
        change(&mut device);
        device
    };
    let of_watch = |name: &'static str, value: Value| {
        registered(&move |device| device["watches"][0][name] = value.clone())
    };
    for (device, field) in [
        (
            registered(&|device| device["macAddress"] = json!("02:00")),
            "macAddress",
        ),
        (
            registered(&|device| device["macAddress"] = json!("ff:ff:ff:ff:ff:ff")),
            "macAddress",
        ),
        (
            registered(&|device| device["macAddress"] = json!("00-00-00-00-00-00")),
            "macAddress",
        ),
        (
            registered(&|device| device["macAddress"] = json!(7)),
            "macAddress",
        ),
        (registered(&|device| device["watches"] = json!("all")), "watches"),
        (
            registered(&|device| device["ownerId"] = json!("usr_1")),
            "ownerId",
        ),
        (of_watch("threshold", json!(0)), "watches[0].threshold"),
        (of_watch("threshold", json!(-1)), "watches[0].threshold"),
        (of_watch("threshold", json!(1_000_001)), "watches[0].threshold"),
        (of_watch("orderQuantity", json!(0.5)), "watches[0].orderQuantity"),
        (
            of_watch("orderQuantity", json!(1_001)),
            "watches[0].orderQuantity",
        ),
        (of_watch("productId", json!("prd_1")), "watches[0].productId"),
    ] {
        let refusal = owner
            .post("/api/devices", &device)
            .await
            .refused(400, "InvalidInput");
        assert_eq!(refusal.body["errors"][0]["field"], field, "{}", refusal.text);
    }
    let mut twice = watching(&product, 1);
    twice["watches"] = json!([twice["watches"][0], twice["watches"][0]]);
    let refusal = owner
        .post("/api/devices", &twice)
        .await
        .refused(400, "InvalidInput");
    assert_eq!(refusal.body["errors"][0]["field"], "watches[1].productId");
    let nothing = of_watch("productId", json!("prd_00000000000000000000000000"));
    let refusal = owner
        .post("/api/devices", &nothing)
        .await
        .refused(404, "NotFound");
    assert_eq!(refusal.body["errors"][0]["field"], "watches[0].productId");
    assert_eq!(
        owner.get("/api/devices").await.expect(200).body["devices"],
        json!([])
    );

    let device = owner.registers(&watching(&product, 1)).await;
    let path = format!("{device}/readings");
    for (quantity, is_read) in [
        (json!(-1), false),
        (json!(0.5), false),
        (json!(1_000_001), false),
        (json!(1e30), false),
        (json!("2"), false),
        (json!(0), true),
        (json!(1_000_000), true),
    ] {
        let reading = json!({ "productId": product.id, "quantity": quantity });
        let answer = owner.post(&path, &reading).await;
        if is_read {
            answer.expect(200);
        } else {
            let refusal = answer.refused(400, "InvalidInput");
            assert_eq!(refusal.body["errors"][0]["field"], "quantity", "{}", refusal.text);
        }
    }
    let other = owner.stocks(1, 1).await;
    owner
        .says(&device, &other, 1)
        .await
        .refused(409, "ProductNotWatched");
    for (token, field) in [
        (json!("4242424242424242"), "token"),
        (json!(""), "token"),
        (json!(1), "token"),
    ] {
        let refusal = owner.put("/api/payment-method", &json!({ "token": token })).await;
        assert_eq!(
            refusal.refused(400, "InvalidInput").body["errors"][0]["field"],
            field
        );
    }
    let seat = owner.sells(1_000).await;
    let mut order = seat.order();
    order["deviceId"] = json!(device.trim_start_matches("/api/devices/"));
    let refusal = owner
        .post("/api/orders", &order)
        .await
        .refused(400, "InvalidInput");
    assert_eq!(refusal.body["errors"][0]["field"], "deviceId");
}
