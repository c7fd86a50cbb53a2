//! Where the next page starts, as text that comes back from outside.
//!
//! A cursor holds the moment and the id of the last row shown, as URL-safe base64 of compact JSON. Whose list it is
//! does not stand in it: the hash key of the index comes from the asker, so a forged cursor can at most start
//! somewhere else in the asker's own list.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{Cursor, Fault, Refusal};
use serde::{Deserialize, Serialize};

/// Longer text is not looked at; ours have about 70 characters.
const LENGTH_MAX: usize = 256;

/// The last row of a page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Position {
    /// `created_at` of the row, milliseconds.
    pub(crate) at: i64,
    /// Primary key of the row.
    pub(crate) id: String,
}

impl Position {
    /// As a cursor.
    pub(crate) fn to_cursor(&self) -> Result<Cursor, Fault> {
        let json = serde_json::to_vec(self)
            .map_err(|error| Fault::Defect(format!("a cursor could not be written: {error}")))?;
        Ok(Cursor(URL_SAFE_NO_PAD.encode(json)))
    }

    /// Reads a cursor whose id `is_id` accepts.
    ///
    /// # Errors
    /// [`Refusal::InvalidInput`] for anything that [`Position::to_cursor`] does not write.
    pub(crate) fn from_cursor(cursor: &Cursor, is_id: fn(&str) -> bool) -> Result<Self, Refusal> {
        let text = cursor.0.as_str();
        (text.len() <= LENGTH_MAX)
            .then(|| URL_SAFE_NO_PAD.decode(text).ok())
            .flatten()
            .and_then(|json| serde_json::from_slice::<Self>(&json).ok())
            .filter(|position| is_id(&position.id))
            .ok_or_else(|| {
                Refusal::invalid(
                    "cursor",
                    "This is not a cursor of this list; start again without one.",
                )
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::TicketId;
    use proptest::prelude::*;

    fn is_ticket(text: &str) -> bool {
        TicketId::parse(text).is_ok()
    }

    fn refused(text: String) -> bool {
        matches!(
            Position::from_cursor(&Cursor(text), is_ticket),
            Err(Refusal::InvalidInput { errors }) if errors.len() == 1 && errors[0].field == "cursor"
        )
    }

    proptest! {
        #[test]
        fn a_cursor_leads_back_to_where_it_came_from(at: i64, bytes: [u8; 16]) {
            let position = Position { at, id: TicketId::from_random(bytes).to_string() };
            let cursor = position.to_cursor().unwrap();
            prop_assert!(cursor.0.len() <= LENGTH_MAX);
            prop_assert!(cursor.0.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
            prop_assert_eq!(Position::from_cursor(&cursor, is_ticket), Ok(position));
        }

        #[test]
        fn garbage_is_refused(text in ".{0,300}") {
            prop_assert!(refused(text));
        }

        #[test]
        fn base64_of_garbage_is_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(refused(URL_SAFE_NO_PAD.encode(bytes)));
        }
    }

    #[test]
    fn other_attributes_other_types_and_other_ids_are_refused() {
        let id = TicketId::from_random([7; 16]);
        for json in [
            format!(r#"{{"at":1,"id":"{id}","owner_id":"usr_x"}}"#),
            format!(r#"{{"at":"1","id":"{id}"}}"#),
            format!(r#"{{"id":"{id}"}}"#),
            format!(r#"{{"at":1.5,"id":"{id}"}}"#),
            r#"{"at":1,"id":"ord_00000000000000000000000000"}"#.to_owned(),
            r#"{"at":1,"id":{"S":"x"}}"#.to_owned(),
            "null".to_owned(),
        ] {
            assert!(refused(URL_SAFE_NO_PAD.encode(&json)), "{json}");
        }
    }
}
