//! What one order asks the warehouse for: one ingredient, exactly what is short.
//!
//! A supply request gathers claims in the warehouse (what there is, then what each round at the market yields) until
//! it has what is wanted, and is then given in one movement. Every round is written in the request itself, in the same
//! transaction as the ledger, so a repeated message or step buys and gives once.

use crate::ids::{OrderId, SupplyId};
use crate::ledger::{Balance, Ingredient, MovementKind, Wanted};
use crate::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

/// Where a supply request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SupplyStatus {
    /// Still short.
    Open,
    /// All that was wanted has left the warehouse.
    Given,
    /// Given up; what was claimed is free again, what was bought stays.
    Unavailable,
}

/// One purchase at the market.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purchase {
    /// 1 for the first round.
    pub round: u32,
    /// What it yielded; 0 when the market was empty.
    pub quantity: u32,
    /// When.
    pub at: Timestamp,
}

/// A supply request as stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Supply {
    /// Derived from order and ingredient.
    pub supply_id: SupplyId,
    /// For whom.
    pub order_id: OrderId,
    /// What.
    pub ingredient: Ingredient,
    /// How much, at least 1.
    pub wanted: u32,
    /// How much of it is claimed in the warehouse.
    pub held: u32,
    /// Every round at the market.
    pub purchases: Vec<Purchase>,
    /// Where it stands.
    pub status: SupplyStatus,
    /// Counts every write, from 1.
    pub version: u32,
    /// How often a fresh execution was started for it.
    #[serde(default)]
    pub reentries: u32,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// A change to a supply request and the warehouse's ledger, written in one transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SupplyDecision {
    /// The version that the stored request must still have; `None` for one that must not exist yet.
    pub before: Option<u32>,
    /// The request afterwards.
    pub after: Supply,
    /// What moves in the warehouse.
    pub moves: Vec<Wanted>,
    /// What the movements are booked under.
    pub cause: String,
}

impl Supply {
    /// Asks for so much of one ingredient.
    #[must_use]
    pub fn open(order_id: &OrderId, ingredient: &Ingredient, wanted: u32, now: Timestamp) -> SupplyDecision {
        let after = Self {
            supply_id: SupplyId::of_order(order_id, ingredient.as_str()),
            order_id: order_id.clone(),
            ingredient: ingredient.clone(),
            wanted,
            held: 0,
            purchases: Vec::new(),
            status: SupplyStatus::Open,
            version: 1,
            reentries: 0,
            created_at: now,
            updated_at: now,
        };
        SupplyDecision {
            before: None,
            cause: after.supply_id.to_string(),
            after,
            moves: Vec::new(),
        }
    }

    /// What is still short.
    #[must_use]
    pub const fn missing(&self) -> u32 {
        self.wanted.saturating_sub(self.held)
    }

    /// The round that would be bought next.
    #[must_use]
    pub fn next_round(&self) -> u32 {
        u32::try_from(self.purchases.len())
            .unwrap_or(u32::MAX)
            .saturating_add(1)
    }

    /// When the next round could first be bought: when the one before was booked, or the request was made.
    #[must_use]
    pub fn round_opened_at(&self) -> Timestamp {
        self.purchases
            .last()
            .map_or(self.created_at, |purchase| purchase.at)
    }

    /// Name of the execution that carries it now.
    #[must_use]
    pub fn execution_name(&self) -> String {
        match self.reentries {
            0 => self.supply_id.to_string(),
            n => format!("{}-{n}", self.supply_id),
        }
    }

    /// Claims what the warehouse has, and gives everything once it is enough. `None` when nothing changes.
    #[must_use]
    pub fn take_what_there_is(&self, warehouse: Balance, now: Timestamp) -> Option<SupplyDecision> {
        if self.status != SupplyStatus::Open || warehouse.available() == 0 {
            return None;
        }
        Some(self.with_more(warehouse.available(), Vec::new(), self.supply_id.to_string(), now))
    }

    /// Books one round at the market, claims of it what is missing, and gives everything once it is enough.
    ///
    /// `None` when the round was booked before or the request is no longer open.
    #[must_use]
    pub fn book_purchase(&self, round: u32, quantity: u32, now: Timestamp) -> Option<SupplyDecision> {
        if self.status != SupplyStatus::Open || round != self.next_round() {
            return None;
        }
        let bought = vec![Wanted::new(&self.ingredient, MovementKind::Bought, quantity)];
        let cause = crate::market::purchase_id(&self.supply_id, round);
        let mut decision = self.with_more(quantity, bought, cause, now);
        decision.after.purchases.push(Purchase {
            round,
            quantity,
            at: now,
        });
        Some(decision)
    }

    /// Gives up: what is claimed is free again. `None` when it is no longer open.
    #[must_use]
    pub fn give_up(&self, now: Timestamp) -> Option<SupplyDecision> {
        if self.status != SupplyStatus::Open {
            return None;
        }
        let released = Wanted::new(&self.ingredient, MovementKind::Released, self.held);
        let mut after = self.clone();
        after.held = 0;
        after.status = SupplyStatus::Unavailable;
        Some(self.decide(after, vec![released], self.supply_id.to_string(), now))
    }

    /// Notes that a fresh execution is started.
    #[must_use]
    pub fn enter_again(&self, now: Timestamp) -> SupplyDecision {
        let mut after = self.clone();
        after.reentries += 1;
        self.decide(after, Vec::new(), self.supply_id.to_string(), now)
    }

    fn with_more(
        &self,
        there_is: u32,
        mut moves: Vec<Wanted>,
        cause: String,
        now: Timestamp,
    ) -> SupplyDecision {
        let taken = there_is.min(self.missing());
        let mut after = self.clone();
        after.held += taken;
        moves.push(Wanted::new(&self.ingredient, MovementKind::Held, taken));
        if after.held == self.wanted {
            moves.push(Wanted::new(&self.ingredient, MovementKind::Given, self.wanted));
            after.status = SupplyStatus::Given;
        }
        self.decide(after, moves, cause, now)
    }

    fn decide(&self, mut after: Self, moves: Vec<Wanted>, cause: String, now: Timestamp) -> SupplyDecision {
        after.version = self.version + 1;
        after.updated_at = now;
        SupplyDecision {
            before: Some(self.version),
            after,
            moves,
            cause,
        }
    }
}
