//! Giving money back: who may ask for how much, and what the order keeps.

use super::{Order, OrderEvent, Ruling, STANDSTILL_S, Status};
use crate::fault::Fault;
use crate::money::PriceMinor;
use crate::money_ledger::{MoneyKind, MoneyMovement};
use crate::order::{Line, Thing};
use crate::payment::AttemptStatus;
use crate::refund::{REFUND_WINDOW_S, REFUNDS_MAX, Refund, RefundLine, RefundReason, RefundStatus};
use crate::refusal::Refusal;
use crate::stock::HolderChange;
use crate::timestamp::Timestamp;

impl Order {
    /// The buyer wants money back for these lines, or for everything that is left when there are none. Asked again under
    /// the same name it is the same refund.
    ///
    /// # Errors
    /// [`Refusal::NotRefundable`] unless it is completed, made of tickets or products, not too old, and has so much left
    /// that nobody was let in with;
    /// [`Refusal::InvalidInput`] for lines that do not exist or never had so many; [`Refusal::KeyReused`] when the
    /// name was used for other lines.
    pub fn ask_refund(
        &self,
        lines: &[RefundLine],
        asked_under: Option<&str>,
        now: Timestamp,
    ) -> Result<Ruling, Fault> {
        if let Some(asked) = self
            .refund_asked_under(asked_under)
            .filter(|_| asked_under.is_some())
        {
            // Asked for everything that was left then: what that was, the refund says.
            let is_same = lines.is_empty() || lines == asked.lines.as_slice();
            return if is_same {
                Ok(Ruling::AlreadyDone)
            } else {
                Err(Refusal::KeyReused.into())
            };
        }
        let order_id = self.order_id.clone();
        let not_refundable = |why: &str| Refusal::NotRefundable {
            order_id: self.order_id.clone(),
            why: why.to_owned(),
        };
        match self.status {
            Status::Completed => {}
            // The buyer's bank has returned what went back.
            Status::Refunded if self.kept_minor() > 0 => {}
            Status::Paid | Status::Shipped if self.delivery.is_some() => {
                return Err(not_refundable("it is on its way to you; ask again when it has come").into());
            }
            Status::Paying | Status::Paid | Status::Shipped => {
                return Err(Refusal::OrderBeingPaid { order_id }.into());
            }
            Status::Gathering | Status::Held => return Err(Refusal::OrderNotPaid { order_id }.into()),
            Status::Stuck => return Err(Refusal::OrderIsStuck { order_id }.into()),
            Status::Expired
            | Status::Cancelled
            | Status::PaymentFailed
            | Status::Refunded
            | Status::Unavailable => {
                let status = self.status;
                return Err(Refusal::OrderEnded { order_id, status }.into());
            }
        }
        if self
            .lines
            .iter()
            .any(|line| matches!(line.thing, Thing::Dish { .. }))
        {
            return Err(not_refundable("what was served cannot be given back").into());
        }
        let completed_at = self
            .events
            .iter()
            .find(|event| event.status == Status::Completed)
            .map_or(self.updated_at, |event| event.at);
        if now > completed_at.plus_s(REFUND_WINDOW_S) {
            return Err(not_refundable("it was completed more than 14 days ago").into());
        }
        if self.refunds.len() >= REFUNDS_MAX {
            return Err(not_refundable("it was refunded in too many parts").into());
        }
        let lines = self.refundable(lines)?;
        if lines.is_empty() {
            let why = if self.admissions.is_empty() {
                "everything was given back, or is on its way back"
            } else {
                "what was not given back was let in at the door"
            };
            return Err(not_refundable(why).into());
        }
        let mut after = self.clone();
        let amount_minor = after.add_refund(lines, RefundReason::BuyerAsked, now)?;
        if let Some(refund) = after.refunds.last_mut() {
            refund.asked_under = asked_under.map(str::to_owned);
        }
        let what = format!("You asked for {} back.", self.currency.format(amount_minor));
        after.note(now, what);
        Ok(self.write(after, now, Vec::new(), HolderChange::Unchanged))
    }

    /// The lines asked for, or everything that is left; never more of a line than is left of it.
    pub(super) fn refundable(&self, asked: &[RefundLine]) -> Result<Vec<RefundLine>, Refusal> {
        if asked.is_empty() {
            let all = (0_u32..).zip(&self.lines).map(|(line, _)| RefundLine {
                line,
                quantity: self.left_of(line),
            });
            return Ok(all.filter(|line| line.quantity > 0).collect());
        }
        let mut seen = Vec::new();
        for (index, wanted) in asked.iter().enumerate() {
            let left = self.left_of(wanted.line);
            let field = format!("lines[{index}]");
            if seen.contains(&wanted.line) {
                return Err(Refusal::invalid(field, "This line is named twice."));
            }
            let Some(line) = self.line(wanted) else {
                return Err(Refusal::invalid(
                    format!("{field}.line"),
                    format!("The order has lines 0 to {}.", self.lines.len().saturating_sub(1)),
                ));
            };
            if wanted.quantity == 0 || wanted.quantity > line.quantity {
                return Err(Refusal::invalid(
                    format!("{field}.quantity"),
                    format!("Line {} was for 1 to {} of it.", wanted.line, line.quantity),
                ));
            }
            if wanted.quantity > left {
                return Err(Refusal::NotRefundable {
                    order_id: self.order_id.clone(),
                    why: match left {
                        0 if self.admission(wanted.line).is_some() => {
                            format!("line {} was let in at the door", wanted.line)
                        }
                        0 => format!("nothing is left of line {} to be given back", wanted.line),
                        _ => format!("of line {} only {left} can still be given back", wanted.line),
                    },
                });
            }
            seen.push(wanted.line);
        }
        Ok(asked.to_vec())
    }

    /// How many of a line were neither given back nor are on their way back. Of a ticket that was let in nothing is left
    /// to be given back.
    fn left_of(&self, line: u32) -> u32 {
        if self.admission(line).is_some() {
            return 0;
        }
        let sold = usize::try_from(line)
            .ok()
            .and_then(|index| self.lines.get(index))
            .map_or(0, |line| line.quantity);
        let refunded: u32 = self
            .refunds
            .iter()
            .filter(|refund| refund.status != RefundStatus::Failed)
            .flat_map(|refund| &refund.lines)
            .filter(|refunded| refunded.line == line)
            .map(|refunded| refunded.quantity)
            .sum();
        sold.saturating_sub(refunded)
    }

    pub(super) fn line(&self, refunded: &RefundLine) -> Option<&Line> {
        usize::try_from(refunded.line)
            .ok()
            .and_then(|index| self.lines.get(index))
    }

    pub(super) fn add_refund(
        &mut self,
        lines: Vec<RefundLine>,
        reason: RefundReason,
        now: Timestamp,
    ) -> Result<PriceMinor, Fault> {
        let prices = lines
            .iter()
            .filter_map(|refunded| Some((self.line(refunded)?.price_minor, refunded.quantity)));
        let amount_minor = PriceMinor::sum(prices)
            .map_err(|error| Fault::Defect(format!("a refund is too high: {error}")))?;
        let number = u32::try_from(self.refunds.len() + 1).unwrap_or(u32::MAX);
        self.refunds.push(Refund {
            number,
            amount_minor,
            lines,
            reason,
            status: RefundStatus::Requested,
            provider_id: None,
            code: None,
            asked_under: None,
            tickets_returned: false,
            reentries: 0,
            requested_at: now,
            settled_at: None,
        });
        self.due_at = Some(now.plus_s(STANDSTILL_S));
        Ok(amount_minor)
    }

    /// The refund with this number.
    #[must_use]
    pub fn refund(&self, number: u32) -> Option<&Refund> {
        self.refunds.iter().find(|refund| refund.number == number)
    }

    /// The refund that was asked for under this name; without a name, the latest.
    #[must_use]
    pub fn refund_asked_under(&self, name: Option<&str>) -> Option<&Refund> {
        self.refunds
            .iter()
            .rev()
            .find(|refund| name.is_none_or(|name| refund.asked_under.as_deref() == Some(name)))
    }

    /// The first refund that somebody still has to see to.
    #[must_use]
    pub fn open_refund(&self) -> Option<&Refund> {
        self.refunds.iter().find(|refund| refund.is_open())
    }

    /// How much was given back, minor units.
    #[must_use]
    pub fn refunded_minor(&self) -> u64 {
        self.refunds
            .iter()
            .filter(|refund| refund.status == RefundStatus::Succeeded)
            .map(|refund| refund.amount_minor.as_minor())
            .sum()
    }

    /// What the order keeps of the money that was charged for it, minor units.
    #[must_use]
    pub fn kept_minor(&self) -> u64 {
        if !self.was_charged() {
            return 0;
        }
        self.total_minor.as_minor().saturating_sub(self.refunded_minor())
    }

    /// Whether money was taken for it, whatever became of it later.
    #[must_use]
    pub fn was_charged(&self) -> bool {
        self.attempts
            .iter()
            .any(|attempt| attempt.status == AttemptStatus::Succeeded)
    }

    pub(super) fn movement(
        &self,
        kind: MoneyKind,
        number: u32,
        amount_minor: PriceMinor,
        provider_id: String,
        at: Timestamp,
    ) -> MoneyMovement {
        MoneyMovement {
            order_id: self.order_id.clone(),
            kind,
            number,
            amount_minor,
            currency: self.currency.clone(),
            provider_id,
            at,
        }
    }

    pub(super) fn note(&mut self, at: Timestamp, what: String) {
        self.events.push(OrderEvent {
            at,
            status: self.status,
            what,
        });
    }
}

#[cfg(test)]
mod tests;
