//! The generator: users that nobody is, devices, and orders that are as real as any.

use crate::engine::{Shop, start, until};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use xtask::test_stacks::Kind;

fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_default().to_owned()
}

/// What is at a device, as stored.
async fn quantity_at(shop: &Shop, device: &str, product: &str) -> u64 {
    let rows = shop.aws.rows("devices-api", "TABLE_DEVICE_STOCK").await;
    let row = rows
        .iter()
        .find(|row| row["device_id"]["S"] == device && row["product_id"]["S"] == product);
    row.and_then(|row| row["quantity"]["N"].as_str())
        .and_then(|quantity| quantity.parse().ok())
        .unwrap_or_default()
}

/// Without a schedule the function is not even there; with one it registers users with one to three devices and orders
/// for them, what was ordered arrives at the device it was ordered for, and nobody can sign in as one of them.
#[tokio::test]
async fn a_generated_user_orders_for_a_device_and_it_arrives_there() {
    let plain = Shop::patient();
    let absent = plain.aws.configuration("generate-orders").await;
    assert!(absent["MemorySize"].is_null(), "{absent}");
    let stack = start(Kind::Patient, |options| {
        // So seldom that only this test makes it work.
        let schedule = ("GeneratorSchedule".to_owned(), "rate(12 hours)".to_owned());
        options.parameters.push(schedule);
    });
    let shop = Shop::at(stack.addresses());
    let generate = || async {
        let did = shop.aws.invoke("generate-orders", &json!({})).await;
        did.expect("it does something")
    };
    assert_eq!(generate().await["did"], "nothing_for_sale");

    // A person was faster with one of the addresses: nothing is ever done in their name.
    let person = shop
        .stranger()
        .sign_up("generated-7@example.com", "correct horse")
        .await;
    let seller = shop.person("seller").await;
    let product = seller.stocks(60, 4).await;
    let (mut users, mut expected) = (BTreeSet::new(), BTreeMap::new());
    let mut orders = Vec::new();
    // Of twenty users none has two turns only once in ever so many runs: thirty turns register and order.
    for _ in 0..30 {
        let did = generate().await;
        match did["did"].as_str() {
            Some("registered") => {
                let devices = did["devices"].as_array().map_or(0, Vec::len);
                assert!((1..=3).contains(&devices), "{did}");
                assert!(users.insert(text(&did, "user_id")), "registered once: {did}");
            }
            Some("ordered") => {
                let quantity = did["quantity"].as_u64().unwrap_or_default();
                assert!((1..=4).contains(&quantity), "{did}");
                *expected.entry(text(&did, "device_id")).or_insert(0) += quantity;
                orders.push(text(&did, "order_id"));
            }
            Some("address_taken") => {}
            _ => assert_eq!(
                (text(&did, "did"), text(&did, "code")),
                ("refused".into(), "OutOfStock".into())
            ),
        }
    }
    assert!(!users.is_empty() && users.len() <= 20, "{users:?}");
    assert!(!orders.is_empty(), "somebody was drawn twice");
    for order in &orders {
        until("a generated order to arrive", || async {
            let row = shop.aws.order(order).await;
            (row["status"]["S"] == "completed")
                .then_some(())
                .ok_or(row["status"].to_string())
        })
        .await;
    }
    for (device, quantity) in &expected {
        assert_eq!(
            quantity_at(&shop, device, &product.id).await,
            *quantity,
            "{device}"
        );
    }
    for number in 1..=20 {
        let guess = json!({ "email": format!("generated-{number}@example.com"), "password": "generated" });
        shop.stranger()
            .post("/api/users/signin", &guess)
            .await
            .refused(401, "BadCredentials");
    }
    assert_eq!(person.orders().await.len(), 0);
    let devices = person.get("/api/devices").await.expect(200);
    assert_eq!(
        devices.body["devices"].as_array().map(Vec::len),
        Some(0),
        "{}",
        devices.text
    );
    seller.movements(&product).await;
}
