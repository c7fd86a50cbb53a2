//! Products on their way: many at once, over a restart, and steps that come too early, again, or uncalled for.

use crate::engine::{Person, Product, Shop, at_once, start, until};
use domain::Timestamp;
use serde_json::{Value, json};
use xtask::test_stacks::Kind;

/// Buys and pays; the order's id.
pub(super) async fn buys(buyer: &Person, product: &Product, quantity: u32) -> String {
    let mut order = product.order(quantity);
    order["payment"] = json!({ "token": "tok_visa" });
    let placed = buyer.post("/api/orders?wait=20", &order).await.expect(201);
    assert!(
        ["paid", "shipped", "completed"].contains(&placed.str("/status")),
        "{}",
        placed.text
    );
    placed.str("/id").to_owned()
}

/// The moments at which an order came to these statuses, as its buyer reads them.
async fn moments(buyer: &Person, order_id: &str) -> Vec<(String, Timestamp)> {
    let events = buyer
        .get(&format!("/api/orders/{order_id}/events"))
        .await
        .expect(200);
    let listed = events.body["events"]
        .as_array()
        .or(events.body["items"].as_array());
    let moments = listed.expect("an order has events").iter().map(|event: &Value| {
        let at = event["at"].as_str().and_then(Timestamp::parse_rfc3339);
        (
            event["status"].as_str().unwrap_or_default().to_owned(),
            at.expect("an event has its time"),
        )
    });
    moments.collect()
}

/// A parcel is packed, travels and arrives; meanwhile it is sold, nobody else can have it, its buyer may hold other
/// things, and its money stays until it has come.
#[tokio::test]
async fn a_product_is_packed_shipped_and_delivered() {
    let shop = Shop::patient();
    let (seller, buyer) = (shop.person("seller").await, shop.person("buyer").await);
    let product = seller.stocks(3, 2).await;
    let order = buys(&buyer, &product, 3).await;
    let done = buyer.sees(&order, "completed").await;
    assert_eq!(seller.balance(&product).await, (0, 0));
    let told: Vec<String> = moments(&buyer, &order)
        .await
        .into_iter()
        .map(|(status, _)| status)
        .collect();
    assert_eq!(told, ["held", "paying", "paid", "paid", "shipped", "completed"]);
    let time = |at: &str| Timestamp::parse_rfc3339(done.str(at)).expect("it is a time");
    let last = time("/updatedAt");
    assert!(time("/delivery/shipsAt") < time("/delivery/arrivesAt") && time("/delivery/arrivesAt") <= last);
    seller.movements(&product).await;
    buyer
        .post("/api/orders", &product.order(1))
        .await
        .refused(409, "OutOfStock");
}

/// Hazard 3, for deliveries. Protection: each step compares the moment that the order keeps with its own clock, and
/// changes the order under the condition that it is still as it was read. A step that is called before its time is refused, one
/// called out of turn is a defect, and one called again finds that it was done.
#[tokio::test]
async fn direct_call_is_still_safe() {
    let stack = start(Kind::Restarted, |_| {});
    let shop = Shop::at(stack.addresses());
    let (seller, buyer) = (shop.person("seller").await, shop.person("buyer").await);
    let product = seller.stocks(5, 1).await;
    let held = buyer.post("/api/orders", &product.order(1)).await.expect(201);
    let held = json!({ "order_id": held.str("/id") });
    for step in ["ask-supplier", "ship-products", "complete-order"] {
        let (error, _) = shop.aws.invoke(step, &held).await.expect_err("it is not paid");
        assert_eq!(error, "OrderNotPaid", "{step}");
    }
    let order = buys(&buyer, &product, 2).await;
    let paid = json!({ "order_id": order });
    // Beside the execution that does the same.
    let asked = shop.aws.invoke("ask-supplier", &paid).await.expect("it is paid");
    let again = shop.aws.invoke("ask-supplier", &paid).await.expect("and asked");
    assert_eq!(asked["ships_at"], again["ships_at"]);
    let (error, _) = shop
        .aws
        .invoke("ship-products", &paid)
        .await
        .expect_err("the supplier takes ten seconds at least");
    assert_eq!(error, "DeliveryNotDue");
    let (error, _) = shop
        .aws
        .invoke("complete-order", &paid)
        .await
        .expect_err("it has not left the supplier");
    assert_eq!(error, "Defect");
    let refund = buyer
        .post(&format!("/api/orders/{order}/refund"), &json!({}))
        .await;
    refund.refused(409, "NotRefundable");
    assert_eq!(
        seller.balance(&product).await,
        (3, 1),
        "two are sold, one is held"
    );
    seller.movements(&product).await;
}

/// How many are on their way at the same time.
const PARCELS: usize = 60;

/// Hazard 28. Protection: a wait is a state of the order's own machine, and nothing waits for another order. Sixty
/// orders are on their way at the same time, and all of them arrive; one after the other they would take an hour.
#[tokio::test]
async fn waits_run_in_parallel() {
    let _turn = crate::engine::turn().await;
    let stack = start(Kind::Restarted, |_| {});
    let shop = Shop::at(stack.addresses());
    let seller = shop.person("seller").await;
    let product = seller.stocks(u32::try_from(PARCELS).unwrap(), 8).await;
    let buyers = shop.crowd("buyer", 10).await;
    let placed = at_once(buyers.iter().cloned().map(|buyer| {
        let product = product.clone();
        async move {
            let mut orders = Vec::new();
            for _ in 0..PARCELS / 10 {
                orders.push(buys(&buyer, &product, 1).await);
            }
            orders
        }
    }))
    .await;
    let mut ways = Vec::new();
    for (buyer, order) in buyers
        .iter()
        .zip(&placed)
        .flat_map(|(buyer, orders)| orders.iter().map(move |order| (buyer, order)))
    {
        until("an order to arrive", || async {
            let answer = buyer
                .get(&format!("/api/orders/{order}?wait=20"))
                .await
                .expect(200);
            match answer.str("/status") {
                "completed" => Ok(()),
                status => Err(format!("{order} is {status}")),
            }
        })
        .await;
        let moments = moments(buyer, order).await;
        let at = |wanted: &str| {
            moments
                .iter()
                .rfind(|(status, _)| status == wanted)
                .map(|(_, at)| *at)
        };
        ways.push((at("paid").unwrap(), at("completed").unwrap()));
    }
    let most = ways.iter().map(|(began, _)| {
        ways.iter()
            .filter(|(from, to)| from <= began && began < to)
            .count()
    });
    let most = most.max().unwrap();
    // How many depends on how fast this machine takes them. If they stood in line it would be one.
    assert!(most > 10, "{most} of {PARCELS} were on their way at once");
    assert_eq!(seller.balance(&product).await, (0, 0));
    seller.movements(&product).await;
}
