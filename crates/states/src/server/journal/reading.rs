//! Reading a journal: the newest snapshot, and the operations after it done again.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Seek, SeekFrom};
use std::path::Path;
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::engine::{Engine, Place};

use super::files::{operations_path, snapshot_path};
use super::{AWAKE_MAX, Header, JournalError, Operation, new_engine};

/// How often a reading that takes long says how far it is.
const TOLD_EVERY: Duration = Duration::from_secs(5);

/// A line as it was written.
#[derive(Deserialize)]
struct ReadLine {
    at_ms: u64,
    #[serde(rename = "do")]
    operation: Operation,
}

/// What has been read so far.
pub(super) struct Reading<'a> {
    pub folder: &'a Path,
    pub place: &'a Place,
    pub engine: Option<Engine>,
    pub seed: u64,
    pub last_ms: u64,
    pub ahead_ms: u64,
    pub bytes: u64,
    pub events: u64,
}

impl Reading<'_> {
    /// Reads a snapshot; its size.
    pub fn snapshot(&mut self, generation: u64) -> Result<u64, JournalError> {
        let path = snapshot_path(self.folder, generation);
        let io = |reason| JournalError::Io(path.clone(), reason);
        let file = File::open(&path).map_err(io)?;
        let bytes = file.metadata().map_err(io)?.len();
        let mut reader = BufReader::with_capacity(1 << 20, file);
        let mut text = String::new();
        reader.read_line(&mut text).map_err(io)?;
        let header: Header = serde_json::from_str(&text)
            .map_err(|reason| JournalError::Damaged(path.clone(), 1, reason.to_string()))?;
        header.check(&path, self.place)?;
        let mut engine = Engine::load(&mut reader)
            .map_err(|reason| JournalError::DamagedSnapshot(path.clone(), reason))?;
        engine.pack_beyond(AWAKE_MAX);
        (self.seed, self.last_ms, self.ahead_ms) = (header.seed, header.last_ms, header.ahead_ms);
        self.engine = Some(engine);
        tracing::info!(generation, bytes, "snapshot read");
        Ok(bytes)
    }

    /// Applies a generation's operations. Only the last file may end in the middle of a line.
    pub fn operations(&mut self, generation: u64, is_last: bool) -> Result<(), JournalError> {
        let path = operations_path(self.folder, generation);
        let io = |reason| JournalError::Io(path.clone(), reason);
        let mut file = match OpenOptions::new().read(true).write(true).open(&path) {
            Ok(file) => file,
            // The snapshot was in place before anything followed it, or there is nothing yet.
            Err(reason) if reason.kind() == std::io::ErrorKind::NotFound && is_last => return Ok(()),
            Err(reason) if reason.kind() == std::io::ErrorKind::NotFound => {
                return Err(JournalError::Missing(path));
            }
            Err(reason) => return Err(io(reason)),
        };
        let mut reader = BufReader::with_capacity(1 << 20, &file);
        let (mut whole_bytes, mut number) = (0u64, 0usize);
        let mut text = Vec::new();
        let mut told = Instant::now();
        loop {
            text.clear();
            let bytes = reader.read_until(b'\n', &mut text).map_err(io)?;
            if bytes == 0 || !text.ends_with(b"\n") {
                break;
            }
            number += 1;
            let damaged =
                |reason: serde_json::Error| JournalError::Damaged(path.clone(), number, reason.to_string());
            if number == 1 {
                let header: Header = serde_json::from_slice(&text).map_err(damaged)?;
                header.check(&path, self.place)?;
                self.seed = header.seed;
                let new = || new_engine(self.place, header.seed);
                self.engine.get_or_insert_with(new);
            } else if let Some(engine) = &mut self.engine {
                let line: ReadLine = crate::saved::read(&text).map_err(damaged)?;
                self.last_ms = line.at_ms;
                if let Operation::Pass { ahead_ms } = &line.operation {
                    self.ahead_ms = *ahead_ms;
                }
                // What was refused then is refused again, and was told then.
                let _refused = line.operation.apply(engine, line.at_ms).err();
                while engine.next_call().is_some() {}
                engine.take_ended();
                // They were delivered when they happened, or lost with the process.
                engine.take_logged();
                self.events += engine.take_events_new();
            }
            whole_bytes += bytes as u64;
            if told.elapsed() >= TOLD_EVERY {
                told = Instant::now();
                let (operations, events) = (number - 1, self.events);
                tracing::info!(generation, operations, events, "reading the journal");
            }
        }
        let torn = file.seek(SeekFrom::End(0)).map_err(io)? > whole_bytes;
        if torn && !is_last {
            return Err(JournalError::Damaged(
                path,
                number + 1,
                "it has no end, and a file follows".to_owned(),
            ));
        }
        if torn {
            file.set_len(whole_bytes).map_err(io)?;
        }
        self.bytes += whole_bytes;
        tracing::info!(generation, operations = number.saturating_sub(1), "journal read");
        Ok(())
    }
}
