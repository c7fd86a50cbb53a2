//! The ledger of money: one immutable row for what was charged for an order, one for each refund.
//!
//! A row is written in the transaction that makes the order paid or a refund done, and never changed or deleted. An
//! order has at most one charge, so its row has a key of its own that can be written only once. What was charged for an
//! order is what it keeps and what was given back (less what came back to us because a bank did not take it);
//! `check-conservation` compares.

use crate::ids::OrderId;
use crate::money::{Currency, PriceMinor};
use crate::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

/// Which way the money went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MoneyKind {
    /// From the buyer.
    Charged,
    /// Back to the buyer.
    Refunded,
    /// To us again: the buyer's bank did not take a refund that had been on its way. Bears the refund's number.
    RefundReturned,
}

impl MoneyKind {
    /// The name in JSON and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Charged => "charged",
            Self::Refunded => "refunded",
            Self::RefundReturned => "refund_returned",
        }
    }
}

/// One row of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoneyMovement {
    /// The order it was for.
    pub order_id: OrderId,
    /// Which way.
    pub kind: MoneyKind,
    /// 1 for the charge; otherwise the number of the refund.
    pub number: u32,
    /// How much.
    pub amount_minor: PriceMinor,
    /// Of what.
    pub currency: Currency,
    /// The provider's name for it: the payment intent, or the refund.
    pub provider_id: String,
    /// When it was recorded.
    pub at: Timestamp,
}

impl MoneyMovement {
    /// The key of the row within its order, e.g. `charged-1`.
    #[must_use]
    pub fn entry(&self) -> String {
        format!("{}-{}", self.kind.as_str(), self.number)
    }
}
