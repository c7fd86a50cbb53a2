//! Tickets: one of a kind, listed by any user, bought by any user.

use crate::ids::{HoldId, OrderId, TicketId, UserId};
use crate::money::PriceMinor;
use crate::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

/// Longest title, event and venue, in characters.
pub const TEXT_MAX: usize = 200;

/// Where a ticket stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TicketState {
    /// Listed and free.
    Available,
    /// Claimed by one order until paid, cancelled or expired.
    Held,
    /// Sold for good.
    Sold,
}

/// An order's claim on a ticket, as the ticket remembers it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketHold {
    /// The hold. Only it can release or post the claim.
    pub hold_id: HoldId,
    /// Version of the hold; a timer for an older one never matches.
    pub hold_version: u32,
    /// The order that holds.
    pub order_id: OrderId,
    /// Who orders.
    pub user_id: UserId,
    /// When the claim may be ended for want of payment. A hint here: the order decides.
    pub expires_at: Timestamp,
}

/// A ticket as stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    /// Its id.
    pub ticket_id: TicketId,
    /// Who listed it; only they edit it.
    pub owner_id: UserId,
    /// What the buyer reads, 1 to [`TEXT_MAX`] characters.
    pub title: String,
    /// Its price.
    pub price_minor: PriceMinor,
    /// Name of the event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// Where the event takes place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub venue: Option<String>,
    /// When it starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts_at: Option<Timestamp>,
    /// Counts the edits of title and price, from 1. Holding and releasing leave it alone.
    pub version: u32,
    /// Where it stands.
    pub state: TicketState,
    /// The claim on it while held, and the last claim once sold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<TicketHold>,
    /// How often it was ever held. A ticket with 0 can be deleted.
    pub holds_ever: u32,
    /// When it was listed.
    pub created_at: Timestamp,
}

impl Ticket {
    /// Whether `again` is the request that listed this one, repeated: equal in all that no later write touches, and in title and
    /// price as long as nobody has edited them. When is no part of it: a request that is repeated comes later.
    #[must_use]
    pub fn is_same_listing(&self, again: &Self) -> bool {
        (&self.ticket_id, &self.owner_id) == (&again.ticket_id, &again.owner_id)
            && (&self.event, &self.venue, self.starts_at) == (&again.event, &again.venue, again.starts_at)
            && (self.version > 1 || (&self.title, self.price_minor) == (&again.title, again.price_minor))
    }
}

/// An edit of a ticket by its owner, allowed while it is available.
#[derive(Clone, Debug)]
pub struct TicketEdit {
    /// Which ticket.
    pub ticket_id: TicketId,
    /// Who asks.
    pub user_id: UserId,
    /// The version that the owner saw.
    pub seen_version: u32,
    /// The new title.
    pub title: String,
    /// The new price.
    pub price_minor: PriceMinor,
}

/// Why an edit or a removal by `user_id` found its condition false, from the ticket as it stood at that moment.
///
/// The write's own condition is the decision; this only names it.
#[must_use]
pub fn why_not_changed(ticket: &Ticket, user_id: &UserId, seen_version: Option<u32>) -> crate::Refusal {
    use crate::Refusal;
    let ticket_id = ticket.ticket_id.clone();
    if ticket.owner_id != *user_id {
        return Refusal::NotYours;
    }
    match (ticket.state, seen_version) {
        (TicketState::Held, _) => Refusal::TicketAlreadyHeld { ticket_id },
        (TicketState::Sold, _) => Refusal::TicketSold { ticket_id },
        (TicketState::Available, Some(seen)) => Refusal::TicketChanged {
            ticket_id,
            seen,
            present: ticket.version,
        },
        (TicketState::Available, None) => Refusal::TicketWasHeld { ticket_id },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed() -> Ticket {
        Ticket {
            ticket_id: TicketId::from_random([1; 16]),
            owner_id: UserId::from_random([2; 16]),
            title: "Row 1, seat 2".to_owned(),
            price_minor: PriceMinor::new(4_500).unwrap(),
            event: Some("Spring concert".to_owned()),
            venue: None,
            starts_at: None,
            version: 1,
            state: TicketState::Available,
            hold: None,
            holds_ever: 0,
            created_at: Timestamp::from_ms(1_790_000_000_000),
        }
    }

    #[test]
    fn a_held_or_edited_ticket_is_still_the_same_listing_however_late_it_is_repeated() {
        let again = Ticket {
            created_at: listed().created_at.plus_s(90_000),
            ..listed()
        };
        let mut present = listed();
        present.state = TicketState::Held;
        present.holds_ever = 1;
        assert!(present.is_same_listing(&again));
        present.version = 2;
        present.title = "Row 1, seat 3".to_owned();
        assert!(present.is_same_listing(&again));
    }

    #[test]
    fn another_ticket_under_the_same_id_is_not_the_same_listing() {
        for change in [
            (|ticket| ticket.event = Some("Autumn concert".to_owned())) as fn(&mut Ticket),
            |ticket| ticket.venue = Some("Town hall".to_owned()),
            |ticket| ticket.starts_at = Some(Timestamp::from_ms(1_800_000_000_000)),
            |ticket| ticket.title = "Row 1, seat 3".to_owned(),
            |ticket| ticket.price_minor = PriceMinor::new(4_501).unwrap(),
            |ticket| ticket.owner_id = UserId::from_random([3; 16]),
        ] {
            let mut another = listed();
            change(&mut another);
            assert!(!listed().is_same_listing(&another), "{another:?}");
        }
    }
}
