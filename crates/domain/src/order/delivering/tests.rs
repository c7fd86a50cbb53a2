//! Rules of a delivery, for any steps at any time.

use super::*;
use crate::ids::{DeviceId, OrderId, ProductId, UserId};
use crate::inventory::Take;
use crate::money::{Currency, PriceMinor};
use crate::order::{Line, NewOrder};
use crate::payment::{CardToken, ChargeOutcome};
use crate::stock::StockChange;
use proptest::prelude::*;
use std::collections::BTreeMap;

const MINUTE_MS: u32 = 1_000;

fn at_ms(ms: i64) -> Timestamp {
    Timestamp::from_ms(ms)
}

fn product(byte: u8) -> ProductId {
    ProductId::from_random([byte; 16])
}

fn change(ruling: Result<Ruling, Fault>) -> Decision {
    match ruling {
        Ok(Ruling::Change(decision)) => *decision,
        other => panic!("nothing is written: {other:?}"),
    }
}

/// An order of two products for a device, held in three shards, and not paid.
fn held() -> Order {
    let line = |byte: u8, takes: Vec<Take>| Line {
        title: format!("Product {byte}"),
        quantity: takes.iter().map(|take| take.quantity).sum(),
        price_minor: PriceMinor::new(250).unwrap(),
        thing: Thing::Product {
            product_id: product(byte),
            takes,
        },
    };
    let take = |shard, quantity| Take { shard, quantity };
    let new = NewOrder {
        order_id: OrderId::from_random([9; 16]),
        user_id: UserId::from_random([8; 16]),
        lines: vec![line(1, vec![take(0, 2), take(3, 1)]), line(2, vec![take(0, 4)])],
        currency: Currency::parse("usd").unwrap(),
        hold_ttl_s: 900,
        device_id: Some(DeviceId::from_random([7; 16])),
        request_fingerprint: "f".to_owned(),
        run: crate::HoldRun::of_execution("run"),
    };
    Order::place(new, at_ms(0)).unwrap().after
}

fn paid() -> Order {
    let card = CardToken::parse("tok_visa").unwrap();
    let paying = change(held().begin_payment(card, at_ms(1_000))).after;
    change(paying.record_outcome(1, &ChargeOutcome::Succeeded, 0, at_ms(1_500))).after
}

#[test]
fn one_to_four_minutes_of_any_length_are_drawn_alike() {
    let mut drawn = BTreeMap::new();
    for luck in 0..400 {
        *drawn.entry(minutes_ms(luck, 60_000)).or_insert(0) += 1;
    }
    assert_eq!(
        drawn,
        BTreeMap::from([(60_000, 100), (120_000, 100), (180_000, 100), (240_000, 100)])
    );
    assert_eq!(minutes_ms(u64::MAX, u32::MAX), 4 * MINUTE_MS_MAX);
}

#[test]
fn what_is_asked_of_the_supplier_is_sold_and_no_longer_a_live_hold() {
    let asked = change(paid().ask_supplier(3_000, at_ms(2_000)));
    let sold: Vec<(u8, u32)> = asked
        .stock
        .iter()
        .map(|change| match change {
            StockChange::MoveProduct {
                shard,
                quantity,
                kind: MovementKind::Sold,
                ..
            } => (*shard, *quantity),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(sold, [(0, 2), (3, 1), (0, 4)]);
    assert_eq!(asked.holder, HolderChange::Remove);
    assert!(!asked.after.has_live_hold() && paid().has_live_hold());
    assert_eq!(asked.after.status, Status::Paid);
    assert_eq!(asked.after.delivery.unwrap().ships_at, at_ms(5_000));
}

#[test]
fn a_parcel_on_its_way_is_refunded_when_it_has_come_and_not_before() {
    let asked = change(paid().ask_supplier(3_000, at_ms(2_000))).after;
    let refund = |order: &Order| order.ask_refund(&[], None, at_ms(60_000));
    assert_eq!(refund(&asked).unwrap_err().name(), "NotRefundable");
    let shipped = change(asked.ship(1_000, at_ms(5_000))).after;
    assert_eq!(refund(&shipped).unwrap_err().name(), "NotRefundable");
    let completed = change(shipped.complete(at_ms(6_000))).after;
    assert_eq!(change(refund(&completed)).after.refunds.len(), 1);
}

#[test]
fn an_order_that_was_stuck_on_its_way_goes_on_where_it_was() {
    let asked = change(paid().ask_supplier(3_000, at_ms(2_000))).after;
    let shipped = change(asked.ship(2_000, at_ms(5_000))).after;
    let stuck = change(shipped.get_stuck("test", at_ms(6_000))).after;
    assert_eq!(stuck.ship(1, at_ms(6_001)).unwrap_err().name(), "OrderIsStuck");
    // The charge is asked after again, as whoever enters a stuck order does.
    let found = change(stuck.record_outcome(1, &ChargeOutcome::Succeeded, 0, at_ms(6_500)));
    assert!(found.money.is_empty() && found.stock.is_empty());
    let again = found.after;
    assert!(matches!(
        again.ask_supplier(9_000, at_ms(6_600)),
        Ok(Ruling::AlreadyDone)
    ));
    let shipped = change(again.ship(9_000, at_ms(6_700))).after;
    assert_eq!(
        shipped.delivery,
        change(asked.ship(2_000, at_ms(5_000))).after.delivery
    );
    assert_eq!(
        change(shipped.complete(at_ms(7_000))).after.status,
        Status::Completed
    );
}

#[test]
fn nothing_is_delivered_that_is_not_paid_or_was_never_asked_for() {
    let held = held();
    assert_eq!(held.ask_supplier(1, at_ms(1)).unwrap_err().name(), "OrderNotPaid");
    assert_eq!(held.ship(1, at_ms(1)).unwrap_err().name(), "OrderNotPaid");
    assert_eq!(held.complete(at_ms(1)).unwrap_err().name(), "OrderNotPaid");
    assert!(matches!(paid().ship(1, at_ms(9_000)), Err(Fault::Defect(_))));
    assert!(matches!(paid().complete(at_ms(9_000)), Err(Fault::Defect(_))));
}

#[test]
fn an_order_that_was_completed_before_there_were_deliveries_has_sold_its_products() {
    let mut old = paid();
    assert!(!old.has_sold_products());
    old.status = Status::Completed;
    old.note(at_ms(2_000), "Yours. Completed.".to_owned());
    assert!(old.has_sold_products() && !old.has_live_hold());
    let says = crate::conservation::OrderSays::from(&old);
    assert!(says.has_sold_products && !says.is_live());
    old.status = Status::Refunded;
    assert!(
        old.has_sold_products(),
        "the money went back, the products did not"
    );
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Ask,
    Ship,
    Complete,
}

proptest! {
    /// Executions may run beside each other, repeat and come late: whatever they do, in any order and at any time, it is
    /// sold once, arrives once, and neither ships nor arrives before its time.
    #[test]
    fn however_often_and_whenever_the_steps_run_it_arrives_once_and_not_early(
        steps in prop::collection::vec(
            (prop_oneof![Just(Step::Ask), Just(Step::Ship), Just(Step::Complete)], 0..2_000_u32, 0..9_u64),
            1..40,
        ),
    ) {
        let mut order = paid();
        let (mut now, mut sold, mut arrived) = (2_000_i64, 0, BTreeMap::new());
        for (step, later_ms, luck) in steps {
            now += i64::from(later_ms);
            let takes_ms = minutes_ms(luck, MINUTE_MS);
            let ruling = match step {
                Step::Ask => order.ask_supplier(takes_ms, at_ms(now)),
                Step::Ship => order.ship(takes_ms, at_ms(now)),
                Step::Complete => order.complete(at_ms(now)),
            };
            let Ok(Ruling::Change(decision)) = ruling else { continue };
            sold += decision.stock.len();
            for arrival in &decision.arrivals {
                *arrived.entry(arrival.product_id.clone()).or_insert(0) += arrival.quantity;
            }
            let is_early = |due: Option<Timestamp>| due.is_none_or(|due| at_ms(now) < due);
            let (was, delivery) = (order.status, decision.after.delivery.clone());
            match (was, decision.after.status) {
                (Status::Paid, Status::Paid) => prop_assert!(order.delivery.is_none()),
                (Status::Paid, Status::Shipped) => {
                    prop_assert!(!is_early(delivery.map(|delivery| delivery.ships_at)));
                }
                (Status::Shipped, Status::Completed) => {
                    prop_assert!(!is_early(delivery.and_then(|delivery| delivery.arrives_at)));
                }
                other => prop_assert!(false, "{:?}", other),
            }
            order = decision.after;
        }
        prop_assert!(sold == 0 && order.delivery.is_none() || sold == 3 && order.delivery.is_some());
        let expected = match order.status {
            Status::Completed => BTreeMap::from([(product(1), 3), (product(2), 4)]),
            _ => BTreeMap::new(),
        };
        prop_assert_eq!(arrived, expected);
    }
}
