//! What each answer comes to.

use super::*;

fn refusal(status: u16, body: &str) -> Refused {
    read_refusal(status, body.as_bytes(), |bytes| {
        serde_json::from_slice(bytes).ok()
    })
}

#[test]
fn an_inquiry_names_the_order_and_the_amount_and_a_decline_names_its_charge() {
    let order = OrderId::from_random([7; 16]);
    let found = format!(
        r#"{{"id":"pi_1","status":"requires_payment_method","amount":1999,"metadata":{{"order_id":"{order}"}},
        "last_payment_error":{{"type":"card_error","code":"processing_error","charge":"ch_7"}}}}"#
    );
    let inquiry = inquiry_of(serde_json::from_str(&found).unwrap()).unwrap();
    assert_eq!(
        (inquiry.order_id.as_ref(), inquiry.amount_minor),
        (Some(&order), 1_999)
    );
    assert!(
        matches!(&inquiry.outcome, ChargeOutcome::Declined { charge: Some(charge), .. } if charge == "ch_7"),
        "{inquiry:?}"
    );
    // Made by hand in the provider's dashboard: it is none of our orders'.
    let foreign = r#"{"id":"pi_1","status":"succeeded","amount":5,"metadata":{"order_id":"6735"}}"#;
    let inquiry = inquiry_of(serde_json::from_str(foreign).unwrap()).unwrap();
    assert_eq!(inquiry.order_id, None);
}

#[test]
fn a_charge_that_is_given_back_or_cannot_be_is_told_from_a_wrong_request() {
    let error = |code: &str| format!(r#"{{"error":{{"type":"invalid_request_error","code":"{code}"}}}}"#);
    assert!(matches!(
        refusal(400, &error("charge_already_refunded")),
        Refused::AlreadyRefunded
    ));
    assert!(
        matches!(refusal(400, &error("charge_disputed")), Refused::NotRefundable(code) if code == "charge_disputed")
    );
    assert!(matches!(
        refusal(400, &error("balance_insufficient")),
        Refused::Fault(Fault::Transient(_))
    ));
}

fn intent(json: &str) -> Result<ChargeOutcome, Fault> {
    outcome_of(serde_json::from_str(json).unwrap())
}

#[test]
fn the_banks_code_wins_over_stripes_and_stripes_stands_in_for_it() {
    let body = r#"{"error":{"type":"card_error","code":"card_declined","decline_code":"stolen_card"}}"#;
    assert!(
        matches!(refusal(402, body), Refused::Declined(ChargeOutcome::Declined { code, retryable: false, .. }) if code == "stolen_card")
    );
    let body = r#"{"error":{"type":"card_error","code":"processing_error","message":"Try again."}}"#;
    assert!(
        matches!(refusal(402, body), Refused::Declined(ChargeOutcome::Declined { code, message, retryable: true, .. }) if code == "processing_error" && message == "Try again.")
    );
}

#[test]
fn what_may_have_charged_is_unknown_and_what_cannot_have_is_transient() {
    for status in [408, 409, 424, 500, 502, 503, 504] {
        assert!(
            matches!(refusal(status, "<html>"), Refused::Fault(Fault::Unknown(_))),
            "{status}"
        );
    }
    assert!(matches!(refusal(429, "{}"), Refused::Fault(Fault::Transient(_))));
    for (status, code) in [(409, "lock_timeout"), (400, "token_in_use")] {
        let held = format!(r#"{{"error":{{"type":"invalid_request_error","code":"{code}"}}}}"#);
        assert!(
            matches!(refusal(status, &held), Refused::Fault(Fault::Transient(_))),
            "{code}"
        );
    }
}

#[test]
fn a_wrong_key_or_parameter_is_a_defect_that_names_the_parameter() {
    for status in [301, 400, 401, 403, 404, 422] {
        assert!(
            matches!(refusal(status, "{}"), Refused::Fault(Fault::Defect(_))),
            "{status}"
        );
    }
    let body = r#"{"error":{"type":"invalid_request_error","code":"parameter_unknown","param":"amout"}}"#;
    let Refused::Fault(Fault::Defect(said)) = refusal(400, body) else {
        panic!("not a defect");
    };
    assert!(said.contains("parameter_unknown, parameter amout"), "{said}");
}

#[test]
fn a_card_that_cannot_be_charged_is_the_buyers_and_never_a_defect() {
    for (status, error) in [
        (
            400,
            r#""code":"resource_missing","param":"payment_method_data[card][token]""#,
        ),
        (400, r#""code":"resource_missing","param":"payment_method""#),
        (404, r#""code":"resource_missing","param":"payment_method""#),
        (400, r#""code":"resource_missing""#),
        (400, r#""code":"token_already_used""#),
        (400, r#""code":"payment_method_unexpected_state""#),
        (
            400,
            r#""code":"payment_method_unsupported_type","param":"payment_method""#,
        ),
        (
            400,
            r#""code":"parameter_invalid_string","param":"payment_method_data[card][token]""#,
        ),
        (400, r#""param":"payment_method""#),
    ] {
        let body = format!(
            r#"{{"error":{{"type":"invalid_request_error","message":"No such token: 'tok_1'",{error}}}}}"#
        );
        let Refused::UnusableCard { declined, said } = refusal(status, &body) else {
            panic!("{status} {error}");
        };
        let told = format!("{declined:?} {said}");
        assert!(
            matches!(declined, ChargeOutcome::Declined { retryable: false, .. }) && !told.contains("tok_1"),
            "{told}"
        );
    }
}

#[test]
fn what_no_buyer_has_a_part_in_stays_a_defect() {
    for (status, error) in [
        (
            404,
            r#""type":"invalid_request_error","code":"resource_missing","param":"intent""#,
        ),
        (404, r#""type":"invalid_request_error","code":"resource_missing""#),
        (
            400,
            r#""type":"invalid_request_error","code":"parameter_missing","param":"payment_method_data[type]""#,
        ),
        (
            400,
            r#""type":"invalid_request_error","code":"parameter_unknown","param":"payment_method_data[cvc]""#,
        ),
        (
            400,
            r#""type":"invalid_request_error","code":"payment_method_types_no_longer_supported","param":"payment_method_types""#,
        ),
        (
            400,
            r#""type":"invalid_request_error","code":"amount_too_small","param":"amount""#,
        ),
        (400, r#""type":"invalid_request_error","param":"return_url""#),
        (400, r#""type":"idempotency_error""#),
        (401, r#""type":"invalid_request_error","param":"payment_method""#),
    ] {
        let body = format!(r#"{{"error":{{{error}}}}}"#);
        assert!(
            matches!(refusal(status, &body), Refused::Fault(Fault::Defect(_))),
            "{status} {error}"
        );
    }
}

#[test]
fn an_intent_tells_where_the_money_is() {
    assert_eq!(
        intent(r#"{"id":"pi_1","status":"succeeded","last_payment_error":null}"#),
        Ok(ChargeOutcome::Succeeded)
    );
    assert_eq!(
        intent(r#"{"id":"pi_1","status":"processing"}"#),
        Ok(ChargeOutcome::Processing)
    );
    assert_eq!(
        intent(r#"{"id":"pi_1","status":"requires_payment_method"}"#),
        Ok(ChargeOutcome::NotAttempted)
    );
    assert_eq!(
        intent(r#"{"id":"pi_1","status":"requires_confirmation"}"#),
        Ok(ChargeOutcome::NotAttempted)
    );
    assert!(
        matches!(intent(r#"{"id":"pi_1","status":"canceled"}"#), Ok(ChargeOutcome::Declined { code, retryable: false, .. }) if code == "canceled")
    );
    assert!(matches!(
        intent(r#"{"id":"pi_1","status":"requires_capture"}"#),
        Err(Fault::Defect(_))
    ));
}

#[test]
fn a_payment_method_that_was_used_up_is_known_by_stripes_words_alone() {
    let body = r#"{"error":{"type":"invalid_request_error","message":"This PaymentMethod was previously used without being attached to a Customer or was detached from a Customer, and may not be used again."}}"#;
    assert!(matches!(refusal(400, body), Refused::UnusableCard { .. }));
    let other = r#"{"error":{"type":"invalid_request_error","message":"Something else entirely."}}"#;
    assert!(!matches!(refusal(400, other), Refused::UnusableCard { .. }));
}

proptest::proptest! {
    /// Whatever a provider, or a gateway before it, answers: an outcome, or a fault that says what to do about it.
    #[test]
    fn a_damaged_answer_is_an_outcome_or_a_fault(
        intent in damaged::json(serde_json::json!({
            "id": "pi_1", "status": "requires_payment_method", "amount": 1_999, "amount_received": 0, "currency": "usd",
            "metadata": { "order_id": OrderId::from_random([7; 16]).as_str() },
            "latest_charge": { "id": "ch_1", "status": "failed", "refunded": false },
            "last_payment_error": { "type": "card_error", "code": "card_declined", "decline_code": "stolen_card", "charge": "ch_7" },
        })),
        error in damaged::json(serde_json::json!({ "error": {
            "type": "card_error", "code": "card_declined", "decline_code": "insufficient_funds", "message": "No.", "param": "payment_method",
        } })),
        status in 100_u16..600,
    ) {
        if let Ok(intent) = serde_json::from_value::<Intent>(intent.clone()) {
            let _ = outcome_of(intent);
        }
        if let Ok(intent) = serde_json::from_value::<Intent>(intent) {
            let _ = inquiry_of(intent);
        }
        let is_declined = matches!(refusal(status, &error.to_string()), Refused::Declined(_));
        proptest::prop_assert!(!is_declined || status == 402, "a card is declined by 402 alone, not by {}", status);
    }
}
