//! Cursors: where a list goes on, as text that comes back from outside.
//!
//! A cursor holds places in the account's own lists and nothing that anybody may not see, so it is read and not trusted: a
//! forged one starts somewhere else in what its sender may read anyway.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Refusal;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Addresses of more than 8,000 characters do not pass every gateway.
const LENGTH_MAX: usize = 7_000;

/// As a cursor.
pub(crate) fn write<T: Serialize>(place: &T) -> Option<String> {
    Some(URL_SAFE_NO_PAD.encode(serde_json::to_vec(place).ok()?))
}

/// Reads one that [`write`] wrote.
pub(crate) fn read<T: DeserializeOwned>(cursor: Option<&str>) -> Result<Option<T>, Refusal> {
    let Some(text) = cursor else {
        return Ok(None);
    };
    (text.len() <= LENGTH_MAX)
        .then(|| URL_SAFE_NO_PAD.decode(text).ok())
        .flatten()
        .and_then(|json| serde_json::from_slice(&json).ok())
        .map(Some)
        .ok_or_else(|| {
            Refusal::invalid(
                "cursor",
                "This is not a cursor of this list; start again without one.",
            )
        })
}
