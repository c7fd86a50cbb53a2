//! Tickets: each is held or sold by exactly the order that says so, and by no other.

use super::links::Links;
use super::written::Written;
use super::{Broken, is_live};
use crate::memory::Tables;
use domain::{MoneyKind, Order, OrderId, Refund, Status, TicketId, TicketState};
use std::collections::BTreeSet;

/// Which orders must have which tickets.
#[derive(Debug, Default)]
pub(super) struct Seats {
    claims: Links<OrderId, TicketId>,
}

impl Seats {
    /// Checks every ticket that was written, and those of every order that was.
    ///
    /// # Errors
    /// The first invariant that does not hold.
    pub(super) fn check(&mut self, tables: &Tables, written: &Written) -> Result<(), Broken> {
        let mut tickets = written.tickets.clone();
        for order_id in written.orders.union(&written.money) {
            let order = tables.orders.get(order_id);
            let claimed = order.into_iter().flat_map(|order| {
                let tickets = order.tickets().map(|(id, _)| id);
                tickets.filter(|id| state_for(tables, order, id).is_some())
            });
            tickets.extend(self.claims.put(order_id, claimed.cloned().collect()));
        }
        tickets.iter().try_for_each(|id| self.check_ticket(tables, id))
    }

    fn check_ticket(&self, tables: &Tables, ticket_id: &TicketId) -> Result<(), Broken> {
        if let Some(ticket) = tables.tickets.get(ticket_id) {
            let hold = ticket.hold.as_ref();
            let order = hold.and_then(|hold| tables.orders.get(&hold.order_id));
            let is_due = order
                .filter(|order| ticket.hold == Some(order.ticket_hold()))
                .and_then(|order| state_for(tables, order, ticket_id))
                == Some(ticket.state);
            match ticket.state {
                TicketState::Available if ticket.hold.is_none() => {}
                TicketState::Held | TicketState::Sold if is_due => {}
                TicketState::Sold => {
                    return Err(Broken::SoldWrongly {
                        ticket: ticket_id.to_string(),
                        why: order.map_or("no order".to_owned(), |order| order.status.to_string()),
                    });
                }
                TicketState::Available | TicketState::Held => {
                    return Err(Broken::HeldByNobody {
                        ticket: ticket_id.to_string(),
                        order: order.map_or("nobody".to_owned(), |order| order.order_id.to_string()),
                        status: order.map_or("not there".to_owned(), |order| order.status.to_string()),
                    });
                }
            }
        }
        let claimants = self.claims.from(ticket_id);
        for order in claimants.filter_map(|order_id| tables.orders.get(order_id)) {
            let state = state_for(tables, order, ticket_id);
            let is_ours = tables.tickets.get(ticket_id).is_some_and(|ticket| {
                Some(ticket.state) == state && ticket.hold == Some(order.ticket_hold())
            });
            if !is_ours {
                return Err(Broken::HoldMissing {
                    order: order.order_id.clone(),
                    status: order.status,
                    ticket: ticket_id.to_string(),
                });
            }
        }
        Ok(())
    }
}

/// How a ticket must stand for an order; `None` when the order has no claim to it.
fn state_for(tables: &Tables, order: &Order, ticket_id: &TicketId) -> Option<TicketState> {
    let index = order.tickets().position(|(id, _)| id == ticket_id)?;
    match order.status {
        // A ticket whose money is back may be anybody's; of every other the money is kept.
        Status::Completed if was_given_back(tables, order, index) => None,
        Status::Completed => Some(TicketState::Sold),
        status if is_live(status) => Some(TicketState::Held),
        _ => None,
    }
}

/// Whether the money of a line has gone back, by the ledger of money.
fn was_given_back(tables: &Tables, order: &Order, index: usize) -> bool {
    if order.refunds.is_empty() {
        return false;
    }
    let rows = tables.money_rows_of(&order.order_id);
    let numbers: BTreeSet<u32> = rows
        .filter(|row| row.kind == MoneyKind::Refunded)
        .map(|row| row.number)
        .collect();
    let is_back = |refund: &&Refund| numbers.contains(&refund.number);
    let mut lines = order
        .refunds
        .iter()
        .filter(is_back)
        .flat_map(|refund| &refund.lines);
    lines.any(|refunded| usize::try_from(refunded.line).ok() == Some(index))
}
