//! The journal: one file, one JSON line per operation, first a header with the seed.
//!
//! An operation is applied in memory, written, synced, and only then told: to the client, to functions and queues,
//! to whoever waits for an execution's end. Operations that arrive while the disk is busy share the next sync.
//! Opening the journal applies every line again; the engine is deterministic, so it arrives where it was. A last
//! line without its end was never told to anyone and is cut off.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::engine::{Engine, Place};

use super::operation::Operation;

/// Raised when older journals can no longer be read.
const FORMAT: u32 = 1;
const FILE_NAME: &str = "operations.jsonl";

/// Why the journal cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Reading or writing failed.
    #[error("{0}: {1}")]
    Io(PathBuf, std::io::Error),
    /// A line is not what was written there.
    #[error("{0}, line {1}: {2}")]
    Damaged(PathBuf, usize, String),
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

#[derive(Serialize, Deserialize)]
struct Header {
    format: u32,
    place: Place,
    seed: u64,
}

/// An operation and when it was done.
#[derive(Serialize, Deserialize)]
struct Line {
    at_ms: u64,
    #[serde(rename = "do")]
    operation: Operation,
}

/// The open journal.
pub(super) struct Journal {
    file: File,
    path: PathBuf,
    /// The time of the last operation: the clock must not go back behind it.
    pub last_ms: u64,
}

impl Journal {
    /// Opens the journal in a folder and returns the engine as it was, or starts a new one.
    pub fn open(folder: &Path, place: &Place) -> Result<(Engine, Journal), JournalError> {
        let path = folder.join(FILE_NAME);
        let io = |reason| JournalError::Io(path.clone(), reason);
        fs::create_dir_all(folder).map_err(io)?;
        let mut file = OpenOptions::new()
            .create(true)
            .read(true)
            .append(true)
            .open(&path)
            .map_err(io)?;
        // Let go by the system when the process ends, however it ends.
        if file.try_lock().is_err() {
            return Err(JournalError::InUse(path));
        }
        let mut reader = BufReader::new(&file);
        let mut engine: Option<Engine> = None;
        let (mut whole_bytes, mut last_ms, mut number) = (0u64, 0u64, 0usize);
        let mut text = String::new();
        loop {
            text.clear();
            let bytes = match reader.read_line(&mut text) {
                Ok(bytes) => bytes,
                // Half a character is half a line.
                Err(reason) if reason.kind() == std::io::ErrorKind::InvalidData => break,
                Err(reason) => return Err(io(reason)),
            };
            if bytes == 0 || !text.ends_with('\n') {
                break;
            }
            number += 1;
            let damaged =
                |reason: serde_json::Error| JournalError::Damaged(path.clone(), number, reason.to_string());
            match &mut engine {
                None => {
                    let header: Header = serde_json::from_str(&text).map_err(damaged)?;
                    engine = Some(header.engine(&path, place)?);
                }
                Some(engine) => {
                    let line: Line = serde_json::from_str(&text).map_err(damaged)?;
                    last_ms = line.at_ms;
                    // What was refused then is refused again, and was told then.
                    let _refused = line.operation.apply(engine, line.at_ms).err();
                    while engine.next_call().is_some() {}
                    engine.take_ended();
                }
            }
            whole_bytes += bytes as u64;
        }
        file.set_len(whole_bytes).map_err(io)?;
        file.seek(SeekFrom::End(0)).map_err(io)?;
        if let Some(engine) = engine {
            tracing::info!(operations = number - 1, "journal read");
            return Ok((engine, Journal { file, path, last_ms }));
        }
        let mut seed = [0u8; 8];
        getrandom::fill(&mut seed).map_err(|reason| JournalError::Seed(reason.to_string()))?;
        let seed = u64::from_le_bytes(seed);
        let mut journal = Journal {
            file,
            path,
            last_ms: 0,
        };
        journal.write(&line_of(&Header {
            format: FORMAT,
            place: place.clone(),
            seed,
        })?)?;
        Ok((Engine::new(place.clone(), seed), journal))
    }

    /// Adds whole lines and waits until they are on disk.
    pub fn write(&mut self, lines: &[u8]) -> Result<(), JournalError> {
        let io = |reason| JournalError::Io(self.path.clone(), reason);
        self.file.write_all(lines).map_err(io)?;
        self.file.sync_data().map_err(io)
    }
}

impl Header {
    fn engine(&self, path: &Path, place: &Place) -> Result<Engine, JournalError> {
        if self.format != FORMAT || self.place != *place {
            let found = format!(
                "format {}, {} in {}",
                self.format, self.place.account, self.place.region
            );
            return Err(JournalError::Other(path.to_owned(), found));
        }
        Ok(Engine::new(self.place.clone(), self.seed))
    }
}

/// The line of an operation.
pub(super) fn operation_line(operation: &Operation, at_ms: u64) -> Result<Vec<u8>, JournalError> {
    line_of(&Line {
        at_ms,
        operation: operation.clone(),
    })
}

fn line_of(value: &impl Serialize) -> Result<Vec<u8>, JournalError> {
    let mut line = serde_json::to_vec(value)
        .map_err(|reason| JournalError::Damaged(PathBuf::from(FILE_NAME), 0, reason.to_string()))?;
    line.push(b'\n');
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition::MachineType;
    use crate::engine::NewMachine;
    use crate::execution::Status;

    const WAITING: &str = r#"{"QueryLanguage":"JSONata","StartAt":"A","States":{"A":{"Type":"Wait","Seconds":60,"Next":"B"},
        "B":{"Type":"Pass","Output":"{% $uuid() %}","End":true}}}"#;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("states-journal-{}-{name}", std::process::id()));
        let _absent = fs::remove_dir_all(&folder).err();
        folder
    }

    fn record(engine: &mut Engine, journal: &mut Journal, operation: &Operation, at_ms: u64) {
        operation.apply(engine, at_ms).unwrap();
        journal.write(&operation_line(operation, at_ms).unwrap()).unwrap();
    }

    fn started(folder: &Path) -> (Engine, Journal, String) {
        let (mut engine, mut journal) = Journal::open(folder, &Place::default()).unwrap();
        let new = NewMachine {
            name: "m".to_owned(),
            definition: WAITING.to_owned(),
            role_arn: String::new(),
            machine_type: MachineType::Standard,
        };
        record(&mut engine, &mut journal, &Operation::Create(new.into()), 1_000);
        let machine_arn = Place::default().machine_arn("m");
        let start = Operation::Start {
            machine_arn,
            name: Some("e".to_owned()),
            input: "{}".to_owned(),
            trace_header: None,
        };
        record(&mut engine, &mut journal, &start, 2_000);
        (engine, journal, Place::default().execution_arn("m", "e"))
    }

    #[test]
    fn an_engine_comes_back_as_it_was_with_the_same_random_values() {
        let folder = folder("same");
        let (mut engine, mut journal, arn) = started(&folder);
        record(&mut engine, &mut journal, &Operation::Wake, 62_000);
        let output = engine.execution(&arn).unwrap().ended().unwrap().output.clone();
        drop(journal);
        let (again, journal) = Journal::open(&folder, &Place::default()).unwrap();
        assert_eq!(journal.last_ms, 62_000);
        assert_eq!(again.execution(&arn).unwrap().ended().unwrap().output, output);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_half_written_line_is_cut_off_wherever_it_was_cut() {
        let folder = folder("torn");
        let (_, journal, arn) = started(&folder);
        drop(journal);
        let path = folder.join(FILE_NAME);
        let whole = fs::read(&path).unwrap();
        let torn = operation_line(&Operation::Wake, 62_000).unwrap();
        for cut in 0..torn.len() {
            fs::write(&path, [&whole, &torn[..cut]].concat()).unwrap();
            let (engine, _) = Journal::open(&folder, &Place::default()).unwrap();
            assert_eq!(engine.execution(&arn).unwrap().status(), Status::Running);
            assert_eq!(fs::read(&path).unwrap(), whole);
        }
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn two_processes_cannot_have_one_journal() {
        let folder = folder("in-use");
        let (_engine, journal, _) = started(&folder);
        assert!(matches!(
            Journal::open(&folder, &Place::default()),
            Err(JournalError::InUse(_))
        ));
        drop(journal);
        assert!(Journal::open(&folder, &Place::default()).is_ok());
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn another_region_and_a_damaged_line_are_refused_by_name() {
        let folder = folder("other");
        let (_, journal, _) = started(&folder);
        drop(journal);
        let elsewhere = Place {
            region: "eu-west-1".to_owned(),
            ..Place::default()
        };
        assert!(matches!(
            Journal::open(&folder, &elsewhere),
            Err(JournalError::Other(..))
        ));
        let path = folder.join(FILE_NAME);
        let mut bytes = fs::read(&path).unwrap();
        bytes.extend(b"not a line\n");
        fs::write(&path, bytes).unwrap();
        assert!(matches!(
            Journal::open(&folder, &Place::default()),
            Err(JournalError::Damaged(_, 4, _))
        ));
        fs::remove_dir_all(folder).unwrap();
    }
}
