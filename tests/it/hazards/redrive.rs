//! Executions that are started again: whoever comes late finds what is true, and charges nothing twice.

use crate::engine::{Person, Shop, at_once, until};
use serde_json::json;

/// An order whose own execution is gone, so that nobody but the test carries it on.
async fn abandoned(shop: &Shop, seller: &Person, buyer: &Person) -> String {
    let order_id = buyer.holds(&seller.sells(2_600).await).await;
    let stop = json!({
        "executionArn": shop.aws.execution_of(&order_id).await,
        "error": "Killed",
        "cause": "By a test.",
    });
    shop.aws
        .states("StopExecution", &stop)
        .await
        .expect("it can be stopped");
    order_id
}

/// Begins to pay an order that nobody carries.
async fn is_being_paid(buyer: &Person, order_id: &str, card: &str) {
    let body = json!({ "token": card });
    let answer = buyer
        .post(&format!("/api/orders/{order_id}/payments"), &body)
        .await
        .expect(201);
    assert_eq!(answer.str("/order/status"), "paying", "{}", answer.text);
}

/// Starts the machine `order` again under so many other names at once, and waits until all have succeeded.
async fn redrive(shop: &Shop, order_id: &str, times: usize) {
    let machine = shop.aws.setting("reconcile-orders", "ORDER_MACHINE_ARN").await;
    let input = json!({ "order_id": order_id, "kind": "ticket", "await_payment_s": 5, "missing": [] });
    let names: Vec<String> = (0..times)
        .map(|number| format!("{order_id}-redriven-{}-{number}", crate::engine::fresh()))
        .map(|name| name.chars().take(80).collect())
        .collect();
    at_once(names.clone().into_iter().map(|name| {
        let aws = shop.aws.clone();
        let start = json!({ "stateMachineArn": machine, "name": name, "input": input.to_string() });
        async move {
            aws.states("StartExecution", &start)
                .await
                .expect("it can be started")
        }
    }))
    .await;
    for name in &names {
        until("the execution to end", || async {
            match shop.aws.execution_status(name).await.as_deref() {
                Some("SUCCEEDED") => Ok(()),
                other => Err(format!("{other:?}")),
            }
        })
        .await;
    }
}

/// Completed, with this one charge at the provider and in the ledger of money.
async fn is_charged_once(shop: &Shop, buyer: &Person, order_id: &str) {
    buyer.sees(order_id, "completed").await;
    let money = shop.aws.money(order_id).await;
    assert_eq!((money.charges, money.declines), (1, 0), "{money:?}");
    let entries = shop.aws.entries(order_id).await;
    assert_eq!(entries, [("charged-1".to_owned(), 2_600)]);
    let sums = shop.aws.charged_and_refunded(buyer, order_id).await;
    assert_eq!(sums, (2_600, 0));
}

/// Hazard 22. Protection: any call of the charge but the very first asks the provider before it confirms, and a settled
/// order answers for itself. The machine is started again, several times at once, for an order that is being paid, that
/// is paid, that is stuck with an outcome nobody knows, and that is completed.
#[tokio::test]
async fn redrive_inquires_first() {
    let shop = Shop::patient();
    let (seller, buyer) = (shop.person("seller").await, shop.person("buyer").await);

    let order_id = abandoned(&shop, &seller, &buyer).await;
    is_being_paid(&buyer, &order_id, "tok_visa").await;
    redrive(&shop, &order_id, 4).await;
    is_charged_once(&shop, &buyer, &order_id).await;
    let events = format!("/api/orders/{order_id}/events");
    let told = buyer.get(&events).await.expect(200);
    redrive(&shop, &order_id, 4).await;
    is_charged_once(&shop, &buyer, &order_id).await;
    assert_eq!(
        buyer.get(&events).await.expect(200).text,
        told.text,
        "nothing happened"
    );

    let order_id = abandoned(&shop, &seller, &buyer).await;
    is_being_paid(&buyer, &order_id, "tok_visa").await;
    let paid = shop
        .aws
        .invoke("charge-payment", &json!({ "order_id": order_id }))
        .await
        .expect("it is charged");
    assert_eq!(paid["status"], "paid");
    redrive(&shop, &order_id, 4).await;
    is_charged_once(&shop, &buyer, &order_id).await;

    let order_id = abandoned(&shop, &seller, &buyer).await;
    is_being_paid(&buyer, &order_id, "tok_timeout_after").await;
    let (error, _) = shop
        .aws
        .invoke("charge-payment", &json!({ "order_id": order_id }))
        .await
        .expect_err("no answer comes");
    assert_eq!(error, "PaymentOutcomeUnknown");
    // The provider's own message may have come first; then there is nothing to be stuck with.
    let stuck = json!({ "order_id": order_id, "why": "PaymentOutcomeUnknown" });
    shop.aws.invoke("mark-order-stuck", &stuck).await.ok();
    redrive(&shop, &order_id, 4).await;
    is_charged_once(&shop, &buyer, &order_id).await;
}
