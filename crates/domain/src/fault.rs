//! Everything that can go wrong in a step, as four kinds that are treated differently.

use crate::refusal::Refusal;

/// Why a step did not do what was asked. The kind decides what the workflow does next.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A rule said no. Promise: nothing was changed by this call. Unwinds from the step before.
    #[error("{0}")]
    Refused(Refusal),
    /// A dependency was busy or away; nothing was changed, or repeating is safe. The workflow retries.
    #[error("transient: {0}")]
    Transient(String),
    /// The provider may or may not have acted. Only an inquiry can tell; never counted as failure.
    #[error("outcome unknown: {0}")]
    Unknown(String),
    /// A bug or a broken invariant. Never retried, never mistaken for a refusal.
    #[error("defect: {0}")]
    Defect(String),
}

impl Fault {
    /// The name that Step Functions matches in `ErrorEquals`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Refused(refusal) => refusal.name(),
            Self::Transient(_) => "Transient",
            Self::Unknown(_) => "PaymentOutcomeUnknown",
            Self::Defect(_) => "Defect",
        }
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}
