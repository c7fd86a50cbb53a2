//! Rules of an order's life, for any order of steps at any time.

mod guards;

use super::*;
use crate::payment::{ATTEMPTS_MAX, AttemptStatus, CardToken, ChargeOutcome};
use crate::stock::StockChange;
use crate::{Fault, Refusal};
use proptest::prelude::*;

const TTL_S: u32 = 900;

fn at(second: u32) -> Timestamp {
    Timestamp::from_ms(i64::from(second) * 1000)
}

fn placing() -> Decision {
    let line = |byte: u8, minor: u64| Line {
        thing: Thing::Ticket {
            ticket_id: TicketId::from_random([byte; 16]),
            version: 1,
        },
        title: format!("Seat {byte}"),
        quantity: 1,
        price_minor: PriceMinor::new(minor).unwrap(),
    };
    let new = NewOrder {
        order_id: OrderId::from_random([9; 16]),
        user_id: UserId::from_random([8; 16]),
        lines: vec![line(1, 1999), line(2, 501)],
        currency: Currency::parse("usd").unwrap(),
        hold_ttl_s: TTL_S,
        device_id: None,
        request_fingerprint: "f".to_owned(),
        run: crate::HoldRun::of_execution("run"),
    };
    Order::place(new, at(0)).unwrap()
}

fn placed() -> Order {
    placing().after
}

fn card() -> CardToken {
    CardToken::parse("tok_visa").unwrap()
}

fn declined() -> ChargeOutcome {
    ChargeOutcome::Declined {
        code: "insufficient_funds".into(),
        message: "No.".into(),
        retryable: true,
        charge: None,
    }
}

/// The number of the latest attempt.
fn latest(order: &Order) -> u32 {
    order.attempts.last().map_or(0, |attempt| attempt.number)
}

/// The order after a ruling; the same order after "already done".
fn after(order: &Order, ruling: Ruling) -> Order {
    match ruling {
        Ruling::Change(decision) => decision.after,
        Ruling::AlreadyDone => order.clone(),
    }
}

fn refusal(outcome: Result<Ruling, Fault>) -> &'static str {
    match outcome {
        Err(fault) => fault.name(),
        Ok(ruling) => panic!("was allowed: {ruling:?}"),
    }
}

#[test]
fn the_total_is_the_sum_of_the_lines() {
    assert_eq!(placed().total_minor.as_minor(), 2500);
}

#[test]
fn at_the_deadline_expiry_wins_and_before_it_payment_wins() {
    let order = placed();
    assert!(matches!(
        order.begin_payment(card(), Timestamp::from_ms(899_999)),
        Ok(Ruling::Change(_))
    ));
    assert_eq!(
        refusal(order.expire(Timestamp::from_ms(899_999))),
        "HoldStillAlive"
    );
    assert_eq!(refusal(order.begin_payment(card(), at(TTL_S))), "HoldExpired");
    assert!(matches!(order.expire(at(TTL_S)), Ok(Ruling::Change(_))));
}

#[test]
fn an_order_that_is_being_paid_can_neither_expire_nor_be_cancelled_nor_be_paid_again() {
    let order = placed();
    let paying = after(&order, order.begin_payment(card(), at(1)).unwrap());
    assert_eq!(refusal(paying.expire(at(TTL_S + 1))), "OrderBeingPaid");
    assert_eq!(refusal(paying.cancel(at(2))), "OrderBeingPaid");
    assert_eq!(refusal(paying.begin_payment(card(), at(2))), "OrderBeingPaid");
}

#[test]
fn a_declined_card_leaves_the_hold_alive_until_the_attempts_are_used_up() {
    let mut order = placed();
    for attempt in 1..=ATTEMPTS_MAX {
        order = after(&order, order.begin_payment(card(), at(1)).unwrap());
        order = after(
            &order,
            order
                .record_outcome(attempt as u32, &declined(), 0, at(2))
                .unwrap(),
        );
        let expected = if attempt < ATTEMPTS_MAX {
            Status::Held
        } else {
            Status::Paying
        };
        assert_eq!(order.status, expected, "after attempt {attempt}");
    }
    assert_eq!(refusal(order.begin_payment(card(), at(3))), "OrderBeingPaid");
    let ended = after(&order, order.void(Interruption::PaymentFailed, at(3)).unwrap());
    assert_eq!(ended.status, Status::PaymentFailed);
}

#[test]
fn what_is_said_of_an_earlier_attempt_is_not_taken_for_the_latest() {
    let mut order = placed();
    for _ in 0..2 {
        order = after(&order, order.begin_payment(card(), at(1)).unwrap());
        if latest(&order) == 1 {
            order = after(&order, order.record_outcome(1, &declined(), 0, at(2)).unwrap());
            let unknown = order.record_outcome(1, &ChargeOutcome::Processing, 0, at(3));
            assert_eq!(unknown, Ok(Ruling::AlreadyDone), "what is known stays known");
        }
    }
    assert_eq!(order.status, Status::Paying);
    assert_eq!(
        order.record_outcome(1, &declined(), 0, at(4)),
        Ok(Ruling::AlreadyDone)
    );
    assert_eq!(
        order.record_outcome(1, &ChargeOutcome::Processing, 0, at(4)),
        Ok(Ruling::AlreadyDone)
    );
    let paid = after(
        &order,
        order
            .record_outcome(1, &ChargeOutcome::Succeeded, 0, at(5))
            .unwrap(),
    );
    assert_eq!(
        paid.status,
        Status::Paid,
        "money that was taken counts, whoever heard of it"
    );
}

#[test]
fn an_unknown_outcome_is_never_taken_for_a_failure() {
    let order = placed();
    let order = after(&order, order.begin_payment(card(), at(1)).unwrap());
    let order = after(
        &order,
        order
            .record_outcome(latest(&order), &ChargeOutcome::Processing, 0, at(2))
            .unwrap(),
    );
    assert!(order.latest_attempt_is(AttemptStatus::Unknown));
    assert_eq!(
        refusal(order.void(Interruption::PaymentFailed, at(3))),
        "OrderBeingPaid"
    );
    assert_eq!(refusal(order.expire(at(TTL_S * 2))), "OrderBeingPaid");
    let order = after(
        &order,
        order
            .record_outcome(latest(&order), &ChargeOutcome::Succeeded, 0, at(4))
            .unwrap(),
    );
    assert_eq!(order.status, Status::Paid);
}

#[test]
fn completing_posts_every_claim_and_expiring_releases_every_claim() {
    let order = placed();
    let Ok(Ruling::Change(expired)) = order.expire(at(TTL_S)) else {
        panic!("not expired")
    };
    assert_eq!(expired.stock.len(), 2);
    assert!(
        expired
            .stock
            .iter()
            .all(|change| matches!(change, StockChange::ReleaseTicket { .. }))
    );
    assert_eq!(
        expired.after.due_at, None,
        "an ended order is nothing to reconcile"
    );

    let order = after(&order, order.begin_payment(card(), at(1)).unwrap());
    let order = after(
        &order,
        order
            .record_outcome(latest(&order), &ChargeOutcome::Succeeded, 0, at(2))
            .unwrap(),
    );
    let Ok(Ruling::Change(completed)) = order.complete(at(3)) else {
        panic!("not completed")
    };
    assert!(
        completed
            .stock
            .iter()
            .all(|change| matches!(change, StockChange::PostTicket { .. }))
    );
}

#[test]
fn a_token_that_is_delivered_late_does_not_replace_the_newer_one() {
    let token = |text| crate::TaskToken::parse(text).unwrap();
    let order = placed();
    let order = after(&order, order.keep_task_token(token("second"), at(20), at(21)));
    assert_eq!(
        order.keep_task_token(token("first"), at(10), at(22)),
        Ruling::AlreadyDone
    );
    let order = after(&order, order.keep_task_token(token("third"), at(30), at(31)));
    assert_eq!(order.waiter.map(|waiter| waiter.token), Some(token("third")));
}

#[test]
fn only_money_leads_out_of_an_end() {
    for status in Status::ALL.into_iter().filter(|status| status.is_end()) {
        for next in Status::ALL.into_iter().filter(|next| status.may_become(*next)) {
            let came_late = next == Status::Paid && matches!(status, Status::Expired | Status::PaymentFailed);
            assert!(came_late || next == Status::Refunded, "{status} -> {next}");
        }
    }
    assert!(
        Status::ALL
            .into_iter()
            .all(|next| !Status::Refunded.may_become(next))
    );
}

#[test]
fn an_order_survives_its_own_json() {
    let order = after(&placed(), placed().begin_payment(card(), at(1)).unwrap());
    let text = serde_json::to_string(&order).unwrap();
    assert_eq!(serde_json::from_str::<Order>(&text).unwrap(), order);
}

/// Everything that can be asked of an order.
#[derive(Clone, Copy, Debug)]
enum Ask {
    Pay,
    Succeeded,
    Declined,
    Unknown,
    Complete,
    Expire,
    Cancel,
    VoidFailed,
    VoidUnavailable,
    VoidNotStarted,
    GetStuck,
    LookAgain,
}

fn ask(order: &Order, ask: Ask, now: Timestamp) -> Result<Ruling, Fault> {
    match ask {
        Ask::Pay => order.begin_payment(card(), now),
        // The provider answers only while it was asked.
        Ask::Succeeded | Ask::Declined | Ask::Unknown if order.status != Status::Paying => {
            Ok(Ruling::AlreadyDone)
        }
        Ask::Succeeded => order.record_outcome(latest(order), &ChargeOutcome::Succeeded, 0, now),
        Ask::Declined => order.record_outcome(latest(order), &declined(), 0, now),
        Ask::Unknown => order.record_outcome(latest(order), &ChargeOutcome::Processing, 0, now),
        Ask::Complete => order.complete(now),
        Ask::Expire => order.expire(now),
        Ask::Cancel => order.cancel(now),
        Ask::VoidFailed => order.void(Interruption::PaymentFailed, now),
        Ask::VoidUnavailable => order.void(Interruption::Unavailable, now),
        Ask::VoidNotStarted => order.void(Interruption::NotStarted(crate::HoldRun::of_execution("run")), now),
        Ask::GetStuck => order.get_stuck("test", now),
        Ask::LookAgain => Ok(order.look_again(true, now)),
    }
}

fn any_ask() -> impl Strategy<Value = Ask> {
    prop::sample::select(vec![
        Ask::Pay,
        Ask::Succeeded,
        Ask::Declined,
        Ask::Unknown,
        Ask::Complete,
        Ask::Expire,
        Ask::Cancel,
        Ask::VoidFailed,
        Ask::VoidUnavailable,
        Ask::VoidNotStarted,
        Ask::GetStuck,
        Ask::LookAgain,
    ])
}

proptest! {
    #[test]
    fn whatever_is_asked_in_whatever_order_the_rules_hold(
        asks in prop::collection::vec((any_ask(), 0..2000_u32), 1..40)
    ) {
        let mut order = placed();
        let mut claims_ended = 0;
        let mut now_s = 0;
        for (what, pause_s) in asks {
            now_s += pause_s / 20;
            let before = order.clone();
            match ask(&order, what, at(now_s)) {
                Err(Fault::Refused(refusal)) => prop_assert!(refusal.status() >= 400),
                Err(Fault::Defect(why)) => prop_assert!(false, "{what:?} on {}: {why}", order.status),
                Err(other) => prop_assert!(false, "{other:?}"),
                Ok(Ruling::AlreadyDone) => {}
                Ok(Ruling::Change(decision)) => {
                    prop_assert_eq!(decision.before, Some((before.version, before.status)));
                    prop_assert_eq!(decision.after.version, before.version + 1);
                    prop_assert!(
                        decision.after.status == before.status || before.status.may_become(decision.after.status),
                        "{} -> {}", before.status, decision.after.status
                    );
                    prop_assert_eq!(decision.stock.is_empty(), !decision.after.status.is_end());
                    claims_ended += u32::from(!decision.stock.is_empty());
                    order = decision.after;
                }
            }
            let charged = order.attempts.iter().filter(|a| a.status == AttemptStatus::Succeeded).count();
            prop_assert!(charged <= 1, "charged {charged} times");
            prop_assert!(order.attempts.len() <= ATTEMPTS_MAX);
            prop_assert!(claims_ended <= 1, "the claims ended {claims_ended} times");
            prop_assert_eq!(claims_ended == 1, order.status.is_end());
            prop_assert_eq!(order.due_at.is_none(), order.status.is_end());
            if order.status == Status::Completed {
                prop_assert_eq!(charged, 1);
            }
            if matches!(order.status, Status::Expired | Status::Cancelled | Status::PaymentFailed | Status::Unavailable) {
                prop_assert_eq!(charged, 0, "ended as {} with the money kept", order.status);
            }
        }
    }

    #[test]
    fn a_refusal_says_the_same_in_json_as_in_rust(n in 0..1000_u32) {
        let refusal = Refusal::HoldStillAlive { order_id: OrderId::from_random([1; 16]), remaining_s: n };
        let json = serde_json::to_value(&refusal).unwrap();
        prop_assert_eq!(json["code"].as_str(), Some(refusal.name()));
        prop_assert_eq!(serde_json::from_value::<Refusal>(json).unwrap(), refusal);
    }
}

fn soft_decline(charge: &str) -> ChargeOutcome {
    ChargeOutcome::Declined {
        code: "insufficient_funds".into(),
        message: "No.".into(),
        retryable: true,
        charge: Some(charge.to_owned()),
    }
}

#[test]
fn a_soft_decline_is_tried_again_by_itself_after_its_pause_and_a_hard_one_is_not() {
    let paying = after(&placed(), placed().begin_payment(card(), at(1)).unwrap());
    let held = after(
        &paying,
        paying.record_outcome(1, &soft_decline("ch_1"), 0, at(2)).unwrap(),
    );
    assert_eq!((held.status, held.retry_at), (Status::Held, Some(at(3))));
    assert!(matches!(
        held.begin_retry(at(1)),
        Err(Fault::Refused(Refusal::PaymentWillBeRetried { .. }))
    ));
    let again = after(&held, held.begin_retry(at(3)).unwrap());
    assert_eq!(
        (again.status, again.attempts.len(), again.retry_at),
        (Status::Paying, 2, None)
    );
    let hard = ChargeOutcome::Declined {
        code: "stolen_card".into(),
        message: "No.".into(),
        retryable: false,
        charge: Some("ch_2".to_owned()),
    };
    let held = after(&again, again.record_outcome(2, &hard, 0, at(4)).unwrap());
    assert_eq!((held.status, held.retry_at), (Status::Held, None));
    assert_eq!(held.begin_retry(at(9)), Ok(Ruling::AlreadyDone));
}

#[test]
fn another_card_takes_the_place_of_the_next_try() {
    let paying = after(&placed(), placed().begin_payment(card(), at(1)).unwrap());
    let held = after(
        &paying,
        paying.record_outcome(1, &soft_decline("ch_1"), 0, at(2)).unwrap(),
    );
    let other = CardToken::parse("tok_mastercard").unwrap();
    let paying = after(&held, held.begin_payment(other.clone(), at(2)).unwrap());
    assert_eq!(
        paying.attempts.last().map(|attempt| attempt.card.clone()),
        Some(other)
    );
    assert_eq!(paying.begin_retry(at(9)), Ok(Ruling::AlreadyDone));
}

#[test]
fn no_try_is_planned_for_after_the_deadline() {
    let paying = after(&placed(), placed().begin_payment(card(), at(TTL_S - 1)).unwrap());
    let held = after(
        &paying,
        paying
            .record_outcome(1, &soft_decline("ch_1"), 0, at(TTL_S - 1))
            .unwrap(),
    );
    assert_eq!((held.status, held.retry_at), (Status::Held, None));
}

#[test]
fn an_inquiry_that_shows_an_earlier_decline_says_that_the_latest_attempt_never_arrived() {
    let paying = after(&placed(), placed().begin_payment(card(), at(1)).unwrap());
    let held = after(
        &paying,
        paying.record_outcome(1, &soft_decline("ch_1"), 0, at(2)).unwrap(),
    );
    let again = after(&held, held.begin_retry(at(3)).unwrap());
    let code_of = |found: ChargeOutcome| match again.outcome_of_latest(found) {
        ChargeOutcome::Declined { code, .. } => code,
        other => format!("{other:?}"),
    };
    assert_eq!(code_of(soft_decline("ch_1")), crate::payment::NO_ANSWER);
    assert_eq!(code_of(ChargeOutcome::NotAttempted), crate::payment::NO_ANSWER);
    assert_eq!(code_of(soft_decline("ch_2")), "insufficient_funds");
    assert_eq!(code_of(ChargeOutcome::Succeeded), "Succeeded");
}

#[test]
fn a_retry_that_comes_after_the_deadline_is_given_up_for_good() {
    let paying = after(&placed(), placed().begin_payment(card(), at(TTL_S - 3)).unwrap());
    let declined = paying
        .record_outcome(1, &soft_decline("ch_1"), 0, at(TTL_S - 2))
        .unwrap();
    let held = after(&paying, declined);
    assert_eq!(held.retry_at, Some(at(TTL_S - 1)));
    let late = after(&held, held.begin_retry(at(TTL_S)).unwrap());
    assert_eq!(
        (late.status, late.retry_at, late.wake_up()),
        (Status::Held, None, None)
    );
    assert!(late.expire(at(TTL_S)).is_ok());
}
