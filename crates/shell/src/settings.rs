//! Settings from the environment, read once at start-up. A wrong one stops the function with a sentence.

use contract::{PublicBase, SessionSecret};
use domain::Currency;
use std::str::FromStr;

/// A setting that is missing or cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    /// It is not there.
    #[error(
        "the environment variable {0} is missing; template.yaml sets it for every function that reads it"
    )]
    Missing(String),
    /// It leads to something that cannot be used.
    #[error("the environment variable {name} leads to something that cannot be used: {why}")]
    Useless {
        /// Which.
        name: String,
        /// What is wrong with what it leads to; no secret.
        why: String,
    },
    /// It is there, but not of the kind that is expected. Its value is not repeated: it may be a secret.
    #[error("the environment variable {name} is not {expected}")]
    Malformed {
        /// Which.
        name: String,
        /// What was expected.
        expected: &'static str,
    },
}

/// Reads settings.
#[derive(Clone, Copy, Debug, Default)]
pub struct Settings;

impl Settings {
    /// A text that must be there.
    ///
    /// # Errors
    /// [`SettingError::Missing`].
    pub fn text(self, name: &str) -> Result<String, SettingError> {
        match std::env::var(name) {
            Ok(value) if !value.is_empty() => Ok(value),
            _ => Err(SettingError::Missing(name.to_owned())),
        }
    }

    /// A text that may be empty, which is none. The template sets the variable in either case.
    ///
    /// # Errors
    /// [`SettingError::Missing`] when there is no such variable at all.
    pub fn text_if_any(self, name: &str) -> Result<Option<String>, SettingError> {
        let value = std::env::var(name).map_err(|_| SettingError::Missing(name.to_owned()))?;
        Ok(Some(value).filter(|value| !value.is_empty()))
    }

    /// A value that must be there and be readable as `T`.
    ///
    /// # Errors
    /// [`SettingError`].
    pub fn value<T: FromStr>(self, name: &str, expected: &'static str) -> Result<T, SettingError> {
        let malformed = |_| SettingError::Malformed {
            name: name.to_owned(),
            expected,
        };
        self.text(name)?.parse().map_err(malformed)
    }

    /// The key that signs sessions, from `SESSION_SECRET`.
    ///
    /// # Errors
    /// [`SettingError`].
    pub fn session_secret(self) -> Result<SessionSecret, SettingError> {
        let name = "SESSION_SECRET";
        SessionSecret::new(&self.text(name)?).map_err(|_| SettingError::Malformed {
            name: name.to_owned(),
            expected: "at least 32 characters long",
        })
    }

    /// Where people reach the shop, from `PUBLIC_BASE_URL`.
    ///
    /// # Errors
    /// [`SettingError`].
    pub fn public_base(self) -> Result<PublicBase, SettingError> {
        let name = "PUBLIC_BASE_URL";
        PublicBase::parse(&self.text(name)?).map_err(|_| SettingError::Malformed {
            name: name.to_owned(),
            expected: "an address that begins with http:// or https://",
        })
    }

    /// The currency of every price, from `CURRENCY`.
    ///
    /// # Errors
    /// [`SettingError`].
    pub fn currency(self) -> Result<Currency, SettingError> {
        let name = "CURRENCY";
        Currency::parse(&self.text(name)?).map_err(|_| SettingError::Malformed {
            name: name.to_owned(),
            expected: "three lower-case letters",
        })
    }
}
