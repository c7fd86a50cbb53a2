//! What each step decides about an order. Pure: the moment comes in, a [`Ruling`] or a [`Refusal`] goes out.

use super::{
    Decision, HOLDS_MAX, Hold, Kind, LATE_MONEY_S, Line, Order, OrderEvent, RECONCILE_GRACE_S, Ruling,
    STANDSTILL_S, STUCK_PAUSE_MAX_S, STUCK_PAUSE_S, Status,
};
use crate::fault::Fault;
use crate::ids::{DeviceId, HoldId, HoldRun, OrderId, UserId};
use crate::ledger::MovementKind;
use crate::money::{Currency, PriceMinor};
use crate::payment::AttemptStatus;
use crate::refusal::Refusal;
use crate::stock::{HolderChange, StockChange};
use crate::timestamp::Timestamp;
use std::collections::BTreeMap;

/// What is needed to place an order.
#[derive(Clone, Debug)]
pub struct NewOrder {
    /// Fresh, or derived from the request's idempotency key.
    pub order_id: OrderId,
    /// Who buys.
    pub user_id: UserId,
    /// What, at the prices the buyer saw.
    pub lines: Vec<Line>,
    /// The money.
    pub currency: Currency,
    /// How long the hold lives, seconds.
    pub hold_ttl_s: u32,
    /// The buyer's own device that the products are for.
    pub device_id: Option<DeviceId>,
    /// Fingerprint of the request.
    pub request_fingerprint: String,
    /// The run of `hold-order` that holds.
    pub run: HoldRun,
}

/// Why an order is given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Interruption {
    /// Every attempt to charge failed.
    PaymentFailed,
    /// What it lacks cannot be had.
    Unavailable,
    /// This run of `hold-order` could not start the order's own workflow, or does not know whether it holds anything.
    NotStarted(HoldRun),
}

impl Order {
    /// Holds every line or none.
    ///
    /// # Errors
    /// [`Refusal::InvalidInput`] when the sum of the lines is more than money can say.
    pub fn place(new: NewOrder, now: Timestamp) -> Result<Decision, Refusal> {
        let total_minor = PriceMinor::sum(new.lines.iter().map(|line| (line.price_minor, line.quantity)))
            .map_err(|too_much| Refusal::invalid("lines", format!("The total is too high: {too_much}.")))?;
        let expires_at = now.plus_s(new.hold_ttl_s);
        let order = Self {
            hold: Hold {
                hold_id: HoldId::of_order(&new.order_id),
                version: 1,
                expires_at,
                ttl_s: new.hold_ttl_s,
            },
            order_id: new.order_id,
            user_id: new.user_id,
            status: Status::Held,
            version: 1,
            lines: new.lines,
            total_minor,
            currency: new.currency,
            attempts: Vec::new(),
            retry_at: None,
            refunds: Vec::new(),
            admissions: Vec::new(),
            intent_id: None,
            waiter: None,
            needs: BTreeMap::new(),
            pay_with: None,
            delivery: None,
            device_id: new.device_id,
            events: vec![OrderEvent {
                at: now,
                status: Status::Held,
                what: format!("Locked for you until {}.", expires_at.to_rfc3339()),
            }],
            request_fingerprint: new.request_fingerprint,
            sole_run: Some(new.run),
            reentries: 0,
            due_at: Some(expires_at.plus_s(RECONCILE_GRACE_S)),
            created_at: now,
            updated_at: now,
        };
        let hold = order.ticket_hold();
        let stock = order
            .tickets()
            .map(|(ticket_id, seen_version)| StockChange::HoldTicket {
                ticket_id: ticket_id.clone(),
                seen_version,
                hold: hold.clone(),
            })
            .collect();
        Ok(Decision {
            before: None,
            after: order,
            stock,
            holder: HolderChange::Add { holds_max: HOLDS_MAX },
            money: Vec::new(),
            arrivals: Vec::new(),
        })
    }

    /// Fulfils a paid order. Tickets are handed over: every claim becomes a sale. Products have been sold and shipped
    /// before, and arrive.
    ///
    /// # Errors
    /// [`Refusal::OrderNotPaid`] unless it is paid, [`Refusal::DeliveryNotDue`] for products that are still under way,
    /// [`Fault::Defect`] for products that were never shipped.
    pub fn complete(&self, now: Timestamp) -> Result<Ruling, Fault> {
        match self.status {
            Status::Completed => Ok(Ruling::AlreadyDone),
            Status::Paid | Status::Shipped if self.kind() == Kind::Product => self.arrive(now),
            Status::Paid | Status::Shipped => {
                self.end(Status::Completed, now, "Yours. Completed.".to_owned())
            }
            _ => Err(Refusal::OrderNotPaid {
                order_id: self.order_id.clone(),
            }
            .into()),
        }
    }

    /// Ends an order whose time to pay is over. Exactly one of this and [`Order::begin_payment`] wins.
    ///
    /// # Errors
    /// [`Refusal::HoldStillAlive`] when a timer came too early, [`Refusal::OrderBeingPaid`] when the buyer was
    /// faster, [`Refusal::OrderAlreadyPaid`] when the money is there.
    pub fn expire(&self, now: Timestamp) -> Result<Ruling, Fault> {
        let order_id = self.order_id.clone();
        match self.status {
            Status::Held if now < self.hold.expires_at => {
                let remaining_s = now.seconds_until(self.hold.expires_at);
                Err(Refusal::HoldStillAlive {
                    order_id,
                    remaining_s,
                }
                .into())
            }
            Status::Held => self.end(
                Status::Expired,
                now,
                "Not paid in time; the lock has run out.".to_owned(),
            ),
            Status::Gathering | Status::Paying => Err(Refusal::OrderBeingPaid { order_id }.into()),
            Status::Paid | Status::Shipped => Err(Refusal::OrderAlreadyPaid { order_id }.into()),
            Status::Stuck => Err(Refusal::OrderIsStuck { order_id }.into()),
            Status::Completed
            | Status::Expired
            | Status::Cancelled
            | Status::PaymentFailed
            | Status::Refunded
            | Status::Unavailable => Ok(Ruling::AlreadyDone),
        }
    }

    /// The buyer gives it up.
    ///
    /// # Errors
    /// Refuses while it is being paid, and once it is paid or has ended otherwise.
    pub fn cancel(&self, now: Timestamp) -> Result<Ruling, Fault> {
        let order_id = self.order_id.clone();
        match self.status {
            Status::Cancelled => Ok(Ruling::AlreadyDone),
            Status::Gathering | Status::Held => self.end(
                Status::Cancelled,
                now,
                "Cancelled by you; the lock is released.".to_owned(),
            ),
            Status::Paying => Err(Refusal::OrderBeingPaid { order_id }.into()),
            Status::Paid | Status::Shipped | Status::Completed => {
                Err(Refusal::OrderAlreadyPaid { order_id }.into())
            }
            Status::Stuck => Err(Refusal::OrderIsStuck { order_id }.into()),
            Status::Expired | Status::PaymentFailed | Status::Refunded | Status::Unavailable => {
                Err(Refusal::OrderEnded {
                    order_id,
                    status: self.status,
                }
                .into())
            }
        }
    }

    /// A run of `hold-order` answers with this hold. If another holds, none may undo it from now on, for its buyer may have
    /// been told; two runs that both fail leave a hold that ends by its deadline, or is found by the buyer's next try.
    #[must_use]
    pub fn answer_again(&self, run: &HoldRun, now: Timestamp) -> Ruling {
        if self.sole_run.as_ref() == Some(run) {
            return Ruling::AlreadyDone;
        }
        self.told(now)
    }

    /// Its buyer is told that it is held, by something else than the run of `hold-order` that holds: from now on that run
    /// may not undo it.
    #[must_use]
    pub fn told(&self, now: Timestamp) -> Ruling {
        match &self.sole_run {
            Some(_) => self.write(self.clone(), now, Vec::new(), HolderChange::Unchanged),
            None => Ruling::AlreadyDone,
        }
    }

    /// Undoes the hold for the workflow: after the last failed charge, or when the order could not be started.
    ///
    /// Safe on an order that has ended: nothing is left to undo.
    ///
    /// # Errors
    /// [`Refusal::OrderAlreadyPaid`] when money was taken, [`Refusal::OrderBeingPaid`] when it may be.
    pub fn void(&self, why: Interruption, now: Timestamp) -> Result<Ruling, Fault> {
        let order_id = self.order_id.clone();
        match (self.status, why) {
            // Another run has told somebody that it is held, or its own workflow has gone on with it.
            (_, Interruption::NotStarted(ref run)) if self.sole_run.as_ref() != Some(run) => {
                Ok(Ruling::AlreadyDone)
            }
            // Everything has come after all, and its buyer may have seen it: whoever waited too long goes on.
            (Status::Held, Interruption::Unavailable) => Ok(Ruling::AlreadyDone),
            (Status::Gathering | Status::Held, Interruption::Unavailable | Interruption::NotStarted(_)) => {
                self.end(
                    Status::Unavailable,
                    now,
                    "Could not be carried out; the lock is released.".to_owned(),
                )
            }
            (Status::Paying | Status::Stuck, Interruption::PaymentFailed)
                if self.latest_attempt_is(AttemptStatus::Declined) =>
            {
                self.end(
                    Status::PaymentFailed,
                    now,
                    "No payment succeeded; the lock is released.".to_owned(),
                )
            }
            (Status::Gathering | Status::Held | Status::Paying, _) => {
                Err(Refusal::OrderBeingPaid { order_id }.into())
            }
            (Status::Paid | Status::Shipped, _) => Err(Refusal::OrderAlreadyPaid { order_id }.into()),
            (Status::Stuck, _) => Err(Refusal::OrderIsStuck { order_id }.into()),
            (
                Status::Completed
                | Status::Expired
                | Status::Cancelled
                | Status::PaymentFailed
                | Status::Refunded
                | Status::Unavailable,
                _,
            ) => Ok(Ruling::AlreadyDone),
        }
    }

    /// Parks the order, with everything held kept, until the reconciler enters it again.
    ///
    /// # Errors
    /// [`Refusal::OrderEnded`] when there is nothing left that could be stuck.
    pub fn get_stuck(&self, why: &str, now: Timestamp) -> Result<Ruling, Fault> {
        if self.status == Status::Stuck {
            return Ok(Ruling::AlreadyDone);
        }
        if self.status.is_end() {
            return Err(Refusal::OrderEnded {
                order_id: self.order_id.clone(),
                status: self.status,
            }
            .into());
        }
        let mut after = self.clone();
        after.due_at = Some(now.plus_s(STUCK_PAUSE_S));
        let what = format!("Could not be carried on: {why}. We look into it.");
        if self.status == Status::Gathering {
            // Nothing was charged, so nothing is uncertain: it is still gathering, and is entered again as that.
            after.events.push(OrderEvent {
                at: now,
                status: self.status,
                what,
            });
            return Ok(self.write(after, now, Vec::new(), HolderChange::Unchanged));
        }
        self.transition(after, Status::Stuck, now, what)
    }

    /// Notes that the reconciler looks at the order; with `again`, that it starts a fresh execution for it.
    #[must_use]
    pub fn look_again(&self, again: bool, now: Timestamp) -> Ruling {
        if self.status.is_end() && self.due_at.is_none() {
            return Ruling::AlreadyDone;
        }
        let mut after = self.clone();
        let pause_s = match self.status {
            // Ever more seldom: what could not be known for an hour will not be known in a minute.
            Status::Stuck => STUCK_PAUSE_S
                .saturating_mul(1 << self.reentries.min(8))
                .min(STUCK_PAUSE_MAX_S),
            _ => 2 * STANDSTILL_S,
        };
        after.due_at = Some(now.plus_s(pause_s));
        after.reentries += u32::from(again);
        self.write(after, now, Vec::new(), HolderChange::Unchanged)
    }

    /// Ends the order: claims are posted when it completes and released otherwise; the buyer's hold is free.
    pub(super) fn end(&self, status: Status, now: Timestamp, what: String) -> Result<Ruling, Fault> {
        let hold = self.ticket_hold();
        let stock = self
            .tickets()
            .map(|(ticket_id, _)| {
                let (ticket_id, hold) = (ticket_id.clone(), hold.clone());
                if status == Status::Completed {
                    StockChange::PostTicket { ticket_id, hold }
                } else {
                    StockChange::ReleaseTicket { ticket_id, hold }
                }
            })
            .chain(self.ingredients_at_end(status))
            .chain(self.products_at_end())
            .collect();
        let mut after = self.clone();
        after.retry_at = None;
        // What was asked of the warehouse and has not come may still be claimed there or on its way. And if the
        // provider ever kept silent, one more inquiry a good while later costs little.
        let may_be_charged_yet = status != Status::Completed && self.was_ever_unanswered();
        after.due_at = match (self.missing().next(), may_be_charged_yet) {
            (Some(_), _) => Some(now.plus_s(STANDSTILL_S)),
            (None, true) => Some(now.plus_s(LATE_MONEY_S)),
            (None, false) => None,
        };
        let Ruling::Change(mut decision) = self.transition(after, status, now, what)? else {
            return Ok(Ruling::AlreadyDone);
        };
        decision.stock = stock;
        decision.holder = HolderChange::Remove;
        Ok(Ruling::Change(decision))
    }

    /// What becomes of the products when the order ends: free again, unless they are sold already.
    fn products_at_end(&self) -> Vec<StockChange> {
        match self.has_sold_products() {
            true => Vec::new(),
            false => self.products_moved(MovementKind::Released),
        }
    }

    /// Everything that it took of products, moved like this.
    pub(super) fn products_moved(&self, kind: MovementKind) -> Vec<StockChange> {
        let moves = self.takes().map(|(product_id, take)| StockChange::MoveProduct {
            product_id: product_id.clone(),
            shard: take.shard,
            kind,
            quantity: take.quantity,
            cause: self.order_id.to_string(),
            seen: None,
        });
        moves.collect()
    }

    pub(super) fn transition(
        &self,
        mut after: Self,
        to: Status,
        now: Timestamp,
        what: String,
    ) -> Result<Ruling, Fault> {
        if !self.status.may_become(to) {
            return Err(Fault::Defect(format!(
                "an order cannot go from {} to {to}",
                self.status
            )));
        }
        after.status = to;
        after.events.push(OrderEvent {
            at: now,
            status: to,
            what,
        });
        Ok(self.write(after, now, Vec::new(), HolderChange::Unchanged))
    }

    pub(super) fn write(
        &self,
        mut after: Self,
        now: Timestamp,
        stock: Vec<StockChange>,
        holder: HolderChange,
    ) -> Ruling {
        after.version = self.version + 1;
        after.sole_run = None;
        after.updated_at = now;
        Ruling::Change(Box::new(Decision {
            before: Some((self.version, self.status)),
            after,
            stock,
            holder,
            money: Vec::new(),
            arrivals: Vec::new(),
        }))
    }
}
