//! `ServeDish`: hands a paid dish order over: what it holds leaves the kitchen.
//!
//! It comes after the pivot (the charge), so it cannot be refused; a dish that was served cannot be undone.

use domain::ports::{Clock, Orders, decide_and_commit};
use domain::{Fault, OrderId, Status};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What the step needs.
#[derive(Clone)]
pub struct ServeDish {
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

impl ServeDish {
    /// Serves every dish of the order and ends it as completed.
    ///
    /// # Errors
    /// `OrderNotPaid` unless the order is paid.
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
