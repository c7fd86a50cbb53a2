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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde::Deserialize;

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Place {
        token: Option<String>,
        after: u64,
    }

    proptest! {
        #[test]
        fn a_cursor_leads_back_and_a_damaged_one_leads_elsewhere_or_is_refused(
            token in proptest::option::of(".{0,60}"), after: u64, damaged in damaged::text(["eyJ0b2tlbiI6bnVsbCwiYWZ0ZXIiOjd9"]), noise in ".{0,80}",
        ) {
            let place = Place { token, after };
            let cursor = write(&place).unwrap();
            prop_assert!(cursor.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
            prop_assert_eq!(read::<Place>(Some(&cursor)).unwrap(), Some(place));
            for given in [damaged, noise] {
                if let Err(Refusal::InvalidInput { errors }) = read::<Place>(Some(&given)) {
                    prop_assert_eq!(&errors[0].field, "cursor");
                }
            }
            prop_assert!(read::<Place>(Some(&"A".repeat(LENGTH_MAX + 1))).is_err());
        }
    }
}
