//! The stack is stopped and started while orders wait, and they end right.

use super::deliveries::buys;
use crate::engine::{Shop, start, start_again, stop, until};
use serde_json::json;
use xtask::ports::Port;
use xtask::test_stacks::Kind;

/// Hazard 29. Protection: executions are journalled before they are answered for, and every step finds in the database
/// what is true. Of the orders that wait over the restart one ticket and one dish are paid afterwards and completed;
/// the other ticket's time runs out, and it is free again. A parcel that is on its way arrives, once.
#[tokio::test]
async fn restart_in_a_wait() {
    let (engine, states) = (Port::Any.choose().unwrap(), Port::Any.choose().unwrap());
    let front = Port::Any.choose().unwrap();
    let stack = start(Kind::Restarted, |options| {
        (options.engine, options.states) = (Port::Fixed(engine), Port::Fixed(states));
        options.front = Port::Fixed(front);
    });
    let shop = Shop::at(stack.addresses());
    let (seller, buyer) = (shop.person("seller").await, shop.person("buyer").await);
    let stock = json!({ "cause": "restart", "kitchen": { "lechuga-restart": 5 } });
    shop.aws
        .invoke("stock-kitchen", &stock)
        .await
        .expect("the kitchen is stocked");
    let dish = json!({ "name": "Salad", "priceMinor": 900, "recipe": { "lechuga-restart": 5 } });
    let dish = buyer.post("/api/dishes", &dish).await.expect(201);
    let (paid, left) = (seller.sells(2_000).await, seller.sells(2_000).await);
    let paid_order = buyer.holds(&paid).await;
    let left_order = buyer.holds(&left).await;
    let eaten = json!({ "lines": [{ "dishId": dish.str("/id") }] });
    let dish_order = buyer
        .post("/api/orders", &eaten)
        .await
        .expect(201)
        .str("/id")
        .to_owned();

    let product = seller.stocks(2, 1).await;
    let parcel = buys(&buyer, &product, 2).await;
    // Paid is not yet asked of the supplier, and only what was drawn can be compared.
    let before = until("the supplier is asked", || async {
        let order = buyer.get(&format!("/api/orders/{parcel}")).await.expect(200);
        let is_drawn = order.body["delivery"]["shipsAt"].is_string();
        if is_drawn { Ok(order) } else { Err(order.text) }
    })
    .await;
    assert_ne!(before.str("/status"), "completed", "a minute is ten seconds here");

    let left_open = buyer.opens_a_page(&shop).await;

    // The engine's old port may be somebody else's by now; whoever consumes its queues must find them all the same.
    let elsewhere = Port::Any.choose().unwrap();
    let stack = start_again(stop(stack).with_engine_at(Port::Fixed(elsewhere)));
    let shop = Shop::at(stack.addresses());
    left_open.ends().await;
    // The session outlives the restart; the connection does not.
    let buyer = shop.stranger().with_token(buyer.token.as_deref().unwrap());
    let mut page = buyer.opens_a_page(&shop).await;
    for order in [&paid_order, &dish_order] {
        buyer.pays(order, "tok_visa").await.expect(201);
        buyer.sees(order, "completed").await;
        // What changes is told again, from the first change on.
        page.hears_of("order", |told| {
            told["body"] == json!({ "orderId": order, "status": "completed" })
        })
        .await;
        let money = shop.aws.money(order).await;
        assert_eq!((money.charges, money.taken_minor > 0), (1, true), "{money:?}");
    }
    let after = buyer.sees(&parcel, "completed").await;
    assert_eq!(
        after.str("/delivery/shipsAt"),
        before.str("/delivery/shipsAt"),
        "what was drawn before the restart counts"
    );
    let money = shop.aws.money(&parcel).await;
    assert_eq!((money.charges, money.taken_minor > 0), (1, true), "{money:?}");
    buyer.sees(&left_order, "expired").await;
    let free = shop
        .stranger()
        .get(&format!("/api/tickets/{}", left.id))
        .await
        .expect(200);
    assert_eq!(free.str("/state"), "available");
}
