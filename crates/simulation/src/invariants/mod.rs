//! What must hold after every single step, and what must hold when everything has come to rest.
//!
//! Nothing here asks the code under test: the checks read the tables and the provider's books side by side. After a step
//! they look at the rows that it wrote ([`written`]) and at what depends on them; the sums and links that they need for it
//! are kept ([`links`]). At rest, and from time to time, the same checks look at everything, counted from nothing.

mod broken;
mod deadlines;
mod devices;
mod holders;
mod kitchen;
mod links;
mod money;
mod products;
pub(crate) mod promises;
mod tickets;
mod written;

pub use broken::{Broken, Violation};

use crate::memory::{OrderChange, Tables};
use crate::provider::Ledger;
use crate::world::Queue;
use domain::order::OrderEvent;
use domain::{HoldId, Order, OrderId, Status};
use std::collections::BTreeSet;
use written::Written;

/// At least so many rows are looked at one by one before everything is looked at again.
const ROWS_BETWEEN_WHOLE_LOOKS: usize = 1_000;

/// What has to be remembered to check the next step.
#[derive(Debug, Default)]
pub struct Watch {
    ended_holds: BTreeSet<(HoldId, u32)>,
    deadlines: deadlines::Deadlines,
    standing: Standing,
    /// Rows that were looked at since everything was.
    rows_since: usize,
    looks: Looks,
}

/// How often invariants were checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Looks {
    /// After a step in which something was written: what it wrote.
    pub steps: u64,
    /// Rows looked at in these.
    pub rows: u64,
    /// Everything that stands, at rest and from time to time.
    pub whole: u64,
}

/// What is known of everything that stands.
#[derive(Debug, Default)]
struct Standing {
    /// Orders that have not ended, or are due.
    unended: BTreeSet<OrderId>,
    kitchen: kitchen::Books,
    homes: devices::Homes,
    seats: tickets::Seats,
    holders: holders::Holders,
    shelves: products::Shelves,
    purses: money::Purses,
}

impl Standing {
    /// Checks everything that these rows are about.
    fn check(&mut self, tables: &Tables, ledger: &Ledger, written: &Written) -> Result<(), Broken> {
        for order_id in &written.orders {
            let order = tables.orders.get(order_id);
            order.map_or(Ok(()), check_stuck)?;
            match order.is_some_and(|order| !order.status.is_end() || order.due_at.is_some()) {
                true => self.unended.insert(order_id.clone()),
                false => self.unended.remove(order_id),
            };
        }
        self.kitchen.check(tables, written)?;
        self.homes.check(tables, written)?;
        self.seats.check(tables, written)?;
        self.holders.check(tables, written)?;
        self.shelves.check(tables, written)?;
        self.purses.check(tables, ledger, written)
    }

    /// Everything, counted from nothing.
    fn of_everything(tables: &Tables, ledger: &Ledger) -> Result<Self, Broken> {
        let mut standing = Self::default();
        standing.check(tables, ledger, &Written::everything(tables, ledger))?;
        Ok(standing)
    }
}

const fn is_live(status: Status) -> bool {
    !status.is_end()
}

impl Watch {
    /// Checks what was written since the last time and what that touches. Now and then, when as many rows were looked at
    /// as a look at everything costs, everything is: so a row that this overlooks is found a little later.
    ///
    /// # Errors
    /// The first invariant that does not hold.
    pub(crate) fn check(
        &mut self,
        tables: &mut Tables,
        ledger: &mut Ledger,
        changes: &[OrderChange],
        now_ms: u64,
        grace_ms: u64,
    ) -> Result<(), Broken> {
        for change in changes {
            self.check_change(change, now_ms, grace_ms)?;
            money::check_change(change, ledger, now_ms)?;
            self.deadlines.check_change(change, now_ms, grace_ms)?;
        }
        self.deadlines.check(now_ms)?;
        let written = Written::take(tables, ledger);
        let rows = written.len();
        self.standing.check(tables, ledger, &written)?;
        if rows == 0 {
            return Ok(());
        }
        self.looks.steps += 1;
        self.looks.rows += rows as u64;
        self.rows_since += rows;
        let all = tables.orders.len() + tables.tickets.len() + tables.money.len() + tables.supplies.len();
        if self.rows_since > ROWS_BETWEEN_WHOLE_LOOKS + 4 * all {
            self.look_at_everything(tables, ledger)?;
        }
        Ok(())
    }

    fn look_at_everything(&mut self, tables: &Tables, ledger: &Ledger) -> Result<Standing, Broken> {
        self.looks.whole += 1;
        self.rows_since = 0;
        Standing::of_everything(tables, ledger)
    }

    /// How often anything was checked so far.
    pub(crate) const fn looks(&self) -> Looks {
        self.looks
    }

    /// Whether every order has ended, and nothing is claimed or on its way any more.
    pub(crate) fn is_settled(&self) -> bool {
        let standing = &self.standing;
        standing.unended.is_empty() && standing.kitchen.is_settled() && standing.homes.is_settled()
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

    /// Checks everything once more, and that all of it has ended.
    ///
    /// # Errors
    /// The first thing that has not.
    pub(crate) fn check_rest(
        &mut self,
        tables: &Tables,
        ledger: &Ledger,
        running: Option<&str>,
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
        let standing = self.look_at_everything(tables, ledger)?;
        standing.purses.check_rest(tables, ledger)?;
        if let Some(what) = kitchen::unsettled(tables) {
            return Err(Broken::NotSettled { what });
        }
        if let Some(name) = running {
            return Err(Broken::StillRunning {
                name: name.to_owned(),
            });
        }
        match queue.parked_in_vain() {
            Some(message) => Err(Broken::MessageParked {
                body: message.body.clone(),
            }),
            None => Ok(()),
        }
    }
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
