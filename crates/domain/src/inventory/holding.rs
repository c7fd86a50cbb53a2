//! What an order of products holds of what was read.

use super::{Shard, TOUCHED_MAX, Take, allocate, total};
use crate::ids::{OrderId, ProductId, fingerprint};
use crate::ledger::MovementKind;
use crate::money::PriceMinor;
use crate::order::{Decision, Line, NewOrder, Order, Thing};
use crate::product::Stocked;
use crate::refusal::Refusal;
use crate::stock::StockChange;
use crate::timestamp::Timestamp;

/// A product as it was read, and how many of it are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The product and its shards, whole (see [`Stocked::is_whole`]).
    pub stocked: Stocked,
    /// How many, at least 1.
    pub quantity: u32,
    /// The version that the buyer saw, if they said so.
    pub seen: Option<u32>,
    /// The most that one may cost, if they said so.
    pub max_price_minor: Option<PriceMinor>,
}

/// What can be done for an order of what was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holding {
    /// Commit this: everything is held.
    Held(Box<Decision>),
    /// There is enough, but in more shards than one transaction can write. Draw this product together, then decide
    /// again.
    Scattered {
        /// The product that lies in the most shards.
        product_id: ProductId,
        /// How many of it are wanted.
        quantity: u32,
    },
}

/// Holds everything that is asked for, or nothing. Each product is asked for once; `new` comes without lines.
///
/// # Errors
/// [`Refusal::ProductChanged`] when the buyer saw another version; [`Refusal::PriceAboveLimit`] when it costs more than
/// they allow, which is exact because what is held is held at this price or not at all; [`Refusal::ProductUnavailable`] for a product whose
/// inventory was never set; [`Refusal::OutOfStock`], which is
/// exact only when two reads in a row say so (see [`super::DoubleCollect`]); [`Refusal::InvalidInput`] when the sum is
/// more than money can say.
pub fn hold(new: NewOrder, asked: &[Asked], luck: u64, now: Timestamp) -> Result<Holding, Refusal> {
    let mut allotted = Vec::with_capacity(asked.len());
    for Asked {
        stocked,
        quantity,
        seen,
        max_price_minor,
    } in asked
    {
        let product_id = &stocked.product.product_id;
        if let Some(seen) = seen.filter(|seen| *seen != stocked.product.version) {
            return Err(Refusal::ProductChanged {
                product_id: product_id.clone(),
                seen,
                present: stocked.product.version,
            });
        }
        let price_minor = stocked.product.price_minor;
        if let Some(max_price_minor) = max_price_minor.filter(|max| price_minor > *max) {
            return Err(Refusal::PriceAboveLimit {
                product_id: product_id.clone(),
                price_minor,
                max_price_minor,
            });
        }
        if stocked.product.shards_ever == 0 {
            return Err(Refusal::ProductUnavailable {
                product_id: product_id.clone(),
            });
        }
        let takes = allocate(&stocked.shards, *quantity, luck).ok_or_else(|| Refusal::OutOfStock {
            product_id: product_id.clone(),
            wanted: *quantity,
            available: total(&stocked.shards).available(),
        })?;
        allotted.push(takes);
    }
    let touched: usize = allotted.iter().map(Vec::len).sum();
    if touched > TOUCHED_MAX
        && let Some((most, _)) = asked.iter().zip(&allotted).max_by_key(|(_, takes)| takes.len())
    {
        return Ok(Holding::Scattered {
            product_id: most.stocked.product.product_id.clone(),
            quantity: most.quantity,
        });
    }
    let lines = asked.iter().zip(&allotted).map(
        |(
            Asked {
                stocked, quantity, ..
            },
            takes,
        )| Line {
            thing: Thing::Product {
                product_id: stocked.product.product_id.clone(),
                takes: takes.clone(),
            },
            title: stocked.product.title.clone(),
            quantity: *quantity,
            price_minor: stocked.product.price_minor,
        },
    );
    let mut decision = Order::place(
        NewOrder {
            lines: lines.collect(),
            ..new
        },
        now,
    )?;
    let cause = decision.after.order_id.to_string();
    for (Asked { stocked, .. }, takes) in asked.iter().zip(&allotted) {
        let held = takes.iter().flat_map(|take| held_of(stocked, *take, &cause));
        decision.stock.extend(held);
    }
    Ok(Holding::Held(Box::new(decision)))
}

/// The claim on one shard, under the condition that its head is still the one that was read.
fn held_of<'a>(
    stocked: &'a Stocked,
    take: Take,
    cause: &'a str,
) -> impl Iterator<Item = StockChange> + use<'a> {
    let of_take = move |shard: &&Shard| shard.number == take.shard;
    stocked
        .shards
        .iter()
        .filter(of_take)
        .map(move |shard| StockChange::MoveProduct {
            product_id: shard.product_id.clone(),
            shard: shard.number,
            kind: MovementKind::Held,
            quantity: take.quantity,
            cause: cause.to_owned(),
            seen: Some(Box::new(shard.clone())),
        })
}

/// Which of the shards that could serve an order it turns to first: another one in each order, and another one each
/// time that it lost a race.
#[must_use]
pub fn luck_of(order_id: &OrderId, attempt: u32) -> u64 {
    let digits = fingerprint(&["luck", order_id.as_str(), &attempt.to_string()]);
    digits
        .get(..16)
        .and_then(|digits| u64::from_str_radix(digits, 16).ok())
        .unwrap_or_default()
}
