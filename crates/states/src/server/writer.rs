//! The thread that writes the journal and the clock's file, and lets happen what may only happen when an operation is on disk.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, mpsc};

use tokio::sync::oneshot;

use crate::engine::{Call, Engine, Logged};

use super::clock_file::ClockFile;
use super::dispatch::Dispatcher;
use super::journal::{Journal, JournalError};
use super::service::Waiting;

/// What the writer is sent, in the order of the operations.
pub(super) enum Written {
    /// An operation on its way to the disk, and what may happen when it is there.
    Operation {
        line: Vec<u8>,
        /// How far the clock is ahead from it on, if it lets time pass.
        ahead_ms: Option<u64>,
        /// How many events it led to.
        events: u64,
        calls: Vec<Call>,
        logged: Vec<Logged>,
        ended: Vec<String>,
        done: oneshot::Sender<()>,
    },
    /// What all operations so far have come to.
    Cut {
        engine: Box<Engine>,
        last_ms: u64,
        ahead_ms: u64,
    },
}

/// What is written to.
pub(super) struct Disk {
    pub journal: Journal,
    pub clock_file: Option<ClockFile>,
}

/// Writes until nobody sends any more, or the disk fails.
pub(super) fn write_all(
    mut disk: Disk,
    receiver: &mpsc::Receiver<Written>,
    dispatcher: &Dispatcher,
    waiting: &Waiting,
    is_long: &AtomicBool,
) {
    while let Ok(first) = receiver.recv() {
        let batch = std::iter::once(first).chain(receiver.try_iter()).collect();
        if let Err(reason) = write(&mut disk, batch, dispatcher, waiting) {
            // Nothing more can be promised, so nothing more is taken: callers see their channel closed.
            tracing::error!(%reason, "the journal or the clock's file cannot be written");
            dispatcher.close();
            return;
        }
        if disk.journal.is_long() {
            is_long.store(true, Ordering::Release);
        }
    }
}

fn write(
    Disk { journal, clock_file }: &mut Disk,
    batch: Vec<Written>,
    dispatcher: &Dispatcher,
    waiting: &Waiting,
) -> Result<(), JournalError> {
    let (mut lines, mut events_all) = (Vec::new(), 0);
    let (mut then, mut passed) = (Vec::new(), None);
    for written in batch {
        match written {
            Written::Operation {
                line,
                ahead_ms,
                events,
                calls,
                logged,
                ended,
                done,
            } => {
                lines.extend(line);
                events_all += events;
                passed = ahead_ms.or(passed);
                then.push((calls, logged, ended, done));
            }
            Written::Cut {
                engine,
                last_ms,
                ahead_ms,
            } => {
                // A snapshot must not hold what is not on disk as an operation.
                journal.write(&std::mem::take(&mut lines), std::mem::take(&mut events_all))?;
                journal.cut(*engine, last_ms, ahead_ms)?;
            }
        }
    }
    journal.write(&lines, events_all)?;
    // In this order: time that is in no journal would go back at the next start, and what is called because time passed must
    // find that it has.
    if let (Some(file), Some(ahead_ms)) = (clock_file, passed) {
        file.tell(ahead_ms)?;
    }
    for (calls, logged, ended, done) in then {
        dispatcher.dispatch(calls);
        dispatcher.log(logged);
        // Who asked may be gone.
        let _gone = done.send(());
        for arn in ended {
            let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
            for waiter in waiting.remove(&arn).into_iter().flatten() {
                let _gone = waiter.send(());
            }
        }
    }
    Ok(())
}
