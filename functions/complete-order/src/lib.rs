//! `CompleteOrder`: fulfils a paid order: tickets become the buyer's, products have arrived.
//!
//! It comes after the pivot (the charge), so it cannot be refused; it has no undo of its own, since giving the
//! money back is an order of business by itself (`refund-order`).

use domain::ports::{Clock, Orders, decide_and_commit};
use domain::{Fault, OrderId, Status};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What the step needs.
#[derive(Clone)]
pub struct CompleteOrder {
    /// Orders.
    pub orders: Arc<dyn Orders>,
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

impl CompleteOrder {
    /// Ends the order as completed.
    ///
    /// # Errors
    /// `OrderNotPaid` unless the order is paid, `DeliveryNotDue` for products that are still under way.
    pub async fn handle(&self, input: Input) -> Result<Output, Fault> {
        let order = decide_and_commit(&*self.orders, &input.order_id, &|order| {
            order.complete(self.clock.now())
        })
        .await?;
        Ok(Output {
            order_id: order.order_id,
            status: order.status,
        })
    }
}
