//! `ExpireOrder`: ends an order whose time to pay is over and releases what it held.
//!
//! The timer that led here is only a reason to look. The decision is the write: the order is still held and its
//! deadline has passed. A timer that comes early, twice, or after the buyer has paid changes nothing. If a card was tried
//! before, the provider is asked first: what it has charged is not released. No undo: what was released may belong to
//! somebody else by now.

use domain::ports::{Clock, Orders, PaymentProvider, decide_and_commit};
use domain::truth::ask_before_release;
use domain::{Fault, OrderId, Status};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What the step needs.
#[derive(Clone)]
pub struct ExpireOrder {
    /// Orders.
    pub orders: Arc<dyn Orders>,
    /// Is asked before anything is released.
    pub provider: Arc<dyn PaymentProvider>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
}

/// The step's input.
#[derive(Clone, Debug, Deserialize)]
pub struct Input {
    /// The order.
    pub order_id: OrderId,
}

/// The step's output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Output {
    /// The order.
    pub order_id: OrderId,
    /// Where it stands now.
    pub status: Status,
}

impl ExpireOrder {
    /// Ends the order as expired if nobody paid in time.
    ///
    /// # Errors
    /// `HoldStillAlive` when the timer came early, `OrderBeingPaid` or `OrderAlreadyPaid` when the buyer was faster,
    /// `PaymentOutcomeUnknown` while the provider does not say.
    pub async fn handle(&self, input: Input) -> Result<Output, Fault> {
        ask_before_release(&*self.orders, &*self.provider, &*self.clock, &input.order_id).await?;
        let order = decide_and_commit(&*self.orders, &input.order_id, &|order| {
            order.expire(self.clock.now())
        })
        .await?;
        Ok(Output {
            order_id: order.order_id,
            status: order.status,
        })
    }
}
