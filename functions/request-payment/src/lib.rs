//! `RequestPayment`: consumer of the `payment-requests` queue; keeps the token that wakes the waiting execution.
//!
//! The token and the status live in one item, so one of two writes comes second and sees the other: if the buyer
//! has paid (or cancelled) before the token arrived, the execution is answered from here. No wake-up is lost.
//! No undo: a token of an execution that no longer waits wakes nobody.

use domain::checkout::wake;
use domain::ports::{Clock, Orders, Workflows, decide_and_commit};
use domain::{Fault, OrderId, TaskToken, Timestamp};
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
    /// When the execution began to wait, RFC 3339: tells a late message from the newest.
    pub awaited_since: String,
}

impl RequestPayment {
    /// Keeps the token, and answers at once when there is nothing left to wait for.
    ///
    /// # Errors
    /// What the ports report; the queue delivers the message again. [`Fault::Defect`] for a time that is none.
    pub async fn handle(&self, message: Message) -> Result<(), Fault> {
        let awaited_since = Timestamp::parse_rfc3339(&message.awaited_since)
            .ok_or_else(|| Fault::Defect("awaited_since is not a time in RFC 3339".to_owned()))?;
        let order = decide_and_commit(&*self.orders, &message.order_id, &|order| {
            Ok(order.keep_task_token(message.task_token.clone(), awaited_since, self.clock.now()))
        })
        .await?;
        wake(&*self.workflows, &order).await?;
        Ok(())
    }
}
