//! The rules of ordering, one by one and by chance.

use super::*;
use crate::ids::{IdempotencyKey, OrderId};
use crate::money::PriceMinor;
use crate::order::Status;
use proptest::prelude::*;

const NOW: Timestamp = Timestamp::from_ms(1_790_000_000_000);
/// What one may cost.
const LIMIT: PriceMinor = minor(750);

const fn minor(minor: u64) -> PriceMinor {
    match PriceMinor::new(minor) {
        Ok(price) => price,
        Err(_) => panic!("a price"),
    }
}

const WATCH: Watch = Watch {
    threshold: 5,
    order_quantity: 10,
    max_price_minor: LIMIT,
};

fn product(number: u8) -> ProductId {
    ProductId::from_random([number; 16])
}

fn device(products: u8) -> Device {
    Device {
        device_id: DeviceId::from_random([1; 16]),
        owner_id: UserId::from_random([2; 16]),
        mac_address: MacAddress::parse("020000000001").unwrap(),
        watches: (0..products).map(|number| (product(number), WATCH)).collect(),
        version: 1,
        created_at: NOW,
    }
}

fn row() -> DeviceStock {
    device(1).empty_stock().remove(0)
}

fn said(quantity: u32) -> DeviceStock {
    row().measure(quantity, None, true, NOW).unwrap().unwrap()
}

fn ended() -> Ending {
    Ending::Failed(Refusal::OrderEnded {
        order_id: OrderId::from_random([9; 16]),
        status: Status::Expired,
    })
}

fn sold_out() -> Ending {
    Ending::NotPlaced(Refusal::OutOfStock {
        product_id: product(0),
        wanted: 10,
        available: 0,
    })
}

#[test]
fn a_reading_below_the_threshold_decides_an_order_in_the_same_write() {
    let low = said(4);
    let reorder = low.reorder.clone().unwrap();
    assert_eq!((reorder.number, reorder.quantity), (1, 10));
    assert_eq!(
        reorder.order_id,
        OrderId::of_reorder(&low.device_id, &low.product_id, 1)
    );
    assert!(low.due_at > Some(NOW) && low.version == 2);
    let enough = said(5);
    assert_eq!((enough.reorder, enough.due_at), (None, None));
}

#[test]
fn an_open_reorder_is_the_only_one() {
    let low = said(4);
    let lower = low.measure(0, None, true, NOW).unwrap().unwrap();
    assert_eq!((lower.quantity, &lower.reorder), (0, &low.reorder));
    assert_eq!(lower.look(true, NOW.plus_s(86_400)), None);
}

#[test]
fn what_was_never_said_orders_nothing() {
    assert_eq!(row().look(true, NOW), None);
    let fresh = row();
    let arrived = DeviceStock::arrived(&fresh.device_id, &fresh.product_id, &fresh.owner_id, 1, NOW);
    assert_eq!(arrived.look(true, NOW), None);
    assert!(matches!(
        arrived.measure(1, None, true, NOW),
        Err(Refusal::ProductNotWatched { .. })
    ));
    let watched = arrived.watched_as(Some(WATCH), NOW);
    assert_eq!((watched.due_at, watched.is_low()), (None, false));
}

#[test]
fn a_reading_is_not_taken_twice_under_one_name() {
    let name = IdempotencyKey::parse("reading-1").unwrap();
    let other = IdempotencyKey::parse("reading-2").unwrap();
    let low = row().measure(2, Some(&name), true, NOW).unwrap().unwrap();
    assert_eq!(low.measure(2, Some(&name), true, NOW), Ok(None));
    assert!(low.measure(2, Some(&other), true, NOW).unwrap().is_some());
    assert!(low.measure(2, None, true, NOW).unwrap().is_some());
    let reused = low.measure(3, Some(&name), true, NOW).unwrap().unwrap();
    assert_eq!(reused.quantity, 3, "another quantity is another reading");
    let delivered = DeviceStock {
        quantity: low.quantity + 10,
        ..low
    };
    assert_eq!(delivered.measure(2, Some(&name), true, NOW), Ok(None));
}

#[test]
fn a_delivery_closes_the_reorder_and_the_next_has_the_next_number() {
    let low = said(4);
    let delivered = DeviceStock {
        quantity: 14,
        ..low.clone()
    };
    let closed = delivered.close(1, &Ending::Delivered, true, NOW).unwrap();
    assert_eq!(
        (closed.reorder.as_ref(), closed.reorders, closed.due_at),
        (None, 1, None)
    );
    assert_eq!(closed.close(1, &Ending::Delivered, true, NOW), None, "once");
    // What was delivered was not enough: the next is decided in the same write.
    let next = low.close(1, &Ending::Delivered, true, NOW).unwrap();
    assert_eq!(next.reorder.unwrap().number, 2);
}

#[test]
fn what_was_not_placed_keeps_its_number_and_what_ended_does_not() {
    let refused = said(4).close(1, &sold_out(), true, NOW).unwrap();
    assert_eq!((refused.reorder.as_ref(), refused.reorders), (None, 0));
    assert_eq!(refused.trouble.as_ref().unwrap().code, "OutOfStock");
    let until = refused.pause_until.unwrap();
    assert_eq!((refused.due_at, until), (Some(until), NOW.plus_s(60)));
    assert_eq!(
        refused.measure(0, None, true, NOW).unwrap().unwrap().reorder,
        None
    );
    let again = refused.look(true, until).unwrap();
    assert_eq!(again.reorder.as_ref().unwrap().number, 1);
    assert_eq!(
        again.trouble, refused.trouble,
        "told until something is delivered"
    );
    let failed = again.close(1, &ended(), true, until).unwrap();
    assert_eq!((failed.reorders, failed.failures), (1, 2));
    assert_eq!(failed.pause_until, Some(until.plus_s(120)));
}

#[test]
fn pauses_grow_up_to_a_bound_and_a_delivery_ends_them() {
    let mut row = said(0);
    let mut now = NOW;
    for _ in 0..40 {
        row = row.close(row.reorders + 1, &sold_out(), true, now).unwrap();
        let pause_s = now.seconds_until(row.pause_until.unwrap());
        assert!((60..=6 * 3_600).contains(&pause_s));
        now = row.pause_until.unwrap();
        row = row.look(true, now).unwrap();
    }
    assert_eq!(row.failures, 40);
    let closed = row.close(1, &Ending::Delivered, true, now).unwrap();
    assert_eq!((closed.failures, closed.pause_until), (0, None));
}

#[test]
fn whoever_cannot_pay_is_told_and_need_not_wait_once_they_can() {
    let low = row().measure(1, None, false, NOW).unwrap().unwrap();
    assert_eq!((low.reorder.as_ref(), low.pause_until), (None, None));
    assert_eq!(low.trouble.as_ref().unwrap().code, "NoPaymentMethod");
    assert!(low.due_at > Some(NOW));
    let ordered = low.look(true, NOW.plus_s(1)).unwrap();
    assert!(ordered.reorder.is_some() && ordered.trouble.is_none());
    let removed = ordered
        .close(1, &Ending::NotPlaced(Refusal::NoPaymentMethod), false, NOW)
        .unwrap();
    assert_eq!((removed.failures, removed.pause_until), (0, None));
}

#[test]
fn what_became_too_dear_waits_until_it_may_cost_more() {
    let low = said(4);
    assert_eq!(low.reorder.as_ref().unwrap().max_price_minor, LIMIT);
    let too_dear = Refusal::PriceAboveLimit {
        product_id: product(0),
        price_minor: minor(999_900),
        max_price_minor: LIMIT,
    };
    let closed = low.close(1, &Ending::NotPlaced(too_dear), true, NOW).unwrap();
    assert_eq!(closed.trouble.as_ref().unwrap().code, "PriceAboveLimit");
    assert_eq!((closed.reorders, closed.pause_until), (0, Some(NOW.plus_s(60))));
    let limited = |max_price_minor| Watch {
        max_price_minor,
        ..WATCH
    };
    let lower = closed.watched_as(Some(limited(minor(700))), NOW);
    assert_eq!(
        lower.pause_until, closed.pause_until,
        "that is no reason to ask again"
    );
    let higher = closed.watched_as(Some(limited(minor(999_900))), NOW);
    assert_eq!((higher.pause_until, higher.due_at), (None, Some(NOW)));
    let ordered = higher.look(true, NOW).unwrap().reorder.unwrap();
    assert_eq!((ordered.number, ordered.max_price_minor), (1, minor(999_900)));
}

#[test]
fn a_watch_of_before_there_was_a_limit_allows_no_price() {
    let watch: Watch = serde_json::from_str(r#"{"threshold":5,"order_quantity":10}"#).unwrap();
    assert_eq!(watch.max_price_minor.as_minor(), 0);
    let earlier = DeviceStock {
        watch: Some(watch),
        ..row()
    };
    let low = earlier.measure(1, None, true, NOW).unwrap().unwrap();
    assert_eq!(low.reorder.unwrap().max_price_minor.as_minor(), 0);
}

#[test]
fn an_order_under_way_is_looked_at_ever_more_seldom() {
    let low = said(1);
    let look = |age_s: u32| {
        let now = NOW.plus_s(age_s);
        now.seconds_until(low.put_off(now).due_at.unwrap())
    };
    assert_eq!((look(10), look(400), look(86_400)), (60, 100, 3_600));
}

#[test]
fn watching_something_else_keeps_what_is_there() {
    let device = device(2);
    let stock: BTreeMap<ProductId, DeviceStock> = device
        .empty_stock()
        .into_iter()
        .map(|row| {
            (
                row.product_id.clone(),
                row.measure(3, None, false, NOW).unwrap().unwrap(),
            )
        })
        .collect();
    let more = Watch {
        threshold: 9,
        ..WATCH
    };
    let wanted = BTreeMap::from([(product(0), WATCH), (product(1), more), (product(7), WATCH)]);
    let change = device.rewatch(1, wanted.clone(), &stock, NOW).unwrap();
    assert_eq!(
        (change.before, change.after.version, &change.after.watches),
        (1, 2, &wanted)
    );
    let rows: Vec<(&ProductId, Option<u64>, u64)> = change
        .rows
        .iter()
        .map(|row| (&row.after.product_id, row.before, row.after.quantity))
        .collect();
    // The first stays as it is and is not written.
    assert_eq!(rows, [(&product(1), Some(2), 3), (&product(7), None, 0)]);
    assert_eq!(change.rows[0].after.due_at, Some(NOW), "it is too little now");
    let blind = change.after.rewatch(1, BTreeMap::new(), &stock, NOW);
    assert!(matches!(
        blind,
        Err(Refusal::DeviceChanged {
            seen: 1,
            present: 2,
            ..
        })
    ));
    let nothing = device.rewatch(1, BTreeMap::new(), &stock, NOW).unwrap();
    assert!(
        nothing
            .rows
            .iter()
            .all(|row| row.after.watch.is_none() && row.after.due_at.is_none())
    );
    assert!(nothing.rows.iter().all(|row| row.after.quantity == 3));
}

#[test]
fn somebody_elses_device_is_not_there() {
    let device = device(1);
    let stranger = UserId::from_random([3; 16]);
    assert_eq!(own(Some(device.clone()), &device.owner_id), Ok(device.clone()));
    for found in [Some(device), None] {
        assert_eq!(own(found, &stranger), Err(Refusal::not_found("device")));
    }
}

#[derive(Clone, Debug)]
enum Step {
    Say(u32, bool),
    Look(bool),
    Arrive(u32),
    Close(u8, bool),
    Watch(Option<u32>),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0_u32..20, any::<bool>()).prop_map(|(quantity, can_pay)| Step::Say(quantity, can_pay)),
        any::<bool>().prop_map(Step::Look),
        (1_u32..20).prop_map(Step::Arrive),
        (0_u8..3, any::<bool>()).prop_map(|(ending, can_pay)| Step::Close(ending, can_pay)),
        proptest::option::of(1_u32..20).prop_map(Step::Watch),
    ]
}

proptest! {
    /// Whatever happens in whatever order: a number is used once or by the same order, a row that wants something is due,
    /// nothing is ordered in a pause, and a change counts once.
    #[test]
    fn a_row_never_forgets_what_it_wants(steps in proptest::collection::vec((step(), 0_u32..600), 0..60)) {
        let (mut row, mut now) = (row(), NOW);
        for (step, later_s) in steps {
            now = now.plus_s(later_s);
            let before = row.clone();
            let is_considered = matches!(step, Step::Say(..) | Step::Look(_) | Step::Close(..));
            let after = match step {
                Step::Say(quantity, can_pay) => row.measure(quantity, None, can_pay, now).unwrap_or_default(),
                Step::Look(can_pay) => row.look(can_pay, now),
                Step::Arrive(quantity) => Some(DeviceStock {
                    quantity: row.quantity + u64::from(quantity),
                    version: row.version + 1,
                    ..row.clone()
                }),
                Step::Close(ending, can_pay) => {
                    let ending = [Ending::Delivered, ended(), sold_out()][usize::from(ending)].clone();
                    row.close(row.reorders + 1, &ending, can_pay, now)
                }
                Step::Watch(threshold) => {
                    Some(row.watched_as(threshold.map(|threshold| Watch { threshold, ..WATCH }), now))
                }
            };
            let Some(after) = after else { continue };
            prop_assert_eq!(after.version, before.version + 1);
            if let Some(reorder) = &after.reorder {
                prop_assert_eq!(reorder.number, after.reorders + 1);
                let is_new = before.reorder.as_ref() != Some(reorder);
                prop_assert!(!is_new || after.pause_until.is_none_or(|until| until <= now));
                prop_assert!(!is_new || after.is_low());
            }
            prop_assert!(after.reorders >= before.reorders);
            // Somebody will come and look; and whoever asks is told why nothing is ordered.
            prop_assert!(!after.is_low() && after.reorder.is_none() || after.due_at.is_some());
            let is_unmet = is_considered && after.is_low() && after.reorder.is_none();
            prop_assert!(!is_unmet || after.trouble.is_some());
            row = after;
        }
    }
}
