//! The closed table of order statuses.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Where an order stands (product.md, "One lifecycle").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Waits for ingredients that were short.
    Gathering,
    /// Everything is held; waits for payment.
    Held,
    /// The buyer has paid; the charge is under way. The hold cannot expire.
    Paying,
    /// Charged.
    Paid,
    /// On its way.
    Shipped,
    /// Fulfilled. An end.
    Completed,
    /// Not paid in time; everything held was released. An end.
    Expired,
    /// Given up by the buyer; everything held was released. An end.
    Cancelled,
    /// Every attempt to charge failed; everything held was released. An end.
    PaymentFailed,
    /// The money was given back. An end.
    Refunded,
    /// What was wanted could not be had; everything held was released. An end.
    Unavailable,
    /// Could not be carried on; alarmed, and entered again ever more seldom. The hold is kept.
    Stuck,
}

impl Status {
    /// Every status, in the order of an order's life.
    pub const ALL: [Self; 12] = [
        Self::Gathering,
        Self::Held,
        Self::Paying,
        Self::Paid,
        Self::Shipped,
        Self::Completed,
        Self::Expired,
        Self::Cancelled,
        Self::PaymentFailed,
        Self::Refunded,
        Self::Unavailable,
        Self::Stuck,
    ];

    /// Whether an order may go from this status to `next`. Staying is not a transition.
    #[must_use]
    pub const fn may_become(self, next: Self) -> bool {
        use Status as S;
        match self {
            // Straight to paying when the buyer gave a card along with the order.
            S::Gathering => {
                matches!(
                    next,
                    S::Held | S::Paying | S::Cancelled | S::Unavailable | S::Stuck
                )
            }
            S::Held => matches!(
                next,
                // Straight to paid when an inquiry before the release finds the money.
                S::Paying | S::Paid | S::Expired | S::Cancelled | S::Unavailable | S::Stuck
            ),
            // Back to held when the card was declined and another may be tried.
            S::Paying => matches!(next, S::Paid | S::Held | S::PaymentFailed | S::Stuck),
            S::Paid => matches!(next, S::Shipped | S::Completed | S::Refunded | S::Stuck),
            S::Shipped => matches!(next, S::Completed | S::Refunded | S::Stuck),
            S::Completed => matches!(next, S::Refunded),
            // The reconciler enters it again, and an inquiry finds out what is true.
            S::Stuck => matches!(
                next,
                S::Held | S::Paying | S::Paid | S::PaymentFailed | S::Completed | S::Refunded
            ),
            // Money that came late: held again if everything is still free, otherwise given back.
            S::Expired | S::PaymentFailed => matches!(next, S::Paid | S::Refunded),
            S::Cancelled | S::Unavailable => matches!(next, S::Refunded),
            S::Refunded => false,
        }
    }

    /// Whether nothing more happens by itself.
    #[must_use]
    pub const fn is_end(self) -> bool {
        match self {
            Self::Completed
            | Self::Expired
            | Self::Cancelled
            | Self::PaymentFailed
            | Self::Refunded
            | Self::Unavailable => true,
            Self::Gathering | Self::Held | Self::Paying | Self::Paid | Self::Shipped | Self::Stuck => false,
        }
    }

    /// The name in JSON and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gathering => "gathering",
            Self::Held => "held",
            Self::Paying => "paying",
            Self::Paid => "paid",
            Self::Shipped => "shipped",
            Self::Completed => "completed",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
            Self::PaymentFailed => "payment_failed",
            Self::Refunded => "refunded",
            Self::Unavailable => "unavailable",
            Self::Stuck => "stuck",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
