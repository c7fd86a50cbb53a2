//! `ReceiveIngredient`: consumer of the `kitchen` queue; books what the warehouse has given and holds it for its order
//! in one transaction, then tells the execution that waits for it.
//!
//! No other order can take it in between. What comes for an order that has ended is booked as free stock. No undo: the
//! order's own end frees or serves it.

use domain::checkout::{wake, wake_for};
use domain::ports::{Clock, Orders, Supplies, WakeUp, Workflows, decide_and_commit};
use domain::supply::SupplyStatus;
use domain::{Fault, Refusal, Status, SupplyId};
use serde::Deserialize;
use std::sync::Arc;

/// What the step needs.
#[derive(Clone)]
pub struct ReceiveIngredient {
    /// Orders.
    pub orders: Arc<dyn Orders>,
    /// Supply requests.
    pub supplies: Arc<dyn Supplies>,
    /// The state machines.
    pub workflows: Arc<dyn Workflows>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
}

/// The message.
#[derive(Clone, Debug, Deserialize)]
pub struct Message {
    /// The request that was given, or given up.
    pub supply_id: SupplyId,
}

impl ReceiveIngredient {
    /// Books what came and tells whoever waits for it; or tells them that it will not come.
    ///
    /// # Errors
    /// What the ports report; the queue delivers the message again.
    pub async fn handle(&self, message: Message) -> Result<(), Fault> {
        let supply = self.supplies.get(&message.supply_id).await?;
        let supply = supply.ok_or_else(|| Refusal::not_found("supply request"))?;
        match supply.status {
            SupplyStatus::Open => Err(Fault::Defect(format!(
                "{} is announced and still open",
                supply.supply_id
            ))),
            SupplyStatus::Given => {
                let order = decide_and_commit(&*self.orders, &supply.order_id, &|order| {
                    order.receive(&supply.ingredient, supply.wanted, self.clock.now())
                })
                .await?;
                wake_for(&*self.workflows, &order, &supply.ingredient).await?;
                // While it gathers, nobody but this ingredient's waiter has anything to learn. Afterwards the order may be
                // past its payment wait already.
                if order.status != Status::Gathering {
                    wake(&*self.workflows, &order).await?;
                }
                Ok(())
            }
            SupplyStatus::Unavailable => {
                let order = self
                    .orders
                    .get(&supply.order_id)
                    .await?
                    .ok_or_else(|| Refusal::not_found("order"))?;
                if let Some(waiter) = order
                    .needs
                    .get(&supply.ingredient)
                    .and_then(|need| need.waiter.as_ref())
                {
                    self.workflows.wake(&waiter.token, &WakeUp::Unavailable).await?;
                }
                Ok(())
            }
        }
    }
}
