//! What open pages are told, and who is told it.
//!
//! A page that is open has a connection and watches topics. A row that changes becomes [`News`] for an [`Audience`]: whoever
//! watches a topic, or the connections of one user. News are hints: late, twice or never, and the truth is read over the API.
//! So the rules here may drop what is stale and need not remember what was told.

mod places;
#[cfg(test)]
mod tests;

pub use places::{BLOCK_MAX, Block, GUEST_BLOCKS, USER_BLOCKS};

use crate::ids::{NotAnId, OrderId, TicketId, UserId};
use crate::ledger::{Movement, Place, Posting};
use crate::money::PriceMinor;
use crate::order::Status;
use crate::ticket::TicketState;
use crate::timestamp::Timestamp;
use crate::user::Email;
use serde::{Deserialize, Serialize};
use std::fmt;

/// How long a connection lives at most, seconds: API Gateway ends it then.
/// Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>.
pub const CONNECTION_MAX_S: u32 = 2 * 3600;
/// How long a connection is remembered beyond that, seconds, in case two clocks differ.
pub const REMEMBERED_BEYOND_S: u32 = 300;
/// Connections of one user at a time. Whoever has more pages open reads those over the API.
pub const CONNECTIONS_PER_USER_MAX: usize = 20;
/// Connections that are read at a time.
pub const PAGE_MAX: usize = 250;
/// What happened longer ago is not told any more, seconds: by then a page has read it over the API.
pub const TOLD_WITHIN_S: u32 = 60;

/// What can be watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// Every movement of kitchen and warehouse.
    Stock,
    /// Tickets that become available or no longer are, or whose title or price changes.
    Tickets,
    /// Every order of everybody that goes on. For operators.
    Orders,
}

impl Topic {
    /// All of them. A connection watches any, so this is also how many it may watch.
    pub const ALL: [Self; 3] = [Self::Stock, Self::Tickets, Self::Orders];
    /// Those that anybody may watch.
    pub const PUBLIC: [Self; 2] = [Self::Stock, Self::Tickets];

    /// The name in messages and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stock => "stock",
            Self::Tickets => "tickets",
            Self::Orders => "orders",
        }
    }

    /// Reads a topic.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|topic| topic.as_str() == text)
    }

    /// Whether only operators may watch it.
    #[must_use]
    pub const fn is_for_operators(self) -> bool {
        match self {
            Self::Stock | Self::Tickets => false,
            Self::Orders => true,
        }
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Who is told something.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Audience {
    /// Every connection that watches this.
    Topic(Topic),
    /// Every connection of this user, whatever it watches.
    User(UserId),
}

/// The name that the gateway gives a connection: 1 to 128 visible ASCII characters, which mean nothing here.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ConnectionId(String);

impl ConnectionId {
    /// Reads an id.
    ///
    /// # Errors
    /// [`NotAnId`] when it is empty, too long, or not of visible ASCII.
    pub fn parse(text: &str) -> Result<Self, NotAnId> {
        if (1..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotAnId {
                text: text.chars().take(64).collect(),
                expected: "a connection's id of 1 to 128 visible ASCII characters",
            })
        }
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<ConnectionId> for String {
    fn from(id: ConnectionId) -> Self {
        id.0
    }
}

impl TryFrom<String> for ConnectionId {
    type Error = NotAnId;
    fn try_from(text: String) -> Result<Self, NotAnId> {
        Self::parse(&text)
    }
}

/// The session that a connection was opened with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectedAs {
    /// Whose it is.
    pub user_id: UserId,
    /// Tells the session apart; whoever signs out of it is told nothing more.
    pub session_id: String,
    /// The address of an operator's account, if they were one when it was opened; whether they are one now is asked whenever it
    /// matters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<Email>,
}

/// An open connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveConnection {
    /// Its name.
    pub connection_id: ConnectionId,
    /// Who opened it; `None` for a guest, who gets what is public and nothing else.
    pub connected_as: Option<ConnectedAs>,
    /// From when on it is told nothing.
    pub expires_at: Timestamp,
}

impl LiveConnection {
    /// Whether it is told anything at that time.
    #[must_use]
    pub fn is_told_at(&self, now: Timestamp) -> bool {
        now < self.expires_at
    }

    /// The address of the operator who opened it; `None` when it was anybody else.
    #[must_use]
    pub fn operator(&self) -> Option<&Email> {
        self.connected_as.as_ref()?.operator.as_ref()
    }

    /// What it could ever watch.
    pub fn topics(&self) -> impl Iterator<Item = Topic> {
        let is_operators = self.operator().is_some();
        Topic::ALL
            .into_iter()
            .filter(move |topic| is_operators || !topic.is_for_operators())
    }
}

/// Until when a connection that opens now is told anything: no longer than its session lives, and no longer than the gateway
/// keeps it.
#[must_use]
pub fn expires_at(now: Timestamp, session_ends: Option<Timestamp>) -> Timestamp {
    let gateway_ends = now.plus_s(CONNECTION_MAX_S + REMEMBERED_BEYOND_S);
    session_ends.map_or(gateway_ends, |ends| ends.min(gateway_ends))
}

/// Whether a change is still worth telling.
#[must_use]
pub fn is_worth_telling(happened_at: Timestamp, now: Timestamp) -> bool {
    now <= happened_at.plus_s(TOLD_WITHIN_S)
}

/// What pages are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// Stock was moved.
    Movement {
        /// Where.
        place: Place,
        /// The order, supply request or purchase that caused it.
        cause: String,
        /// When.
        at: Timestamp,
        /// What was moved. Its number has no gaps at its place, so a page sees what it has missed.
        movement: Movement,
    },
    /// A ticket became available, is no longer, or was edited.
    Ticket {
        /// Which.
        ticket_id: TicketId,
        /// Its version.
        version: u32,
        /// Whether it can be had now.
        is_available: bool,
    },
    /// An order of one's own went on.
    Order(OrderNews),
    /// Somebody's order went on.
    AnyOrder(OrderNews),
}

/// How far an order is. Whose it is, is not told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderNews {
    /// Which.
    pub order_id: OrderId,
    /// Its version.
    pub version: u32,
    /// Where it stands.
    pub status: Status,
}

/// What pages may know of a ticket's row.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct TicketRow {
    /// Which.
    pub ticket_id: TicketId,
    /// What the buyer reads.
    pub title: String,
    /// Its price.
    pub price_minor: PriceMinor,
    /// Counts the edits.
    pub version: u32,
    /// Where it stands.
    pub state: TicketState,
}

/// What pages may know of an order's row. Cards and tokens are not among it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct OrderRow {
    /// Which.
    pub order_id: OrderId,
    /// Whose; they are told, and operators who watch.
    pub user_id: UserId,
    /// Where it stands.
    pub status: Status,
    /// Counts its writes.
    pub version: u32,
}

/// A row that was written or removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowChange {
    /// A posting was added to a ledger.
    Posted(Posting),
    /// A ticket was listed, changed or withdrawn.
    Ticket {
        /// Before; `None` when it was listed.
        before: Option<TicketRow>,
        /// After; `None` when it was withdrawn.
        after: Option<TicketRow>,
    },
    /// An order was placed or changed.
    Order {
        /// Before; `None` when it was placed.
        before: Option<OrderRow>,
        /// After.
        after: OrderRow,
    },
}

/// What a change means for open pages, in the order in which it is told; nothing when no page would show it.
#[must_use]
pub fn news_of(change: RowChange) -> Vec<(Audience, News)> {
    match change {
        RowChange::Posted(posting) => movements(posting),
        RowChange::Ticket { before, after } => ticket(before, after).into_iter().collect(),
        RowChange::Order { before, after } => order(before, after),
    }
}

fn movements(posting: Posting) -> Vec<(Audience, News)> {
    let Posting {
        place,
        cause,
        at,
        movements,
        ..
    } = posting;
    let told = |movement| {
        let news = News::Movement {
            place,
            cause: cause.clone(),
            at,
            movement,
        };
        (Audience::Topic(Topic::Stock), news)
    };
    movements.into_iter().map(told).collect()
}

fn ticket(before: Option<TicketRow>, after: Option<TicketRow>) -> Option<(Audience, News)> {
    let is_listed = |row: &TicketRow| row.state == TicketState::Available;
    // What cannot be had is on nobody's list, and what of it changes is told to nobody.
    let (before, after_listed) = (before.filter(is_listed), after.clone().filter(is_listed));
    if before == after_listed {
        return None;
    }
    let is_available = after_listed.is_some();
    let TicketRow {
        ticket_id, version, ..
    } = after.or(before)?;
    let news = News::Ticket {
        ticket_id,
        version,
        is_available,
    };
    Some((Audience::Topic(Topic::Tickets), news))
}

fn order(before: Option<OrderRow>, after: OrderRow) -> Vec<(Audience, News)> {
    let shown = |row: &OrderRow| (row.status, row.version);
    if before.as_ref().map(shown) == Some(shown(&after)) {
        return Vec::new();
    }
    let OrderRow {
        order_id,
        user_id,
        status,
        version,
    } = after;
    let news = OrderNews {
        order_id,
        version,
        status,
    };
    vec![
        (Audience::User(user_id), News::Order(news.clone())),
        (Audience::Topic(Topic::Orders), News::AnyOrder(news)),
    ]
}
