//! Money that comes when the order has ended: it holds everything again, or all of it goes back. Never both.

use super::{Line, Order, Ruling, STANDSTILL_S, Status, Thing};
use crate::fault::Fault;
use crate::money_ledger::{MoneyKind, MoneyMovement};
use crate::payment::{AttemptStatus, CardToken, PaymentAttempt};
use crate::refund::RefundReason;
use crate::refusal::Refusal;
use crate::stock::{HolderChange, StockChange};
use crate::timestamp::Timestamp;

impl Order {
    /// Money came for an order that has ended and was never charged: it is owed to the buyer, all of it.
    ///
    /// # Errors
    /// [`Fault::Defect`] for an order that has not ended unpaid.
    pub fn owe_refund(&self, now: Timestamp) -> Result<Ruling, Fault> {
        if self.was_charged() {
            return Ok(Ruling::AlreadyDone);
        }
        if !self.ended_unpaid() {
            return Err(Fault::Defect(format!(
                "money for {} is not late: it is {}",
                self.order_id, self.status
            )));
        }
        let mut after = self.clone();
        after.mark_charged(now);
        after.add_refund(self.refundable(&[])?, RefundReason::ArrivedTooLate, now)?;
        after.note(
            now,
            "Your payment came when the order had ended; all of it goes back to you.".to_owned(),
        );
        let charged = self.charge_movement(now);
        let Ruling::Change(mut decision) = self.write(after, now, Vec::new(), HolderChange::Unchanged) else {
            return Ok(Ruling::AlreadyDone);
        };
        decision.money = vec![charged];
        Ok(Ruling::Change(decision))
    }

    /// Money came for an order whose hold had ended: hold everything again and go on as paid. `lines` are its lines with
    /// what is to be taken now, `products` the changes that take it; tickets follow from the lines.
    ///
    /// The stock changes carry the conditions: if anything was sold meanwhile, nothing is written and the money is owed
    /// (see [`Order::owe_refund`]). A buyer who cancelled does not want it any more, and a dish is not cooked for a table
    /// that was given up: their money goes back.
    ///
    /// # Errors
    /// [`Refusal::OrderEnded`] when it is not to be held again.
    pub fn hold_again(
        &self,
        lines: Vec<Line>,
        products: Vec<StockChange>,
        now: Timestamp,
    ) -> Result<Ruling, Fault> {
        if self.was_charged() {
            return Ok(Ruling::AlreadyDone);
        }
        if !self.may_be_held_again() {
            return Err(Refusal::OrderEnded {
                order_id: self.order_id.clone(),
                status: self.status,
            }
            .into());
        }
        let mut after = self.clone();
        after.lines = lines;
        after.hold.version += 1;
        after.hold.expires_at = now.plus_s(self.hold.ttl_s);
        after.reentries += 1;
        after.waiter = None;
        after.mark_charged(now);
        after.due_at = Some(now.plus_s(STANDSTILL_S));
        let hold = after.ticket_hold();
        let tickets: Vec<StockChange> = after
            .tickets()
            .map(|(ticket_id, seen_version)| StockChange::HoldTicket {
                ticket_id: ticket_id.clone(),
                seen_version,
                hold: hold.clone(),
            })
            .collect();
        let ruling = self.transition(
            after,
            Status::Paid,
            now,
            "Your payment came late, and everything was still free: held again for you.".to_owned(),
        )?;
        let Ruling::Change(mut decision) = ruling else {
            return Ok(Ruling::AlreadyDone);
        };
        decision.stock = tickets.into_iter().chain(products).collect();
        // Not the cap on live holds: the money is there, and the sale follows at once.
        decision.holder = HolderChange::Add { holds_max: u32::MAX };
        decision.money = vec![self.charge_movement(now)];
        Ok(Ruling::Change(decision))
    }

    /// Whether money that comes now may still buy what the order was about.
    #[must_use]
    pub fn may_be_held_again(&self) -> bool {
        let is_dish = self
            .lines
            .iter()
            .any(|line| matches!(line.thing, Thing::Dish { .. }));
        matches!(self.status, Status::Expired | Status::PaymentFailed) && !is_dish && !self.was_charged()
    }

    /// Whether it has ended without money.
    #[must_use]
    pub fn ended_unpaid(&self) -> bool {
        matches!(
            self.status,
            Status::Expired | Status::Cancelled | Status::PaymentFailed | Status::Unavailable
        ) && !self.was_charged()
    }

    /// The latest attempt, or one that nobody asked us for, has taken money.
    pub(super) fn mark_charged(&mut self, now: Timestamp) {
        match self.attempts.last_mut() {
            Some(attempt) => {
                attempt.status = AttemptStatus::Succeeded;
                attempt.code = None;
                attempt.settled_at = Some(now);
            }
            None => self.attempts.push(PaymentAttempt {
                number: 1,
                card: CardToken::not_ours(),
                status: AttemptStatus::Succeeded,
                code: None,
                charge: None,
                retryable: false,
                requested_at: now,
                settled_at: Some(now),
            }),
        }
    }

    /// The row of the ledger of money that says: charged, once and in full.
    pub(super) fn charge_movement(&self, now: Timestamp) -> MoneyMovement {
        let intent = self
            .intent_id
            .as_ref()
            .map_or_else(String::new, |intent| intent.as_str().to_owned());
        self.movement(MoneyKind::Charged, 1, self.total_minor, intent, now)
    }
}
