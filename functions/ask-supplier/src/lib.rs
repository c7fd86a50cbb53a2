//! `AskSupplier`: sells what a paid order holds, and asks the supplier for it.
//!
//! It comes after the pivot (the charge), so it cannot be refused. No undo: what was sold is sold; the money goes back in
//! `refund-order`, and what really comes back is booked in by whoever sells it.

use domain::order::minutes_ms;
use domain::ports::{Clock, Entropy, Orders, decide_and_commit};
use domain::{Fault, OrderId};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What the step needs.
#[derive(Clone)]
pub struct AskSupplier {
    /// Orders.
    pub orders: Arc<dyn Orders>,
    /// Where the supplier's minutes are drawn from.
    pub entropy: Arc<dyn Entropy>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// How long a minute is, milliseconds.
    pub minute_ms: u32,
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
    /// When the supplier has packed it, RFC 3339: what a Wait state reads.
    pub ships_at: String,
}

impl AskSupplier {
    /// Turns every claim into a sale and draws how long the supplier takes. Asked again, it answers what it drew first.
    ///
    /// # Errors
    /// `OrderNotPaid` unless the order is paid, `OrderIsStuck` while somebody has to look.
    pub async fn handle(&self, input: Input) -> Result<Output, Fault> {
        let takes_ms = minutes_ms(self.entropy.luck()?, self.minute_ms);
        let order = decide_and_commit(&*self.orders, &input.order_id, &|order| {
            order.ask_supplier(takes_ms, self.clock.now())
        })
        .await?;
        let delivery = order
            .delivery
            .ok_or_else(|| Fault::Defect("the supplier was asked and nothing is known of it".to_owned()))?;
        Ok(Output {
            order_id: order.order_id,
            ships_at: delivery.ships_at.to_rfc3339(),
        })
    }
}
