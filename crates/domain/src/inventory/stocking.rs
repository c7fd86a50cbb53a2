//! What becomes of a product's inventory when its owner sets it, adjusts it, or opens more or fewer shards.

use super::{SHARDS_MAX, Shard, ShardChange, allocate, total};
use crate::ids::{IdempotencyKey, ProductId, UserId, fingerprint};
use crate::ledger::{MovementKind, QUANTITY_MAX};
use crate::product::{ProductDecision, Stocked};
use crate::refusal::Refusal;
use crate::timestamp::Timestamp;

/// Longest reason of an adjustment, in characters.
pub const REASON_MAX: usize = 200;

/// The name under which a user's request with this idempotency key changes an inventory once, however often it comes.
/// It is also the cause of the movements. `what` says what is asked for: a key is kept for a day, and what is asked for
/// under it later is another request.
#[must_use]
pub fn once_of(product_id: &ProductId, by: &UserId, key: &IdempotencyKey, what: &str) -> String {
    fingerprint(&["inventory", product_id.as_str(), by.as_str(), key.as_str(), what])
}

impl Stocked {
    /// Sets the inventory: opens so many shards and spreads the stock over them, once under this name.
    ///
    /// # Errors
    /// [`Refusal::InventoryAlreadySet`]; [`Refusal::InvalidInput`] for a number of shards beyond 1 to [`SHARDS_MAX`],
    /// or for more than they can count.
    pub fn set(
        &self,
        quantity: u32,
        shards: u8,
        once: &str,
        now: Timestamp,
    ) -> Result<ProductDecision, Refusal> {
        let product = &self.product;
        if product.shards_ever > 0 {
            return Err(Refusal::InventoryAlreadySet {
                product_id: product.product_id.clone(),
            });
        }
        check_shards(shards)?;
        let mut after = product.clone();
        (after.shards, after.shards_ever) = (shards, shards);
        let mut decision = self.rewrite(after, now);
        for (number, share) in (0..shards).zip(shares(quantity, shards)) {
            let empty = Shard::empty(&product.product_id, number, product.version + 1);
            let opened = match share {
                // A shard that begins empty has no movement.
                0 => empty.under(empty.terms),
                _ => empty
                    .post(MovementKind::Set, share, once, now)
                    .map_err(|_| uncountable("quantity"))?,
            };
            decision.opened.push(opened);
        }
        decision.once = Some(once.to_owned());
        Ok(decision)
    }

    /// Books what came in or takes out what is free, once under this name. What comes in goes to the emptiest of the
    /// shards that are open, at most `breadth` of them: the fewer, the less is in the way of those who buy meanwhile.
    ///
    /// # Errors
    /// [`Refusal::InventoryNotSet`]; [`Refusal::NotEnoughAvailable`], which is exact only when two reads in a row say
    /// so (see [`super::DoubleCollect`]); [`Refusal::InvalidInput`] for an adjustment by nothing or by more than can
    /// be counted, or for a reason that is no sentence.
    pub fn adjust(
        &self,
        delta: i32,
        reason: &str,
        once: &str,
        breadth: u8,
        now: Timestamp,
    ) -> Result<ProductDecision, Refusal> {
        check_adjustment(delta, reason)?;
        let product_id = &self.product.product_id;
        if self.product.shards_ever == 0 {
            return Err(Refusal::InventoryNotSet {
                product_id: product_id.clone(),
            });
        }
        let quantity = delta.unsigned_abs();
        let (kind, parts) = if delta > 0 {
            (MovementKind::Received, self.receive(quantity, breadth))
        } else {
            let takes = allocate(&self.shards, quantity, 0).ok_or_else(|| Refusal::NotEnoughAvailable {
                product_id: product_id.clone(),
                wanted: quantity,
                available: total(&self.shards).available(),
            })?;
            let parts = takes.iter().map(|take| (take.shard, take.quantity));
            (MovementKind::Removed, parts.collect())
        };
        let mut changes = Vec::with_capacity(parts.len());
        for (number, quantity) in parts {
            for shard in self.shards.iter().filter(|shard| shard.number == number) {
                let mut change = shard
                    .post(kind, quantity, once, now)
                    .map_err(|_| uncountable("delta"))?;
                if let Some(movement) = &mut change.movement {
                    movement.reason = Some(reason.trim().to_owned());
                }
                changes.push(change);
            }
        }
        Ok(ProductDecision {
            before: None,
            after: None,
            changes,
            opened: Vec::new(),
            once: Some(once.to_owned()),
        })
    }

    /// Opens so many shards to new stock. What lies in others stays there, and is sold from there, until it is
    /// levelled out. `None` when so many are open already.
    ///
    /// # Errors
    /// [`Refusal::InventoryNotSet`]; [`Refusal::InvalidInput`] for a number beyond 1 to [`SHARDS_MAX`].
    pub fn open(&self, shards: u8, now: Timestamp) -> Result<Option<ProductDecision>, Refusal> {
        let product = &self.product;
        if product.shards_ever == 0 {
            return Err(Refusal::InventoryNotSet {
                product_id: product.product_id.clone(),
            });
        }
        check_shards(shards)?;
        if product.shards == shards {
            return Ok(None);
        }
        let mut after = product.clone();
        after.shards = shards;
        after.shards_ever = product.shards_ever.max(shards);
        let opened = product.shards_ever..after.shards_ever;
        let mut decision = self.rewrite(after, now);
        decision.opened = opened
            .map(|number| Shard::empty(&product.product_id, number, product.version + 1))
            .map(|empty| empty.under(empty.terms))
            .collect::<Vec<ShardChange>>();
        Ok(Some(decision))
    }

    /// Which open shards get how much of what comes in.
    fn receive(&self, quantity: u32, breadth: u8) -> Vec<(u8, u32)> {
        let is_open = |shard: &&Shard| shard.number < self.product.shards;
        let mut open: Vec<&Shard> = self.shards.iter().filter(is_open).collect();
        open.sort_by_key(|shard| (shard.balance.available(), shard.number));
        open.truncate(usize::from(breadth.max(1)));
        let count = u8::try_from(open.len()).unwrap_or(SHARDS_MAX);
        let parts = open.iter().zip(shares(quantity, count));
        parts
            .map(|(shard, share)| (shard.number, share))
            .filter(|(_, share)| *share > 0)
            .collect()
    }
}

/// So much in so many parts that differ by one at most, the larger ones first.
fn shares(quantity: u32, count: u8) -> impl Iterator<Item = u32> {
    let count = u32::from(count.max(1));
    (0..count).map(move |index| quantity / count + u32::from(index < quantity % count))
}

fn check_shards(shards: u8) -> Result<(), Refusal> {
    if (1..=SHARDS_MAX).contains(&shards) {
        return Ok(());
    }
    Err(Refusal::invalid(
        "shards",
        format!("A product is kept in 1 to {SHARDS_MAX} shards."),
    ))
}

fn check_adjustment(delta: i32, reason: &str) -> Result<(), Refusal> {
    if delta == 0 || delta.unsigned_abs() > QUANTITY_MAX {
        return Err(Refusal::invalid(
            "delta",
            format!("An adjustment is by 1 to {QUANTITY_MAX}, up or down."),
        ));
    }
    if !(1..=REASON_MAX).contains(&reason.trim().chars().count()) {
        return Err(Refusal::invalid(
            "reason",
            format!("Say why, in at most {REASON_MAX} characters."),
        ));
    }
    Ok(())
}

fn uncountable(field: &str) -> Refusal {
    Refusal::invalid(
        field,
        format!("There can be at most {QUANTITY_MAX} in each shard."),
    )
}
