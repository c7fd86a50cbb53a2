//! Port to a store of small documents that change only under the revision that was read.
//!
//! For state that belongs to no order, ticket or user: what the payment provider simulator remembers, for one.

use super::Answer;
use crate::fault::Fault;
use crate::timestamp::Timestamp;

/// A document as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Counts the writes of this key, from 1. The condition of the next write.
    pub revision: u64,
    /// What was written, JSON by custom; the store does not look inside.
    pub text: String,
}

/// Why a document was not written. In the case of a conflict nothing was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PutError {
    /// The stored revision is not the expected one: read again and decide again.
    Conflict,
    /// The store was away or refused for reasons of its own.
    Fault(Fault),
}

impl From<Fault> for PutError {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// Documents by key. Reads see every write that was answered before.
pub trait Documents: Send + Sync {
    /// The document under this key, or `None`.
    ///
    /// One whose `expires_at` has passed may still be given (DynamoDB forgets within days, not at once), so
    /// whoever depends on the moment keeps it inside the document too.
    fn get<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Document>>;

    /// Writes under the condition that the stored revision is `expected_revision` (`None`: that there is no such
    /// document) and answers the new revision, which is one more (1 for a new document).
    ///
    /// `key` has at most 1,024 bytes, `text` at most 300 KiB. After `expires_at` the store may forget it.
    fn put<'a>(
        &'a self,
        key: &'a str,
        expected_revision: Option<u64>,
        text: &'a str,
        expires_at: Option<Timestamp>,
    ) -> Answer<'a, u64, PutError>;
}
