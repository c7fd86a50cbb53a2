//! Idempotency keys and small documents in memory.

use super::{SharedTables, Tables};
use crate::wire::{Access, Wire, lock};
use domain::ports::{Answer, Document, Documents, PutError, RequestState, Requests, SavedAnswer};
use domain::{Fault, Timestamp};

/// A claim that is older was left behind: whoever had it is gone.
const CLAIM_LIVES_S: u32 = 60;
/// Answers are kept for so long.
const KEPT_S: u32 = 24 * 3_600;

/// What is known of one key.
#[derive(Clone, Debug)]
pub(super) struct Row {
    fingerprint: String,
    claimed_at: Timestamp,
    ends_at: Timestamp,
    answer: Option<SavedAnswer>,
}

impl Tables {
    fn claim(&mut self, user: &str, key: &str, fingerprint: &str, now: Timestamp) -> RequestState {
        let name = (user.to_owned(), key.to_owned());
        if let Some(row) = self.requests.get(&name) {
            let was_left = row.answer.is_none() && row.claimed_at.plus_s(CLAIM_LIVES_S) <= now;
            if now < row.ends_at && !was_left {
                return match &row.answer {
                    _ if row.fingerprint != fingerprint => RequestState::Mismatch,
                    None => RequestState::InFlight,
                    Some(answer) => RequestState::Answered(answer.clone()),
                };
            }
        }
        self.requests.insert(
            name,
            Row {
                fingerprint: fingerprint.to_owned(),
                claimed_at: now,
                ends_at: now.plus_s(KEPT_S),
                answer: None,
            },
        );
        RequestState::Fresh
    }

    /// The first answer stays.
    fn answer(&mut self, user: &str, key: &str, answer: &SavedAnswer, now: Timestamp) {
        let row = self.requests.get_mut(&(user.to_owned(), key.to_owned()));
        if let Some(row) = row.filter(|row| row.answer.is_none()) {
            row.answer = Some(answer.clone());
            row.ends_at = now.plus_s(KEPT_S);
        }
    }

    /// An answer is never given up.
    fn give_up(&mut self, user: &str, key: &str) {
        let name = (user.to_owned(), key.to_owned());
        if self.requests.get(&name).is_some_and(|row| row.answer.is_none()) {
            self.requests.remove(&name);
        }
    }

    fn put_document(&mut self, key: &str, expected: Option<u64>, text: &str) -> Result<u64, PutError> {
        let present = self.documents.get(key).map(|document| document.revision);
        if present != expected {
            return Err(PutError::Conflict);
        }
        let revision = expected.unwrap_or_default() + 1;
        let text = text.to_owned();
        self.documents.insert(key.to_owned(), Document { revision, text });
        Ok(revision)
    }
}

/// [`Requests`] in memory.
#[derive(Clone, Debug)]
pub struct MemoryRequests {
    tables: SharedTables,
    wire: Wire,
}

impl MemoryRequests {
    /// Requests in these tables, reached over this wire.
    #[must_use]
    pub fn new(tables: SharedTables, wire: Wire) -> Self {
        Self { tables, wire }
    }
}

impl Requests for MemoryRequests {
    fn claim<'a>(
        &'a self,
        user: &'a str,
        key: &'a str,
        fingerprint: &'a str,
        now: Timestamp,
    ) -> Answer<'a, RequestState> {
        Box::pin(async move {
            let passage = self.wire.there("Requests.claim", Access::Write).await;
            passage.admit()?;
            let state = lock(&self.tables).claim(user, key, fingerprint, now);
            passage.back().await?;
            Ok(state)
        })
    }

    fn answer<'a>(
        &'a self,
        user: &'a str,
        key: &'a str,
        answer: &'a SavedAnswer,
        now: Timestamp,
    ) -> Answer<'a, ()> {
        Box::pin(async move {
            let passage = self.wire.there("Requests.answer", Access::Write).await;
            passage.admit()?;
            lock(&self.tables).answer(user, key, answer, now);
            passage.back().await
        })
    }

    fn give_up<'a>(&'a self, user: &'a str, key: &'a str) -> Answer<'a, (), Fault> {
        Box::pin(async move {
            let passage = self.wire.there("Requests.give_up", Access::Write).await;
            passage.admit()?;
            lock(&self.tables).give_up(user, key);
            passage.back().await
        })
    }
}

/// [`Documents`] in memory. Nothing is ever forgotten, which the port allows.
#[derive(Clone, Debug)]
pub struct MemoryDocuments {
    tables: SharedTables,
    wire: Wire,
}

impl MemoryDocuments {
    /// Documents in these tables, reached over this wire.
    #[must_use]
    pub fn new(tables: SharedTables, wire: Wire) -> Self {
        Self { tables, wire }
    }
}

impl Documents for MemoryDocuments {
    fn get<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Document>> {
        Box::pin(async move {
            let passage = self.wire.there("Documents.get", Access::Read).await;
            passage.admit()?;
            let document = lock(&self.tables).documents.get(key).cloned();
            passage.back().await?;
            Ok(document)
        })
    }

    fn put<'a>(
        &'a self,
        key: &'a str,
        expected_revision: Option<u64>,
        text: &'a str,
        _: Option<Timestamp>,
    ) -> Answer<'a, u64, PutError> {
        Box::pin(async move {
            let passage = self.wire.there("Documents.put", Access::Write).await;
            passage.admit()?;
            let put = lock(&self.tables).put_document(key, expected_revision, text);
            passage.back().await?;
            put
        })
    }
}
