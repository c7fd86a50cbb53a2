//! Dish orders: what the kitchen has is held at once, exactly; what is short is asked of the warehouse, and held for
//! this order in the same transaction in which it is booked.

use super::steps::NewOrder;
use super::{Decision, HOLDS_MAX, Need, Order, OrderEvent, Ruling, Status, Waiter};
use crate::dish::Recipe;
use crate::fault::Fault;
use crate::ids::TaskToken;
use crate::ledger::{Ingredient, Ledger, MovementKind, Wanted};
use crate::order::{GATHER_LIMIT_S, RECONCILE_GRACE_S};
use crate::payment::CardToken;
use crate::ports::WakeUp;
use crate::refusal::Refusal;
use crate::stock::{HolderChange, StockChange};
use crate::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

/// One ingredient that is short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// What.
    pub ingredient: Ingredient,
    /// How much, at least 1.
    pub quantity: u32,
}

impl Order {
    /// Holds what the kitchen has of everything that is needed, exactly, and leaves the rest to be gathered.
    ///
    /// # Errors
    /// [`Refusal::InvalidInput`] when the sum of the lines is more than money can say.
    pub fn place_dishes(
        new: NewOrder,
        needed: &Recipe,
        kitchen: &Ledger,
        now: Timestamp,
    ) -> Result<Decision, Refusal> {
        let Decision { mut after, .. } = Self::place(new, now)?;
        let mut moves = Vec::new();
        for (ingredient, needed) in needed {
            let held = kitchen.balance(ingredient).available().min(*needed);
            moves.push(Wanted::new(ingredient, MovementKind::Held, held));
            let need = Need {
                needed: *needed,
                held,
                arrived: false,
                waiter: None,
            };
            after.needs.insert(ingredient.clone(), need);
        }
        if after.missing().next().is_some() {
            after.status = Status::Gathering;
            after.due_at = Some(now.plus_s(GATHER_LIMIT_S + RECONCILE_GRACE_S));
            let short: Vec<String> = after
                .missing()
                .map(|m| format!("{} {}", m.quantity, m.ingredient))
                .collect();
            after.events = vec![OrderEvent {
                at: now,
                status: Status::Gathering,
                what: format!("The warehouse was asked for {}.", short.join(", ")),
            }];
        }
        moves.retain(|wanted| wanted.quantity > 0);
        let stock = match moves.is_empty() {
            true => Vec::new(),
            false => vec![StockChange::MoveIngredients {
                moves,
                cause: after.order_id.to_string(),
                seen_seq: Some(kitchen.seq),
            }],
        };
        Ok(Decision {
            before: None,
            after,
            stock,
            holder: HolderChange::Add { holds_max: HOLDS_MAX },
            money: Vec::new(),
            arrivals: Vec::new(),
        })
    }

    /// What has to be asked of the warehouse, and has not come yet.
    pub fn missing(&self) -> impl Iterator<Item = Missing> {
        self.needs
            .iter()
            .filter(|(_, need)| !need.arrived && need.shortfall() > 0)
            .map(|(ingredient, need)| Missing {
                ingredient: ingredient.clone(),
                quantity: need.shortfall(),
            })
    }

    /// Gives a card along with an order that is still being gathered: it is charged as soon as everything is held.
    ///
    /// # Errors
    /// What [`Order::begin_payment`] refuses, for an order that is not being gathered.
    pub fn pay_when_held(&self, card: CardToken, now: Timestamp) -> Result<Ruling, Fault> {
        match (self.status, &self.pay_with) {
            (Status::Gathering, Some(_)) => Ok(Ruling::AlreadyDone),
            (Status::Gathering, None) => {
                let mut after = self.clone();
                after.pay_with = Some(card);
                Ok(self.write(after, now, Vec::new(), HolderChange::Unchanged))
            }
            _ => self.begin_payment(card, now),
        }
    }

    /// Remembers what wakes the execution that waits for an ingredient. A late message is ignored.
    ///
    /// # Errors
    /// [`Fault::Defect`] for an ingredient that the order does not need.
    pub fn keep_waiter_for(
        &self,
        ingredient: &Ingredient,
        token: TaskToken,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<Ruling, Fault> {
        let need = self.need(ingredient)?;
        let is_late = need
            .waiter
            .as_ref()
            .is_some_and(|kept| kept.is_newer_than(since) || kept.token == token);
        if is_late {
            return Ok(Ruling::AlreadyDone);
        }
        let mut after = self.clone();
        if let Some(need) = after.needs.get_mut(ingredient) {
            need.waiter = Some(Waiter { token, since });
        }
        Ok(self.write(after, now, Vec::new(), HolderChange::Unchanged))
    }

    /// Books what the warehouse has given, and holds it for this order in the same transaction; for an order that has
    /// ended it is booked as free stock. The last ingredient makes the order held, or paying if a card was given.
    ///
    /// # Errors
    /// [`Fault::Defect`] for an ingredient that the order does not need.
    pub fn receive(&self, ingredient: &Ingredient, quantity: u32, now: Timestamp) -> Result<Ruling, Fault> {
        if self.need(ingredient)?.arrived {
            return Ok(Ruling::AlreadyDone);
        }
        let mut after = self.clone();
        let mut moves = vec![Wanted::new(ingredient, MovementKind::Received, quantity)];
        let claimed = if self.status == Status::Gathering {
            quantity
        } else {
            0
        };
        moves.push(Wanted::new(ingredient, MovementKind::Held, claimed));
        if let Some(need) = after.needs.get_mut(ingredient) {
            need.arrived = true;
            need.held += claimed;
        }
        let stock = vec![StockChange::MoveIngredients {
            moves,
            cause: self.order_id.to_string(),
            seen_seq: None,
        }];
        if self.status == Status::Gathering {
            after.events.push(OrderEvent {
                at: now,
                status: Status::Gathering,
                what: format!("{quantity} {ingredient} arrived."),
            });
            if after.missing().next().is_none() {
                after = after.held_at_last(now)?;
            }
        }
        if after.status.is_end() && after.missing().next().is_none() {
            after.due_at = None;
        }
        Ok(self.write(after, now, stock, HolderChange::Unchanged))
    }

    /// Notes that nothing which was asked of the warehouse for an order that has ended is claimed there or on its way:
    /// nobody needs to look at it any more.
    #[must_use]
    pub fn settle(&self, now: Timestamp) -> Ruling {
        if !self.status.is_end() || self.due_at.is_none() || self.open_refund().is_some() {
            return Ruling::AlreadyDone;
        }
        let mut after = self.clone();
        after.due_at = None;
        self.write(after, now, Vec::new(), HolderChange::Unchanged)
    }

    /// Everything is held: the time to pay begins now, and so does the payment if a card was given.
    fn held_at_last(mut self, now: Timestamp) -> Result<Self, Fault> {
        self.hold.expires_at = now.plus_s(self.hold.ttl_s);
        self.due_at = Some(self.hold.expires_at.plus_s(RECONCILE_GRACE_S));
        self.status = Status::Held;
        self.events.push(OrderEvent {
            at: now,
            status: Status::Held,
            what: format!(
                "Everything is there, locked for you until {}.",
                self.hold.expires_at.to_rfc3339()
            ),
        });
        let Some(card) = self.pay_with.clone() else {
            return Ok(self);
        };
        match self.begin_payment(card, now)? {
            Ruling::Change(decision) => Ok(decision.after),
            Ruling::AlreadyDone => Ok(self),
        }
    }

    /// What the execution that waits for an ingredient is to be told; `None` while it has to wait.
    #[must_use]
    pub fn wake_up_for(&self, ingredient: &Ingredient) -> Option<WakeUp> {
        match self.status {
            Status::Cancelled => Some(WakeUp::Cancelled),
            status if status.is_end() || status == Status::Stuck => Some(WakeUp::Ended),
            _ if self.needs.get(ingredient).is_some_and(|need| need.arrived) => Some(WakeUp::Arrived),
            _ => None,
        }
    }

    fn need(&self, ingredient: &Ingredient) -> Result<&Need, Fault> {
        let need = self.needs.get(ingredient);
        need.ok_or_else(|| Fault::Defect(format!("{} does not need {ingredient}", self.order_id)))
    }

    /// What becomes of the ingredients when the order ends: served, or free again.
    pub(super) fn ingredients_at_end(&self, end: Status) -> Vec<StockChange> {
        let kind = if end == Status::Completed {
            MovementKind::Served
        } else {
            MovementKind::Released
        };
        let moves: Vec<Wanted> = self
            .needs
            .iter()
            .filter(|(_, need)| need.held > 0)
            .map(|(ingredient, need)| Wanted::new(ingredient, kind, need.held))
            .collect();
        match moves.is_empty() {
            true => Vec::new(),
            false => vec![StockChange::MoveIngredients {
                moves,
                cause: self.order_id.to_string(),
                seen_seq: None,
            }],
        }
    }
}

#[cfg(test)]
mod tests;
