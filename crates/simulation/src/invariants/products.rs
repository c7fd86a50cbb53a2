//! Products: counted movement by movement, shard by shard, without the arithmetic of the shards themselves.

use super::Broken;
use super::links::Sums;
use super::written::Written;
use crate::memory::{Shelf, Tables};
use domain::ledger::MovementKind;
use domain::{Order, OrderId, ProductId};
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
    /// What live orders hold.
    held: Sums<OrderId, ShardKey>,
    /// What orders have bought.
    sold: Sums<OrderId, ShardKey>,
}

impl Shelves {
    /// Counts what is new, and compares every shard that was written, or that a written order takes from.
    ///
    /// # Errors
    /// The first invariant that does not hold.
    pub(super) fn check(&mut self, tables: &Tables, written: &Written) -> Result<(), Broken> {
        let mut shards = written.shelves.clone();
        for key in &written.shelves {
            let counted = self.counted.entry(key.clone()).or_default();
            match tables.shelves.get(key) {
                Some(shelf) => count(key, shelf, counted)?,
                None => return Err(wrong(key, "it is gone".to_owned())),
            }
        }
        for order_id in &written.orders {
            let order = tables.orders.get(order_id);
            let held = order.filter(|order| order.has_live_hold());
            shards.extend(self.held.put(order_id, takes_of(held)));
            // A refund gives money back and no product: what was sold was sold.
            let sold = order.filter(|order| order.has_sold_products());
            shards.extend(self.sold.put(order_id, takes_of(sold)));
        }
        for key in &shards {
            let counted = self.counted.get(key).copied().unwrap_or_default();
            let live = self.held.of(key);
            if counted.held != live {
                return Err(wrong(
                    key,
                    format!("{} are held, and {live} by live orders", counted.held),
                ));
            }
            let bought = self.sold.of(key);
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

/// What an order takes, shard by shard.
fn takes_of(order: Option<&Order>) -> Vec<(ShardKey, i64)> {
    let takes = order.into_iter().flat_map(Order::takes);
    takes
        .map(|(product_id, take)| ((product_id.clone(), take.shard), i64::from(take.quantity)))
        .collect()
}
