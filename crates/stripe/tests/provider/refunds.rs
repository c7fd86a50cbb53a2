//! Money given back: lost answers, repeats, what others refunded, and what the bank did not take.

use crate::world::{card, client, key, order, order_of, serve, settings};
use domain::ports::PaymentProvider;
use domain::{ChargeOutcome, Fault, IntentId, OrderId, RefundOutcome, RefundRequest};
use stripe::StripeProvider;

/// A provider, and an intent of 19.99 that this card has paid.
async fn paid(token: &str) -> (StripeProvider, IntentId) {
    let provider = client(&serve(settings(10)).await);
    let intent = provider.create_intent(&order(), &key("create")).await.unwrap();
    let outcome = provider.confirm(&intent, &card(token), &key("pay")).await;
    assert_eq!(outcome, Ok(ChargeOutcome::Succeeded), "{token}");
    (provider, intent)
}

fn request(intent: &IntentId, number: u32, amount_minor: u64) -> RefundRequest {
    RefundRequest {
        order_id: order().order_id,
        number,
        intent: intent.clone(),
        amount_minor,
    }
}

fn id_of(outcome: &Result<RefundOutcome, Fault>) -> String {
    match outcome {
        Ok(RefundOutcome::Succeeded { provider_id }) => provider_id.clone(),
        other => panic!("not refunded: {other:?}"),
    }
}

#[tokio::test]
async fn a_refund_whose_answer_is_lost_is_unknown_and_found_where_it_was_made() {
    for (token, was_made) in [
        ("tok_refund_timeout_before", false),
        ("tok_refund_timeout_after", true),
        ("tok_refund_error_before", false),
        ("tok_refund_error_after", true),
    ] {
        let (provider, intent) = paid(token).await;
        let wanted = request(&intent, 1, 500);
        let lost = provider.refund(&wanted, &key("refund-1")).await;
        assert!(matches!(lost, Err(Fault::Unknown(_))), "{token}: {lost:?}");
        let found = provider.find_refund(&wanted).await.unwrap();
        assert_eq!(found.is_some(), was_made, "{token}");
    }
}

#[tokio::test]
async fn a_500_that_the_provider_keeps_stays_unknown_under_its_key_and_an_inquiry_tells_the_truth() {
    for (token, truth) in [
        ("tok_error_before", ChargeOutcome::NotAttempted),
        ("tok_error_after", ChargeOutcome::Succeeded),
    ] {
        let provider = client(&serve(settings(10)).await);
        let intent = provider.create_intent(&order(), &key("create")).await.unwrap();
        for _ in 0..2 {
            let broken = provider.confirm(&intent, &card(token), &key("pay")).await;
            assert!(matches!(broken, Err(Fault::Unknown(_))), "{token}: {broken:?}");
        }
        assert_eq!(provider.inquire(&intent).await.unwrap().outcome, truth, "{token}");
        // Under another key the truth comes out, or the charge.
        let again = provider.confirm(&intent, &card("tok_visa"), &key("pay-2")).await;
        assert_eq!(again, Ok(ChargeOutcome::Succeeded), "{token}");
    }
}

#[tokio::test]
async fn a_provider_that_is_away_refunds_nothing() {
    let (provider, intent) = paid("tok_refund_unavailable").await;
    let wanted = request(&intent, 1, 500);
    let away = provider.refund(&wanted, &key("refund-1")).await;
    assert!(matches!(away, Err(Fault::Unknown(_))), "{away:?}");
    assert_eq!(provider.find_refund(&wanted).await, Ok(None));
}

#[tokio::test]
async fn a_repeat_finds_the_refund_under_the_same_key_and_after_the_key_is_forgotten() {
    let (provider, intent) = paid("tok_visa").await;
    let wanted = request(&intent, 1, 1_999);
    let first = provider.refund(&wanted, &key("refund-1")).await;
    let repeated = provider.refund(&wanted, &key("refund-1")).await;
    // Another key stands for one that the provider no longer knows.
    let later = provider.refund(&wanted, &key("refund-1-again")).await;
    assert_eq!(id_of(&repeated), id_of(&first));
    assert_eq!(id_of(&later), id_of(&first));
    assert_eq!(provider.find_refund(&wanted).await, first.map(Some));
}

#[tokio::test]
async fn a_partial_refund_asked_for_again_under_a_forgotten_key_is_found_where_too_little_is_left() {
    let (provider, intent) = paid("tok_visa").await;
    let wanted = request(&intent, 1, 1_500);
    let first = provider.refund(&wanted, &key("refund-1")).await;
    let later = provider.refund(&wanted, &key("refund-1-again")).await;
    assert_eq!(id_of(&later), id_of(&first));
}

#[tokio::test]
async fn refunds_in_parts_have_numbers_and_never_exceed_the_charge() {
    let (provider, intent) = paid("tok_visa").await;
    let first = provider.refund(&request(&intent, 1, 1_000), &key("r1")).await;
    let much = provider.refund(&request(&intent, 2, 1_000), &key("r2")).await;
    assert!(matches!(much, Err(Fault::Defect(_))), "{much:?}");
    let second = provider.refund(&request(&intent, 2, 999), &key("r2-less")).await;
    assert_ne!(id_of(&first), id_of(&second));
    for (number, made) in [(1, Some(first)), (2, Some(second)), (3, None)] {
        let found = provider.find_refund(&request(&intent, number, 1)).await;
        assert_eq!(found, made.transpose(), "{number}");
    }
}

#[tokio::test]
async fn what_somebody_else_gave_back_counts_as_given_back() {
    let (provider, intent) = paid("tok_visa").await;
    let by_hand = RefundRequest {
        order_id: OrderId::from_random([9; 16]),
        ..request(&intent, 7, 1_999)
    };
    let made = provider.refund(&by_hand, &key("by-hand")).await;
    let ours = provider.refund(&request(&intent, 1, 1_999), &key("r1")).await;
    assert_eq!(id_of(&ours), id_of(&made));
}

#[tokio::test]
async fn a_refund_is_pending_where_the_bank_has_not_said_and_failed_where_it_refused() {
    let (provider, intent) = paid("tok_pendingRefund").await;
    let pending = provider.refund(&request(&intent, 1, 500), &key("r")).await;
    assert!(
        matches!(pending, Ok(RefundOutcome::Pending { .. })),
        "{pending:?}"
    );

    let (provider, intent) = paid("tok_refund_fails").await;
    let wanted = request(&intent, 1, 500);
    let failed = RefundOutcome::Failed {
        code: "expired_or_canceled_card".to_owned(),
    };
    assert_eq!(provider.refund(&wanted, &key("r")).await, Ok(failed.clone()));
    assert_eq!(provider.find_refund(&wanted).await, Ok(Some(failed)));
}

#[tokio::test]
async fn what_was_never_charged_cannot_be_given_back() {
    let provider = client(&serve(settings(10)).await);
    let intent = provider.create_intent(&order(), &key("create")).await.unwrap();
    let nothing = provider.refund(&request(&intent, 1, 500), &key("r")).await;
    assert!(matches!(nothing, Err(Fault::Defect(_))), "{nothing:?}");
    let none = IntentId::parse("pi_none").unwrap();
    let nowhere = provider.find_refund(&request(&none, 1, 500)).await;
    assert!(matches!(nowhere, Err(Fault::Defect(_))), "{nowhere:?}");
}

#[tokio::test]
async fn twenty_parallel_repeats_of_one_refund_give_back_once() {
    let (provider, intent) = paid("tok_visa").await;
    let (provider, wanted) = (std::sync::Arc::new(provider), request(&intent, 1, 1_999));
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let (provider, wanted) = (provider.clone(), wanted.clone());
            tokio::spawn(async move { provider.refund(&wanted, &key("refund-1")).await })
        })
        .collect();
    for task in tasks {
        match task.await.unwrap() {
            Ok(RefundOutcome::Succeeded { .. }) | Err(Fault::Transient(_) | Fault::Unknown(_)) => {}
            other => panic!("{other:?}"),
        }
    }
    let found = provider.find_refund(&wanted).await.unwrap();
    assert!(
        matches!(found, Some(RefundOutcome::Succeeded { .. })),
        "{found:?}"
    );
}

#[tokio::test]
async fn an_inquiry_names_the_order_the_amount_and_the_charge_that_was_declined() {
    let order = order_of(4_200);
    let provider = client(&serve(settings(10)).await);
    let intent = provider.create_intent(&order, &key("create")).await.unwrap();
    let mut charges = Vec::new();
    for attempt in ["1", "2"] {
        let token = card("tok_insufficient_funds");
        let declined = provider.confirm(&intent, &token, &key(attempt)).await.unwrap();
        let found = provider.inquire(&intent).await.unwrap();
        assert_eq!(
            (found.order_id, found.amount_minor),
            (Some(order.order_id.clone()), 4_200)
        );
        assert_eq!(found.outcome, declined);
        let ChargeOutcome::Declined {
            charge: Some(charge),
            retryable: true,
            ..
        } = declined
        else {
            panic!("no charge to tell it by: {declined:?}");
        };
        charges.push(charge);
    }
    assert_ne!(
        charges[0], charges[1],
        "two declines of one intent are two charges"
    );
}

#[tokio::test]
async fn a_card_that_succeeds_third_is_worth_two_retries() {
    let provider = client(&serve(settings(10)).await);
    let intent = provider.create_intent(&order(), &key("create")).await.unwrap();
    for attempt in ["1", "2"] {
        let declined = provider
            .confirm(&intent, &card("tok_succeeds_third"), &key(attempt))
            .await;
        assert!(
            matches!(declined, Ok(ChargeOutcome::Declined { retryable: true, .. })),
            "{declined:?}"
        );
    }
    let third = provider
        .confirm(&intent, &card("tok_succeeds_third"), &key("3"))
        .await;
    assert_eq!(third, Ok(ChargeOutcome::Succeeded));
}

#[tokio::test]
async fn a_partial_refund_that_is_repeated_under_its_key_is_made_once() {
    let (provider, intent) = paid("tok_visa").await;
    let wanted = request(&intent, 1, 500);
    let first = provider.refund(&wanted, &key("refund-1")).await;
    let repeated = provider.refund(&wanted, &key("refund-1")).await;
    assert_eq!(id_of(&repeated), id_of(&first));
}
