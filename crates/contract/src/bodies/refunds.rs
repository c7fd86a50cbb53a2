//! What the API says of money that goes back.

use domain::{Order, Refund, RefundReason};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How much of one line goes back.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RefundedLine)]
pub struct RefundedLineBody {
    /// The line of the order, counted from 0.
    pub line: u32,
    /// How many of it.
    pub quantity: u32,
}

/// One refund of an order.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Refund)]
pub struct RefundBody {
    /// The order's id and the number of the refund.
    pub id: String,
    /// 1 for the order's first refund.
    pub number: u32,
    /// `requested`, `pending`, `succeeded` or `failed`.
    pub status: String,
    /// `buyer_asked` or `arrived_too_late`.
    pub reason: String,
    /// How much, minor units.
    pub amount_minor: u64,
    /// For which lines.
    pub lines: Vec<RefundedLineBody>,
    /// The provider's reason for one that failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// When it was asked for.
    pub requested_at: String,
    /// When the provider's last word was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled_at: Option<String>,
}

impl RefundBody {
    /// What the buyer may see of a refund.
    #[must_use]
    pub fn new(order: &Order, refund: &Refund) -> Self {
        let lines = refund.lines.iter().map(|line| RefundedLineBody {
            line: line.line,
            quantity: line.quantity,
        });
        Self {
            id: format!("{}-refund-{}", order.order_id, refund.number),
            number: refund.number,
            status: refund.status.as_str().to_owned(),
            reason: match refund.reason {
                RefundReason::BuyerAsked => "buyer_asked",
                RefundReason::ArrivedTooLate => "arrived_too_late",
            }
            .to_owned(),
            amount_minor: refund.amount_minor.as_minor(),
            lines: lines.collect(),
            code: refund.code.clone(),
            requested_at: refund.requested_at.to_rfc3339(),
            settled_at: refund.settled_at.map(|moment| moment.to_rfc3339()),
        }
    }
}
