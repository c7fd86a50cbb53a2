//! The shapes of requests and answers: camelCase, money in minor units, times as RFC 3339.

mod delivery;
mod movement;
mod refunds;

pub use delivery::DeliveryBody;
pub use movement::MovementBody;
pub use refunds::{RefundBody, RefundedLineBody};

use domain::order::{Line, OrderEvent, Thing};
use domain::payment::{AttemptStatus, PaymentAttempt};
use domain::{Order, Ticket, TicketState};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// `?limit=&cursor=`.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageParams {
    /// Rows on a page, 1 to 100; 25 when absent.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<u16>,
    /// `nextCursor` of the page before.
    pub cursor: Option<String>,
}

/// A ticket.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Ticket)]
pub struct TicketBody {
    /// Its id.
    pub id: String,
    /// What it is for.
    pub title: String,
    /// Price in minor units.
    pub price_minor: u64,
    /// ISO 4217 code, lower case.
    pub currency: String,
    /// Name of the event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub venue: Option<String>,
    /// When it starts, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts_at: Option<String>,
    /// `available`, `held` or `sold`.
    pub state: String,
    /// Who listed it.
    pub owner_id: String,
    /// Counts the edits; send it along when ordering or editing.
    pub version: u32,
    /// When it was listed.
    pub created_at: String,
}

impl TicketBody {
    /// What everybody may see of a ticket.
    #[must_use]
    pub fn new(ticket: &Ticket, currency: &str) -> Self {
        Self {
            id: ticket.ticket_id.to_string(),
            title: ticket.title.clone(),
            price_minor: ticket.price_minor.as_minor(),
            currency: currency.to_owned(),
            event: ticket.event.clone(),
            venue: ticket.venue.clone(),
            starts_at: ticket.starts_at.map(|moment| moment.to_rfc3339()),
            state: match ticket.state {
                TicketState::Available => "available",
                TicketState::Held => "held",
                TicketState::Sold => "sold",
            }
            .to_owned(),
            owner_id: ticket.owner_id.to_string(),
            version: ticket.version,
            created_at: ticket.created_at.to_rfc3339(),
        }
    }
}

/// One line of an order.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OrderLine)]
pub struct LineBody {
    /// The ticket, in a line of tickets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket_id: Option<String>,
    /// The product, in a line of products.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_id: Option<String>,
    /// The dish, in a line of dishes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dish_id: Option<String>,
    /// Its title when the order was placed.
    pub title: String,
    /// How many.
    pub quantity: u32,
    /// Price of one when the order was placed, minor units.
    pub price_minor: u64,
    /// Where the pass of a ticket is; absent until the order is completed, and when the ticket was given back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pass_url: Option<String>,
}

impl LineBody {
    /// A line as its buyer may see it.
    fn new(order: &Order, line: &Line) -> Self {
        let (mut ticket_id, mut product_id, mut dish_id, mut pass_url) = (None, None, None, None);
        match &line.thing {
            Thing::Ticket { ticket_id: id, .. } => {
                ticket_id = Some(id.to_string());
                pass_url = order
                    .issued(id)
                    .is_ok()
                    .then(|| format!("/api/tickets/{id}/pass"));
            }
            Thing::Product { product_id: id, .. } => product_id = Some(id.to_string()),
            Thing::Dish { dish_id: id } => dish_id = Some(id.to_string()),
        }
        Self {
            ticket_id,
            product_id,
            dish_id,
            title: line.title.clone(),
            quantity: line.quantity,
            price_minor: line.price_minor.as_minor(),
            pass_url,
        }
    }
}

/// An ingredient that is short.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = MissingIngredient)]
pub struct MissingBody {
    /// Which.
    pub ingredient: String,
    /// How much.
    pub quantity: u32,
}

/// An order's claim.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Hold)]
pub struct HoldBody {
    /// Its id.
    pub id: String,
    /// 1 for the first claim of the order.
    pub version: u32,
    /// Until when the order can be paid, by the server's clock.
    pub expires_at: String,
}

/// An order.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Order)]
pub struct OrderBody {
    /// Its id; also the name of its execution.
    pub id: String,
    /// Where it stands: `held`, `paying`, `paid`, `completed`, `expired`, `cancelled`, `payment_failed`, ...
    pub status: String,
    /// What is bought.
    pub lines: Vec<LineBody>,
    /// Sum of the lines, minor units.
    pub total_minor: u64,
    /// ISO 4217 code, lower case.
    pub currency: String,
    /// The claim.
    pub hold: HoldBody,
    /// The device that the products are for; absent when they are for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_id: Option<String>,
    /// What was asked of the warehouse and has not come yet; absent when nothing is missing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<MissingBody>,
    /// When a declined card is tried again by itself; absent when it is not. Another card is welcome meanwhile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_attempt_at: Option<String>,
    /// Where the products are; absent before they are paid, and for tickets and dishes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery: Option<DeliveryBody>,
    /// How much of the total was given back, minor units.
    pub refunded_minor: u64,
    /// Counts every change.
    pub version: u32,
    /// When it was placed.
    pub created_at: String,
    /// When it last changed.
    pub updated_at: String,
    /// The server's clock when this was answered, so that a page can correct its own.
    pub server_time: String,
}

impl OrderBody {
    /// What its buyer may see of an order, and what time it is.
    #[must_use]
    pub fn new(order: &Order, now: domain::Timestamp) -> Self {
        Self {
            id: order.order_id.to_string(),
            status: order.status.to_string(),
            lines: order
                .lines
                .iter()
                .map(|line| LineBody::new(order, line))
                .collect(),
            total_minor: order.total_minor.as_minor(),
            currency: order.currency.as_str().to_owned(),
            hold: HoldBody {
                id: order.hold.hold_id.to_string(),
                version: order.hold.version,
                expires_at: order.hold.expires_at.to_rfc3339(),
            },
            device_id: order.device_id.as_ref().map(ToString::to_string),
            missing: order
                .missing()
                .map(|missing| MissingBody {
                    ingredient: missing.ingredient.to_string(),
                    quantity: missing.quantity,
                })
                .collect(),
            next_attempt_at: order.retry_at.map(|moment| moment.to_rfc3339()),
            delivery: order.delivery.as_ref().map(Into::into),
            refunded_minor: order.refunded_minor(),
            version: order.version,
            created_at: order.created_at.to_rfc3339(),
            updated_at: order.updated_at.to_rfc3339(),
            server_time: now.to_rfc3339(),
        }
    }
}

/// One attempt to charge an order. The card's token is never shown.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Payment)]
pub struct PaymentBody {
    /// The order's id and the number of the attempt.
    pub id: String,
    /// 1 for the first attempt.
    pub attempt: u32,
    /// `requested`, `unknown`, `succeeded` or `declined`.
    pub status: String,
    /// What was asked for, minor units.
    pub amount_minor: u64,
    /// The provider's decline code, or `no_answer` for an attempt that never reached it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Whether the same card is worth another try; only said of a decline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retryable: Option<bool>,
    /// When it was asked for.
    pub requested_at: String,
    /// When the provider's answer was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled_at: Option<String>,
}

impl PaymentBody {
    /// What the buyer may see of an attempt.
    #[must_use]
    pub fn new(order: &Order, attempt: &PaymentAttempt) -> Self {
        Self {
            id: format!("{}-{}", order.order_id, attempt.number),
            attempt: attempt.number,
            status: match attempt.status {
                AttemptStatus::Requested => "requested",
                AttemptStatus::Unknown => "unknown",
                AttemptStatus::Succeeded => "succeeded",
                AttemptStatus::Declined => "declined",
            }
            .to_owned(),
            amount_minor: order.total_minor.as_minor(),
            code: attempt.code.clone(),
            retryable: (attempt.status == AttemptStatus::Declined).then_some(attempt.retryable),
            requested_at: attempt.requested_at.to_rfc3339(),
            settled_at: attempt.settled_at.map(|moment| moment.to_rfc3339()),
        }
    }
}

/// Something that happened to an order.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OrderEvent)]
pub struct EventBody {
    /// When.
    pub at: String,
    /// The status after it.
    pub status: String,
    /// What, in plain words.
    pub what: String,
}

impl From<&OrderEvent> for EventBody {
    fn from(event: &OrderEvent) -> Self {
        Self {
            at: event.at.to_rfc3339(),
            status: event.status.to_string(),
            what: event.what.clone(),
        }
    }
}
