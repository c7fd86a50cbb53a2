//! Refunds: money that was charged and goes back, in whole or by line.
//!
//! Each refund is a record of the order, in the order in which they were asked for, never deleted. When the provider
//! has confirmed one, a row of the ledger of money says so as well.

use crate::ids::OrderId;
use crate::money::PriceMinor;
use crate::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

/// Refunds of one order, at most.
pub const REFUNDS_MAX: usize = 20;
/// For how long after it was completed an order's buyer may ask for the money back, seconds: 14 days.
pub const REFUND_WINDOW_S: u32 = 14 * 86_400;

/// How long a refund that the bank has not confirmed is left alone before it is asked after again, seconds.
pub const PENDING_PAUSE_S: u32 = 6 * 3600;

/// Why money goes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundReason {
    /// The buyer asked for it.
    BuyerAsked,
    /// The money came after the order had ended, and what it was for is gone.
    ArrivedTooLate,
}

/// Where a refund stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundStatus {
    /// Asked for; the provider has not confirmed it yet.
    Requested,
    /// The provider has it, its bank has not said yet.
    Pending,
    /// The money is on its way back.
    Succeeded,
    /// The bank does not take it back; a person has to find another way.
    Failed,
}

impl RefundStatus {
    /// The name in JSON and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Pending => "pending",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
        }
    }
}

/// How much of one line goes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundLine {
    /// The line, counted from 0.
    pub line: u32,
    /// How many of it, at least 1.
    pub quantity: u32,
}

/// One refund of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    /// 1 for the order's first refund.
    pub number: u32,
    /// How much goes back.
    pub amount_minor: PriceMinor,
    /// For which lines.
    pub lines: Vec<RefundLine>,
    /// Why.
    pub reason: RefundReason,
    /// Where it stands.
    pub status: RefundStatus,
    /// The provider's id, once it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_id: Option<String>,
    /// The provider's reason for one that failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What the buyer called the request, so that repeating it asks for nothing new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_under: Option<String>,
    /// Whether tickets went back on sale with it. Stays so, also when the buyer's bank returns the money later.
    #[serde(default)]
    pub tickets_returned: bool,
    /// How often the reconciler started a fresh execution for it.
    #[serde(default)]
    pub reentries: u32,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// When the provider's last word was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled_at: Option<Timestamp>,
}

impl Refund {
    /// Name of the execution that carries it now: the order, the number, and the number of the re-entry.
    #[must_use]
    pub fn execution_name(&self, order_id: &OrderId) -> String {
        match self.reentries {
            0 => format!("{order_id}-refund-{}", self.number),
            n => format!("{order_id}-refund-{}-{n}", self.number),
        }
    }

    /// Whether the provider will not give the money back by itself.
    #[must_use]
    pub const fn has_failed(&self) -> bool {
        matches!(self.status, RefundStatus::Failed)
    }

    /// Whether somebody still has to see to it.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self.status, RefundStatus::Requested | RefundStatus::Pending)
    }
}
