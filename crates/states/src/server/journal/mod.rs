//! The journal: operations, one JSON line each, and now and then a snapshot of what they have come to.
//!
//! An operation is applied in memory, written, synced, and only then told: to the client, to functions and queues,
//! to whoever waits for an execution's end. Operations that arrive while the disk is busy share the next sync.
//!
//! Files come in generations. `operations.jsonl` is the first one's; when it has grown long, `operations-1.jsonl`
//! takes what comes next, and `snapshot-1.jsonl` is written meanwhile: the engine as it was between the two. When that
//! is whole and on disk, everything of earlier generations is removed. Opening the journal reads the last snapshot
//! and applies the operations since, in order; the engine is deterministic, so it arrives where it was. Whatever the
//! moment of a crash, either the old files are all there or the new snapshot is. A last line without its end
//! was never told to anyone and is cut off.

mod files;
mod reading;
#[cfg(test)]
mod tests;

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, JoinHandle};

use serde::{Deserialize, Serialize};

use crate::engine::{Engine, Place};

use super::operation::Operation;

pub(super) use files::put_in_place;
use files::{operations_path, snapshot_path};
use reading::Reading;

/// Raised when older journals can no longer be read.
const FORMAT: u32 = 1;
/// Whoever has locked it owns the folder.
const LOCK: &str = "lock";
/// Operations are not worth a snapshot before there are so many bytes of them: that is a second or two at a start.
const CUT_BYTES_MIN: u64 = 8 * 1024 * 1024;
/// A large engine is written again when the operations since are this part of it.
const CUT_PART: u64 = 16;
/// Short lines can stand for much: one that says that time passes may start a thousand executions. So many events are
/// worth a snapshot however few bytes led to them; doing them again takes seconds too.
const CUT_EVENTS_MIN: u64 = 20_000;
/// A large engine is written again when there is one event since for so many bytes of it.
const CUT_EVENT_BYTES: u64 = 8 * 1024;
/// Executions that are not packed: more than are at work at once on one machine, and 20 MB at most as a rule.
const AWAKE_MAX: usize = 2_048;
/// No snapshot has been written yet, or one is on its way.
const UNKNOWN: u64 = u64::MAX;

/// Why the journal cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Reading or writing failed.
    #[error("{0}: {1}")]
    Io(PathBuf, std::io::Error),
    /// A line is not what was written there.
    #[error("{0}, line {1}: {2}")]
    Damaged(PathBuf, usize, String),
    /// A snapshot is not what was written there.
    #[error("{0}: {1}")]
    DamagedSnapshot(PathBuf, String),
    /// A file between two others is not there.
    #[error("{0} is missing")]
    Missing(PathBuf),
    /// Written for another region or account, or by another version.
    #[error("{0} was written for {1}; use another folder")]
    Other(PathBuf, String),
    /// Another process uses it.
    #[error("{0} is in use by another process")]
    InUse(PathBuf),
    /// No randomness to be had for a new journal's seed.
    #[error("no random seed: {0}")]
    Seed(String),
}

/// The first line of a file.
#[derive(Serialize, Deserialize)]
struct Header {
    format: u32,
    place: Place,
    seed: u64,
    /// Of a snapshot: the time of the last operation in it.
    #[serde(default)]
    last_ms: u64,
    /// Of a snapshot: how far the clock was ahead.
    #[serde(default)]
    ahead_ms: u64,
}

/// An operation and when it was done.
#[derive(Serialize)]
struct Line<'a> {
    at_ms: u64,
    #[serde(rename = "do")]
    operation: &'a Operation,
}

/// The open journal.
pub(super) struct Journal {
    disk: Option<Disk>,
    seed: u64,
    place: Place,
    /// The time of the last operation: the clock must not go back behind it.
    pub last_ms: u64,
    /// How far the clock is ahead of the machine's.
    pub ahead_ms: u64,
}

struct Disk {
    folder: PathBuf,
    file: File,
    generation: u64,
    /// Bytes of operations since the last snapshot.
    bytes: u64,
    /// Events that those operations led to.
    events: u64,
    /// The last snapshot's size; [`UNKNOWN`] while one is being written.
    snapshot_bytes: Arc<AtomicU64>,
    /// The thread that writes a snapshot, or wrote the last one.
    snapshot: Option<JoinHandle<()>>,
    /// Let go by the system when the process ends, however it ends.
    lock: Arc<File>,
}

impl Journal {
    /// A journal that forgets: nothing survives the process.
    pub fn in_memory(place: &Place) -> Result<(Engine, Journal), JournalError> {
        let seed = new_seed()?;
        let journal = Journal {
            disk: None,
            seed,
            place: place.clone(),
            last_ms: 0,
            ahead_ms: 0,
        };
        Ok((new_engine(place, seed), journal))
    }

    /// Opens the journal in a folder and returns the engine as it was, or starts a new one.
    pub fn open(folder: &Path, place: &Place) -> Result<(Engine, Journal), JournalError> {
        let io = |reason| JournalError::Io(folder.to_owned(), reason);
        fs::create_dir_all(folder).map_err(io)?;
        let lock = OpenOptions::new()
            .create(true)
            .append(true)
            .open(folder.join(LOCK))
            .map_err(io)?;
        if lock.try_lock().is_err() {
            return Err(JournalError::InUse(folder.to_owned()));
        }
        files::remove_unfinished(folder).map_err(io)?;
        let found = files::find(folder).map_err(io)?;
        let mut reading = Reading {
            folder,
            place,
            engine: None,
            seed: 0,
            last_ms: 0,
            ahead_ms: 0,
            bytes: 0,
            events: 0,
        };
        let first = found.snapshots.last().copied().unwrap_or_default();
        let mut snapshot_bytes = 0;
        if first > 0 {
            snapshot_bytes = reading.snapshot(first)?;
        }
        let last = found.operations.last().copied().unwrap_or(first).max(first);
        for generation in first..=last {
            reading.operations(generation, generation == last)?;
        }
        files::remove_before(folder, first).map_err(io)?;
        let is_new = reading.engine.is_none();
        if is_new {
            reading.seed = new_seed()?;
        }
        let path = operations_path(folder, last);
        let io = |reason| JournalError::Io(path.clone(), reason);
        // A snapshot's operations may never have come to a file, and a first file may not have come to its header.
        let has_file = fs::metadata(&path).is_ok_and(|found| found.len() > 0);
        let file = if is_new || !has_file {
            begin_operations(folder, last, place, reading.seed).map_err(io)?
        } else {
            OpenOptions::new().append(true).open(&path).map_err(io)?
        };
        let journal = Journal {
            disk: Some(Disk {
                folder: folder.to_owned(),
                file,
                generation: last,
                bytes: reading.bytes,
                events: reading.events,
                snapshot_bytes: Arc::new(AtomicU64::new(snapshot_bytes)),
                snapshot: None,
                lock: Arc::new(lock),
            }),
            seed: reading.seed,
            place: place.clone(),
            last_ms: reading.last_ms,
            ahead_ms: reading.ahead_ms,
        };
        let engine = reading.engine.unwrap_or_else(|| new_engine(place, journal.seed));
        Ok((engine, journal))
    }

    /// Writes an operation down and does it, before anyone else does anything.
    pub fn perform(
        &mut self,
        operation: &Operation,
        engine: &mut Engine,
        now_ms: u64,
    ) -> Result<(), JournalError> {
        let folder = self.disk.as_ref().map(|disk| disk.folder.clone());
        let line = operation_line(operation, now_ms)
            .map_err(|reason| JournalError::Io(folder.unwrap_or_default(), reason))?;
        self.write(&line, 0)?;
        self.last_ms = now_ms;
        // A refused operation changes nothing.
        let _refused = operation.apply(engine, now_ms).err();
        self.count_events(engine.take_events_new());
        Ok(())
    }

    /// Adds whole lines, which led to so many events, and waits until they are on disk.
    pub fn write(&mut self, lines: &[u8], events: u64) -> Result<(), JournalError> {
        self.count_events(events);
        let Some(disk) = &mut self.disk else {
            return Ok(());
        };
        let written = disk
            .file
            .write_all(lines)
            .and_then(|()| disk.file.sync_data())
            .map_err(|reason| JournalError::Io(operations_path(&disk.folder, disk.generation), reason));
        disk.bytes += lines.len() as u64;
        written
    }

    fn count_events(&mut self, events: u64) {
        if let Some(disk) = &mut self.disk {
            disk.events += events;
        }
    }

    /// Whether a snapshot is due.
    pub fn is_long(&self) -> bool {
        self.disk.as_ref().is_some_and(|disk| {
            let snapshot_bytes = disk.snapshot_bytes.load(Ordering::Acquire);
            snapshot_bytes != UNKNOWN
                && (disk.bytes > CUT_BYTES_MIN.max(snapshot_bytes / CUT_PART)
                    || disk.events > CUT_EVENTS_MIN.max(snapshot_bytes / CUT_EVENT_BYTES))
        })
    }

    /// Begins a new generation: `engine` is what everything written so far has come to. Its snapshot is written on a
    /// thread of its own; until that is done, the generations before are kept.
    pub fn cut(&mut self, engine: Engine, last_ms: u64, ahead_ms: u64) -> Result<(), JournalError> {
        // It may have been asked for twice before the first one came.
        if !self.is_long() {
            return Ok(());
        }
        let Some(disk) = &mut self.disk else {
            return Ok(());
        };
        let generation = disk.generation + 1;
        disk.file = begin_operations(&disk.folder, generation, &self.place, self.seed)
            .map_err(|reason| JournalError::Io(operations_path(&disk.folder, generation), reason))?;
        disk.generation = generation;
        disk.bytes = 0;
        disk.events = 0;
        let before = disk.snapshot_bytes.swap(UNKNOWN, Ordering::AcqRel);
        let size = Arc::clone(&disk.snapshot_bytes);
        let folder = disk.folder.clone();
        let header = Header {
            format: FORMAT,
            place: self.place.clone(),
            seed: self.seed,
            last_ms,
            ahead_ms,
        };
        let lock = Arc::clone(&disk.lock);
        disk.snapshot = Some(thread::spawn(move || {
            let written = write_snapshot(&folder, generation, &header, &engine);
            let bytes = written.unwrap_or_else(|reason| {
                // Nothing is lost: the operations are all there, and the next cut tries again.
                tracing::warn!(%reason, generation, "the snapshot could not be written");
                before
            });
            size.store(bytes, Ordering::Release);
            // The folder is this process's for as long as this thread works in it.
            drop(lock);
        }));
        Ok(())
    }
}

impl Drop for Disk {
    /// A snapshot that has been begun is finished, unless the process ends before.
    fn drop(&mut self) {
        if let Some(snapshot) = self.snapshot.take() {
            let _panicked = snapshot.join().err();
        }
    }
}

impl Header {
    fn check(&self, path: &Path, place: &Place) -> Result<(), JournalError> {
        if self.format == FORMAT && self.place == *place {
            return Ok(());
        }
        let found = format!(
            "format {}, {} in {}",
            self.format, self.place.account, self.place.region
        );
        Err(JournalError::Other(path.to_owned(), found))
    }
}

fn new_engine(place: &Place, seed: u64) -> Engine {
    let mut engine = Engine::new(place.clone(), seed);
    engine.pack_beyond(AWAKE_MAX);
    engine
}

fn begin_operations(folder: &Path, generation: u64, place: &Place, seed: u64) -> std::io::Result<File> {
    let header = Header {
        format: FORMAT,
        place: place.clone(),
        seed,
        last_ms: 0,
        ahead_ms: 0,
    };
    put_in_place(&operations_path(folder, generation), |to| {
        to.write_all(&line_of(&header)?)
    })
}

/// Writes a snapshot, puts it in place, and removes what it replaces; its size.
fn write_snapshot(folder: &Path, generation: u64, header: &Header, engine: &Engine) -> std::io::Result<u64> {
    let file = put_in_place(&snapshot_path(folder, generation), |to| {
        to.write_all(&line_of(header)?)?;
        engine.save(to)
    })?;
    files::remove_before(folder, generation)?;
    let bytes = file.metadata()?.len();
    tracing::info!(generation, bytes, "snapshot written");
    Ok(bytes)
}

fn new_seed() -> Result<u64, JournalError> {
    let mut seed = [0u8; 8];
    getrandom::fill(&mut seed).map_err(|reason| JournalError::Seed(reason.to_string()))?;
    Ok(u64::from_le_bytes(seed))
}

/// The line of an operation.
pub(super) fn operation_line(operation: &Operation, at_ms: u64) -> std::io::Result<Vec<u8>> {
    line_of(&Line { at_ms, operation })
}

fn line_of(value: &impl Serialize) -> std::io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    Ok(line)
}
