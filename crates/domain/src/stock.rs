//! What an order does to scarce things, in words that both databases understand.
//!
//! Each change carries its own condition. All changes of one [`crate::Decision`] are written in one transaction,
//! so that an order holds every line or none.

use crate::ids::{ProductId, TicketId, UserId};
use crate::inventory::Shard;
use crate::ledger::{MovementKind, Wanted};
use crate::refusal::Refusal;
use crate::ticket::{Ticket, TicketHold, TicketState};

/// One conditional change to one scarce thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StockChange {
    /// Claim a ticket. Condition: it is available and its version is the one the buyer saw.
    HoldTicket {
        /// The ticket.
        ticket_id: TicketId,
        /// The version that carries the price the buyer saw.
        seen_version: u32,
        /// The claim.
        hold: TicketHold,
    },
    /// Give a ticket back. Condition: it is held by exactly this hold.
    ReleaseTicket {
        /// The ticket.
        ticket_id: TicketId,
        /// The claim that ends.
        hold: TicketHold,
    },
    /// Put a sold ticket back on sale, because its money went back. Condition: it was sold by exactly this hold.
    ReturnTicket {
        /// The ticket.
        ticket_id: TicketId,
        /// The claim that was posted.
        hold: TicketHold,
    },
    /// Move ingredients in the kitchen's ledger. Condition: no balance falls below zero or below its claims.
    MoveIngredients {
        /// The movements, none of quantity 0.
        moves: Vec<Wanted>,
        /// What they are booked under: the order.
        cause: String,
        /// The number that the ledger must still have, when the decision depends on what was read; `None` when the
        /// movements are right whatever else was moved.
        seen_seq: Option<u64>,
    },
    /// Move a product's stock in one shard. Condition: the balance neither falls below zero nor below its claims.
    MoveProduct {
        /// The product.
        product_id: ProductId,
        /// The shard.
        shard: u8,
        /// How.
        kind: MovementKind,
        /// How much, at least 1.
        quantity: u32,
        /// What it is booked under: the order.
        cause: String,
        /// The head that the decision was made from, when it depends on it (a hold, at the price that was read);
        /// `None` when the movement is right whatever else was moved.
        seen: Option<Box<Shard>>,
    },
    /// Turn the claim into a sale. Condition: it is held by exactly this hold.
    PostTicket {
        /// The ticket.
        ticket_id: TicketId,
        /// The claim that is posted.
        hold: TicketHold,
    },
}

/// One change to the buyer's set of live holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HolderChange {
    /// The set stays as it is.
    Unchanged,
    /// Add the order. Condition: the set has fewer than `holds_max` orders.
    Add {
        /// The cap on live holds per buyer.
        holds_max: u32,
    },
    /// Take the order out; harmless when it is not in.
    Remove,
}

/// A stock condition that was false when the transaction was tried, with the thing as it stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StockRefusal {
    /// Which change of the decision, counted from 0.
    pub index: usize,
    /// The ticket as it stood; `None` when there is none.
    pub present: Option<Ticket>,
}

/// Names the reason why a ticket could not be held for `user_id`.
///
/// `line` is the index of the order line, for the error that names the field.
#[must_use]
pub fn why_not_held(
    ticket_id: &TicketId,
    seen_version: u32,
    user_id: &UserId,
    line: usize,
    present: Option<&Ticket>,
) -> Refusal {
    let Some(ticket) = present else {
        return Refusal::NotFound {
            what: "ticket".to_owned(),
            field: Some(format!("lines[{line}].ticketId")),
        };
    };
    let ticket_id = ticket_id.clone();
    match (ticket.state, &ticket.hold) {
        (TicketState::Sold, _) => Refusal::TicketSold { ticket_id },
        (TicketState::Held, Some(hold)) if hold.user_id == *user_id => Refusal::TicketHeldByYou {
            ticket_id,
            order_id: hold.order_id.clone(),
        },
        (TicketState::Held, _) => Refusal::TicketAlreadyHeld { ticket_id },
        (TicketState::Available, _) => Refusal::TicketChanged {
            ticket_id,
            seen: seen_version,
            present: ticket.version,
        },
    }
}
