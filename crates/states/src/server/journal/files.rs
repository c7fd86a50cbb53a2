//! Which files the journal has, and how they are put in place so that a crash at any moment leaves a whole one.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

const OPERATIONS: &str = "operations";
const SNAPSHOT: &str = "snapshot";
const END: &str = ".jsonl";
/// A file that is being written; it counts for nothing until it has its name.
const ASIDE: &str = ".new";

/// The generations a folder has files of.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub operations: BTreeSet<u64>,
    pub snapshots: BTreeSet<u64>,
}

/// The file of a generation's operations. The first has no number: journals of earlier versions have only it.
pub(super) fn operations_path(folder: &Path, generation: u64) -> PathBuf {
    match generation {
        0 => folder.join(format!("{OPERATIONS}{END}")),
        number => folder.join(format!("{OPERATIONS}-{number}{END}")),
    }
}

/// The file of the engine as it was when a generation began.
pub(super) fn snapshot_path(folder: &Path, generation: u64) -> PathBuf {
    folder.join(format!("{SNAPSHOT}-{generation}{END}"))
}

/// Looks what there is.
pub(super) fn find(folder: &Path) -> io::Result<Found> {
    let mut found = Found::default();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let Some(stem) = name.to_str().and_then(|name| name.strip_suffix(END)) else {
            continue;
        };
        if stem == OPERATIONS {
            found.operations.insert(0);
        } else if let Some(number) = number_of(stem, OPERATIONS) {
            found.operations.insert(number);
        } else if let Some(number) = number_of(stem, SNAPSHOT) {
            found.snapshots.insert(number);
        }
    }
    Ok(found)
}

/// Removes what was being written when a process ended.
pub(super) fn remove_unfinished(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        if name.ends_with(ASIDE) && (name.starts_with(SNAPSHOT) || name.starts_with(OPERATIONS)) {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

fn number_of(stem: &str, kind: &str) -> Option<u64> {
    stem.strip_prefix(kind)?.strip_prefix('-')?.parse().ok()
}

/// Makes a file under its name only when it is whole and on disk: written aside, synced, renamed, and the folder
/// synced. Returns the open file.
pub(in crate::server) fn put_in_place(
    path: &Path,
    write: impl FnOnce(&mut io::BufWriter<&File>) -> io::Result<()>,
) -> io::Result<File> {
    let mut aside = path.as_os_str().to_owned();
    aside.push(ASIDE);
    let aside = PathBuf::from(aside);
    let file = fs::OpenOptions::new()
        .create(true)
        .truncate(true)
        .read(true)
        .write(true)
        .open(&aside)?;
    let mut buffered = io::BufWriter::with_capacity(1 << 20, &file);
    write(&mut buffered)?;
    buffered.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.sync_all()?;
    fs::rename(&aside, path)?;
    sync_folder(path)?;
    Ok(file)
}

/// Names are on disk only when their folder is.
fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

/// Removes what a snapshot has made superfluous.
pub(super) fn remove_before(folder: &Path, generation: u64) -> io::Result<()> {
    let found = find(folder)?;
    for old in found.operations.range(..generation) {
        fs::remove_file(operations_path(folder, *old))?;
    }
    for old in found.snapshots.range(..generation) {
        fs::remove_file(snapshot_path(folder, *old))?;
    }
    Ok(())
}
