//! Short links: eight characters that lead to an address of the web, made by a user.

use crate::ids::UserId;
use crate::refusal::Refusal;
use crate::timestamp::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;
use std::net::Ipv6Addr;

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

/// Checks an address that a short link is to lead to: `http` or `https`, a host, and nothing by which a browser could
/// arrive elsewhere than a reader thinks. It is kept as it was written, not tidied: the id is made of its letters.
///
/// # Errors
/// [`Refusal::InvalidInput`] that names the field `target`.
pub fn check_target(target: &str) -> Result<(), Refusal> {
    match what_is_wrong_with(target) {
        None => Ok(()),
        Some(why) => Err(Refusal::invalid("target", why)),
    }
}

fn what_is_wrong_with(target: &str) -> Option<String> {
    let say = |why: &str| Some(why.to_owned());
    if target.is_empty() {
        return say("must not be empty");
    }
    if target.len() > TARGET_MAX {
        return Some(format!("must be at most {TARGET_MAX} bytes"));
    }
    if !target.bytes().all(|byte| byte.is_ascii_graphic()) {
        return say("must be written in ASCII, without spaces; write other characters as %XX");
    }
    // Browsers read a backslash as a slash, and so arrive at another host than the address seems to name.
    if target.contains(['\\', '"', '<', '>']) {
        return say("must not contain \\, \", < or >; write them as %XX");
    }
    let Some(rest) = ["http://", "https://"].into_iter().find_map(|scheme| {
        let (start, rest) = target.split_at_checked(scheme.len())?;
        start.eq_ignore_ascii_case(scheme).then_some(rest)
    }) else {
        return say("must begin with http:// or https://");
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return say("must not contain a user name or password");
    }
    if !is_host_and_port(authority) {
        return say("must name a host, such as example.com, and no port but 1 to 65535");
    }
    None
}

/// Whether this is a host and perhaps a port, as they stand in an address.
fn is_host_and_port(authority: &str) -> bool {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((address, "")) => (address, None),
            Some((address, after)) => match after.strip_prefix(':') {
                Some(port) => (address, Some(port)),
                None => return false,
            },
            None => return false,
        },
        None => match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    let is_host = if authority.starts_with('[') {
        host.parse::<Ipv6Addr>().is_ok()
    } else {
        is_name(host)
    };
    let is_port = |port: &str| {
        port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port > 0)
    };
    is_host && port.is_none_or(is_port)
}

/// Whether this is a name or an IPv4 address: labels of 1 to 63 letters, digits, `-` and `_`, 253 characters in all.
fn is_name(host: &str) -> bool {
    // A dot at the end is the root of all names.
    let host = host.strip_suffix('.').unwrap_or(host);
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    host.len() <= 253 && host.split('.').all(is_label)
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
    /// When it was taken down. It keeps its id and leads nowhere any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_down_at: Option<Timestamp>,
}

impl Link {
    /// The same, if it still leads somewhere.
    ///
    /// # Errors
    /// [`Refusal::LinkTakenDown`].
    pub fn followed(self) -> Result<Self, Refusal> {
        match self.taken_down_at {
            None => Ok(self),
            Some(_) => Err(Refusal::LinkTakenDown {
                link_id: self.link_id,
            }),
        }
    }
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
    fn an_address_of_the_web_is_kept_as_it_was_written() {
        for target in [
            "http://google.com",
            "HTTPS://Example.COM/",
            "https://example.com:8443/a/b?c=d&e=%20#f",
            "http://localhost:8080/door/0123",
            "http://127.0.0.1",
            "http://[::1]:3000/x",
            "http://[2001:db8::1]",
            "https://xn--bcher-kva.example./",
            "https://example.com?to=https://other.example/@x",
            "http://my_host",
        ] {
            assert_eq!(check_target(target), Ok(()), "{target}");
        }
        let longest = format!("http://a/{}", "b".repeat(TARGET_MAX - 9));
        assert_eq!(check_target(&longest), Ok(()));
        assert!(check_target(&format!("{longest}b")).is_err());
    }

    #[test]
    fn what_is_no_address_of_the_web_is_refused_by_the_name_of_its_field() {
        for target in [
            "",
            "google.com",
            "//google.com",
            "/l/Fy9z6aGA",
            "javascript:alert(1)",
            "JavaScript:alert(1)//http://",
            "data:text/html,x",
            "ftp://example.com",
            "file:///etc/passwd",
            "http:/example.com",
            "http://",
            "http:///path",
            "http://?x",
            "http://:80",
            "http://user@example.com",
            "http://example.com:pass@evil.example",
            "http://good.example\\@evil.example",
            "http:\\\\evil.example",
            "http://example.com/\\evil.example",
            "http://example.com/?q=\"><script>",
            "http://a..b",
            "http://.",
            "http://example.com:0",
            "http://example.com:65536",
            "http://example.com:+1",
            "http://example.com:",
            "http://[::1",
            "http://[::g]",
            "http://[::1]x",
            "http://exa mple.com",
            " http://example.com",
            "http://example.com/\r\nSet-Cookie:x",
            "http://example.com/\u{0}",
            "http://example.com/\u{202e}",
            "http://b\u{fc}cher.example",
            "https://\u{1f600}",
            "httpx://example.com",
        ] {
            match check_target(target) {
                Err(Refusal::InvalidInput { errors }) => assert_eq!(errors[0].field, "target", "{target}"),
                other => panic!("{target:?}: {other:?}"),
            }
        }
    }

    proptest! {
        /// Whatever is accepted can stand in a `Location` header as it is.
        #[test]
        fn what_is_accepted_is_one_line_of_visible_ascii(target in "(https?://)?\\PC{0,40}") {
            if check_target(&target).is_ok() {
                prop_assert!(target.bytes().all(|byte| byte.is_ascii_graphic()));
                prop_assert!(target.starts_with("http"));
            }
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
