//! How many may watch a topic, and how that is counted.
//!
//! A topic has as many places as one push can reach, those of users apart from those of guests: a guest is anybody's script, and
//! may take a place from no user. Places come in blocks, and which block a connection belongs to follows from its name, which
//! the gateway chooses. So whoever wants a place counts one block, which is small, and no counter has to be kept in step with
//! connections that end without a word. The price: a topic is refused here and there when it is nearly full, not only when it is.

use super::{ConnectionId, LiveConnection};
use sha2::{Digest, Sha256};

/// Connections of one block that may watch a topic at a time.
pub const BLOCK_MAX: usize = 250;
/// Blocks of users: 3,000 places in each topic.
pub const USER_BLOCKS: u8 = 12;
/// Blocks of guests: 2,000 places in each topic.
pub const GUEST_BLOCKS: u8 = 8;

/// Which places of a topic a connection may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Block {
    /// A block of users, by its number.
    Users(u8),
    /// A block of guests.
    Guests(u8),
}

impl Block {
    /// The block of a connection.
    #[must_use]
    pub fn of(connection: &LiveConnection) -> Self {
        let id = &connection.connection_id;
        match &connection.connected_as {
            Some(_) => Self::of_user(id),
            None => Self::of_guest(id),
        }
    }

    /// The block of a connection of this name, if a user opened it.
    #[must_use]
    pub fn of_user(connection_id: &ConnectionId) -> Self {
        Self::Users(share(connection_id, USER_BLOCKS))
    }

    /// The block of a connection of this name, if a guest opened it.
    #[must_use]
    pub fn of_guest(connection_id: &ConnectionId) -> Self {
        Self::Guests(share(connection_id, GUEST_BLOCKS))
    }
}

/// One of so many, by the name: hashed, because names that are given one after the other look alike.
fn share(connection_id: &ConnectionId, of: u8) -> u8 {
    Sha256::digest(connection_id.as_str())[0] % of
}
