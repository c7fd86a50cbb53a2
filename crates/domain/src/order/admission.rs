//! Letting in: who is let in with which ticket of an order, once.
//!
//! The admission is a record of the order, written under the version that was read, like everything else an order
//! decides. So a second scan, and a refund of the same ticket, find it or are found by it; never both win.

use super::{Order, Ruling, Status, Thing};
use crate::fault::Fault;
use crate::ids::{TicketId, UserId};
use crate::refund::RefundStatus;
use crate::refusal::Refusal;
use crate::stock::HolderChange;
use crate::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

/// Somebody was let in with one ticket of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Admission {
    /// The line of the ticket, counted from 0.
    pub line: u32,
    /// When.
    pub at: Timestamp,
    /// Who stood at the door.
    pub by: UserId,
    /// What whoever stood there called the request, so that repeating it is no second scan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_under: Option<String>,
}

impl Order {
    /// Lets in whoever carries this ticket of the order; once. Asked again by the same person under the same name it is
    /// the same admission.
    ///
    /// # Errors
    /// What [`Order::issued`] refuses; [`Refusal::TicketAlreadyAdmitted`] the second time.
    pub fn admit(
        &self,
        ticket_id: &TicketId,
        by: &UserId,
        asked_under: Option<&str>,
        now: Timestamp,
    ) -> Result<Ruling, Fault> {
        let line = self.issued(ticket_id)?;
        if let Some(admission) = self.admission(line) {
            let is_same = asked_under.is_some()
                && admission.asked_under.as_deref() == asked_under
                && admission.by == *by;
            return if is_same {
                Ok(Ruling::AlreadyDone)
            } else {
                Err(Refusal::TicketAlreadyAdmitted {
                    ticket_id: ticket_id.clone(),
                    admitted_at: admission.at.to_rfc3339(),
                }
                .into())
            };
        }
        let mut after = self.clone();
        after.admissions.push(Admission {
            line,
            at: now,
            by: by.clone(),
            asked_under: asked_under.map(str::to_owned),
        });
        after.note(now, "Let in at the door.".to_owned());
        Ok(self.write(after, now, Vec::new(), HolderChange::Unchanged))
    }

    /// The line of a ticket that its buyer has for good: the order is completed, and the ticket was neither given back
    /// nor is on its way back.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] when the order has no such ticket, [`Refusal::TicketGivenBack`],
    /// [`Refusal::TicketNotIssued`].
    pub fn issued(&self, ticket_id: &TicketId) -> Result<u32, Refusal> {
        let is_it =
            |thing: &Thing| matches!(thing, Thing::Ticket { ticket_id: held, .. } if held == ticket_id);
        let line = (0_u32..)
            .zip(&self.lines)
            .find(|(_, line)| is_it(&line.thing))
            .map(|(line, _)| line)
            .ok_or_else(|| Refusal::not_found("ticket in that order"))?;
        // A refund that succeeded has put the ticket on sale again. That the bank returned the money later does not
        // bring the ticket back: somebody else may have it.
        let is_given_back = self.refunds.iter().any(|refund| {
            (refund.status != RefundStatus::Failed || refund.tickets_returned)
                && refund.lines.iter().any(|refunded| refunded.line == line)
        });
        let ticket_id = ticket_id.clone();
        match self.status {
            Status::Refunded => Err(Refusal::TicketGivenBack { ticket_id }),
            _ if is_given_back => Err(Refusal::TicketGivenBack { ticket_id }),
            Status::Completed => Ok(line),
            Status::Gathering
            | Status::Held
            | Status::Paying
            | Status::Paid
            | Status::Shipped
            | Status::Expired
            | Status::Cancelled
            | Status::PaymentFailed
            | Status::Unavailable
            | Status::Stuck => Err(Refusal::TicketNotIssued { ticket_id }),
        }
    }

    /// Who was let in with a line, and when; `None` while nobody was.
    #[must_use]
    pub fn admission(&self, line: u32) -> Option<&Admission> {
        self.admissions.iter().find(|admission| admission.line == line)
    }
}

#[cfg(test)]
mod tests;
