//! `RequestPayment`: consumer of the `payment-requests` queue; keeps the token that wakes the waiting execution.
//!
//! The token and the status live in one item, so one of two writes comes second and sees the other: if the buyer
//! has paid (or cancelled) before the token arrived, the execution is answered from here. No wake-up is lost.
//! No undo: a token of an execution that no longer waits wakes nobody.

use domain::checkout::wake;
use domain::ports::{Clock, Orders, Workflows, decide_and_commit};
use domain::{Fault, OrderId, TaskToken};
use serde::Deserialize;
use std::sync::Arc;

/// What the step needs.
#[derive(Clone)]
pub struct RequestPayment {
    /// Orders.
    pub orders: Arc<dyn Orders>,
    /// The state machines.
    pub workflows: Arc<dyn Workflows>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
}

/// The message.
#[derive(Clone, Debug, Deserialize)]
pub struct Message {
    /// The order that waits for payment.
    pub order_id: OrderId,
    /// What wakes its execution.
    pub task_token: TaskToken,
}

impl RequestPayment {
    /// Keeps the token, and answers at once when there is nothing left to wait for.
    ///
    /// # Errors
    /// What the ports report; the queue delivers the message again.
    pub async fn handle(&self, message: Message) -> Result<(), Fault> {
        let order = decide_and_commit(&*self.orders, &message.order_id, &|order| {
            Ok(order.keep_task_token(message.task_token.clone(), self.clock.now()))
        })
        .await?;
        wake(&*self.workflows, &order).await?;
        Ok(())
    }
}
