//! The file that tells others how far this server's clock is ahead of the machine's, so that they can follow it.
//!
//! It never says more than the journal, and nobody hears of what happens in a time before the file tells that time: it is
//! written after the operation that lets time pass is on disk, and before anything is called or answered because of it. After
//! a crash between the two it is behind the journal, and is put right before the first call.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::engine::Engine;

use super::journal::{Journal, JournalError, put_in_place};
use super::operation::Operation;
use super::service::clock_ms;

/// Why the file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ClockFileError {
    /// It cannot be read.
    #[error("{0}: {1}")]
    Io(PathBuf, io::Error),
    /// It is not what was written there.
    #[error("{0} does not say how far the clock is ahead ({1}); remove it, and the journal's word counts")]
    Damaged(PathBuf, serde_json::Error),
    /// The file or the journal cannot be written.
    #[error(transparent)]
    Unwritable(#[from] JournalError),
}

/// What it says.
#[derive(Debug, Deserialize, Serialize)]
struct Told {
    ahead_ms: u64,
}

/// The file.
pub(super) struct ClockFile(PathBuf);

impl ClockFile {
    /// Makes file and journal agree. A file that is further ahead than the journal, because the journal was removed or there is
    /// none, is believed: whoever followed it would otherwise see time go back.
    ///
    /// # Errors
    ///
    /// When the file is damaged, or one of the two cannot be written.
    pub fn open(path: PathBuf, journal: &mut Journal, engine: &mut Engine) -> Result<Self, ClockFileError> {
        let told = match fs::read(&path) {
            Ok(text) => {
                let told: Result<Told, _> = serde_json::from_slice(&text);
                told.map_err(|reason| ClockFileError::Damaged(path.clone(), reason))?
                    .ahead_ms
            }
            Err(reason) if reason.kind() == io::ErrorKind::NotFound => 0,
            Err(reason) => return Err(ClockFileError::Io(path, reason)),
        };
        if told > journal.ahead_ms {
            tracing::warn!(
                told,
                journal = journal.ahead_ms,
                "the clock's file is ahead of the journal, and is believed"
            );
            let now_ms = clock_ms().saturating_add(told).max(journal.last_ms);
            journal.perform(&Operation::Pass { ahead_ms: told }, engine, now_ms)?;
            journal.ahead_ms = told;
        }
        let file = Self(path);
        file.tell(journal.ahead_ms)?;
        Ok(file)
    }

    /// Says it from now on: whoever reads finds the old word or the new one, whole.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn tell(&self, ahead_ms: u64) -> Result<(), JournalError> {
        put_in_place(&self.0, |to| {
            to.write_all(&serde_json::to_vec(&Told { ahead_ms })?)?;
            to.write_all(b"\n")
        })
        .map(drop)
        .map_err(|reason| JournalError::Io(self.0.clone(), reason))
    }
}
