//! Rules of money that goes back, and of money that comes late.

use super::*;
use crate::ids::{IntentId, OrderId, ProductId, TicketId, UserId};
use crate::inventory::Take;
use crate::money::Currency;
use crate::order::{Decision, Kind, NewOrder};
use crate::payment::{CardToken, ChargeOutcome, RefundOutcome};
use crate::stock::StockChange;
use proptest::prelude::*;

fn at(second: u32) -> Timestamp {
    Timestamp::from_ms(i64::from(second) * 1000)
}

fn change(ruling: Result<Ruling, Fault>) -> Decision {
    match ruling.unwrap() {
        Ruling::Change(decision) => *decision,
        Ruling::AlreadyDone => panic!("nothing to do"),
    }
}

fn placed(things: Vec<(Thing, u32, u64)>) -> Order {
    let lines = things
        .into_iter()
        .map(|(thing, quantity, minor)| Line {
            thing,
            title: "Thing".to_owned(),
            quantity,
            price_minor: PriceMinor::new(minor).unwrap(),
        })
        .collect();
    let new = NewOrder {
        order_id: OrderId::from_random([9; 16]),
        user_id: UserId::from_random([8; 16]),
        lines,
        currency: Currency::parse("usd").unwrap(),
        hold_ttl_s: 900,
        device_id: None,
        request_fingerprint: "f".to_owned(),
        run: crate::HoldRun::of_execution("run"),
    };
    let order = Order::place(new, at(0)).unwrap().after;
    change(order.keep_intent(IntentId::parse("pi_1").unwrap(), at(0))).after
}

fn product(quantity: u32, minor: u64) -> (Thing, u32, u64) {
    let product_id = ProductId::from_random([4; 16]);
    let takes = vec![Take { shard: 0, quantity }];
    (Thing::Product { product_id, takes }, quantity, minor)
}

fn ticket(byte: u8, minor: u64) -> (Thing, u32, u64) {
    let ticket_id = TicketId::from_random([byte; 16]);
    (
        Thing::Ticket {
            ticket_id,
            version: 1,
        },
        1,
        minor,
    )
}

fn completed(things: Vec<(Thing, u32, u64)>) -> Order {
    let order = placed(things);
    let paying = change(order.begin_payment(CardToken::parse("tok_visa").unwrap(), at(1))).after;
    let paid = change(paying.record_outcome(1, &ChargeOutcome::Succeeded, 0, at(2)));
    assert_eq!(paid.money.len(), 1, "a charge is one row of the ledger of money");
    let fulfilled = match paid.after.kind() {
        Kind::Product => {
            let asked = change(paid.after.ask_supplier(0, at(2))).after;
            change(asked.ship(0, at(2))).after
        }
        Kind::Ticket | Kind::Dish => paid.after,
    };
    change(fulfilled.complete(at(3))).after
}

fn failed() -> RefundOutcome {
    RefundOutcome::Failed {
        code: "expired_or_canceled_card".to_owned(),
    }
}

fn succeeded() -> RefundOutcome {
    RefundOutcome::Succeeded {
        provider_id: "re_1".to_owned(),
    }
}

#[test]
fn a_ticket_whose_money_is_back_is_free_again_in_the_same_write_and_not_before() {
    let order = completed(vec![ticket(1, 1999), ticket(2, 501)]);
    let asked = change(order.ask_refund(&[RefundLine { line: 1, quantity: 1 }], None, at(10)));
    assert_eq!(
        (asked.after.status, asked.stock.len(), asked.money.len()),
        (Status::Completed, 0, 0)
    );
    let done = change(asked.after.record_refund(1, &succeeded(), at(11)));
    let TicketIdOf(returned) = returned_ticket(&done);
    assert_eq!(returned, TicketId::from_random([2; 16]));
    assert_eq!(done.after.status, Status::Completed, "the other ticket is kept");
    assert_eq!(done.money[0].amount_minor.as_minor(), 501);
    let rest = change(done.after.ask_refund(&[], None, at(12)));
    assert_eq!(rest.after.refunds[1].amount_minor.as_minor(), 1999);
    let done = change(rest.after.record_refund(2, &succeeded(), at(13)));
    assert_eq!(
        (done.after.status, done.after.kept_minor()),
        (Status::Refunded, 0)
    );
}

struct TicketIdOf(TicketId);

fn returned_ticket(decision: &Decision) -> TicketIdOf {
    match decision.stock.as_slice() {
        [StockChange::ReturnTicket { ticket_id, .. }] => TicketIdOf(ticket_id.clone()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_dish_an_unpaid_order_and_an_old_one_are_not_refunded() {
    let dish = Thing::Dish {
        dish_id: crate::DishId::from_random([3; 16]),
    };
    let served = completed(vec![(dish, 1, 900)]);
    assert!(matches!(
        served.ask_refund(&[], None, at(9)),
        Err(Fault::Refused(Refusal::NotRefundable { .. }))
    ));
    assert!(matches!(
        placed(vec![ticket(1, 100)]).ask_refund(&[], None, at(9)),
        Err(Fault::Refused(Refusal::OrderNotPaid { .. }))
    ));
    let old = completed(vec![ticket(1, 100)]);
    assert!(old.ask_refund(&[], None, at(3 + REFUND_WINDOW_S)).is_ok());
    assert!(matches!(
        old.ask_refund(&[], None, at(4 + REFUND_WINDOW_S)),
        Err(Fault::Refused(Refusal::NotRefundable { .. }))
    ));
}

proptest! {
    #[test]
    fn however_it_is_asked_never_more_goes_back_than_was_charged(
        asks in prop::collection::vec((0_u32..3, 0_u32..6, 0_u8..3), 0..30),
    ) {
        let mut order = completed(vec![product(5, 300), product(2, 1000)]);
        let mut back = 0;
        for (line, quantity, fate) in asks {
            let asked = order.ask_refund(&[RefundLine { line, quantity }], None, at(10));
            let Ok(Ruling::Change(decision)) = asked else { continue };
            order = decision.after;
            let number = order.refunds.last().unwrap().number;
            let outcome = match fate {
                0 => succeeded(),
                1 => RefundOutcome::Pending { provider_id: "re_2".to_owned() },
                _ => RefundOutcome::Failed { code: "expired_or_canceled_card".to_owned() },
            };
            let decision = change(order.record_refund(number, &outcome, at(11)));
            back += decision.money.iter().map(|row| row.amount_minor.as_minor()).sum::<u64>();
            order = decision.after;
            prop_assert!(back <= order.total_minor.as_minor());
            prop_assert_eq!(order.kept_minor() + back, order.total_minor.as_minor());
            prop_assert_eq!(order.status == Status::Refunded, order.kept_minor() == 0);
        }
    }
}

#[test]
fn what_the_provider_says_twice_or_late_gives_nothing_back_twice() {
    let order = change(completed(vec![ticket(1, 100)]).ask_refund(&[], None, at(9))).after;
    let done = change(order.record_refund(1, &succeeded(), at(10))).after;
    let pending = RefundOutcome::Pending {
        provider_id: "re_1".to_owned(),
    };
    assert_eq!(
        done.record_refund(1, &succeeded(), at(11)),
        Ok(Ruling::AlreadyDone)
    );
    assert_eq!(done.record_refund(1, &pending, at(11)), Ok(Ruling::AlreadyDone));
    assert!(matches!(
        done.ask_refund(&[], None, at(12)),
        Err(Fault::Refused(Refusal::OrderEnded { .. }))
    ));
}

#[test]
fn a_refund_that_the_bank_returns_is_money_that_is_owed_again() {
    let order = change(completed(vec![ticket(1, 100)]).ask_refund(&[], None, at(9))).after;
    let done = change(order.record_refund(1, &succeeded(), at(10))).after;
    let returned = change(done.hear_of_refund(1, &failed(), at(500)));
    assert_eq!(returned.money.len(), 1);
    assert_eq!(returned.money[0].entry(), "refund_returned-1");
    let heard = returned.after;
    assert_eq!((heard.refunded_minor(), heard.kept_minor()), (0, 100));
    let (before, after) = (&done.refunds[0], &heard.refunds[0]);
    assert_ne!(
        before.execution_name(&done.order_id),
        after.execution_name(&done.order_id)
    );
    assert!(heard.due_at.is_some(), "until the alarm was raised");
    assert_eq!(
        heard.record_refund(1, &succeeded(), at(501)),
        Ok(Ruling::AlreadyDone)
    );
}

#[test]
fn a_ticket_goes_back_on_sale_once_however_often_its_money_goes_back() {
    let line = [RefundLine { line: 0, quantity: 1 }];
    let order = change(completed(vec![ticket(1, 100), ticket(2, 200)]).ask_refund(&line, None, at(9))).after;
    let done = change(order.record_refund(1, &succeeded(), at(10)));
    assert_eq!(done.stock.len(), 1);
    let owed = change(done.after.hear_of_refund(1, &failed(), at(11))).after;
    let again = change(owed.ask_refund(&line, None, at(12))).after;
    let done = change(again.record_refund(2, &succeeded(), at(13)));
    assert_eq!(
        (done.stock.len(), done.money.len()),
        (0, 1),
        "by now it may be somebody else's"
    );
}

#[test]
fn the_days_to_ask_are_counted_from_the_sale_and_not_from_the_last_refund() {
    let order = completed(vec![product(5, 300)]);
    let part = [RefundLine { line: 0, quantity: 1 }];
    let late = change(order.ask_refund(&part, None, at(REFUND_WINDOW_S))).after;
    assert!(matches!(
        late.ask_refund(&part, None, at(REFUND_WINDOW_S + 100)),
        Err(Fault::Refused(Refusal::NotRefundable { .. }))
    ));
}

#[test]
fn late_money_holds_everything_again_under_a_newer_hold_or_is_owed_in_full() {
    let expired = change(placed(vec![ticket(1, 1999)]).expire(at(900))).after;
    let again = change(expired.hold_again(expired.lines.clone(), Vec::new(), at(950)));
    assert_eq!((again.after.status, again.after.hold.version), (Status::Paid, 2));
    assert!(matches!(
        again.stock.as_slice(),
        [StockChange::HoldTicket { hold, .. }] if hold.hold_version == 2
    ));
    assert_eq!(again.money.len(), 1);

    let owed = change(expired.owe_refund(at(950)));
    assert_eq!(
        (owed.after.status, owed.stock.len(), owed.money.len()),
        (Status::Expired, 0, 1)
    );
    assert_eq!(
        owed.after
            .open_refund()
            .map(|refund| refund.amount_minor.as_minor()),
        Some(1999)
    );
    let back = change(owed.after.record_refund(1, &succeeded(), at(960)));
    assert_eq!(
        (back.after.status, back.stock.len(), back.after.due_at),
        (Status::Refunded, 0, None)
    );
}

#[test]
fn never_both_held_again_and_given_back() {
    let expired = change(placed(vec![ticket(1, 1999)]).expire(at(900))).after;
    let again = change(expired.hold_again(expired.lines.clone(), Vec::new(), at(950))).after;
    assert_eq!(again.owe_refund(at(951)), Ok(Ruling::AlreadyDone));
    let owed = change(expired.owe_refund(at(950))).after;
    assert_eq!(
        owed.hold_again(owed.lines.clone(), Vec::new(), at(951)),
        Ok(Ruling::AlreadyDone)
    );
}

#[test]
fn who_cancelled_gets_the_money_back_and_nothing_else() {
    let cancelled = change(placed(vec![ticket(1, 1999)]).cancel(at(5))).after;
    assert!(!cancelled.may_be_held_again());
    assert!(matches!(
        cancelled.hold_again(cancelled.lines.clone(), Vec::new(), at(6)),
        Err(Fault::Refused(Refusal::OrderEnded { .. }))
    ));
    assert!(cancelled.owe_refund(at(6)).is_ok());
}

#[test]
fn a_refund_asked_for_twice_under_one_name_is_one_refund() {
    let order = completed(vec![product(5, 300)]);
    let part = [RefundLine { line: 0, quantity: 1 }];
    let asked = change(order.ask_refund(&part, Some("key"), at(9))).after;
    assert_eq!(
        asked.ask_refund(&part, Some("key"), at(10)),
        Ok(Ruling::AlreadyDone)
    );
    let other = change(asked.ask_refund(&part, Some("other"), at(10))).after;
    assert_eq!(
        other.refund_asked_under(Some("key")).map(|refund| refund.number),
        Some(1)
    );
    assert_eq!(other.refunds.len(), 2);
    let more = [RefundLine { line: 0, quantity: 2 }];
    assert!(matches!(
        other.ask_refund(&more, Some("key"), at(11)),
        Err(Fault::Refused(Refusal::KeyReused))
    ));
}

#[test]
fn who_got_everything_back_and_lost_it_at_the_bank_may_ask_again() {
    let order = change(completed(vec![ticket(1, 100)]).ask_refund(&[], None, at(9))).after;
    let refunded = change(order.record_refund(1, &succeeded(), at(10))).after;
    assert!(refunded.ask_refund(&[], None, at(11)).is_err());
    let owed = change(refunded.hear_of_refund(1, &failed(), at(12))).after;
    let again = change(owed.ask_refund(&[], None, at(13))).after;
    let done = change(again.record_refund(2, &succeeded(), at(14)));
    assert_eq!(
        (done.after.status, done.after.kept_minor()),
        (Status::Refunded, 0)
    );
    assert_eq!((done.stock.len(), done.money.len()), (0, 1));
}

#[test]
fn a_line_that_is_not_there_and_a_quantity_that_never_was_are_named() {
    let order = completed(vec![product(5, 300)]);
    let field = |line, quantity| match order.ask_refund(&[RefundLine { line, quantity }], None, at(9)) {
        Err(Fault::Refused(Refusal::InvalidInput { errors })) => errors[0].field.clone(),
        other => format!("{other:?}"),
    };
    assert_eq!(field(3, 1), "lines[0].line");
    assert_eq!(field(0, 0), "lines[0].quantity");
    assert_eq!(field(0, 6), "lines[0].quantity");
}

#[test]
fn a_line_that_is_named_twice_is_refused() {
    let order = completed(vec![product(5, 300)]);
    let most = RefundLine { line: 0, quantity: 4 };
    match order.ask_refund(&[most, most], None, at(9)) {
        Err(Fault::Refused(Refusal::InvalidInput { errors })) => assert_eq!(errors[0].field, "lines[1]"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_order_is_refunded_in_so_many_parts_and_no_more() {
    let part = [RefundLine { line: 0, quantity: 1 }];
    let mut order = completed(vec![product(30, 300)]);
    for _ in 0..REFUNDS_MAX {
        order = change(order.ask_refund(&part, None, at(9))).after;
    }
    assert!(matches!(
        order.ask_refund(&part, None, at(9)),
        Err(Fault::Refused(Refusal::NotRefundable { .. }))
    ));
}
