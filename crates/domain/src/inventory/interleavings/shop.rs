//! A small shop that keeps product and shards under the conditions that the databases keep.

use super::super::*;
use super::NOW;
use crate::Currency;
use crate::ids::{OrderId, UserId};
use crate::money::PriceMinor;
use crate::order::{Decision, NewOrder};
use crate::product::{Product, ProductDecision, ProductState, Stocked};
use crate::refusal::Refusal;
use crate::stock::StockChange;
use std::collections::BTreeSet;

/// One product, its shards, everything that was moved, and every state there was.
pub(super) struct Shop {
    /// Every state it was in, oldest first.
    pub(super) states: Vec<Stocked>,
    pub(super) movements: Vec<ShardMovement>,
    pub(super) names: BTreeSet<String>,
    /// What each order that is neither released nor sold holds.
    pub(super) live: Vec<Vec<Take>>,
    pub(super) orders: u8,
}

pub(super) fn product() -> Product {
    Product {
        product_id: ProductId::from_random([7; 16]),
        owner_id: UserId::from_random([1; 16]),
        title: "Oat drink".to_owned(),
        description: None,
        price_minor: PriceMinor::new(250).unwrap(),
        categories: BTreeSet::new(),
        version: 1,
        state: ProductState::Listed,
        shards: 0,
        shards_ever: 0,
        food: None,
        created_at: NOW,
        updated_at: NOW,
    }
}

impl Shop {
    pub(super) fn with(quantity: u32, shards: u8) -> Self {
        let fresh = Stocked {
            product: product(),
            shards: Vec::new(),
        };
        let mut shop = Self {
            states: vec![fresh.clone()],
            movements: Vec::new(),
            names: BTreeSet::new(),
            live: Vec::new(),
            orders: 0,
        };
        let decision = fresh.set(quantity, shards, "set", NOW).unwrap();
        assert!(shop.commit(&decision));
        shop
    }

    pub(super) fn now(&self) -> &Stocked {
        self.states.last().unwrap()
    }

    /// A state of the past: 0 is the present one.
    pub(super) fn read(&self, ago: usize) -> Stocked {
        self.states[self.states.len() - 1 - ago % self.states.len()].clone()
    }

    pub(super) fn commit(&mut self, decision: &ProductDecision) -> bool {
        let mut next = self.now().clone();
        if let (Some(before), Some(after)) = (&decision.before, &decision.after) {
            if before.version != next.product.version {
                return false;
            }
            next.product = after.clone();
        }
        if decision.once.iter().any(|name| self.names.contains(name)) {
            return false;
        }
        let is_taken = |change: &ShardChange| usize::from(change.after.number) < next.shards.len();
        if decision.opened.iter().any(is_taken) || !applied(&mut next.shards, &decision.changes) {
            return false;
        }
        next.shards
            .extend(decision.opened.iter().map(|change| change.after.clone()));
        self.names.extend(decision.once.clone());
        let all = decision.changes.iter().chain(&decision.opened);
        self.movements
            .extend(all.filter_map(|change| change.movement.clone()));
        self.states.push(next);
        true
    }

    /// Commits the stock of an order's decision.
    pub(super) fn commit_order(&mut self, decision: &Decision) -> bool {
        let mut changes = Vec::new();
        for change in &decision.stock {
            let StockChange::MoveProduct {
                shard,
                kind,
                quantity,
                seen,
                ..
            } = change
            else {
                panic!("an order of products moves products");
            };
            let head = seen.as_deref().cloned();
            let head = head.unwrap_or_else(|| self.now().shards[usize::from(*shard)].clone());
            changes.push(head.post(*kind, *quantity, "order", NOW).unwrap());
        }
        let mut next = self.now().clone();
        if !applied(&mut next.shards, &changes) {
            return false;
        }
        self.movements
            .extend(changes.into_iter().filter_map(|change| change.movement));
        self.states.push(next);
        true
    }

    pub(super) fn order(&mut self, read: Stocked, quantity: u32) -> Result<Holding, Refusal> {
        self.orders = self.orders.wrapping_add(1);
        let order_id = OrderId::from_random([self.orders; 16]);
        let luck = luck_of(&order_id, 0);
        let new = NewOrder {
            order_id,
            user_id: UserId::from_random([2; 16]),
            lines: Vec::new(),
            currency: Currency::parse("eur").unwrap(),
            hold_ttl_s: 900,
            device_id: None,
            request_fingerprint: "f".to_owned(),
            run: crate::HoldRun::of_execution("run"),
        };
        hold(
            new,
            &[Asked {
                stocked: read,
                quantity,
                seen: None,
                max_price_minor: None,
            }],
            luck,
            NOW,
        )
    }

    pub(super) fn hold(&mut self, read: Stocked, quantity: u32) -> bool {
        let Ok(Holding::Held(decision)) = self.order(read, quantity) else {
            return false;
        };
        let held = self.commit_order(&decision);
        if held {
            self.live
                .push(decision.after.takes().map(|(_, take)| take).collect());
        }
        held
    }

    pub(super) fn end(&mut self, order: usize, kind: MovementKind) {
        if self.live.is_empty() {
            return;
        }
        let takes = self.live.remove(order % self.live.len());
        let shards = &self.now().shards;
        let posted = takes.iter().map(|take| {
            let head = &shards[usize::from(take.shard)];
            head.post(kind, take.quantity, "order", NOW).unwrap()
        });
        let changes: Vec<_> = posted.collect();
        let mut next = self.now().clone();
        assert!(applied(&mut next.shards, &changes));
        self.movements
            .extend(changes.into_iter().filter_map(|change| change.movement));
        self.states.push(next);
    }

    pub(super) fn check(&self) {
        let effect = |kind| match kind {
            MovementKind::Set | MovementKind::Received | MovementKind::MovedIn => (1, 0),
            MovementKind::Removed | MovementKind::MovedOut => (-1, 0),
            MovementKind::Held => (0, 1),
            MovementKind::Released => (0, -1),
            MovementKind::Sold => (-1, -1),
            other => panic!("{other:?} is no movement of products here"),
        };
        for shard in &self.now().shards {
            let (mut on_hand, mut held, mut seq) = (0_i64, 0_i64, 0);
            for row in self.movements.iter().filter(|row| row.shard == shard.number) {
                seq += 1;
                assert_eq!(row.seq, seq, "a number is missing or given twice");
                let (of_on_hand, of_held) = effect(row.kind);
                on_hand += of_on_hand * i64::from(row.quantity);
                held += of_held * i64::from(row.quantity);
                assert_eq!(
                    (i64::from(row.balance.on_hand), i64::from(row.balance.held)),
                    (on_hand, held)
                );
            }
            assert_eq!(
                (shard.balance.on_hand.into(), shard.balance.held.into(), shard.seq),
                (on_hand, held, seq)
            );
        }
        assert!(self.now().is_whole());
        let live: u32 = self.live.iter().flatten().map(|take| take.quantity).sum();
        assert_eq!(
            total(&self.now().shards).held,
            live,
            "every claim belongs to one order"
        );
        let sum = |kind| -> u32 {
            self.movements
                .iter()
                .filter(|row| row.kind == kind)
                .map(|row| row.quantity)
                .sum()
        };
        assert_eq!(sum(MovementKind::MovedIn), sum(MovementKind::MovedOut));
        assert_eq!(
            total(&self.now().shards).on_hand + sum(MovementKind::Sold) + sum(MovementKind::Removed),
            sum(MovementKind::Set) + sum(MovementKind::Received),
            "no unit is lost and none appears",
        );
    }
}

/// Writes the heads if each is as its change requires.
fn applied(shards: &mut [Shard], changes: &[ShardChange]) -> bool {
    let is_right = |change: &ShardChange| {
        let present = &shards[usize::from(change.before.number)];
        let has_moved = change.movement.is_some() && present.seq != change.before.seq;
        present.terms == change.before.terms && !has_moved
    };
    if !changes.iter().all(is_right) {
        return false;
    }
    for change in changes {
        let present = &mut shards[usize::from(change.before.number)];
        match change.movement {
            Some(_) => *present = change.after.clone(),
            None => present.terms = change.after.terms,
        }
    }
    true
}
