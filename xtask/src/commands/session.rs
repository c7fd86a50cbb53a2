//! The one stack that people use on this machine: whether it runs, where, and as which process.
//!
//! Whoever runs it holds a file lock, which the operating system takes back however the process ends. So "is it
//! running" is never guessed from a process id that may belong to somebody else by now.

use std::fs::{self, File, TryLockError};
use std::path::PathBuf;

use serde_json::{Value, json};

use xtask::failure::{Failure, Result, While};
use xtask::project::Project;
use xtask::stack::Addresses;

/// What a running `up` says about itself.
#[derive(Clone, Debug)]
pub struct Running {
    /// The process that holds the stack.
    pub pid: i32,
    /// Where its pieces answer; none while it is still starting.
    pub addresses: Option<Addresses>,
    /// The hold time it was deployed with, in seconds.
    pub hold_ttl_s: u32,
}

/// The right to run the stack, held as long as this lives.
pub struct Session {
    _lock: File,
    notes: PathBuf,
}

impl Session {
    /// Takes the right to run the stack.
    ///
    /// # Errors
    /// It runs already.
    pub fn open(project: &Project) -> Result<Self> {
        let lock = lock_file(project)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Failure::new(
                    "The stack is running already (or just stopping): use it, or stop it with `cargo xtask down` first.",
                ));
            }
            Err(TryLockError::Error(error)) => return Err(error).while_doing("lock .local/run/lock"),
        }
        let session = Self {
            _lock: lock,
            notes: notes(project)?,
        };
        session.note(None, 0)?;
        Ok(session)
    }

    /// Notes where the stack answers, for the other commands.
    pub fn note(&self, addresses: Option<&Addresses>, hold_ttl_s: u32) -> Result<()> {
        let text = json!({
            "pid": std::process::id(),
            "front": addresses.map(|at| &at.front),
            "engine": addresses.map(|at| &at.engine),
            "states": addresses.and_then(|at| at.states.as_ref()),
            "holdTtlS": hold_ttl_s,
        });
        fs::write(&self.notes, text.to_string()).while_doing(format!("write {}", self.notes.display()))
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.notes);
    }
}

/// The running stack, if one runs.
pub fn running(project: &Project) -> Result<Option<Running>> {
    // Taking the lock, if only for a moment, proves that nobody holds it.
    if lock_file(project)?.try_lock().is_ok() {
        return Ok(None);
    }
    let notes = notes(project)?;
    let text = fs::read_to_string(&notes).while_doing(format!("read {}", notes.display()))?;
    let noted: Value = serde_json::from_str(&text).while_doing(format!("read {}", notes.display()))?;
    let text = |name: &str| noted[name].as_str().map(str::to_owned);
    let number = |name: &str| noted[name].as_i64().unwrap_or_default();
    let addresses = match (text("front"), text("engine")) {
        (Some(front), Some(engine)) => Some(Addresses {
            front,
            engine,
            states: text("states"),
        }),
        _ => None,
    };
    Ok(Some(Running {
        pid: i32::try_from(number("pid")).unwrap_or_default(),
        addresses,
        hold_ttl_s: u32::try_from(number("holdTtlS")).unwrap_or_default(),
    }))
}

fn lock_file(project: &Project) -> Result<File> {
    let path = project.local("run/lock")?;
    File::options()
        .create(true)
        .write(true)
        .truncate(false)
        .open(&path)
        .while_doing(format!("open {}", path.display()))
}

fn notes(project: &Project) -> Result<PathBuf> {
    project.local("run/stack.json")
}
