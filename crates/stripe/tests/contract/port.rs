//! The domain's port, spoken to whoever answers.

use crate::answerer::Answerer;
use domain::order::{Line, NewOrder, Order, Thing};
use domain::ports::PaymentProvider;
use domain::{
    CardToken, ChargeOutcome, Currency, IdempotencyKey, OrderId, PriceMinor, RefundOutcome, RefundRequest,
    TicketId, Timestamp, UserId,
};

fn order() -> Order {
    let new = NewOrder {
        order_id: OrderId::from_random([1; 16]),
        user_id: UserId::from_random([2; 16]),
        lines: vec![Line {
            thing: Thing::Ticket {
                ticket_id: TicketId::from_random([3; 16]),
                version: 1,
            },
            title: "A ticket".to_owned(),
            quantity: 1,
            price_minor: PriceMinor::new(1_999).unwrap(),
        }],
        currency: Currency::parse("usd").unwrap(),
        hold_ttl_s: 900,
        device_id: None,
        request_fingerprint: "fingerprint".to_owned(),
        run: domain::HoldRun::of_execution("run"),
    };
    Order::place(new, Timestamp::from_ms(0)).unwrap().after
}

fn card(text: &str) -> CardToken {
    CardToken::parse(text).unwrap()
}

#[tokio::test]
async fn an_order_is_declined_then_paid_once_then_refunded_once_and_every_step_can_be_asked_for() {
    let answerer = Answerer::reach().await;
    let provider = answerer.port();
    let key = |name: &str| IdempotencyKey::parse(&answerer.key(name)).unwrap();
    let order = order();
    let intent = provider.create_intent(&order, &key("intent")).await.unwrap();
    assert_eq!(
        provider.create_intent(&order, &key("intent")).await,
        Ok(intent.clone())
    );
    let fresh = provider.inquire(&intent).await.unwrap();
    assert_eq!(fresh.outcome, ChargeOutcome::NotAttempted);
    assert_eq!(
        (fresh.order_id, fresh.amount_minor),
        (Some(order.order_id.clone()), 1_999)
    );

    for (token, expected, is_retryable) in [
        ("pm_card_visa_chargeDeclined", "generic_decline", false),
        (
            "pm_card_visa_chargeDeclinedInsufficientFunds",
            "insufficient_funds",
            true,
        ),
        ("pm_card_chargeDeclinedProcessingError", "processing_error", true),
        ("pm_card_visa_chargeDeclinedStolenCard", "stolen_card", false),
    ] {
        let declined = provider
            .confirm(&intent, &card(token), &key(token))
            .await
            .unwrap();
        let ChargeOutcome::Declined {
            code,
            retryable,
            charge,
            ..
        } = &declined
        else {
            panic!("{token} was not declined: {declined:?}");
        };
        assert_eq!(
            (code.as_str(), *retryable, charge.is_some()),
            (expected, is_retryable, true),
            "{token}"
        );
        let found = provider.inquire(&intent).await.unwrap().outcome;
        // The sentence is for people, and may be worded anew.
        assert!(
            matches!(&found, ChargeOutcome::Declined { charge: found, .. } if found == charge),
            "{token}: {found:?}"
        );
    }

    for name in ["pay", "pay", "pay-again"] {
        let paid = provider.confirm(&intent, &card("tok_visa"), &key(name)).await;
        assert_eq!(paid, Ok(ChargeOutcome::Succeeded), "{name}");
    }
    let found = provider.inquire(&intent).await.unwrap().outcome;
    assert_eq!(found, ChargeOutcome::Succeeded);

    let wanted = RefundRequest {
        order_id: order.order_id,
        number: 1,
        intent,
        amount_minor: 1_999,
    };
    assert_eq!(provider.find_refund(&wanted).await, Ok(None));
    let mut ids = Vec::new();
    for name in ["refund", "refund", "refund-again"] {
        match provider.refund(&wanted, &key(name)).await {
            Ok(RefundOutcome::Succeeded { provider_id }) => ids.push(provider_id),
            other => panic!("{name}: {other:?}"),
        }
    }
    assert!(
        ids.iter().all(|id| *id == ids[0]),
        "refunded more than once: {ids:?}"
    );
    let found = provider.find_refund(&wanted).await.unwrap();
    assert_eq!(
        found,
        Some(RefundOutcome::Succeeded {
            provider_id: ids.remove(0)
        })
    );
}
