//! What a stack on one's own machine is told about its world: how much time was let pass, and what is made to go wrong.
//!
//! It is told in files of one folder, which the start of a local stack names in `LOCAL_WORLD`. The local Step Functions
//! write [how far their clock is ahead](Ahead), `ops-api` writes the [`Conditions`]; functions and the local front read. On AWS there
//! is no such variable, no such folder, and nothing of this crate runs.

mod ahead;
mod clock;
mod conditions;
mod market;

pub use ahead::Ahead;
pub use clock::LaptopClock;
pub use conditions::{Conditions, ConditionsFile};
pub use market::LaptopMarket;

use std::io;
use std::path::{Path, PathBuf};

/// The environment variable that names the folder.
pub const FOLDER: &str = "LOCAL_WORLD";
/// Where the local Step Functions tell how far their clock is ahead.
const CLOCK: &str = "clock.json";
const CONDITIONS: &str = "conditions.json";

/// The file of the clock in this folder.
#[must_use]
pub fn clock_file(folder: &Path) -> PathBuf {
    folder.join(CLOCK)
}

/// The file of the conditions in this folder.
#[must_use]
pub fn conditions_file(folder: &Path) -> ConditionsFile {
    ConditionsFile::at(folder.join(CONDITIONS))
}

/// Why a file of the world cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum WorldError {
    /// It cannot be read or written.
    #[error("{0}: {1}")]
    Io(PathBuf, io::Error),
    /// It is not what was written there.
    #[error("{0} does not read ({1})")]
    Damaged(PathBuf, serde_json::Error),
    /// Time would go back.
    #[error("{0} says {1} ms where it said {2} ms before; time does not go back")]
    WentBack(PathBuf, u64, u64),
}
