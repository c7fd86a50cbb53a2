//! When executions that have ended are forgotten.

use crate::engine::{Engine, Retention};

/// As long as AWS keeps them, and no more than fit into a laptop's memory.
pub(super) const KEPT: Retention = Retention {
    ended_ms: 90 * 24 * 3_600_000,
    ended_max: 100_000,
};
/// Looking at all executions is worth it after so many have ended, or after so long.
const ENDED_MIN: usize = 1_000;
const LOOK_MS: u64 = 60_000;

/// Says when it is time to look whether some are to be forgotten.
#[derive(Debug, Default)]
pub(super) struct Retainer {
    ended: usize,
    looked_ms: u64,
}

impl Retainer {
    /// So many executions have ended.
    pub fn count(&mut self, ended: usize) {
        self.ended += ended;
    }

    /// Whether some are to be forgotten now. Memory that only lookers needed is let go at the same time.
    pub fn is_due(&mut self, engine: &mut Engine, now_ms: u64) -> bool {
        if self.ended < ENDED_MIN && now_ms < self.looked_ms.saturating_add(LOOK_MS) {
            return false;
        }
        (self.ended, self.looked_ms) = (0, now_ms);
        engine.look_away();
        !engine.forgettable(KEPT, now_ms).is_empty()
    }
}
