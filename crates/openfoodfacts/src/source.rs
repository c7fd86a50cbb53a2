//! The port to where products are read from, and what can be in its way.

use crate::dump::Slice;
use crate::page::Page;
use domain::Timestamp;
use domain::ports::Answer;

/// Pages of the search API, and dumps.
pub trait ProductSource: Send + Sync {
    /// One page of the search, from 1. `base_url` is the API's, without the path, e.g.
    /// `https://world.openfoodfacts.org`.
    fn page<'a>(&'a self, base_url: &'a str, number: u32) -> Answer<'a, Page, SourceError>;

    /// At most `rows_max` rows of the dump at this address, from row `from` on, counted from 1 (see
    /// [`read_slice`](crate::read_slice)).
    fn slice<'a>(&'a self, url: &'a str, from: u64, rows_max: u32) -> Answer<'a, Slice, SourceError>;
}

/// Why nothing was read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// Asking again later may help: 429, 5xx, no answer in time, no connection.
    #[error("{why}")]
    Busy {
        /// What it said, as part of a sentence.
        why: String,
        /// When it wants to be asked again, if it said so.
        retry_after: Option<RetryAfter>,
    },
    /// Asking again does not help: there is no such page, or what is there is something else.
    #[error("{why}")]
    Unusable {
        /// Why, as the second half of a sentence.
        why: String,
    },
}

/// What the header `Retry-After` says (RFC 9110, 10.2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryAfter {
    /// So many seconds from now.
    Seconds(u32),
    /// At this moment.
    At(Timestamp),
}

impl RetryAfter {
    /// The moment that is meant.
    #[must_use]
    pub const fn from(self, now: Timestamp) -> Timestamp {
        match self {
            Self::Seconds(seconds) => now.plus_s(seconds),
            Self::At(moment) => moment,
        }
    }
}
