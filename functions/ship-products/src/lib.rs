//! `ShipProducts`: what the supplier has packed is on its way.
//!
//! It comes after the pivot (the charge), so it cannot be refused; that its time has not come is the only answer but
//! "done". No undo: a parcel that has left does not come back by itself.

use domain::order::minutes_ms;
use domain::ports::{Clock, Entropy, Orders, decide_and_commit};
use domain::{Fault, OrderId};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What the step needs.
#[derive(Clone)]
pub struct ShipProducts {
    /// Orders.
    pub orders: Arc<dyn Orders>,
    /// Where the parcel's minutes are drawn from.
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
    /// When it arrives, RFC 3339: what a Wait state reads.
    pub arrives_at: String,
}

impl ShipProducts {
    /// Marks the order as shipped and draws how long it travels. Asked again, it answers what it drew first.
    ///
    /// # Errors
    /// `DeliveryNotDue` when the timer came early, `OrderNotPaid` unless the order is paid, `OrderIsStuck` while
    /// somebody has to look.
    pub async fn handle(&self, input: Input) -> Result<Output, Fault> {
        let takes_ms = minutes_ms(self.entropy.luck()?, self.minute_ms);
        let order = decide_and_commit(&*self.orders, &input.order_id, &|order| {
            order.ship(takes_ms, self.clock.now())
        })
        .await?;
        let arrives_at = order.delivery.and_then(|delivery| delivery.arrives_at);
        let arrives_at = arrives_at
            .ok_or_else(|| Fault::Defect("it was shipped and nobody knows when it arrives".to_owned()))?;
        Ok(Output {
            order_id: order.order_id,
            arrives_at: arrives_at.to_rfc3339(),
        })
    }
}
