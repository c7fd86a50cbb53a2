//! How long the processes of a stack have worked, by whose they are. Linux alone tells.

use crate::proc::{Stat, stats};

/// Processor time in seconds since a stack was started.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Worked {
    pub functions_s: f64,
    pub engine_s: f64,
    pub states_s: f64,
}

impl Worked {
    /// What was worked until now.
    pub(super) fn now(engine: u32, states: Option<u32>) -> Self {
        let mut worked = Self::default();
        // Where there is no `/proc` nothing is counted.
        for (pid, line) in stats().unwrap_or_default() {
            let Some(stat) = Stat::read(&line) else { continue };
            let own_s = stat.own_s().unwrap_or_default();
            if pid == engine {
                worked.engine_s += own_s;
                // Functions whose process has ended.
                worked.functions_s += stat.children_s().unwrap_or_default();
            } else if Some(pid) == states {
                worked.states_s += own_s;
            } else if stat.group() == Some(engine) {
                worked.functions_s += own_s;
            }
        }
        worked
    }

    pub(super) fn since(self, earlier: Self) -> Self {
        Self {
            functions_s: self.functions_s - earlier.functions_s,
            engine_s: self.engine_s - earlier.engine_s,
            states_s: self.states_s - earlier.states_s,
        }
    }
}
