//! Stock that moves between two shards of one product: until it lies evenly in those that are open, or until one of
//! them has enough for an order. Only what is free moves; what is held stays until it is released or sold.
//!
//! Each transfer is right by itself, so it does not matter how far a levelling gets.

use super::Shard;
use crate::ledger::{MovementKind, QUANTITY_MAX};
use crate::product::ProductDecision;
use crate::timestamp::Timestamp;
use std::cmp::Reverse;

/// What all transfers are booked under.
const CAUSE: &str = "levelling";

/// Stock that moves from one shard to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// Where it is taken.
    pub from: Shard,
    /// Where it goes.
    pub to: Shard,
    /// How much, at least 1.
    pub quantity: u32,
}

impl Transfer {
    /// A transfer of so much, or of as much as `to` can still count; `None` when that is nothing.
    fn of(from: &Shard, to: &Shard, quantity: u32) -> Option<Self> {
        let room = QUANTITY_MAX.saturating_sub(to.balance.on_hand);
        let quantity = quantity.min(from.balance.available()).min(room);
        (quantity > 0 && from.number != to.number).then(|| Self {
            from: from.clone(),
            to: to.clone(),
            quantity,
        })
    }

    /// Both movements, in one transaction; `None` when it cannot be, which [`next_transfer`] and [`transfer_for`]
    /// never propose.
    #[must_use]
    pub fn decide(&self, now: Timestamp) -> Option<ProductDecision> {
        let out = self.from.post(MovementKind::MovedOut, self.quantity, CAUSE, now);
        let into = self.to.post(MovementKind::MovedIn, self.quantity, CAUSE, now);
        Some(ProductDecision {
            before: None,
            after: None,
            changes: vec![out.ok()?, into.ok()?],
            opened: Vec::new(),
            once: None,
        })
    }
}

/// The next step towards free stock that lies evenly in the first `open` shards and nowhere else; `None` when it does.
///
/// Each step brings one shard to where it belongs, so that there are at most as many steps as shards.
#[must_use]
pub fn next_transfer(shards: &[Shard], open: u8) -> Option<Transfer> {
    let goals = goals(shards, open);
    let excess = shards
        .iter()
        .zip(&goals)
        .map(|(shard, goal)| (shard.balance.available().saturating_sub(*goal), shard))
        .max_by_key(|(excess, shard)| (*excess, Reverse(shard.number)));
    let lack = shards
        .iter()
        .zip(&goals)
        .filter(|(shard, _)| shard.balance.on_hand < QUANTITY_MAX)
        .map(|(shard, goal)| (goal.saturating_sub(shard.balance.available()), shard))
        .max_by_key(|(lack, shard)| (*lack, Reverse(shard.number)));
    let ((excess, from), (lack, to)) = (excess?, lack?);
    Transfer::of(from, to, excess.min(lack))
}

/// How much should be free in each shard. What does not divide goes to shards that have more anyway, the lowest numbers
/// first: then a shard that is where it belongs stays there, however the others change on their way.
fn goals(shards: &[Shard], open: u8) -> Vec<u32> {
    let available = |shard: &Shard| u64::from(shard.balance.available());
    let mut opened: Vec<&Shard> = shards.iter().filter(|shard| shard.number < open).collect();
    let count = u64::try_from(opened.len()).unwrap_or_default().max(1);
    let free: u64 = shards.iter().map(available).sum();
    let (each, left) = (free / count, free % count);
    opened.sort_by_key(|shard| (available(shard) <= each, shard.number));
    let goal_of = |shard: &Shard| {
        let rank = opened.iter().position(|open| open.number == shard.number);
        let rank = rank.and_then(|rank| u64::try_from(rank).ok());
        rank.map_or(0, |rank| each + u64::from(rank < left))
    };
    let goals = shards.iter().map(goal_of);
    goals
        .map(|goal| u32::try_from(goal).unwrap_or(u32::MAX))
        .collect()
}

/// The next step towards one shard that has so much free by itself; `None` when one has, or when nothing more can be
/// drawn to the fullest.
#[must_use]
pub fn transfer_for(shards: &[Shard], quantity: u32) -> Option<Transfer> {
    let mut by_size: Vec<&Shard> = shards.iter().collect();
    by_size.sort_by_key(|shard| (Reverse(shard.balance.available()), shard.number));
    let (fullest, next) = (by_size.first()?, by_size.get(1)?);
    Transfer::of(
        next,
        fullest,
        quantity.saturating_sub(fullest.balance.available()),
    )
}
