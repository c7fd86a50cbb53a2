//! Rules of the door: one ticket lets in one person, and never one who has the money back.

use super::*;
use crate::ids::{IntentId, OrderId};
use crate::money::{Currency, PriceMinor};
use crate::order::{Line, NewOrder};
use crate::payment::{CardToken, ChargeOutcome, RefundOutcome};
use crate::refund::RefundLine;
use crate::stock::StockChange;
use proptest::prelude::*;

const TICKETS: u8 = 3;

fn at(second: u32) -> Timestamp {
    Timestamp::from_ms(i64::from(second) * 1000)
}

fn ticket(byte: u8) -> TicketId {
    TicketId::from_random([byte; 16])
}

fn keeper() -> UserId {
    UserId::from_random([7; 16])
}

fn after(order: &Order, ruling: Result<Ruling, Fault>) -> Order {
    match ruling.unwrap() {
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

fn placed() -> Order {
    let line = |byte| Line {
        thing: Thing::Ticket {
            ticket_id: ticket(byte),
            version: 1,
        },
        title: format!("Seat {byte}"),
        quantity: 1,
        price_minor: PriceMinor::new(1_000).unwrap(),
    };
    let new = NewOrder {
        order_id: OrderId::from_random([9; 16]),
        user_id: UserId::from_random([8; 16]),
        lines: (0..TICKETS).map(line).collect(),
        currency: Currency::parse("usd").unwrap(),
        hold_ttl_s: 900,
        device_id: None,
        request_fingerprint: "f".to_owned(),
        run: crate::HoldRun::of_execution("run"),
    };
    Order::place(new, at(0)).unwrap().after
}

fn completed() -> Order {
    let order = placed();
    let order = after(&order, order.keep_intent(IntentId::parse("pi_1").unwrap(), at(0)));
    let order = after(
        &order,
        order.begin_payment(CardToken::parse("tok_visa").unwrap(), at(1)),
    );
    let order = after(
        &order,
        order.record_outcome(1, &ChargeOutcome::Succeeded, 0, at(2)),
    );
    after(&order, order.complete(at(3)))
}

fn lines(line: u32) -> [RefundLine; 1] {
    [RefundLine { line, quantity: 1 }]
}

fn succeeded() -> RefundOutcome {
    RefundOutcome::Succeeded {
        provider_id: "re_1".to_owned(),
    }
}

fn failed() -> RefundOutcome {
    RefundOutcome::Failed {
        code: "expired_or_canceled_card".to_owned(),
    }
}

#[test]
fn a_ticket_lets_in_once_and_the_second_time_says_when_it_did() {
    let order = completed();
    let ruling = order.admit(&ticket(1), &keeper(), None, at(10)).unwrap();
    let Ruling::Change(decision) = ruling else {
        panic!("nothing to write");
    };
    assert_eq!(decision.before, Some((order.version, Status::Completed)));
    assert_eq!((decision.stock.len(), decision.money.len()), (0, 0));
    let admitted = decision.after;
    assert_eq!(
        admitted.events.last().map(|event| event.what.as_str()),
        Some("Let in at the door.")
    );
    assert_eq!(
        admitted.admit(&ticket(1), &keeper(), None, at(11)),
        Err(Refusal::TicketAlreadyAdmitted {
            ticket_id: ticket(1),
            admitted_at: "1970-01-01T00:00:10Z".to_owned(),
        }
        .into())
    );
    // The other tickets of the order are other people's.
    assert!(admitted.admit(&ticket(2), &keeper(), None, at(11)).is_ok());
}

#[test]
fn the_same_request_at_the_door_is_no_second_scan_and_anybody_elses_is() {
    let order = completed();
    let admitted = after(&order, order.admit(&ticket(0), &keeper(), Some("scan-1"), at(10)));
    assert_eq!(
        admitted.admit(&ticket(0), &keeper(), Some("scan-1"), at(20)),
        Ok(Ruling::AlreadyDone)
    );
    let other = UserId::from_random([6; 16]);
    for (by, name) in [
        (&keeper(), Some("scan-2")),
        (&keeper(), None),
        (&other, Some("scan-1")),
    ] {
        assert_eq!(
            refusal(admitted.admit(&ticket(0), by, name, at(20))),
            "TicketAlreadyAdmitted"
        );
    }
}

#[test]
fn only_a_completed_order_has_tickets_that_let_in() {
    let held = placed();
    assert_eq!(
        refusal(held.admit(&ticket(0), &keeper(), None, at(1))),
        "TicketNotIssued"
    );
    let cancelled = after(&held, held.cancel(at(1)));
    assert_eq!(
        refusal(cancelled.admit(&ticket(0), &keeper(), None, at(2))),
        "TicketNotIssued"
    );
    assert_eq!(
        refusal(completed().admit(&ticket(TICKETS), &keeper(), None, at(9))),
        "NotFound"
    );
}

#[test]
fn what_was_let_in_is_not_given_back_and_the_rest_is() {
    let order = completed();
    let admitted = after(&order, order.admit(&ticket(1), &keeper(), None, at(10)));
    match admitted.ask_refund(&lines(1), None, at(11)) {
        Err(Fault::Refused(Refusal::NotRefundable { why, .. })) => {
            assert_eq!(why, "line 1 was let in at the door");
        }
        other => panic!("{other:?}"),
    }
    let asked = after(&admitted, admitted.ask_refund(&[], None, at(11)));
    let refunded: Vec<u32> = asked.refunds[0].lines.iter().map(|line| line.line).collect();
    assert_eq!(refunded, [0, 2]);
    assert_eq!(refusal(asked.ask_refund(&[], None, at(12))), "NotRefundable");
}

#[test]
fn a_refund_under_way_or_done_keeps_the_door_shut_also_when_the_bank_returns_the_money() {
    let order = completed();
    let asked = after(&order, order.ask_refund(&lines(1), None, at(10)));
    let mut stages = vec![asked.clone()];
    let done = after(&asked, asked.record_refund(1, &succeeded(), at(11)));
    stages.push(done.clone());
    stages.push(after(&done, done.record_refund(1, &failed(), at(12))));
    let all = after(&done, done.ask_refund(&[], None, at(12)));
    stages.push(after(&all, all.record_refund(2, &succeeded(), at(13))));
    for stage in &stages {
        assert_eq!(
            refusal(stage.admit(&ticket(1), &keeper(), None, at(20))),
            "TicketGivenBack"
        );
    }
    assert!(done.admit(&ticket(0), &keeper(), None, at(20)).is_ok());
    assert_eq!(stages[3].status, Status::Refunded);
}

#[test]
fn a_refund_that_failed_leaves_the_ticket_with_its_buyer_for_good() {
    let order = completed();
    let asked = after(&order, order.ask_refund(&lines(1), None, at(10)));
    let refused = after(&asked, asked.record_refund(1, &failed(), at(11)));
    let admitted = after(&refused, refused.admit(&ticket(1), &keeper(), None, at(12)));
    // The provider's second thoughts come too late.
    assert_eq!(
        admitted.record_refund(1, &succeeded(), at(13)),
        Ok(Ruling::AlreadyDone)
    );
}

#[derive(Clone, Debug)]
enum Move {
    Scan { line: u8, name: Option<u8> },
    AskBack { line: Option<u8> },
    Hear { number: u32, outcome: u8 },
}

fn moves() -> impl Strategy<Value = Move> {
    prop_oneof![
        (0..TICKETS, proptest::option::of(0..2_u8)).prop_map(|(line, name)| Move::Scan { line, name }),
        proptest::option::of(0..TICKETS).prop_map(|line| Move::AskBack { line }),
        (1..5_u32, 0..3_u8).prop_map(|(number, outcome)| Move::Hear { number, outcome }),
    ]
}

fn decide(order: &Order, step: &Move, now: Timestamp) -> Result<Ruling, Fault> {
    match step {
        Move::Scan { line, name } => {
            let name = name.map(|name| format!("scan-{name}"));
            order.admit(&ticket(*line), &keeper(), name.as_deref(), now)
        }
        Move::AskBack { line: Some(line) } => order.ask_refund(&lines(u32::from(*line)), None, now),
        Move::AskBack { line: None } => order.ask_refund(&[], None, now),
        Move::Hear { number, .. } if order.refund(*number).is_none() => Ok(Ruling::AlreadyDone),
        Move::Hear { number, outcome } => {
            let outcome = match outcome {
                0 => RefundOutcome::Pending {
                    provider_id: "re_1".to_owned(),
                },
                1 => succeeded(),
                _ => failed(),
            };
            order.record_refund(*number, &outcome, now)
        }
    }
}

proptest! {
    /// Whoever stands at the door and whoever gives money back have each read some state of the order, perhaps an old
    /// one; the write goes through only if it is still the one that was read. Whatever they do in whatever order, no
    /// ticket both lets in and goes back on sale, and none lets in twice.
    #[test]
    fn no_ticket_is_both_let_in_and_given_back(
        steps in proptest::collection::vec((moves(), 0..3_usize), 1..40),
    ) {
        let mut history = vec![completed()];
        let mut let_in = Vec::new();
        let mut back_on_sale = Vec::new();
        for (second, (step, lag)) in (100_u32..).zip(&steps) {
            let present = history.last().unwrap().clone();
            let read = &history[history.len().saturating_sub(1 + lag)];
            let Ok(Ruling::Change(decision)) = decide(read, step, at(second)) else {
                continue;
            };
            if decision.before != Some((present.version, present.status)) {
                continue;
            }
            for admission in &decision.after.admissions[present.admissions.len()..] {
                let_in.push(ticket(u8::try_from(admission.line).unwrap()));
            }
            for change in &decision.stock {
                if let StockChange::ReturnTicket { ticket_id, .. } = change {
                    back_on_sale.push(ticket_id.clone());
                }
            }
            history.push(decision.after);
        }
        let last = history.last().unwrap();
        prop_assert_eq!(let_in.len(), last.admissions.len(), "an admission is never taken away");
        for (index, admitted) in let_in.iter().enumerate() {
            prop_assert!(!let_in[..index].contains(admitted), "{} was let in twice", admitted);
            prop_assert!(!back_on_sale.contains(admitted), "{} was let in and given back", admitted);
        }
        for admission in &last.admissions {
            let went_back = last
                .refunds
                .iter()
                .filter(|refund| refund.status != RefundStatus::Failed)
                .flat_map(|refund| &refund.lines)
                .any(|refunded| refunded.line == admission.line);
            prop_assert!(!went_back, "line {} was let in and refunded", admission.line);
        }
    }
}
