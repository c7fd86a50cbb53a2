//! What must hold after every single step, and what must hold when everything has come to rest.
//!
//! Nothing here asks the code under test: the checks read the tables and the provider's books side by side.

mod broken;
mod devices;
pub(crate) mod kitchen;
mod money;
mod products;

pub use broken::{Broken, Violation};

use crate::memory::{KitchenNews, OrderChange, Tables};
use crate::provider::Ledger;
use crate::world::Queue;
use domain::order::{HOLDS_MAX, OrderEvent};
use domain::{HoldId, MoneyKind, Order, OrderId, Refund, Status, TicketId, TicketState};
use std::collections::{BTreeMap, BTreeSet};

/// What has to be remembered to check the next step.
#[derive(Debug, Default)]
pub struct Watch {
    ended_holds: BTreeSet<(HoldId, u32)>,
    /// Calls of the provider, and what it has taken and given back, when money was last counted.
    money_at: (usize, u64, u64),
    kitchen: kitchen::Books,
    shelves: products::Shelves,
    homes: devices::Homes,
    /// How much devices had said and got when they were last looked at.
    device_news: usize,
}

const fn is_live(status: Status) -> bool {
    !status.is_end()
}

impl Watch {
    /// Checks what was written since the last time, and everything that stands if anything changed.
    ///
    /// # Errors
    /// The first invariant that does not hold.
    pub(crate) fn check(
        &mut self,
        tables: &Tables,
        ledger: &Ledger,
        (changes, news): (&[OrderChange], &[KitchenNews]),
        now_ms: u64,
        grace_ms: u64,
    ) -> Result<(), Broken> {
        for change in changes {
            self.check_change(change, now_ms, grace_ms)?;
            check_stuck(&change.after)?;
            money::check_change(change, ledger, now_ms)?;
        }
        if !changes.is_empty() || !news.is_empty() {
            self.kitchen.check(tables, news)?;
        }
        if !tables.device_stock.is_empty()
            && (!changes.is_empty() || tables.device_news.len() != self.device_news)
        {
            self.device_news = tables.device_news.len();
            self.homes.check(tables)?;
        }
        let given_back = ledger.refunds.iter().map(|refund| refund.amount_minor).sum();
        let money_at = (ledger.record.calls().len(), ledger.taken(), given_back);
        if changes.is_empty() && money_at == self.money_at {
            return Ok(());
        }
        self.money_at = money_at;
        if !changes.is_empty() {
            check_tickets(tables)?;
            check_holders(tables)?;
            self.shelves.check(tables)?;
        }
        money::check(tables, ledger)
    }

    fn check_change(&mut self, change: &OrderChange, now_ms: u64, grace_ms: u64) -> Result<(), Broken> {
        let after = &change.after;
        let order = after.order_id.clone();
        let hold = (after.hold.hold_id.clone(), after.hold.version);
        let was_live = change.before.as_ref().is_none_or(Order::has_live_hold);
        let ends = was_live && !after.has_live_hold();
        // `Refunded` follows `Completed`, and ends nothing a second time.
        if after.has_live_hold() && self.ended_holds.contains(&hold) || ends && !self.ended_holds.insert(hold)
        {
            return Err(Broken::HoldEndedTwice { order });
        }
        if after.status == Status::Expired && was_live {
            let now_ms = i64::try_from(now_ms + grace_ms).unwrap_or(i64::MAX);
            let early_ms = after.hold.expires_at.as_ms() - now_ms;
            if early_ms > 0 {
                return Err(Broken::ExpiredEarly { order, early_ms });
            }
        }
        let Some(before) = &change.before else {
            return Ok(());
        };
        if after.version != before.version + 1 {
            return Err(Broken::VersionSkipped {
                order,
                from: before.version,
                to: after.version,
            });
        }
        if before.status != after.status && !before.status.may_become(after.status) {
            return Err(Broken::IllegalTransition {
                order,
                from: before.status,
                to: after.status,
            });
        }
        Ok(())
    }

    /// Checks that everything has ended.
    ///
    /// # Errors
    /// The first thing that has not.
    pub(crate) fn check_rest(
        &self,
        tables: &Tables,
        ledger: &Ledger,
        running: &[String],
        queue: &Queue,
    ) -> Result<(), Broken> {
        for order in tables.orders.values() {
            let (order_id, status) = (order.order_id.clone(), order.status);
            if !status.is_end() {
                return Err(Broken::NotEnded {
                    order: order_id,
                    status,
                });
            }
            if order.due_at.is_some() {
                return Err(Broken::StillDue {
                    order: order_id,
                    status,
                });
            }
        }
        money::check_rest(tables, ledger)?;
        if let Some(what) = kitchen::unsettled(tables) {
            return Err(Broken::NotSettled { what });
        }
        if let Some(name) = running.first() {
            return Err(Broken::StillRunning { name: name.clone() });
        }
        match queue.parked_in_vain() {
            Some(message) => Err(Broken::MessageParked {
                body: message.body.clone(),
            }),
            None => Ok(()),
        }
    }
}

fn check_tickets(tables: &Tables) -> Result<(), Broken> {
    for ticket in tables.tickets.values() {
        let order = ticket
            .hold
            .as_ref()
            .and_then(|hold| tables.orders.get(&hold.order_id));
        let claims = order.is_some_and(|order| {
            ticket.hold == Some(order.ticket_hold()) && order.tickets().any(|(id, _)| *id == ticket.ticket_id)
        });
        match ticket.state {
            TicketState::Available if ticket.hold.is_none() => {}
            TicketState::Held if claims && order.is_some_and(|order| is_live(order.status)) => {}
            TicketState::Sold
                if claims && order.is_some_and(|order| has_it_for_good(tables, order, &ticket.ticket_id)) => {
            }
            TicketState::Sold => {
                return Err(Broken::SoldWrongly {
                    ticket: ticket.ticket_id.to_string(),
                    why: order.map_or("no order".to_owned(), |order| order.status.to_string()),
                });
            }
            TicketState::Available | TicketState::Held => {
                return Err(Broken::HeldByNobody {
                    ticket: ticket.ticket_id.to_string(),
                    order: order.map_or("nobody".to_owned(), |order| order.order_id.to_string()),
                    status: order.map_or("not there".to_owned(), |order| order.status.to_string()),
                });
            }
        }
    }
    for order in tables.orders.values() {
        for (ticket_id, _) in order.tickets() {
            let state = match order.status {
                // A ticket whose money is back may be anybody's; of every other the money is kept.
                Status::Completed if has_it_for_good(tables, order, ticket_id) => TicketState::Sold,
                status if is_live(status) => TicketState::Held,
                _ => continue,
            };
            let is_ours = tables
                .tickets
                .get(ticket_id)
                .is_some_and(|ticket| ticket.state == state && ticket.hold == Some(order.ticket_hold()));
            if !is_ours {
                return Err(Broken::HoldMissing {
                    order: order.order_id.clone(),
                    status: order.status,
                    ticket: ticket_id.to_string(),
                });
            }
        }
    }
    Ok(())
}

/// Whether a ticket was sold to an order and its money has never gone back, by the ledger of money.
fn has_it_for_good(tables: &Tables, order: &Order, ticket_id: &TicketId) -> bool {
    let index = order.tickets().position(|(id, _)| id == ticket_id);
    let rows = tables.money_of(&order.order_id);
    let was_given_back = |refund: &Refund| {
        let mut rows = rows.iter();
        rows.any(|row| row.kind == MoneyKind::Refunded && row.number == refund.number)
    };
    let given_back = order
        .refunds
        .iter()
        .filter(|refund| was_given_back(refund))
        .flat_map(|refund| &refund.lines)
        .any(|refunded| usize::try_from(refunded.line).ok() == index);
    order.status == Status::Completed && index.is_some() && !given_back
}

/// Whoever is stuck says why.
fn check_stuck(order: &Order) -> Result<(), Broken> {
    let has_reason = |event: &OrderEvent| event.status == Status::Stuck && !event.what.is_empty();
    if order.status == Status::Stuck && !order.events.iter().any(has_reason) {
        return Err(Broken::StuckInSilence {
            order: order.order_id.clone(),
        });
    }
    Ok(())
}

fn check_holders(tables: &Tables) -> Result<(), Broken> {
    let mut live: BTreeMap<&str, BTreeSet<OrderId>> = BTreeMap::new();
    for order in tables.orders.values().filter(|order| order.has_live_hold()) {
        live.entry(order.user_id.as_str())
            .or_default()
            .insert(order.order_id.clone());
    }
    let mut said: BTreeMap<&str, BTreeSet<OrderId>> = BTreeMap::new();
    for (user, orders) in tables.holders.iter().filter(|(_, orders)| !orders.is_empty()) {
        said.insert(user.as_str(), orders.clone());
    }
    for user in live.keys().chain(said.keys()) {
        let (said, live) = (said.get(user), live.get(user));
        let is_too_many = live.is_some_and(|orders| orders.len() > HOLDS_MAX as usize);
        if said != live || is_too_many {
            return Err(Broken::HoldersDiffer {
                user: (*user).to_owned(),
                said: said.into_iter().flatten().cloned().collect(),
                live: live.into_iter().flatten().cloned().collect(),
            });
        }
    }
    Ok(())
}
