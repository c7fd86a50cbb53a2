//! What the provider says of a refund, and what follows: money back, tickets on sale again, or somebody to look into it.

use super::{Order, Ruling, STANDSTILL_S, STUCK_PAUSE_MAX_S, STUCK_PAUSE_S, Status, Thing};
use crate::fault::Fault;
use crate::money_ledger::MoneyKind;
use crate::payment::RefundOutcome;
use crate::refund::{PENDING_PAUSE_S, Refund, RefundStatus};
use crate::stock::{HolderChange, StockChange};
use crate::timestamp::Timestamp;

impl Order {
    /// Records what the provider says of a refund by itself, outside of the machine that makes it. One that failed gets a
    /// fresh name, under which the machine is started to fail with an alarm, and is due until that was done.
    ///
    /// # Errors
    /// As [`Order::record_refund`].
    pub fn hear_of_refund(
        &self,
        number: u32,
        outcome: &RefundOutcome,
        now: Timestamp,
    ) -> Result<Ruling, Fault> {
        let mut ruling = self.record_refund(number, outcome, now)?;
        if let (Ruling::Change(decision), RefundOutcome::Failed { .. }) = (&mut ruling, outcome) {
            if let Some(failed) = decision
                .after
                .refunds
                .iter_mut()
                .find(|refund| refund.number == number)
            {
                failed.reentries += 1;
            }
            decision.after.due_at = Some(now.plus_s(STANDSTILL_S));
        }
        Ok(ruling)
    }

    /// Records what the provider says of a refund. When the last money is back, the order is refunded, and a ticket
    /// whose money is back is free again in the same write.
    ///
    /// # Errors
    /// [`Fault::Defect`] when there is no such refund.
    pub fn record_refund(
        &self,
        number: u32,
        outcome: &RefundOutcome,
        now: Timestamp,
    ) -> Result<Ruling, Fault> {
        let Some(refund) = self.refund(number) else {
            return Err(Fault::Defect(format!("{} has no refund {number}", self.order_id)));
        };
        let (status, provider_id, code) = match outcome {
            RefundOutcome::Succeeded { provider_id } => {
                (RefundStatus::Succeeded, Some(provider_id.clone()), None)
            }
            RefundOutcome::Pending { provider_id } => {
                (RefundStatus::Pending, Some(provider_id.clone()), None)
            }
            RefundOutcome::Failed { code } => (
                RefundStatus::Failed,
                refund.provider_id.clone(),
                Some(code.clone()),
            ),
        };
        // A refund that succeeded can still be returned by the buyer's bank, days later; "pending" is older news then. One
        // that failed stays so: the provider makes another.
        let is_returned = (refund.status, status) == (RefundStatus::Succeeded, RefundStatus::Failed);
        let is_settled = matches!(refund.status, RefundStatus::Succeeded | RefundStatus::Failed);
        if refund.status == status || (is_settled && !is_returned) {
            return Ok(Ruling::AlreadyDone);
        }
        let done = Refund {
            status,
            provider_id,
            code,
            settled_at: Some(now),
            ..refund.clone()
        };
        let stock = match status {
            RefundStatus::Succeeded => self.returned(&done),
            _ => Vec::new(),
        };
        let done = Refund {
            tickets_returned: done.tickets_returned || !stock.is_empty(),
            ..done
        };
        let mut after = self.clone();
        if let Some(slot) = after.refunds.iter_mut().find(|refund| refund.number == number) {
            *slot = done.clone();
        }
        let amount = self.currency.format(done.amount_minor);
        after.due_at = after.open_refund().map(|open| match open.status {
            // The bank takes days; the provider tells by a webhook, and is asked now and then.
            RefundStatus::Pending => now.plus_s(PENDING_PAUSE_S),
            _ => now.plus_s(STANDSTILL_S),
        });
        if status != RefundStatus::Succeeded {
            let what = match status {
                RefundStatus::Failed => {
                    format!("{amount} could not be given back by itself. We look into it.")
                }
                _ => format!("{amount} are on their way back; the bank has not confirmed it yet."),
            };
            after.note(now, what);
            let mut ruling = self.write(after, now, Vec::new(), HolderChange::Unchanged);
            if let (Ruling::Change(decision), true) = (&mut ruling, is_returned) {
                decision.money = vec![self.movement(
                    MoneyKind::RefundReturned,
                    number,
                    done.amount_minor,
                    done.provider_id.unwrap_or_default(),
                    now,
                )];
            }
            return Ok(ruling);
        }
        let what = format!("{amount} are on their way back to you.");
        let is_all = after.kept_minor() == 0 && after.open_refund().is_none();
        let ruling = if is_all && self.status != Status::Refunded {
            self.transition(after, Status::Refunded, now, what)?
        } else {
            after.note(now, what);
            self.write(after, now, Vec::new(), HolderChange::Unchanged)
        };
        let Ruling::Change(mut decision) = ruling else {
            return Ok(Ruling::AlreadyDone);
        };
        decision.stock = stock;
        decision.money = vec![self.movement(
            MoneyKind::Refunded,
            number,
            done.amount_minor,
            done.provider_id.unwrap_or_default(),
            now,
        )];
        Ok(Ruling::Change(decision))
    }

    /// Tickets whose money is back are free again, if they were this order's at all; once, because after that they may be
    /// somebody else's. Products are not: whoever sells them books in what really came back.
    fn returned(&self, refund: &Refund) -> Vec<StockChange> {
        if self.status != Status::Completed {
            return Vec::new();
        }
        let went_before = |line: u32| {
            self.refunds
                .iter()
                .filter(|earlier| earlier.tickets_returned)
                .flat_map(|earlier| &earlier.lines)
                .any(|returned| returned.line == line)
        };
        let hold = self.ticket_hold();
        let tickets = refund
            .lines
            .iter()
            .filter(|refunded| !went_before(refunded.line))
            .filter_map(|refunded| match &self.line(refunded)?.thing {
                Thing::Ticket { ticket_id, .. } => Some(StockChange::ReturnTicket {
                    ticket_id: ticket_id.clone(),
                    hold: hold.clone(),
                }),
                Thing::Dish { .. } | Thing::Product { .. } => None,
            });
        tickets.collect()
    }

    /// Notes that the reconciler leaves refund `number` for later; with `again`, that a fresh execution is started for it.
    #[must_use]
    pub fn put_off_refund(&self, number: u32, again: bool, now: Timestamp) -> Ruling {
        let mut after = self.clone();
        let is_meant = |refund: &&mut Refund| refund.number == number && refund.is_open();
        let Some(refund) = after.refunds.iter_mut().find(is_meant) else {
            return Ruling::AlreadyDone;
        };
        refund.reentries += u32::from(again);
        // Ever more seldom: what the provider did not know for an hour it will not know in a minute.
        let pause_s = match refund.status {
            RefundStatus::Pending => PENDING_PAUSE_S,
            _ => STUCK_PAUSE_S
                .saturating_mul(1 << refund.reentries.min(8))
                .min(STUCK_PAUSE_MAX_S),
        };
        after.due_at = Some(now.plus_s(pause_s));
        self.write(after, now, Vec::new(), HolderChange::Unchanged)
    }
}
