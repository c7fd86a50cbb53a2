//! How much is sent.

use super::scene::Who;

/// How much, and which.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// Requests made by chance for each operation, at most.
    pub examples: u32,
    /// The same requests as another run that had this number; the ids in them are each run's own.
    pub seed: u64,
    /// Whether all of it is sent by everybody. If not, it is a run that a suite can bear.
    pub is_whole: bool,
}

impl Asked {
    /// What the suite sends: the same each time.
    #[must_use]
    pub const fn in_the_suite() -> Self {
        Self {
            examples: 2,
            seed: 1,
            is_whole: false,
        }
    }

    /// The phases of one person's run.
    pub(super) fn phases(self, who: Who) -> &'static str {
        match (self.is_whole, who) {
            (true, _) => "examples,coverage,fuzzing,stateful",
            (false, Who::Stranger) => "examples",
            (false, Who::Buyer) => "fuzzing",
            // An operator is a buyer too: every example, and every bound of every field, is tried once.
            (false, Who::Operator) => "examples,coverage",
        }
    }

    /// Methods that are tried where a path does not have them. Not TRACE: a gateway lets nobody have it. A suite tries none: which
    /// methods a path has is the gateway's to know.
    pub(super) const fn unexpected_methods(self) -> &'static [&'static str] {
        if self.is_whole {
            &["GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS"]
        } else {
            &[]
        }
    }
}

impl Default for Asked {
    fn default() -> Self {
        Self {
            examples: 50,
            seed: 1,
            is_whole: true,
        }
    }
}
