//! Short links: eight characters that lead to an address of the web, made by a user.

use crate::ids::UserId;
use crate::timestamp::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;

/// Characters of a short link's id.
pub const ID_LENGTH: usize = 8;
/// Longest address, in bytes.
pub const TARGET_MAX: usize = 2_048;
/// Ids tried for one address before it is given up: each the next when another address has the one before.
pub const TRIES_MAX: u32 = 8;

/// Base 58 as Bitcoin writes it: no 0, O, I and l, which look alike.
const ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/// The id of a short link, e.g. `Fy9z6aGA`. Letters mean what they say: case counts.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LinkId(String);

/// A text that is no id of a short link.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a short link has 8 letters and digits, without 0, O, I and l")]
pub struct NotALinkId;

impl LinkId {
    /// The id of an address: the first eight characters of base 58 of the last eight bytes of its SHA-256 (api.md,
    /// "Short links"). `attempt` above 0 gives the next candidate, for when another address has the one before.
    #[must_use]
    pub fn of_target(target: &str, attempt: u32) -> Self {
        let digest = match attempt {
            0 => Sha256::digest(target.as_bytes()),
            // A fragment is never sent to a server, so this is nobody else's address.
            n => Sha256::digest(format!("{target}#{n}").as_bytes()),
        };
        let mut last = [0; 8];
        last.copy_from_slice(&digest[24..]);
        let mut text = base58(u64::from_be_bytes(last));
        text.truncate(ID_LENGTH);
        // A number that happens to be small has fewer characters.
        while text.len() < ID_LENGTH {
            text.insert(0, char::from(ALPHABET[0]));
        }
        Self(text)
    }

    /// Reads an id.
    ///
    /// # Errors
    /// [`NotALinkId`] when length or alphabet differ.
    pub fn parse(text: &str) -> Result<Self, NotALinkId> {
        let well_formed = text.len() == ID_LENGTH && text.bytes().all(|byte| ALPHABET.contains(&byte));
        if well_formed {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotALinkId)
        }
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LinkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<LinkId> for String {
    fn from(id: LinkId) -> Self {
        id.0
    }
}

impl TryFrom<String> for LinkId {
    type Error = NotALinkId;
    fn try_from(text: String) -> Result<Self, NotALinkId> {
        Self::parse(&text)
    }
}

fn base58(mut number: u64) -> String {
    let mut digits = Vec::new();
    while number > 0 {
        let digit = usize::try_from(number % 58).unwrap_or_default();
        digits.push(char::from(ALPHABET[digit]));
        number /= 58;
    }
    digits.iter().rev().collect()
}

/// A short link as stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Its id.
    pub link_id: LinkId,
    /// Where it leads: `http://` or `https://`, as its maker wrote it.
    pub target: String,
    /// Who made it first.
    pub owner_id: UserId,
    /// When.
    pub created_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn google_is_the_one_that_everybody_checks_first() {
        assert_eq!(LinkId::of_target("http://google.com", 0).as_str(), "Fy9z6aGA");
        assert_ne!(
            LinkId::of_target("http://google.com", 1),
            LinkId::of_target("http://google.com", 0)
        );
    }

    proptest! {
        #[test]
        fn every_address_has_an_id_that_reads_back(target: String, attempt in 0..TRIES_MAX) {
            let id = LinkId::of_target(&target, attempt);
            prop_assert_eq!(LinkId::parse(id.as_str()), Ok(id));
        }
    }

    #[test]
    fn what_looks_alike_is_no_id() {
        for text in [
            "",
            "short",
            "Fy9z6aG0",
            "Fy9z6aGO",
            "Fy9z6aGI",
            "Fy9z6aGl",
            "../../..",
            "Fy9z6aGAA",
        ] {
            assert_eq!(LinkId::parse(text), Err(NotALinkId), "{text}");
        }
    }
}
