//! Products: counted movement by movement, shard by shard, without the arithmetic of the shards themselves.

use super::Broken;
use crate::memory::{Shelf, Tables};
use domain::ledger::MovementKind;
use domain::{Order, ProductId};
use std::collections::BTreeMap;

/// Names one shard.
type ShardKey = (ProductId, u8);

/// What was counted of one shard.
#[derive(Clone, Copy, Debug, Default)]
struct Counted {
    seen: usize,
    on_hand: i64,
    held: i64,
    sold: i64,
}

/// What was moved so far, counted a second time.
#[derive(Debug, Default)]
pub(super) struct Shelves {
    counted: BTreeMap<ShardKey, Counted>,
}

impl Shelves {
    /// Counts what is new, and compares everything that stands.
    ///
    /// # Errors
    /// The first invariant that does not hold.
    pub(super) fn check(&mut self, tables: &Tables) -> Result<(), Broken> {
        for (key, shelf) in &tables.shelves {
            let counted = self.counted.entry(key.clone()).or_default();
            count(key, shelf, counted)?;
        }
        if self.counted.is_empty() {
            return Ok(());
        }
        let held = takes_of(tables, Order::has_live_hold);
        // A refund gives money back and no product: what was sold was sold.
        let sold = takes_of(tables, Order::has_sold_products);
        for (key, counted) in &self.counted {
            let live = held.get(key).copied().unwrap_or_default();
            if counted.held != live {
                return Err(wrong(
                    key,
                    format!("{} are held, and {live} by live orders", counted.held),
                ));
            }
            let bought = sold.get(key).copied().unwrap_or_default();
            if counted.sold != bought {
                return Err(wrong(
                    key,
                    format!(
                        "{} are sold, and {bought} by orders that bought them",
                        counted.sold
                    ),
                ));
            }
        }
        Ok(())
    }
}

fn wrong((product, shard): &ShardKey, why: String) -> Broken {
    Broken::ShelfWrong {
        product: product.to_string(),
        shard: *shard,
        why,
    }
}

/// Numbers without gaps, balances that are the sums of the movements, never below zero or below what is held.
fn count(key: &ShardKey, shelf: &Shelf, counted: &mut Counted) -> Result<(), Broken> {
    for movement in shelf.movements.iter().skip(counted.seen) {
        counted.seen += 1;
        if movement.seq != counted.seen as u64 {
            return Err(wrong(
                key,
                format!("movement {} instead of {}", movement.seq, counted.seen),
            ));
        }
        let quantity = i64::from(movement.quantity);
        let (on_hand, held) = match movement.kind {
            MovementKind::Set | MovementKind::Received | MovementKind::Returned | MovementKind::MovedIn => {
                (quantity, 0)
            }
            MovementKind::Removed | MovementKind::MovedOut => (-quantity, 0),
            MovementKind::Held => (0, quantity),
            MovementKind::Released => (0, -quantity),
            MovementKind::Sold => (-quantity, -quantity),
            MovementKind::Bought | MovementKind::Given | MovementKind::Served => {
                return Err(wrong(key, format!("it was {}", movement.kind.as_str())));
            }
        };
        counted.on_hand += on_hand;
        counted.held += held;
        if movement.kind == MovementKind::Sold {
            counted.sold += quantity;
        }
        let said = (
            i64::from(movement.balance.on_hand),
            i64::from(movement.balance.held),
        );
        let is_possible = (0..=counted.on_hand).contains(&counted.held);
        if said != (counted.on_hand, counted.held) || !is_possible {
            return Err(wrong(
                key,
                format!(
                    "movement {} says {said:?}, and {:?} is counted",
                    movement.seq,
                    (counted.on_hand, counted.held)
                ),
            ));
        }
    }
    let head = &shelf.head;
    let said = (
        head.seq,
        i64::from(head.balance.on_hand),
        i64::from(head.balance.held),
    );
    if said != (counted.seen as u64, counted.on_hand, counted.held) {
        return Err(wrong(key, format!("the head says {said:?}")));
    }
    Ok(())
}

/// What these orders take, shard by shard.
fn takes_of(tables: &Tables, are_meant: impl Fn(&Order) -> bool) -> BTreeMap<ShardKey, i64> {
    let mut sums = BTreeMap::new();
    for order in tables.orders.values().filter(|order| are_meant(order)) {
        for (product_id, take) in order.takes() {
            let sum: &mut i64 = sums.entry((product_id.clone(), take.shard)).or_default();
            *sum += i64::from(take.quantity);
        }
    }
    sums
}
