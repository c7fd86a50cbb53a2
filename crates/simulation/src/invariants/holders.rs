//! Each buyer's set of live holds is the set of the buyer's live orders, and no larger than it may be.

use super::Broken;
use super::links::Links;
use super::written::Written;
use crate::memory::Tables;
use domain::order::HOLDS_MAX;
use domain::{Order, OrderId, UserId};
use std::collections::BTreeSet;

/// Whose the live orders are.
#[derive(Debug, Default)]
pub(super) struct Holders {
    live: Links<OrderId, UserId>,
}

impl Holders {
    /// Checks every set that was written, and those of the buyers of every order that was.
    ///
    /// # Errors
    /// The first invariant that does not hold.
    pub(super) fn check(&mut self, tables: &Tables, written: &Written) -> Result<(), Broken> {
        let mut users = written.holders.clone();
        for order_id in &written.orders {
            let order = tables
                .orders
                .get(order_id)
                .filter(|order| Order::has_live_hold(order));
            let user = order.map(|order| order.user_id.clone());
            users.extend(self.live.put(order_id, user.into_iter().collect()));
        }
        for user in users {
            let live: BTreeSet<&OrderId> = self.live.from(&user).collect();
            let said: BTreeSet<&OrderId> = tables.holders.get(&user).into_iter().flatten().collect();
            if said != live || live.len() > HOLDS_MAX as usize {
                return Err(Broken::HoldersDiffer {
                    user: user.to_string(),
                    said: said.into_iter().cloned().collect(),
                    live: live.into_iter().cloned().collect(),
                });
            }
        }
        Ok(())
    }
}
