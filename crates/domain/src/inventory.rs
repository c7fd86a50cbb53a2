//! The inventory of a product: counted stock, kept as a ledger, split into shards so that a hot product sells faster
//! than one database item can be written.
//!
//! Each shard is a small ledger of its own: a head (what there is, what of it is held, the number of the last
//! movement) and immutable movements without gaps. Head and movement are written in one transaction, under the
//! condition that the head is still the one that was read. A product's stock is the sum over its shards; a hold takes
//! from one of them if it can, and from several if it must, in the one transaction that holds the whole order. The order
//! remembers what it took from where, so a release or a sale names the shard and never has to look for it.
//!
//! Every head carries the version of its product (`terms`), rewritten in the transaction of each edit. A hold under
//! that condition is therefore a hold at the price that was read, without all buyers meeting at the product's own item.

mod holding;
mod keeping;
mod levelling;
mod stocking;

#[cfg(test)]
mod interleavings;
#[cfg(test)]
mod tests;

pub use holding::{Asked, Holding, hold, luck_of};
pub use keeping::{
    Adjustment, DoubleCollect, SetInventory, TRIES_MAX, adjust, draw_together, level, open, read_whole, set,
};
pub use levelling::{Transfer, next_transfer, transfer_for};
pub use stocking::{REASON_MAX, once_of};

use crate::ids::ProductId;
use crate::ledger::{Balance, MovementKind, moved};
use crate::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

/// Shards of one product, at most. All heads are then read in one batch, and rewritten with one edit.
pub const SHARDS_MAX: u8 = 16;
/// Shards that one order touches, at most: two items each (head and movement), beside order and holder, in a transaction
/// of at most 100.
pub const TOUCHED_MAX: usize = 48;

/// The head of one shard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard {
    /// Of what.
    pub product_id: ProductId,
    /// Which, from 0.
    pub number: u8,
    /// The number of its last movement; 0 before the first.
    pub seq: u64,
    /// What there is.
    pub balance: Balance,
    /// The version of the product: what is sold, and at which price.
    pub terms: u32,
}

/// One immutable row of a shard's ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShardMovement {
    /// Of what.
    pub product_id: ProductId,
    /// Where.
    pub shard: u8,
    /// Its number: 1 for the first of its shard, then without gaps.
    pub seq: u64,
    /// How.
    pub kind: MovementKind,
    /// How much, at least 1.
    pub quantity: u32,
    /// The balance after it.
    pub balance: Balance,
    /// The order or the adjustment that caused it.
    pub cause: String,
    /// Why, in the words of whoever adjusted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// What an order takes from one shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Take {
    /// The shard.
    pub shard: u8,
    /// How much, at least 1.
    pub quantity: u32,
}

/// A movement that cannot be: there is not enough, or more than can be counted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{quantity} of {product_id} cannot be {kind:?} in shard {shard}: {balance:?}")]
pub struct NotThere {
    /// Of what.
    pub product_id: ProductId,
    /// Where.
    pub shard: u8,
    /// How.
    pub kind: MovementKind,
    /// How much was wanted.
    pub quantity: u32,
    /// What there is.
    pub balance: Balance,
}

/// A head that is to be written.
///
/// With a movement: under the condition that the stored head still has `seq` and `terms` of `before`. Without one only
/// the terms are written, under the condition that they are still those of `before`, whatever has moved: an edit would
/// otherwise lose to the holds of a product that sells fast, again and again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShardChange {
    /// The head that was read.
    pub before: Shard,
    /// The head afterwards.
    pub after: Shard,
    /// The new row; `None` when only the terms change.
    pub movement: Option<ShardMovement>,
}

impl Shard {
    /// A shard without stock.
    #[must_use]
    pub fn empty(product_id: &ProductId, number: u8, terms: u32) -> Self {
        Self {
            product_id: product_id.clone(),
            number,
            seq: 0,
            balance: Balance::default(),
            terms,
        }
    }

    /// The same stock under other terms.
    #[must_use]
    pub fn under(&self, terms: u32) -> ShardChange {
        ShardChange {
            before: self.clone(),
            after: Self {
                terms,
                ..self.clone()
            },
            movement: None,
        }
    }

    /// Moves so much.
    ///
    /// # Errors
    /// [`NotThere`] when the balance would fall below zero, break its own claims or grow too large.
    pub fn post(
        &self,
        kind: MovementKind,
        quantity: u32,
        cause: &str,
        at: Timestamp,
    ) -> Result<ShardChange, NotThere> {
        let balance = moved(self.balance, kind, quantity)
            .filter(|_| quantity > 0)
            .ok_or_else(|| NotThere {
                product_id: self.product_id.clone(),
                shard: self.number,
                kind,
                quantity,
                balance: self.balance,
            })?;
        let after = Self {
            seq: self.seq + 1,
            balance,
            ..self.clone()
        };
        let movement = ShardMovement {
            product_id: self.product_id.clone(),
            shard: self.number,
            seq: after.seq,
            kind,
            quantity,
            balance,
            cause: cause.to_owned(),
            reason: None,
            at,
        };
        Ok(ShardChange {
            before: self.clone(),
            after,
            movement: Some(movement),
        })
    }
}

/// The sum over all shards.
#[must_use]
pub fn total(shards: &[Shard]) -> Balance {
    shards.iter().fold(Balance::default(), |sum, shard| Balance {
        on_hand: sum.on_hand.saturating_add(shard.balance.on_hand),
        held: sum.held.saturating_add(shard.balance.held),
    })
}

/// Where to take `quantity` from: one shard if any has enough, otherwise as few as possible. `None` when all together
/// have not enough.
///
/// `luck` spreads buyers over the shards that could serve them, so that they seldom meet.
#[must_use]
pub fn allocate(shards: &[Shard], quantity: u32, luck: u64) -> Option<Vec<Take>> {
    let with_enough: Vec<&Shard> = shards
        .iter()
        .filter(|shard| shard.balance.available() >= quantity)
        .collect();
    if let Some(count) = u64::try_from(with_enough.len()).ok().filter(|count| *count > 0) {
        let chosen = usize::try_from(luck % count).unwrap_or_default();
        return with_enough.get(chosen).map(|shard| {
            vec![Take {
                shard: shard.number,
                quantity,
            }]
        });
    }
    let mut by_size: Vec<&Shard> = shards.iter().collect();
    by_size.sort_by_key(|shard| (std::cmp::Reverse(shard.balance.available()), shard.number));
    let mut missing = quantity;
    let mut takes = Vec::new();
    for shard in by_size {
        let quantity = shard.balance.available().min(missing);
        if quantity > 0 {
            takes.push(Take {
                shard: shard.number,
                quantity,
            });
            missing -= quantity;
        }
    }
    (missing == 0).then_some(takes)
}
