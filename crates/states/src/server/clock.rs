//! The hurried clock: time that passes at once for everything that waits.
//!
//! The server's clock is the machine's, and ahead of it by as much as was let pass. Letting time pass goes from one
//! thing that is due to the next, as the virtual clock does; before each step, calls that are out are given a moment
//! to be answered, so that a function that answers at once is not overtaken by its own time limit.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use super::operation::Operation;
use super::service::{Refusal, Service};

/// Calls that take longer than this are overtaken.
const ANSWER_MS_MAX: u64 = 5_000;
/// The most that may pass at once: a year, as long as an execution may run.
pub(super) const PASS_S_MAX: u64 = 31_622_400;

/// What the clock shows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shown {
    /// Milliseconds since 1970.
    pub now_ms: u64,
    /// How far it is ahead of the machine's.
    pub ahead_ms: u64,
}

impl Service {
    /// Lets time pass and returns what the clock shows then. Two who ask at once wait for one another.
    pub async fn pass(&self, pass_ms: u64) -> Result<Shown, Refusal> {
        let _turn = self.passing.lock().await;
        let target_ms = self.clock().ahead_ms.saturating_add(pass_ms);
        loop {
            self.until_answered().await;
            let Shown { now_ms, ahead_ms } = self.clock();
            let due_ms = self.next_due_ms();
            let until_due_ms = due_ms.map_or(u64::MAX, |due_ms| due_ms.saturating_sub(now_ms));
            let next_ms = ahead_ms.saturating_add(until_due_ms).min(target_ms);
            self.perform(Operation::Pass { ahead_ms: next_ms }).await?;
            if next_ms == target_ms && until_due_ms > 0 {
                return Ok(self.clock());
            }
        }
    }

    /// Waits until no call is out, for a bounded time.
    async fn until_answered(&self) {
        let answered = async {
            let mut out = self.calls_out.subscribe();
            // The sender is this very service.
            let _gone = out.wait_for(|out| *out == 0).await.is_err();
        };
        let limit = Duration::from_millis(ANSWER_MS_MAX);
        if tokio::time::timeout(limit, answered).await.is_err() {
            tracing::info!("time passes although calls are not answered yet");
        }
    }
}

/// Calls that were held back, by the time at which they are to be made and the order in which they came.
#[derive(Default)]
pub(super) struct Sleepers(Mutex<BTreeMap<(u64, u64), oneshot::Sender<()>>>);

impl Sleepers {
    /// Told when this time has come.
    pub fn add(&self, due_ms: u64) -> oneshot::Receiver<()> {
        let mut sleepers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let number = sleepers
            .keys()
            .map(|(_, number)| number + 1)
            .max()
            .unwrap_or_default();
        let (sender, receiver) = oneshot::channel();
        sleepers.insert((due_ms, number), sender);
        receiver
    }

    /// When the next one is due.
    pub fn next_due_ms(&self) -> Option<u64> {
        let sleepers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sleepers.keys().next().map(|(due_ms, _)| *due_ms)
    }

    /// Wakes those that are due; how many.
    pub fn wake(&self, now_ms: u64) -> usize {
        let mut sleepers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut woken = 0;
        while let Some(entry) = sleepers.first_entry().filter(|entry| entry.key().0 <= now_ms) {
            // A call that nobody makes any more is not out.
            woken += usize::from(entry.remove().send(()).is_ok());
        }
        woken
    }
}
