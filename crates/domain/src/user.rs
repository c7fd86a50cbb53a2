//! Who buys and sells.

use crate::ids::UserId;
use crate::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

/// Shortest password in characters (product.md, "Users").
pub const PASSWORD_MIN: usize = 5;
/// Longest password in characters.
pub const PASSWORD_MAX: usize = 72;
/// Sign-in attempts allowed per e-mail address in one window.
pub const SIGN_INS_PER_WINDOW: u32 = 10;
/// Length of the window in which sign-in attempts are counted, seconds.
pub const SIGN_IN_WINDOW_S: u32 = 60;

/// An e-mail address, lower case, with something on both sides of one `@`. Its owner is not proven by this.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email(String);

/// A text that cannot be an e-mail address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an e-mail address")]
pub struct NotAnEmail;

impl Email {
    /// Reads and lower-cases an address of at most 254 characters.
    ///
    /// # Errors
    /// [`NotAnEmail`] unless there is exactly one `@` with a name before it and a dotted host after it.
    pub fn parse(text: &str) -> Result<Self, NotAnEmail> {
        let text = text.trim().to_lowercase();
        let (name, host) = text.split_once('@').ok_or(NotAnEmail)?;
        let plain = |part: &str| {
            !part.is_empty()
                && !part
                    .chars()
                    .any(|c| c.is_whitespace() || c.is_control() || c == '@')
        };
        let dotted = host.contains('.') && host.split('.').all(|label| !label.is_empty());
        if text.len() <= 254 && plain(name) && plain(host) && dotted {
            Ok(Self(text))
        } else {
            Err(NotAnEmail)
        }
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

impl TryFrom<String> for Email {
    type Error = NotAnEmail;
    fn try_from(text: String) -> Result<Self, NotAnEmail> {
        Self::parse(&text)
    }
}

/// What an account may do beyond its own affairs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Buys and sells. Whoever signs up is this.
    #[default]
    Buyer,
    /// Looks after the shop as well: executions, queues, conservation. Appointed, never signed up for.
    Operator,
}

impl Role {
    /// The name in JSON and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Buyer => "buyer",
            Self::Operator => "operator",
        }
    }
}

/// An account. The e-mail address is its key, which is what makes it unique under parallel sign-ups.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The address that signs in.
    pub email: Email,
    /// The user.
    pub user_id: UserId,
    /// Argon2id hash in PHC form. Never leaves the account functions.
    pub password_hash: String,
    /// What it may do. A row without it was written before there were roles.
    #[serde(default)]
    pub role: Role,
    /// When the account was made.
    pub created_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_written_before_there_were_roles_is_a_buyers() {
        assert_eq!(Role::default(), Role::Buyer);
        for role in [Role::Buyer, Role::Operator] {
            let text: serde::de::value::StrDeserializer<'_, serde::de::value::Error> =
                serde::de::IntoDeserializer::into_deserializer(role.as_str());
            assert_eq!(Role::deserialize(text), Ok(role));
        }
    }

    #[test]
    fn addresses_are_lower_cased_and_nonsense_is_refused() {
        assert_eq!(
            Email::parse(" Ana@Example.COM ").map(String::from),
            Ok("ana@example.com".to_owned())
        );
        for nonsense in [
            "",
            "ana",
            "ana@",
            "@example.com",
            "ana@host",
            "a b@example.com",
            "a@b@example.com",
            "a@.com",
        ] {
            assert!(Email::parse(nonsense).is_err(), "{nonsense:?} was accepted");
        }
    }
}
