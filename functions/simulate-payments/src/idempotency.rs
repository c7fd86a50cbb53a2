//! Idempotency keys, by Stripe's rules.
//!
//! - The status and body of the first request under a key are kept for 24 hours and given again to every repeat,
//!   errors of the execution included, with `Idempotent-Replayed: true`.
//! - The same key with other parameters, or at another endpoint, is refused (`idempotency_error`).
//! - While the first request is being worked on, a second one gets 409.
//! - What never began to execute is not kept: parameters that fail validation, and requests that were in conflict
//!   with another one.
//! - The 500 of a request that had begun to execute is kept too, whatever it did before it broke off. Every other 5xx
//!   is a gateway's, which never reaches the key: a repeat gets what was done in silence or, where nothing was done, is
//!   executed afresh.
//!
//! Sources: <https://docs.stripe.com/api/idempotent_requests>, <https://docs.stripe.com/error-low-level#idempotency>.

use crate::Simulator;
use crate::errors::ApiError;
use domain::ports::PutError;
use domain::{Fault, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How the document of a key is named.
const PREFIX: &str = "idempotency#";
/// Longest key, characters.
pub(crate) const KEY_MAX: usize = 255;
/// How long a key is remembered, seconds.
const KEPT_S: u32 = 24 * 60 * 60;
/// After so many seconds, whoever worked under a key is taken for dead (functions end long before).
const LEASE_S: u32 = 60;
/// Races lost before a request is told that its key is in use.
const TRIES_MAX: u32 = 3;

/// HTTP status and body.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Answer {
    pub status: u16,
    pub body: Value,
}

impl From<ApiError> for Answer {
    fn from(error: ApiError) -> Self {
        Self {
            status: error.status,
            body: error.body(),
        }
    }
}

impl Answer {
    /// Whether a repeat under the same key gets it again.
    const fn is_kept(&self) -> bool {
        !matches!(self.status, 409 | 429 | 501..=599)
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Record {
    endpoint: String,
    fingerprint: String,
    begun_at: Timestamp,
    state: State,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum State {
    /// Being worked on.
    Running,
    /// Answered.
    Answered(Answer),
    /// Begun and given back: as if it had never been used.
    Free,
}

/// The right to execute under a key.
#[derive(Debug)]
pub(crate) struct Claim {
    /// Where the key is kept; also what intents remember of whoever changed them.
    pub document_key: String,
    /// Whether somebody began before and died: the effect may be there already.
    pub taken_over: bool,
    /// Revision of its document.
    revision: u64,
    record: Record,
}

impl Claim {
    /// The key itself, as the client wrote it.
    pub fn key(&self) -> &str {
        self.document_key.strip_prefix(PREFIX).unwrap_or_default()
    }
}

/// What a key allows.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// Execute, then [`finish`].
    Execute(Claim),
    /// Give this again.
    Replay(Answer),
}

/// Claims a key for a request to `endpoint` with parameters of this `fingerprint`.
pub(crate) async fn claim(
    simulator: &Simulator,
    key: &str,
    endpoint: &str,
    fingerprint: &str,
) -> Result<Verdict, ApiError> {
    if key.is_empty() || key.chars().count() > KEY_MAX {
        return Err(ApiError::idempotency(format!(
            "Keys for idempotent requests have 1 to {KEY_MAX} characters."
        )));
    }
    let document_key = format!("{PREFIX}{key}");
    for _ in 0..TRIES_MAX {
        let now = simulator.clock.now();
        let stored = simulator.documents.get(&document_key).await?;
        let (revision, before) = match &stored {
            Some(document) => (Some(document.revision), Some(read(&document.text)?)),
            None => (None, None),
        };
        let mut taken_over = false;
        if let Some(before) = before.filter(|before| now < before.begun_at.plus_s(KEPT_S)) {
            match before.state {
                State::Free => {}
                _ if before.endpoint != endpoint => {
                    return Err(other_endpoint(key, &before.endpoint, endpoint));
                }
                _ if before.fingerprint != fingerprint => return Err(other_parameters(key)),
                State::Answered(answer) => return Ok(Verdict::Replay(answer)),
                State::Running if now < before.begun_at.plus_s(LEASE_S) => {
                    return Err(ApiError::key_in_use(key));
                }
                State::Running => taken_over = true,
            }
        }
        let record = Record {
            endpoint: endpoint.to_owned(),
            fingerprint: fingerprint.to_owned(),
            begun_at: now,
            state: State::Running,
        };
        match put(simulator, &document_key, revision, &record).await {
            Ok(revision) => {
                return Ok(Verdict::Execute(Claim {
                    document_key,
                    taken_over,
                    revision,
                    record,
                }));
            }
            Err(PutError::Conflict) => {}
            Err(PutError::Fault(fault)) => return Err(fault.into()),
        }
    }
    Err(ApiError::key_in_use(key))
}

/// Keeps the answer under the key, or gives the key back when the answer is none to keep (`None`: there is none).
///
/// # Errors
/// Only storage faults: somebody who took the key over meanwhile has the last word, and that is no error.
pub(crate) async fn finish(
    simulator: &Simulator,
    claim: Claim,
    answer: Option<&Answer>,
) -> Result<(), ApiError> {
    let mut record = claim.record;
    record.state = match answer {
        Some(answer) if answer.is_kept() => State::Answered(answer.clone()),
        _ => State::Free,
    };
    match put(simulator, &claim.document_key, Some(claim.revision), &record).await {
        Ok(_) | Err(PutError::Conflict) => Ok(()),
        Err(PutError::Fault(fault)) => Err(fault.into()),
    }
}

fn read(text: &str) -> Result<Record, Fault> {
    serde_json::from_str(text)
        .map_err(|error| Fault::Defect(format!("an idempotency record does not read: {error}")))
}

async fn put(
    simulator: &Simulator,
    document_key: &str,
    revision: Option<u64>,
    record: &Record,
) -> Result<u64, PutError> {
    let text = serde_json::to_string(record)
        .map_err(|error| Fault::Defect(format!("an idempotency record cannot be written: {error}")))?;
    let expires_at = record.begun_at.plus_s(KEPT_S);
    simulator
        .documents
        .put(document_key, revision, &text, Some(expires_at))
        .await
}

fn other_parameters(key: &str) -> ApiError {
    ApiError::idempotency(format!(
        "Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '{key}' if you meant to execute a different request."
    ))
}

fn other_endpoint(key: &str, first: &str, now: &str) -> ApiError {
    ApiError::idempotency(format!(
        "Keys for idempotent requests can only be used for the same endpoint they were first used for ('{now}' vs '{first}'). Try using a key other than '{key}' if you meant to execute a different request."
    ))
}
