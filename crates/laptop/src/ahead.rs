//! How far the local stack's clock is ahead of the machine's.

use crate::WorldError;
use serde::Deserialize;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

/// What the local Step Functions write (`states serve --clock-file`): replaced whole, so it reads at any moment.
#[derive(Deserialize)]
struct Told {
    ahead_ms: u64,
}

/// Reads the file of the clock, and never less from it than before.
#[derive(Debug)]
pub struct Ahead {
    file: PathBuf,
    most_ms: AtomicU64,
}

impl Ahead {
    /// Reads it for the first time.
    ///
    /// # Errors
    /// [`WorldError`] when it cannot be read: nobody knows what time it is then.
    pub fn open(file: PathBuf) -> Result<Self, WorldError> {
        let ahead = Self {
            file,
            most_ms: AtomicU64::new(0),
        };
        ahead.read_ms()?;
        Ok(ahead)
    }

    /// How far the clock is ahead now, milliseconds.
    ///
    /// # Errors
    /// [`WorldError`] when the file cannot be read or says less than before; [`Ahead::known_ms`] is the best guess then.
    pub fn read_ms(&self) -> Result<u64, WorldError> {
        let text = fs::read(&self.file).map_err(|error| WorldError::Io(self.file.clone(), error))?;
        let told: Told =
            serde_json::from_slice(&text).map_err(|error| WorldError::Damaged(self.file.clone(), error))?;
        let before = self.most_ms.fetch_max(told.ahead_ms, Ordering::SeqCst);
        if told.ahead_ms < before {
            return Err(WorldError::WentBack(self.file.clone(), told.ahead_ms, before));
        }
        Ok(told.ahead_ms)
    }

    /// The most that was ever read, milliseconds.
    pub fn known_ms(&self) -> u64 {
        self.most_ms.load(Ordering::SeqCst)
    }
}
