//! Attempts to charge: what is declined, what is tried again by itself, and what becomes of an answer that was lost.

use crate::engine::{Answer, Person, Shop, until};
use serde_json::{Value, json};

/// Pays without waiting for how it comes out.
async fn begins_to_pay(buyer: &Person, order_id: &str, card: &str) -> Answer {
    let body = json!({ "token": card });
    buyer
        .post(&format!("/api/orders/{order_id}/payments"), &body)
        .await
}

/// Gives a card as soon as the order takes one: while an attempt is being made it takes none.
async fn gives_another_card(buyer: &Person, order_id: &str, card: &str) {
    until("the order to take another card", || async {
        let answer = begins_to_pay(buyer, order_id, card).await;
        match (answer.status, answer.code()) {
            (201, _) => Ok(()),
            (409, "OrderBeingPaid") => Err(answer.text),
            _ => panic!("{}", answer.text),
        }
    })
    .await;
}

/// Number, status and code of each attempt.
fn outcomes(attempts: &[Value]) -> Vec<(u64, &str, Option<&str>)> {
    attempts
        .iter()
        .map(|attempt| {
            let number = attempt["attempt"].as_u64().unwrap_or_default();
            let status = attempt["status"].as_str().unwrap_or_default();
            (number, status, attempt["code"].as_str())
        })
        .collect()
}

/// Hazard 19, a hard decline. Protection: a decline is an answer, not an error: the buyer reads why and that this card
/// will not be tried again, the hold lives on, and another card completes the order with one charge.
#[tokio::test]
async fn declined_is_a_4xx_and_may_try_again() {
    let shop = Shop::patient();
    let (seller, buyer) = (shop.person("seller").await, shop.person("buyer").await);
    for (card, code) in [
        ("tok_chargeDeclinedStolenCard", "stolen_card"),
        ("tok_chargeDeclined", "generic_decline"),
        ("tok_chargeDeclinedExpiredCard", "expired_card"),
    ] {
        let order_id = buyer.holds(&seller.sells(2_500).await).await;
        let declined = buyer.pays(&order_id, card).await.refused(402, "PaymentDeclined");
        assert_eq!(declined.body["retryable"], false, "{}", declined.text);
        assert!(declined.str("/detail").contains(code), "{}", declined.text);
        let held = buyer.sees(&order_id, "held").await;
        assert!(held.body["nextAttemptAt"].is_null(), "{}", held.text);

        buyer.pays(&order_id, "tok_visa").await.expect(201);
        buyer.sees(&order_id, "completed").await;
        let attempts = buyer.attempts(&order_id).await;
        assert_eq!(
            outcomes(&attempts),
            [(1, "declined", Some(code)), (2, "succeeded", None)]
        );
        assert_eq!(attempts[0]["retryable"], false);
        let money = shop.aws.money(&order_id).await;
        assert_eq!((money.charges, money.declines), (1, 1), "{money:?}");
        assert_eq!(shop.aws.charged_and_refunded(&buyer, &order_id).await, (2_500, 0));
    }
}

/// Hazard 19, a soft decline. Protection: the workflow waits and tries the same card again, under a key of its own, and
/// says no while there is hope: the buyer's one request ends in 201.
#[tokio::test]
async fn a_soft_decline_is_tried_again_by_itself() {
    let shop = Shop::patient();
    let buyer = shop.person("buyer").await;
    let order_id = buyer.holds(&shop.person("seller").await.sells(2_500).await).await;
    buyer.pays(&order_id, "tok_succeeds_third").await.expect(201);
    buyer.sees(&order_id, "completed").await;
    let attempts = buyer.attempts(&order_id).await;
    let declined = Some("insufficient_funds");
    assert_eq!(
        outcomes(&attempts),
        [
            (1, "declined", declined),
            (2, "declined", declined),
            (3, "succeeded", None)
        ]
    );
    assert_eq!(attempts[0]["retryable"], true);
    let money = shop.aws.money(&order_id).await;
    assert_eq!((money.charges, money.declines), (1, 2), "{money:?}");
    assert_eq!(shop.aws.charged_and_refunded(&buyer, &order_id).await, (2_500, 0));
}

/// Hazard 19, both at once. Protection: the pause is the order's state, so that another card can take its place: only
/// that one is charged, and the try that was to come does not.
#[tokio::test]
async fn another_card_takes_the_place_of_the_next_try() {
    let shop = Shop::patient();
    let buyer = shop.person("buyer").await;
    let order_id = buyer.holds(&shop.person("seller").await.sells(2_500).await).await;
    begins_to_pay(&buyer, &order_id, "tok_insufficient_funds")
        .await
        .expect(201);
    until("the next try to be told", || async {
        let order = buyer.order(&order_id).await;
        let at = order.body["nextAttemptAt"].as_str();
        match (
            order.str("/status"),
            at.and_then(domain::Timestamp::parse_rfc3339),
        ) {
            ("held", Some(_)) => Ok(()),
            _ => Err(order.text),
        }
    })
    .await;
    gives_another_card(&buyer, &order_id, "tok_visa").await;
    let completed = buyer.sees(&order_id, "completed").await;
    assert!(completed.body["nextAttemptAt"].is_null(), "{}", completed.text);
    // The execution that waited for the next try finds the order paid, and ends.
    until("the execution to end", || async {
        match shop.aws.execution_status(&order_id).await.as_deref() {
            Some("SUCCEEDED") => Ok(()),
            other => Err(format!("{other:?}")),
        }
    })
    .await;
    let attempts = buyer.attempts(&order_id).await;
    let (last, before) = attempts.split_last().expect("there were attempts");
    assert_eq!(last["status"], "succeeded", "{attempts:?}");
    assert!(
        before
            .iter()
            .all(|attempt| attempt["code"] == "insufficient_funds"),
        "{attempts:?}"
    );
    let money = shop.aws.money(&order_id).await;
    assert_eq!(
        (money.charged_cards, money.declines),
        (vec!["visa".to_owned()], before.len())
    );
    assert_eq!(shop.aws.charged_and_refunded(&buyer, &order_id).await, (2_500, 0));
}

/// Hazard 20. Protection: attempts are counted in the order, and after the last one everything is released in the write
/// that ends it. Nothing was taken, the log says what happened, and somebody else can have the ticket.
#[tokio::test]
async fn five_failures_release() {
    let shop = Shop::patient();
    let (buyer, other) = (shop.person("buyer").await, shop.person("other").await);
    let ticket = shop.person("seller").await.sells(2_500).await;
    let order_id = buyer.holds(&ticket).await;
    begins_to_pay(&buyer, &order_id, "tok_insufficient_funds")
        .await
        .expect(201);
    other
        .post("/api/orders", &ticket.order())
        .await
        .refused(409, "TicketAlreadyHeld");
    buyer.sees(&order_id, "payment_failed").await;

    let attempts = buyer.attempts(&order_id).await;
    let expected: Vec<_> = (1..=5)
        .map(|number| (number, "declined", Some("insufficient_funds")))
        .collect();
    assert_eq!(outcomes(&attempts), expected);
    assert!(
        attempts.iter().all(|attempt| attempt["settledAt"].is_string()),
        "{attempts:?}"
    );
    buyer.pays(&order_id, "tok_visa").await.refused(409, "OrderEnded");
    let money = shop.aws.money(&order_id).await;
    assert_eq!((money.charges, money.declines), (0, 5), "{money:?}");
    assert_eq!(shop.aws.charged_and_refunded(&buyer, &order_id).await, (0, 0));

    let his_order = other.buys(&ticket).await;
    assert_eq!(
        shop.aws.charged_and_refunded(&other, &his_order).await,
        (2_500, 0)
    );
}

/// Hazard 15. Protection: an answer that was lost is asked after, never taken for a failure: the money was taken, the
/// inquiry finds it, and the order completes with that one charge and one row in the ledger of money. Once the answer
/// never comes, once it is an error that the provider repeats for a day.
#[tokio::test]
async fn charge_times_out_after_effect() {
    let shop = Shop::patient();
    let (seller, buyer) = (shop.person("seller").await, shop.person("buyer").await);
    for card in ["tok_timeout_after", "tok_error_after"] {
        let order_id = buyer.holds(&seller.sells(2_500).await).await;
        begins_to_pay(&buyer, &order_id, card).await.expect(201);
        buyer.sees(&order_id, "completed").await;
        let attempts = buyer.attempts(&order_id).await;
        assert_eq!(outcomes(&attempts), [(1, "succeeded", None)], "{card}");
        let money = shop.aws.money(&order_id).await;
        assert_eq!(
            (money.intents.len(), money.charges, money.taken_minor),
            (1, 1, 2_500),
            "{card}: {money:?}"
        );
        let entries = shop.aws.entries(&order_id).await;
        assert_eq!(entries, [("charged-1".to_owned(), 2_500)], "{card}");
    }
}

/// Hazard 15, the other way round: no answer came, and nothing was taken. Protection: only the provider's own word
/// makes the attempt a failed one, `no_answer`; then it is tried again by itself, and another card is charged once.
#[tokio::test]
async fn charge_times_out_before_effect() {
    let shop = Shop::patient();
    let buyer = shop.person("buyer").await;
    let order_id = buyer.holds(&shop.person("seller").await.sells(2_500).await).await;
    begins_to_pay(&buyer, &order_id, "tok_timeout_before")
        .await
        .expect(201);
    until("the second try", || async {
        let attempts = buyer.attempts(&order_id).await;
        (attempts.len() > 1).then_some(()).ok_or(format!("{attempts:?}"))
    })
    .await;
    gives_another_card(&buyer, &order_id, "tok_visa").await;
    buyer.sees(&order_id, "completed").await;
    let attempts = buyer.attempts(&order_id).await;
    let (last, before) = attempts.split_last().expect("there were attempts");
    assert_eq!(last["status"], "succeeded", "{attempts:?}");
    for attempt in before {
        assert_eq!(
            (&attempt["code"], &attempt["retryable"]),
            (&json!("no_answer"), &json!(true)),
            "{attempts:?}"
        );
    }
    let money = shop.aws.money(&order_id).await;
    assert_eq!((money.charges, money.declines), (1, 0), "{money:?}");
    assert_eq!(shop.aws.charged_and_refunded(&buyer, &order_id).await, (2_500, 0));
}
