//! A ledger is the sum of its movements, whatever is moved in whatever order.

use super::*;
use proptest::prelude::*;

fn at() -> Timestamp {
    Timestamp::from_ms(0)
}

fn ingredient(index: u8) -> Ingredient {
    Ingredient::parse(["lechuga", "pollo", "queso"][usize::from(index % 3)]).unwrap()
}

const KINDS: [MovementKind; 12] = [
    MovementKind::Set,
    MovementKind::Bought,
    MovementKind::Received,
    MovementKind::Given,
    MovementKind::Held,
    MovementKind::Released,
    MovementKind::Served,
    MovementKind::Sold,
    MovementKind::Removed,
    MovementKind::Returned,
    MovementKind::MovedIn,
    MovementKind::MovedOut,
];

/// What a movement adds to on_hand and to held.
fn effect(kind: MovementKind, quantity: i64) -> (i64, i64) {
    match kind {
        MovementKind::Set
        | MovementKind::Bought
        | MovementKind::Received
        | MovementKind::Returned
        | MovementKind::MovedIn => (quantity, 0),
        MovementKind::Given | MovementKind::Served | MovementKind::Sold => (-quantity, -quantity),
        MovementKind::Removed | MovementKind::MovedOut => (-quantity, 0),
        MovementKind::Held => (0, quantity),
        MovementKind::Released => (0, -quantity),
    }
}

proptest! {
    #[test]
    fn every_balance_is_the_sum_of_its_movements_and_never_negative(
        wanted in prop::collection::vec((0..3_u8, prop::sample::select(KINDS.to_vec()), 0..20_u32), 1..60)
    ) {
        let mut ledger = Ledger::empty(Place::Kitchen);
        let mut rows = Vec::new();
        for (index, kind, quantity) in wanted {
            let before = ledger.clone();
            match ledger.post([Wanted::new(&ingredient(index), kind, quantity)], "test", at()) {
                Ok(Some(change)) => {
                    prop_assert_eq!(change.before, before.seq);
                    rows.extend(change.posting.movements);
                    ledger = change.after;
                }
                Ok(None) => prop_assert_eq!(quantity, 0),
                Err(impossible) => prop_assert_eq!(impossible.balance, before.balance(&ingredient(index))),
            }
        }
        for (position, row) in rows.iter().enumerate() {
            prop_assert_eq!(row.seq, position as u64 + 1, "a number is missing or was given twice");
        }
        for (ingredient, balance) in &ledger.balances {
            let of_it = rows.iter().filter(|row| row.ingredient == *ingredient);
            let (on_hand, held) = of_it.fold((0, 0), |(on_hand, held), row| {
                let (more_on_hand, more_held) = effect(row.kind, i64::from(row.quantity));
                (on_hand + more_on_hand, held + more_held)
            });
            prop_assert_eq!((i64::from(balance.on_hand), i64::from(balance.held)), (on_hand, held));
            prop_assert!(balance.held <= balance.on_hand);
        }
    }
}

#[test]
fn a_posting_moves_everything_or_nothing() {
    let lettuce = ingredient(0);
    let ledger = Ledger::empty(Place::Kitchen);
    let set = ledger
        .post([Wanted::new(&lettuce, MovementKind::Set, 4)], "seed", at())
        .unwrap()
        .unwrap()
        .after;
    let hold = |quantity| Wanted::new(&lettuce, MovementKind::Held, quantity);
    let refused = set.post([hold(3), hold(2)], "order", at()).unwrap_err();
    assert_eq!((refused.quantity, refused.balance.available()), (2, 1));
    assert_eq!(set.balance(&lettuce).held, 0);
}

#[test]
fn a_ledger_counts_a_bounded_number_of_things() {
    let mut ledger = Ledger::empty(Place::Warehouse);
    let set = |index: usize| {
        Wanted::new(
            &Ingredient::parse(&format!("i{index}")).unwrap(),
            MovementKind::Set,
            1,
        )
    };
    ledger = ledger
        .post((0..ITEMS_MAX).map(set), "seed", at())
        .unwrap()
        .unwrap()
        .after;
    assert!(ledger.post([set(ITEMS_MAX)], "seed", at()).is_err());
    assert!(ledger.post([set(0)], "seed", at()).is_ok());
    assert!(Ingredient::parse("Lechuga").is_err() && Ingredient::parse("").is_err());
}
