//! `MarkOrderStuck`: parks an order that cannot be carried on, with everything it holds kept, and with an alarm.
//!
//! The last resort after the pivot: a refund or a sale lost in silence would be worse than an order that waits.
//! No undo: the reconciler enters the order again, ever more seldom, and an inquiry moves it on.

use domain::ports::{Clock, Orders, decide_and_commit};
use domain::{Fault, OrderId, Status};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Longest explanation kept with the order, characters.
const WHY_MAX: usize = 200;

/// What the step needs.
#[derive(Clone)]
pub struct MarkOrderStuck {
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
    /// Name of the error that led here.
    pub why: String,
}

/// The step's output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Output {
    /// The order.
    pub order_id: OrderId,
    /// Where it stands now.
    pub status: Status,
}

impl MarkOrderStuck {
    /// Parks the order.
    ///
    /// # Errors
    /// `OrderEnded` when there is nothing left that could be stuck.
    pub async fn handle(&self, input: Input) -> Result<Output, Fault> {
        let why: String = input.why.chars().take(WHY_MAX).collect();
        let order = decide_and_commit(&*self.orders, &input.order_id, &|order| {
            order.get_stuck(&why, self.clock.now())
        })
        .await?;
        Ok(Output {
            order_id: order.order_id,
            status: order.status,
        })
    }
}
