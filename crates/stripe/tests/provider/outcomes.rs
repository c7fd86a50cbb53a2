//! What each card, each repeat and each inquiry comes to.

use crate::world::{
    card, client, declined, found, intent, key, order, order_of, serve, serve_refusal, settings,
};
use domain::ports::PaymentProvider;
use domain::{ChargeOutcome, Fault, IntentId};
use std::time::Duration;
use stripe::StripeProvider;

#[tokio::test]
async fn creating_takes_no_money_and_repeating_it_finds_the_same_intent() {
    let (provider, first) = intent().await;
    assert_eq!(
        found(provider.inquire(&first).await),
        Ok(ChargeOutcome::NotAttempted)
    );
    let again = provider.create_intent(&order(), &key("create")).await;
    assert_eq!(again, Ok(first));
}

#[tokio::test]
async fn a_good_card_succeeds_by_token_and_by_payment_method() {
    for good in ["tok_visa", "tok_mastercard", "pm_card_visa"] {
        let (provider, intent) = intent().await;
        let outcome = provider.confirm(&intent, &card(good), &key("1")).await;
        assert_eq!(outcome, Ok(ChargeOutcome::Succeeded), "{good}");
        assert_eq!(
            found(provider.inquire(&intent).await),
            Ok(ChargeOutcome::Succeeded),
            "{good}"
        );
    }
}

#[tokio::test]
async fn a_decline_says_why_and_whether_to_try_again_and_so_does_an_inquiry() {
    for (token, code, retryable) in [
        ("tok_chargeDeclined", "generic_decline", false),
        ("tok_insufficient_funds", "insufficient_funds", true),
        ("tok_chargeDeclinedProcessingError", "processing_error", true),
        ("tok_chargeDeclinedStolenCard", "stolen_card", false),
        ("tok_chargeDeclinedLostCard", "lost_card", false),
        ("tok_chargeDeclinedFraudulent", "fraudulent", false),
        ("tok_chargeDeclinedExpiredCard", "expired_card", false),
        ("pm_card_visa_chargeDeclinedStolenCard", "stolen_card", false),
    ] {
        let (provider, intent) = intent().await;
        let expected = (code.to_owned(), retryable);
        let confirmed = provider.confirm(&intent, &card(token), &key("1")).await;
        assert_eq!(declined(confirmed), expected, "{token}");
        assert_eq!(
            declined(found(provider.inquire(&intent).await)),
            expected,
            "{token}"
        );
    }
}

#[tokio::test]
async fn after_a_decline_another_card_succeeds() {
    let (provider, intent) = intent().await;
    declined(
        provider
            .confirm(&intent, &card("tok_chargeDeclined"), &key("1"))
            .await,
    );
    let outcome = provider.confirm(&intent, &card("tok_visa"), &key("2")).await;
    assert_eq!(outcome, Ok(ChargeOutcome::Succeeded));
}

#[tokio::test]
async fn a_504_is_unknown_and_an_inquiry_tells_whether_money_was_taken() {
    for (token, truth) in [
        ("tok_timeout_before", ChargeOutcome::NotAttempted),
        ("tok_timeout_after", ChargeOutcome::Succeeded),
    ] {
        let (provider, intent) = intent().await;
        let lost = provider.confirm(&intent, &card(token), &key("1")).await;
        assert!(matches!(lost, Err(Fault::Unknown(_))), "{token}: {lost:?}");
        assert_eq!(found(provider.inquire(&intent).await), Ok(truth), "{token}");
    }
}

#[tokio::test]
async fn an_answer_that_comes_after_the_clients_patience_is_unknown() {
    let provider = client(&serve(settings(5_000)).await);
    let intent = provider.create_intent(&order(), &key("create")).await.unwrap();
    let lost = provider
        .confirm(&intent, &card("tok_timeout_after"), &key("1"))
        .await;
    assert!(matches!(lost, Err(Fault::Unknown(_))), "{lost:?}");
    assert_eq!(
        found(provider.inquire(&intent).await),
        Ok(ChargeOutcome::Succeeded)
    );
    let repeated = provider
        .confirm(&intent, &card("tok_timeout_after"), &key("1"))
        .await;
    assert_eq!(repeated, Ok(ChargeOutcome::Succeeded));
}

#[tokio::test]
async fn an_unavailable_provider_is_unknown_until_asked() {
    let (provider, intent) = intent().await;
    let away = provider
        .confirm(&intent, &card("tok_unavailable"), &key("1"))
        .await;
    assert!(matches!(away, Err(Fault::Unknown(_))), "{away:?}");
    assert_eq!(
        found(provider.inquire(&intent).await),
        Ok(ChargeOutcome::NotAttempted)
    );
}

#[tokio::test]
async fn a_second_confirmation_under_another_key_learns_that_the_first_succeeded() {
    let (provider, intent) = intent().await;
    for attempt in ["1", "2"] {
        let outcome = provider.confirm(&intent, &card("tok_visa"), &key(attempt)).await;
        assert_eq!(outcome, Ok(ChargeOutcome::Succeeded));
    }
}

#[tokio::test]
async fn twenty_parallel_confirmations_all_end_in_the_one_charge() {
    let (provider, intent) = intent().await;
    let (token, provider) = (card("tok_visa"), std::sync::Arc::new(provider));
    let tasks: Vec<_> = (0..20)
        .map(|attempt| {
            let (provider, intent, token) = (provider.clone(), intent.clone(), token.clone());
            tokio::spawn(async move {
                provider
                    .confirm(&intent, &token, &key(&format!("{attempt}")))
                    .await
            })
        })
        .collect();
    let mut succeeded = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(ChargeOutcome::Succeeded) => succeeded += 1,
            Err(Fault::Transient(_)) => {}
            other => panic!("{other:?}"),
        }
    }
    assert!(succeeded >= 1);
    assert_eq!(
        found(provider.inquire(&intent).await),
        Ok(ChargeOutcome::Succeeded)
    );
}

#[tokio::test]
async fn a_repeated_confirmation_gets_the_first_answer() {
    let (provider, intent) = intent().await;
    let token = card("tok_chargeDeclinedStolenCard");
    let first = provider.confirm(&intent, &token, &key("1")).await;
    assert_eq!(provider.confirm(&intent, &token, &key("1")).await, first);
}

#[tokio::test]
async fn a_card_that_the_provider_does_not_know_is_declined_for_good_and_its_name_is_not_repeated() {
    for unknown in ["tok_typo", "pm_typo", "pm_card_typo"] {
        let (provider, intent) = intent().await;
        let refused = provider.confirm(&intent, &card(unknown), &key("1")).await;
        assert!(!format!("{refused:?}").contains(unknown), "{refused:?}");
        assert_eq!(
            declined(refused),
            ("resource_missing".to_owned(), false),
            "{unknown}"
        );
        assert_eq!(
            found(provider.inquire(&intent).await),
            Ok(ChargeOutcome::NotAttempted)
        );
        // The order is still to be paid, and another card pays it.
        let outcome = provider.confirm(&intent, &card("tok_visa"), &key("2")).await;
        assert_eq!(outcome, Ok(ChargeOutcome::Succeeded), "{unknown}");
    }
}

#[tokio::test]
async fn an_unknown_card_after_a_decline_is_a_decline_of_its_own() {
    let (provider, intent) = intent().await;
    let empty = provider
        .confirm(&intent, &card("tok_insufficient_funds"), &key("1"))
        .await;
    assert_eq!(declined(empty), ("insufficient_funds".to_owned(), true));
    let unknown = provider.confirm(&intent, &card("tok_typo"), &key("2")).await;
    assert_eq!(declined(unknown), ("resource_missing".to_owned(), false));
}

#[tokio::test]
async fn an_unknown_card_of_an_intent_that_was_paid_changes_nothing() {
    let (provider, intent) = intent().await;
    provider
        .confirm(&intent, &card("tok_visa"), &key("1"))
        .await
        .unwrap();
    let late = provider.confirm(&intent, &card("tok_typo"), &key("2")).await;
    assert_eq!(late, Ok(ChargeOutcome::Succeeded));
}

#[tokio::test]
async fn a_token_that_is_used_up_is_declined_unless_it_was_used_up_for_this_order() {
    const USED: &str = r#"{"error":{"type":"invalid_request_error","code":"token_already_used"}}"#;
    for (status, expected) in [
        ("requires_payment_method", None),
        ("succeeded", Some(ChargeOutcome::Succeeded)),
        ("processing", Some(ChargeOutcome::Processing)),
    ] {
        let provider = client(&serve_refusal(USED, status).await);
        let intent = IntentId::parse("pi_1").unwrap();
        let outcome = provider.confirm(&intent, &card("tok_1Nx"), &key("1")).await;
        match expected {
            Some(settled) => assert_eq!(outcome, Ok(settled), "{status}"),
            None => assert_eq!(declined(outcome), ("token_already_used".to_owned(), false)),
        }
    }
}

#[tokio::test]
async fn what_repeating_cannot_help_is_a_defect() {
    let base_url = serve(settings(10)).await;
    let provider = client(&base_url);
    let intent = provider.create_intent(&order(), &key("create")).await.unwrap();

    let other_amount = provider.create_intent(&order_of(2_000), &key("create")).await;
    let too_small = provider.create_intent(&order_of(49), &key("small")).await;
    let nothing = found(provider.inquire(&IntentId::parse("pi_none").unwrap()).await);
    let not_an_id = found(provider.inquire(&IntentId::parse("../charges").unwrap()).await);
    let wrong_key = StripeProvider::new(&base_url, "sk_live_secret", Duration::from_secs(1)).unwrap();
    let not_let_in = found(wrong_key.inquire(&intent).await);
    for fault in [
        other_amount.unwrap_err(),
        too_small.unwrap_err(),
        nothing.unwrap_err(),
        not_an_id.unwrap_err(),
        not_let_in.unwrap_err(),
    ] {
        assert!(matches!(fault, Fault::Defect(_)), "{fault:?}");
        let said = format!("{fault} {fault:?} {wrong_key:?}");
        assert!(!said.contains("sk_live"), "{said}");
    }
}
