//! What must hold of every shard and every allocation.

use super::*;
use proptest::prelude::*;

fn shard(number: u8, on_hand: u32, held: u32) -> Shard {
    Shard {
        balance: Balance { on_hand, held },
        ..Shard::empty(&ProductId::from_random([7; 16]), number, 1)
    }
}

fn shards() -> impl Strategy<Value = Vec<Shard>> {
    proptest::collection::vec((0_u32..20, 0_u32..20), 1..=usize::from(SHARDS_MAX)).prop_map(|balances| {
        (0_u8..)
            .zip(balances)
            .map(|(number, (a, b))| shard(number, a.max(b), a.min(b)))
            .collect()
    })
}

proptest! {
    #[test]
    fn an_allocation_takes_exactly_what_is_wanted_and_nowhere_more_than_there_is(
        shards in shards(), quantity in 1_u32..60, luck: u64,
    ) {
        let available = total(&shards).available();
        match allocate(&shards, quantity, luck) {
            None => prop_assert!(available < quantity),
            Some(takes) => {
                prop_assert_eq!(takes.iter().map(|take| take.quantity).sum::<u32>(), quantity);
                for take in &takes {
                    let change = shards[usize::from(take.shard)]
                        .post(MovementKind::Held, take.quantity, "o", Timestamp::from_ms(1));
                    prop_assert!(change.is_ok());
                }
                let mut numbers: Vec<u8> = takes.iter().map(|take| take.shard).collect();
                numbers.dedup();
                prop_assert_eq!(numbers.len(), takes.len());
            }
        }
    }

    #[test]
    fn a_quantity_that_one_shard_has_is_never_taken_from_two(shards in shards(), quantity in 1_u32..20, luck: u64) {
        let one_has_enough = shards.iter().any(|shard| shard.balance.available() >= quantity);
        if let Some(takes) = allocate(&shards, quantity, luck) && one_has_enough {
            prop_assert_eq!(takes.len(), 1);
        }
    }

    #[test]
    fn whatever_is_posted_no_balance_breaks_its_claims_and_numbers_have_no_gaps(
        steps in proptest::collection::vec((0_usize..7, 0_u32..6), 0..60),
    ) {
        let kinds = [
            MovementKind::Set, MovementKind::Held, MovementKind::Released, MovementKind::Sold,
            MovementKind::Removed, MovementKind::MovedOut, MovementKind::MovedIn,
        ];
        let mut head = shard(0, 5, 0);
        for (kind, quantity) in steps {
            let before = head.clone();
            if let Ok(change) = head.post(kinds[kind], quantity, "c", Timestamp::from_ms(1)) {
                prop_assert_eq!(change.after.seq, before.seq + 1);
                prop_assert_eq!(change.movement.map(|row| (row.seq, row.balance)), Some((change.after.seq, change.after.balance)));
                head = change.after;
            }
            prop_assert!(head.balance.held <= head.balance.on_hand);
        }
    }
}

#[test]
fn nothing_is_no_movement() {
    assert!(
        shard(0, 5, 0)
            .post(MovementKind::Held, 0, "c", Timestamp::from_ms(1))
            .is_err()
    );
}
