//! `UnlockTicket`: gives every ticket of an order back and ends the order. Undoes `LockTicket`.
//!
//! Safe to repeat and safe on nothing: an order that was never written, or has ended, has nothing to give back.

use domain::order::Interruption;
use domain::ports::{Clock, Orders, decide_and_commit};
use domain::{Fault, OrderId, Refusal, Status};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What the step needs.
#[derive(Clone)]
pub struct UnlockTicket {
    /// Orders.
    pub orders: Arc<dyn Orders>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
}

/// Why everything is given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Every attempt to charge failed.
    PaymentFailed,
    /// The order could not be started.
    Unavailable,
}

/// The step's input.
#[derive(Clone, Debug, Deserialize)]
pub struct Input {
    /// The order.
    pub order_id: OrderId,
    /// Why.
    pub reason: Reason,
}

/// The step's output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Output {
    /// The order.
    pub order_id: OrderId,
    /// Where it stands now; absent when there is no such order.
    pub status: Option<Status>,
}

impl UnlockTicket {
    /// Gives everything back.
    ///
    /// # Errors
    /// [`Refusal::OrderBeingPaid`] and [`Refusal::OrderAlreadyPaid`] when money was or may have been taken.
    pub async fn handle(&self, input: Input) -> Result<Output, Fault> {
        let why = match input.reason {
            Reason::PaymentFailed => Interruption::PaymentFailed,
            Reason::Unavailable => Interruption::Unavailable,
        };
        let voided = decide_and_commit(&*self.orders, &input.order_id, &|order| {
            order.void(why, self.clock.now())
        })
        .await;
        let status = match voided {
            Ok(order) => Some(order.status),
            Err(Fault::Refused(Refusal::NotFound { .. })) => None,
            Err(fault) => return Err(fault),
        };
        Ok(Output {
            order_id: input.order_id,
            status,
        })
    }
}
