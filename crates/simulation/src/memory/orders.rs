//! Orders in memory, and the one transaction that changes order, stock and holder together.

use super::{SharedTables, Tables, page_of};
use crate::faults::Verdict;
use crate::wire::{Access, Wire, lock};
use domain::ledger::{LedgerChange, Place};
use domain::ports::{Answer, CommitError, Orders};
use domain::stock::{HolderChange, StockChange, StockRefusal};
use domain::ticket::TicketHold;
use domain::{Decision, Fault, Order, OrderId, Page, PageRequest, Ticket, TicketState, Timestamp, UserId};
use std::collections::BTreeSet;

/// One committed write of an order.
#[derive(Clone, Debug)]
pub struct OrderChange {
    /// As it stood; `None` for one that was placed.
    pub before: Option<Order>,
    /// As it stands.
    pub after: Order,
}

impl Tables {
    /// Writes order, stock, money and holder, or nothing.
    ///
    /// Several conditions can be false at once; the order's own comes first, then the tickets in the decision's order,
    /// then the kitchen's ledger, the shards of products, the ledger of money, and the holder. So do the cancellation
    /// reasons of a DynamoDB transaction.
    ///
    /// # Errors
    /// The first condition that was false.
    pub fn commit(&mut self, decision: &Decision) -> Result<(), CommitError> {
        let after = &decision.after;
        let before = self.orders.get(&after.order_id).cloned();
        let stands = before.as_ref().map(|order| (order.version, order.status));
        if stands != decision.before {
            return Err(CommitError::OrderMoved);
        }
        let mut changed: Vec<Ticket> = Vec::new();
        for (index, change) in decision.stock.iter().enumerate() {
            let ticket_id = match change {
                StockChange::HoldTicket { ticket_id, .. }
                | StockChange::ReleaseTicket { ticket_id, .. }
                | StockChange::ReturnTicket { ticket_id, .. }
                | StockChange::PostTicket { ticket_id, .. } => ticket_id,
                StockChange::MoveIngredients { .. } | StockChange::MoveProduct { .. } => continue,
            };
            let present = self.tickets.get(ticket_id);
            match present.and_then(|ticket| applied(ticket, change)) {
                Some(ticket) => changed.push(ticket),
                None => {
                    let present = present.cloned();
                    return Err(CommitError::Stock(Box::new(StockRefusal { index, present })));
                }
            }
        }
        let kitchen = self.moved_in_kitchen(decision)?;
        let shards = self.moved_on_shelves(decision)?;
        self.check_money(&decision.money)?;
        let live = self.holders.row_or(after.user_id.clone(), BTreeSet::new);
        match decision.holder {
            HolderChange::Unchanged => {}
            HolderChange::Add { holds_max } => {
                let is_full = live.len() >= usize::try_from(holds_max).unwrap_or(usize::MAX);
                if is_full && !live.contains(&after.order_id) {
                    return Err(CommitError::TooManyHolds);
                }
                live.insert(after.order_id.clone());
            }
            HolderChange::Remove => {
                live.remove(&after.order_id);
            }
        }
        for ticket in changed {
            self.tickets.insert(ticket.ticket_id.clone(), ticket);
        }
        if let Some(change) = kitchen {
            self.book(change);
        }
        for change in &shards {
            self.shelve(change);
        }
        self.write_money(&decision.money);
        self.deliver(&decision.arrivals, after);
        self.orders.insert(after.order_id.clone(), after.clone());
        self.changes.push(OrderChange {
            before,
            after: after.clone(),
        });
        Ok(())
    }

    /// What the decision makes of the kitchen's ledger; `None` when it moves nothing there.
    fn moved_in_kitchen(&self, decision: &Decision) -> Result<Option<LedgerChange>, CommitError> {
        let mut changes = decision.stock.iter().filter_map(|change| match change {
            StockChange::MoveIngredients {
                moves,
                cause,
                seen_seq,
            } => Some((moves, cause, seen_seq)),
            _ => None,
        });
        let Some((moves, cause, seen_seq)) = changes.next() else {
            return Ok(None);
        };
        if changes.next().is_some() {
            let order_id = &decision.after.order_id;
            return Err(CommitError::Fault(Fault::Defect(format!(
                "{order_id} moves ingredients twice in one decision"
            ))));
        }
        let kitchen = self.head(Place::Kitchen);
        if seen_seq.is_some_and(|seen| seen != kitchen.seq) {
            return Err(CommitError::LedgerMoved);
        }
        kitchen
            .post(moves.iter().cloned(), cause, decision.after.updated_at)
            .map_err(|impossible| match seen_seq {
                Some(_) => CommitError::LedgerMoved,
                None => CommitError::Fault(Fault::Defect(impossible.to_string())),
            })
    }

    fn due(&self, shard: u8, now: Timestamp, limit: u16) -> Vec<OrderId> {
        let mut due: Vec<(Timestamp, &OrderId)> = self
            .orders
            .values()
            .filter(|order| order.unfinished_shard() == shard)
            .filter_map(|order| Some((order.due_at.filter(|at| *at <= now)?, &order.order_id)))
            .collect();
        due.sort();
        due.truncate(usize::from(limit.max(1)));
        due.into_iter().map(|(_, id)| id.clone()).collect()
    }
}

/// The ticket after the change; `None` when its condition is false.
fn applied(ticket: &Ticket, change: &StockChange) -> Option<Ticket> {
    let mut after = ticket.clone();
    match change {
        StockChange::HoldTicket {
            seen_version, hold, ..
        } => {
            if ticket.state != TicketState::Available || ticket.version != *seen_version {
                return None;
            }
            after.state = TicketState::Held;
            after.hold = Some(hold.clone());
            after.holds_ever += 1;
        }
        StockChange::ReleaseTicket { hold, .. } => {
            if !is_held_by(ticket, hold) {
                return None;
            }
            after.state = TicketState::Available;
            after.hold = None;
        }
        StockChange::ReturnTicket { hold, .. } => {
            if ticket.state != TicketState::Sold || !is_claimed_by(ticket, hold) {
                return None;
            }
            after.state = TicketState::Available;
            after.hold = None;
        }
        StockChange::PostTicket { hold, .. } => {
            if !is_held_by(ticket, hold) {
                return None;
            }
            after.state = TicketState::Sold;
        }
        StockChange::MoveIngredients { .. } | StockChange::MoveProduct { .. } => return None,
    }
    Some(after)
}

/// Whether the ticket is held, and by exactly this version of this hold.
fn is_held_by(ticket: &Ticket, hold: &TicketHold) -> bool {
    ticket.state == TicketState::Held && is_claimed_by(ticket, hold)
}

/// Whether the ticket's claim, posted or not, is exactly this version of this hold.
fn is_claimed_by(ticket: &Ticket, hold: &TicketHold) -> bool {
    ticket
        .hold
        .as_ref()
        .is_some_and(|kept| (&kept.hold_id, kept.hold_version) == (&hold.hold_id, hold.hold_version))
}

/// [`Orders`] in memory.
#[derive(Clone, Debug)]
pub struct MemoryOrders {
    tables: SharedTables,
    wire: Wire,
}

impl MemoryOrders {
    /// Orders in these tables, reached over this wire.
    #[must_use]
    pub fn new(tables: SharedTables, wire: Wire) -> Self {
        Self { tables, wire }
    }
}

impl Orders for MemoryOrders {
    fn get<'a>(&'a self, order_id: &'a OrderId) -> Answer<'a, Option<Order>> {
        Box::pin(async move {
            let passage = self.wire.there("Orders.get", Access::Read).await;
            passage.admit()?;
            let order = lock(&self.tables).orders.get(order_id).cloned();
            passage.back().await?;
            Ok(order)
        })
    }

    fn commit<'a>(&'a self, decision: &'a Decision) -> Answer<'a, (), CommitError> {
        Box::pin(async move {
            let passage = self.wire.there("Orders.commit", Access::Write).await;
            passage.admit().map_err(CommitError::Fault)?;
            if passage.verdict() == Verdict::Conflict {
                return Err(CommitError::Contended);
            }
            let committed = lock(&self.tables).commit(decision);
            if committed.is_err() {
                passage.was_refused();
            }
            passage.back().await.map_err(CommitError::Fault)?;
            committed
        })
    }

    fn list_of<'a>(&'a self, user_id: &'a UserId, page: &'a PageRequest) -> Answer<'a, Page<Order>> {
        Box::pin(async move {
            let passage = self.wire.there("Orders.list_of", Access::Read).await;
            passage.admit()?;
            let rows = lock(&self.tables)
                .orders
                .values()
                .filter(|order| order.user_id == *user_id)
                .cloned()
                .collect();
            passage.back().await?;
            page_of(
                rows,
                page,
                |order| (order.created_at, order.order_id.to_string()),
                |text| OrderId::parse(text).is_ok(),
            )
        })
    }

    fn list_due(&self, shard: u8, now: Timestamp, limit: u16) -> Answer<'_, Vec<OrderId>> {
        Box::pin(async move {
            let passage = self.wire.there("Orders.list_due", Access::Read).await;
            passage.admit()?;
            let due = lock(&self.tables).due(shard, now, limit);
            passage.back().await?;
            Ok(due)
        })
    }
}
