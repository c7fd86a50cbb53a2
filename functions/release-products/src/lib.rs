//! `ReleaseProducts`: frees everything an order holds of products and ends it. Undoes `ReserveProducts`.
//!
//! Safe to repeat and safe on nothing. Which shards are to be freed is in the order itself.

use domain::Fault;
use domain::checkout::{GiveBack, GivenBack, give_back};
use domain::ports::{Clock, Orders, PaymentProvider};
use std::sync::Arc;

/// What the step needs.
#[derive(Clone)]
pub struct ReleaseProducts {
    /// Orders.
    pub orders: Arc<dyn Orders>,
    /// Is asked before anything is given back.
    pub provider: Arc<dyn PaymentProvider>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
}

impl ReleaseProducts {
    /// Frees everything.
    ///
    /// # Errors
    /// `OrderBeingPaid` and `OrderAlreadyPaid` when money was or may have been taken,
    /// `PaymentOutcomeUnknown` while the provider does not say.
    pub async fn handle(&self, input: GiveBack) -> Result<GivenBack, Fault> {
        give_back(&*self.orders, &*self.provider, &*self.clock, input).await
    }
}
