//! What a person reads when a command cannot go on: what happened, why, and what to do next.

use std::fmt::{self, Display};

/// The one error of this crate: sentences for whoever ran the command.
#[derive(Debug)]
pub struct Failure(String);

/// The result of everything that may end a command.
pub type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    /// A failure told in `sentences`.
    pub fn new(sentences: impl Into<String>) -> Self {
        Self(sentences.into())
    }
}

impl Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}

/// Says what was being done when a lower-level error came.
pub trait While<T> {
    /// `"cannot {doing}: {error}"`, where `doing` is an infinitive such as "read the file".
    fn while_doing(self, doing: impl Display) -> Result<T>;
}

impl<T, E: Display> While<T> for std::result::Result<T, E> {
    fn while_doing(self, doing: impl Display) -> Result<T> {
        self.map_err(|error| Failure::new(format!("cannot {doing}: {error}")))
    }
}
