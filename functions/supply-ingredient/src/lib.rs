//! `SupplyIngredient`: consumer of the `warehouse` queue; opens the request for one missing ingredient and starts the
//! machine that fulfils it.
//!
//! The waiting execution's token is kept with the order, so whoever comes second (the ingredient or the token) finds
//! the other and no wake-up is lost. Order and ingredient name the request, so the same message again asks for nothing
//! new. No undo of its own: the request is given up by `ReleaseSupply`.

use domain::checkout::wake_for;
use domain::ledger::{Ingredient, Ledger, Place};
use domain::ports::{
    Clock, Execution, Ledgers, Orders, Supplies, SupplyError, Workflows, decide_and_commit, decide_and_supply,
};
use domain::supply::Supply;
use domain::{Fault, OrderId, SupplyId, TaskToken, Timestamp};
use serde::Deserialize;
use std::sync::Arc;

/// What the step needs.
#[derive(Clone)]
pub struct SupplyIngredient {
    /// Orders.
    pub orders: Arc<dyn Orders>,
    /// Supply requests.
    pub supplies: Arc<dyn Supplies>,
    /// The warehouse's ledger.
    pub ledgers: Arc<dyn Ledgers>,
    /// The state machines.
    pub workflows: Arc<dyn Workflows>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
}

/// The message.
#[derive(Clone, Debug, Deserialize)]
pub struct Message {
    /// For whom.
    pub order_id: OrderId,
    /// What is missing.
    pub ingredient: Ingredient,
    /// How much of it, at least 1.
    pub quantity: u32,
    /// What wakes the execution that waits for it.
    pub task_token: TaskToken,
    /// When it began to wait, RFC 3339: tells a late message from the newest.
    pub awaited_since: String,
}

impl SupplyIngredient {
    /// Keeps the token, and answers at once when there is nothing left to wait for; else sees to it that the request is
    /// being worked on.
    ///
    /// # Errors
    /// What the ports report; the queue delivers the message again.
    pub async fn handle(&self, message: Message) -> Result<(), Fault> {
        let since = Timestamp::parse_rfc3339(&message.awaited_since)
            .ok_or_else(|| Fault::Defect("awaited_since is not a time in RFC 3339".to_owned()))?;
        let order = decide_and_commit(&*self.orders, &message.order_id, &|order| {
            order.keep_waiter_for(
                &message.ingredient,
                message.task_token.clone(),
                since,
                self.clock.now(),
            )
        })
        .await?;
        if order.wake_up_for(&message.ingredient).is_some() {
            wake_for(&*self.workflows, &order, &message.ingredient).await?;
            return Ok(());
        }
        let supply = self.opened(&message).await?;
        match self.workflows.find_supply(&supply).await? {
            Execution::Running => Ok(()),
            Execution::Absent => self.workflows.start_supply(&supply).await,
            // Its execution has ended and the ingredient has not come: enter it again, it finds what was done.
            Execution::Closed => {
                let again = |supply: &Supply, _: &Ledger| Some(supply.enter_again(self.clock.now()));
                let now = self.clock.now();
                let supply =
                    decide_and_supply(&*self.supplies, &*self.ledgers, &supply.supply_id, now, &again)
                        .await?;
                self.workflows.start_supply(&supply).await
            }
        }
    }

    /// The request for this ingredient, opened now or before.
    async fn opened(&self, message: &Message) -> Result<Supply, Fault> {
        let supply_id = SupplyId::of_order(&message.order_id, message.ingredient.as_str());
        if let Some(supply) = self.supplies.get(&supply_id).await? {
            return Ok(supply);
        }
        let now = self.clock.now();
        let opening = Supply::open(&message.order_id, &message.ingredient, message.quantity, now);
        // Nothing moves yet, so any head of the ledger will do.
        match self
            .supplies
            .commit(&opening, &Ledger::empty(Place::Warehouse), now)
            .await
        {
            Ok(()) => Ok(opening.after),
            Err(SupplyError::Moved) => {
                let supply = self.supplies.get(&supply_id).await?;
                supply.ok_or_else(|| Fault::Transient("the request was there and is gone".to_owned()))
            }
            Err(SupplyError::Fault(fault)) => Err(fault),
        }
    }
}
