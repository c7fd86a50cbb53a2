//! What an order's execution wrote, as operators see it on the running shop.

use crate::engine::{Person, Shop};
use crate::operators::operator;
use serde_json::{Value, json};

async fn effects(shop: &Shop, operator: &Person, order: &str) -> Vec<Value> {
    let arn = shop.aws.execution_of(order).await;
    let told = operator
        .get(&format!("/api/ops/execution/effects?arn={arn}"))
        .await
        .expect(200);
    assert_eq!(told.str("/orderId"), order);
    assert_eq!(told.body["notes"], json!([]), "{}", told.text);
    told.body["effects"].as_array().cloned().unwrap_or_default()
}

/// The effect of a kind at a state, and the kind of what undid it.
fn undone(effects: &[Value], kind: &str, state: &str) -> Option<Value> {
    let is_it = |effect: &&Value| effect["kind"] == kind && effect["state"] == state;
    let effect = effects.iter().find(is_it)?;
    let undoing = effect["undoneBy"]
        .as_u64()
        .and_then(|place| usize::try_from(place).ok());
    Some(undoing.map_or(Value::Null, |place| effects[place]["kind"].clone()))
}

#[tokio::test]
async fn a_charge_that_went_back_is_told_as_undone_by_its_refund() {
    let shop = Shop::patient();
    let operator = operator(&shop).await;
    let buyer = shop.person("buyer").await;
    let order = buyer.buys(&shop.person("seller").await.sells(2_600).await).await;
    let before = effects(&shop, &operator, &order).await;
    assert_eq!(undone(&before, "hold", "LockTicket"), Some(Value::Null));
    assert_eq!(undone(&before, "charge", "ChargePayment"), Some(Value::Null));
    buyer.wants_back(&order, &json!({})).await;
    buyer.sees(&order, "refunded").await;
    let after = effects(&shop, &operator, &order).await;
    assert_eq!(
        undone(&after, "charge", "ChargePayment"),
        Some(json!("refund")),
        "{after:?}"
    );
}

#[tokio::test]
async fn products_that_were_held_and_released_are_told_from_their_shards() {
    let shop = Shop::patient();
    let operator = operator(&shop).await;
    let product = shop.person("seller").await.stocks(5, 2).await;
    let buyer = shop.person("buyer").await;
    let order = buyer.post("/api/orders", &product.order(2)).await.expect(201);
    let order = order.str("/id").to_owned();
    let held = effects(&shop, &operator, &order).await;
    assert_eq!(
        undone(&held, "hold", "ReserveProducts"),
        Some(Value::Null),
        "{held:?}"
    );
    buyer.delete(&format!("/api/orders/{order}")).await.expect(204);
    buyer.sees(&order, "cancelled").await;
    let released = effects(&shop, &operator, &order).await;
    assert_eq!(
        undone(&released, "hold", "ReserveProducts"),
        Some(json!("movement")),
        "{released:?}"
    );
}

#[tokio::test]
async fn effects_are_for_operators_and_of_orders() {
    let shop = Shop::patient();
    let arn = "arn:aws:states:eu-central-1:000000000000:execution:holdfast-order:nobody";
    let path = format!("/api/ops/execution/effects?arn={arn}");
    shop.stranger().get(&path).await.refused(401, "NotSignedIn");
    shop.person("curious")
        .await
        .get(&path)
        .await
        .refused(403, "NotAnOperator");
    operator(&shop).await.get(&path).await.refused(404, "NotFound");
}
