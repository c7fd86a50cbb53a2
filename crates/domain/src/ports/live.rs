//! The ports to open pages: which there are, and the way to each of them.

use super::Answer;
use crate::live::{Audience, ConnectionId, LiveConnection, Topic};
use crate::timestamp::Timestamp;
use std::collections::BTreeSet;

/// The connections of open pages. What is kept of one is forgotten some time after it expires, if nobody does so before.
pub trait LiveConnections: Send + Sync {
    /// Keeps a connection that was opened; it watches nothing yet. Repeated, it changes nothing.
    fn open<'a>(&'a self, connection: &'a LiveConnection) -> Answer<'a, ()>;

    /// A connection that is open, whether or not it has expired; `None` when there is none. Never a stale copy.
    fn find<'a>(&'a self, connection_id: &'a ConnectionId) -> Answer<'a, Option<LiveConnection>>;

    /// From now on the connection watches these topics, which are among its own ([`LiveConnection::topics`]), and no others, if
    /// it has not expired and in each of them its [`crate::live::Block`] has a place: at most [`crate::live::BLOCK_MAX`] of one
    /// block watch a topic, or a few more when several come at one instant. Whoever watches already keeps the place. Whoever is
    /// told [`Watched::FromNow`] misses nothing that is written from then on.
    fn watch<'a>(
        &'a self,
        connection_id: &'a ConnectionId,
        topics: &'a BTreeSet<Topic>,
        now: Timestamp,
    ) -> Answer<'a, Watched>;

    /// Forgets a connection, with everything that it watches. Harmless when there is none.
    fn forget<'a>(&'a self, connection_id: &'a ConnectionId) -> Answer<'a, ()>;

    /// At most [`crate::live::PAGE_MAX`] connections of an audience, those after `after` in an order of the adapter's own; fewer
    /// than that when there are no more. Expired ones may be among them.
    fn page<'a>(
        &'a self,
        audience: &'a Audience,
        after: Option<&'a LiveConnection>,
    ) -> Answer<'a, Vec<LiveConnection>>;
}

/// What became of the wish to watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Watched {
    /// It is told of these topics.
    FromNow,
    /// There is no such connection any more, and nothing was written.
    Unknown,
    /// This topic has no place left where the connection could have one, and nothing was written.
    Full(Topic),
}

/// What became of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Posted {
    /// The gateway took it.
    Taken,
    /// The connection is gone for good.
    Gone,
}

/// The way to open pages.
pub trait LivePages: Send + Sync {
    /// Sends one frame, at most 32 KB of JSON, to one connection. It is tried again a little, within seconds: a fault says that
    /// the page was not told, and that nobody need try any more.
    fn post<'a>(&'a self, connection_id: &'a ConnectionId, frame: &'a str) -> Answer<'a, Posted>;
}
