//! What must hold whatever is done to an inventory, in whatever order, from whatever was read.
//!
//! A small shop keeps product and shards under the conditions that the databases keep. Everything is decided from one
//! of the states that the shop was in before, and committed now: so every decision may be late.

mod shop;

use super::*;
use crate::Currency;
use crate::ids::{OrderId, UserId};
use crate::money::PriceMinor;
use crate::order::NewOrder;
use crate::refusal::Refusal;
use proptest::prelude::*;
use shop::{Shop, product};

const NOW: Timestamp = Timestamp::from_ms(1);

#[derive(Clone, Debug)]
enum Act {
    Hold(u32),
    Release(usize),
    Sell(usize),
    Adjust(i32, u8),
    Open(u8),
    Transfer,
    Draw(u32),
    Edit,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => (1_u32..12).prop_map(Act::Hold),
        2 => any::<usize>().prop_map(Act::Release),
        1 => any::<usize>().prop_map(Act::Sell),
        2 => (-9_i32..10, 1_u8..17).prop_map(|(delta, breadth)| Act::Adjust(delta, breadth)),
        1 => (1_u8..=SHARDS_MAX).prop_map(Act::Open),
        3 => Just(Act::Transfer),
        1 => (1_u32..20).prop_map(Act::Draw),
        1 => Just(Act::Edit),
    ]
}

proptest! {
    #[test]
    fn whatever_is_done_from_whatever_was_read_no_unit_is_lost_and_none_appears(
        quantity in 0_u32..40,
        shards in 1_u8..=SHARDS_MAX,
        acts in proptest::collection::vec((act(), 0_usize..4), 0..60),
    ) {
        let mut shop = Shop::with(quantity, shards);
        for (index, (act, ago)) in acts.into_iter().enumerate() {
            let read = shop.read(ago);
            let decided = match act {
                Act::Hold(quantity) => {
                    if read.is_whole() && read.product.shards_ever > 0 {
                        shop.hold(read, quantity);
                    }
                    None
                }
                Act::Release(order) => {
                    shop.end(order, MovementKind::Released);
                    None
                }
                Act::Sell(order) => {
                    shop.end(order, MovementKind::Sold);
                    None
                }
                Act::Adjust(delta, breadth) => {
                    read.adjust(delta, "counted", &format!("adjustment {index}"), breadth, NOW).ok()
                }
                Act::Open(shards) => read.open(shards, NOW).ok().flatten(),
                Act::Transfer => next_transfer(&read.shards, read.product.shards)
                    .map(|transfer| transfer.decide(NOW).unwrap()),
                Act::Draw(quantity) => transfer_for(&read.shards, quantity)
                    .map(|transfer| transfer.decide(NOW).unwrap()),
                Act::Edit => Some(read.rewrite(read.product.clone(), NOW)),
            };
            if let Some(decision) = decided {
                shop.commit(&decision);
            }
            shop.check();
        }
    }

    #[test]
    fn exactly_what_there_is_can_be_held_and_not_one_more(
        quantity in 0_u32..60, shards in 1_u8..=SHARDS_MAX, open in 1_u8..=SHARDS_MAX, ago in 0_usize..3,
    ) {
        let mut shop = Shop::with(quantity, shards);
        if let Some(decision) = shop.read(0).open(open, NOW).unwrap() {
            prop_assert!(shop.commit(&decision));
        }
        let mut held = 0;
        loop {
            let late = shop.read(ago);
            if late.is_whole() && shop.hold(late, 1) {
                held += 1;
            }
            // One who reads anew after each lost race.
            let read = shop.read(0);
            match shop.order(read, 1) {
                Ok(_) => prop_assert!(held < quantity),
                Err(refusal) => {
                    let is_out_of_stock = matches!(refusal, Refusal::OutOfStock { available: 0, .. });
                    prop_assert!(is_out_of_stock);
                    break;
                }
            }
            let read = shop.read(0);
            held += u32::from(shop.hold(read, 1));
        }
        prop_assert_eq!(held, quantity);
        shop.check();
    }

    #[test]
    fn levelling_ends_with_what_is_free_spread_evenly_over_the_open_shards(
        quantity in 0_u32..200, shards in 1_u8..=SHARDS_MAX, open in 1_u8..=SHARDS_MAX,
        holds in proptest::collection::vec(1_u32..9, 0..12),
    ) {
        let mut shop = Shop::with(quantity, shards);
        for quantity in holds {
            let read = shop.read(0);
            shop.hold(read, quantity);
        }
        if let Some(decision) = shop.read(0).open(open, NOW).unwrap() {
            prop_assert!(shop.commit(&decision));
        }
        let free = total(&shop.now().shards).available();
        let mut steps = 0;
        while let Some(transfer) = next_transfer(&shop.now().shards, open) {
            prop_assert!(shop.commit(&transfer.decide(NOW).unwrap()));
            steps += 1;
            prop_assert!(steps < usize::from(SHARDS_MAX), "each step settles a shard");
        }
        shop.check();
        let available = |shard: &Shard| shard.balance.available();
        let (opened, closed) = shop.now().shards.split_at(usize::from(open));
        prop_assert!(closed.iter().all(|shard| available(shard) == 0));
        prop_assert_eq!(opened.iter().map(available).sum::<u32>(), free);
        let (least, most) = (opened.iter().map(available).min(), opened.iter().map(available).max());
        prop_assert!(most.unwrap_or(0) - least.unwrap_or(0) <= 1);
    }

    #[test]
    fn stock_is_drawn_together_until_one_shard_has_enough(
        quantity in 1_u32..200, shards in 1_u8..=SHARDS_MAX, wanted in 1_u32..200,
    ) {
        let mut shop = Shop::with(quantity, shards);
        let mut steps = 0;
        while let Some(transfer) = transfer_for(&shop.now().shards, wanted) {
            prop_assert!(shop.commit(&transfer.decide(NOW).unwrap()));
            steps += 1;
            prop_assert!(steps < usize::from(SHARDS_MAX));
        }
        let most = shop.now().shards.iter().map(|shard| shard.balance.available()).max();
        prop_assert!(most >= Some(wanted.min(quantity)));
        shop.check();
    }
}

#[test]
fn a_hold_at_terms_that_were_edited_in_between_is_not_written() {
    let mut shop = Shop::with(8, 4);
    let read = shop.read(0);
    let mut dearer = read.product.clone();
    dearer.price_minor = PriceMinor::new(999).unwrap();
    assert!(shop.commit(&read.rewrite(dearer, NOW)));
    assert!(!shop.hold(read, 1), "nobody holds at a price that is gone");
    let read = shop.read(0);
    assert!(shop.hold(read, 1));
}

#[test]
fn an_edit_is_written_whatever_is_held_meanwhile() {
    let mut shop = Shop::with(8, 4);
    let read = shop.read(0);
    for _ in 0..3 {
        let present = shop.read(0);
        assert!(shop.hold(present, 1));
    }
    assert!(shop.commit(&read.rewrite(read.product.clone(), NOW)));
    assert_eq!(
        total(&shop.now().shards).held,
        3,
        "the edit leaves balances alone"
    );
    shop.check();
}

#[test]
fn an_inventory_is_set_once_and_an_adjustment_needs_one() {
    let shop = Shop::with(8, 4);
    let is_set = shop.now().set(8, 4, "again", NOW);
    assert!(matches!(is_set, Err(Refusal::InventoryAlreadySet { .. })));
    let unset = &shop.states[0];
    for refused in [
        unset.adjust(1, "counted", "name", 4, NOW).map(|_| ()),
        unset.open(3, NOW).map(|_| ()),
    ] {
        assert!(matches!(refused, Err(Refusal::InventoryNotSet { .. })));
    }
    for shards in [0, SHARDS_MAX + 1] {
        assert!(matches!(
            unset.set(1, shards, "name", NOW),
            Err(Refusal::InvalidInput { .. })
        ));
        assert!(matches!(
            shop.now().open(shards, NOW),
            Err(Refusal::InvalidInput { .. })
        ));
    }
    assert_eq!(shop.now().open(4, NOW), Ok(None));
}

#[test]
fn what_is_held_cannot_be_taken_out_and_an_adjustment_says_why() {
    let mut shop = Shop::with(8, 4);
    let read = shop.read(0);
    assert!(shop.hold(read, 3));
    let refused = shop.now().adjust(-6, "broken", "name", 4, NOW);
    let expected = Refusal::NotEnoughAvailable {
        product_id: product().product_id,
        wanted: 6,
        available: 5,
    };
    assert_eq!(refused, Err(expected));
    let decision = shop.now().adjust(-5, " broken ", "name", 4, NOW).unwrap();
    let reasons = decision
        .changes
        .iter()
        .filter_map(|change| change.movement.as_ref());
    assert!(
        reasons
            .map(|row| row.reason.as_deref())
            .all(|reason| reason == Some("broken"))
    );
    assert!(shop.commit(&decision));
    assert!(!shop.commit(&decision), "a name is used once");
    for (delta, reason) in [
        (0, "counted"),
        (i32::MIN, "counted"),
        (1, " "),
        (1, "?".repeat(201).as_str()),
    ] {
        let refused = shop.now().adjust(delta, reason, "other", 4, NOW);
        assert!(
            matches!(refused, Err(Refusal::InvalidInput { .. })),
            "{delta} {reason}"
        );
    }
}

#[test]
fn a_product_whose_inventory_was_never_set_is_unavailable() {
    let mut shop = Shop::with(8, 4);
    let unset = shop.states[0].clone();
    let refused = shop.order(unset, 1);
    assert!(matches!(refused, Err(Refusal::ProductUnavailable { .. })));
}

#[test]
fn a_hold_is_at_the_version_that_was_seen_and_below_the_price_that_was_set() {
    let stocked = Shop::with(8, 4).read(0);
    let (version, price) = (stocked.product.version, stocked.product.price_minor);
    let ask = |seen, max_price_minor| {
        let new = NewOrder {
            order_id: OrderId::from_random([9; 16]),
            user_id: UserId::from_random([2; 16]),
            lines: Vec::new(),
            currency: Currency::parse("eur").unwrap(),
            hold_ttl_s: 900,
            device_id: None,
            request_fingerprint: "f".to_owned(),
            run: crate::HoldRun::of_execution("run"),
        };
        let asked = Asked {
            stocked: stocked.clone(),
            quantity: 1,
            seen,
            max_price_minor,
        };
        hold(new, &[asked], 0, NOW)
    };
    let below = PriceMinor::new(price.as_minor() - 1).unwrap();
    assert!(matches!(ask(Some(version), Some(price)), Ok(Holding::Held(_))));
    assert!(matches!(
        ask(Some(version + 1), None),
        Err(Refusal::ProductChanged { .. })
    ));
    assert!(matches!(
        ask(None, Some(below)),
        Err(Refusal::PriceAboveLimit { .. })
    ));
}

#[test]
fn an_order_that_lies_in_too_many_shards_is_drawn_together_first() {
    let mut shop = Shop::with(16, SHARDS_MAX);
    let scattered = shop.read(0);
    let asked: Vec<Asked> = (0..4)
        .map(|_| Asked {
            stocked: scattered.clone(),
            quantity: 16,
            seen: None,
            max_price_minor: None,
        })
        .collect();
    let Ok(Holding::Held(decision)) = shop.order(scattered, 16) else {
        panic!("one product in all its shards fits");
    };
    let new = NewOrder {
        order_id: OrderId::from_random([9; 16]),
        user_id: UserId::from_random([2; 16]),
        lines: Vec::new(),
        currency: Currency::parse("eur").unwrap(),
        hold_ttl_s: 900,
        device_id: None,
        request_fingerprint: "f".to_owned(),
        run: crate::HoldRun::of_execution("run"),
    };
    assert_eq!(decision.stock.len(), 16);
    assert!(matches!(
        hold(new.clone(), &asked[..3], 0, NOW),
        Ok(Holding::Held(_))
    ));
    assert!(matches!(
        hold(new, &asked, 0, NOW),
        Ok(Holding::Scattered { quantity: 16, .. })
    ));
}

#[test]
fn the_larger_shares_come_first_and_what_comes_in_goes_to_the_emptiest() {
    let shop = Shop::with(7, 3);
    let on_hand: Vec<u32> = shop
        .now()
        .shards
        .iter()
        .map(|shard| shard.balance.on_hand)
        .collect();
    assert_eq!(on_hand, [3, 2, 2]);
    let decision = shop.now().adjust(4, "delivery", "name", 2, NOW).unwrap();
    let after: Vec<(u8, u32)> = decision
        .changes
        .iter()
        .map(|change| (change.after.number, change.after.balance.on_hand))
        .collect();
    assert_eq!(after, [(1, 4), (2, 4)]);
}
