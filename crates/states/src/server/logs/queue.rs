//! Lines that wait to be sent, as many as memory is meant to hold.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, watch};

use crate::engine::Logged;

/// Lines that wait, and about how many bytes they take; what comes then is lost.
const LINES_MAX: usize = 100_000;
const BYTES_MAX: usize = 64 * 1024 * 1024;
/// What is taken out at once.
const ROUND_LINES: usize = 1_000;
const ROUND_BYTES: usize = 2 * 1024 * 1024;

/// Whoever writes the journal adds to it; one task takes from it.
#[derive(Debug)]
pub(in crate::server) struct Queue {
    waiting: Mutex<Waiting>,
    changed: Notify,
    /// Whether nothing will come any more and nothing is left.
    is_done: watch::Sender<bool>,
}

#[derive(Debug, Default)]
struct Waiting {
    lines: VecDeque<Logged>,
    bytes: usize,
    /// Lines that were taken out and not sent yet.
    out: usize,
    lost: usize,
    is_closed: bool,
}

impl Default for Queue {
    fn default() -> Self {
        Queue {
            waiting: Mutex::default(),
            changed: Notify::new(),
            is_done: watch::Sender::new(false),
        }
    }
}

impl Queue {
    fn locked(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds lines; those there is no room for are lost.
    pub fn add(&self, lines: Vec<Logged>) {
        if lines.is_empty() {
            return;
        }
        let mut waiting = self.locked();
        for line in lines {
            let bytes = line.event.log_bytes();
            if waiting.lines.len() >= LINES_MAX || waiting.bytes + bytes > BYTES_MAX {
                waiting.lost += 1;
                continue;
            }
            waiting.bytes += bytes;
            waiting.lines.push_back(line);
        }
        drop(waiting);
        self.changed.notify_one();
    }

    /// The lines that wait longest, as soon as there are any; `None` if there will not be any more.
    pub async fn next(&self) -> Option<Vec<Logged>> {
        loop {
            {
                let mut waiting = self.locked();
                let round = waiting.take();
                if !round.is_empty() {
                    return Some(round);
                }
                if waiting.is_closed {
                    self.is_done.send_replace(true);
                    return None;
                }
            }
            // A permit is kept for whoever comes late.
            self.changed.notified().await;
        }
    }

    /// What was taken out last is dealt with; so many of it were lost.
    pub fn sent(&self, lost: usize) {
        let mut waiting = self.locked();
        waiting.out = 0;
        waiting.lost += lost;
    }

    /// How many lines were lost since the last call, if any.
    pub fn take_lost(&self) -> Option<usize> {
        let lost = std::mem::take(&mut self.locked().lost);
        (lost > 0).then_some(lost)
    }

    /// Nothing will be added any more; waits until everything is sent.
    pub async fn finish(&self) {
        self.locked().is_closed = true;
        self.changed.notify_one();
        let mut done = self.is_done.subscribe();
        // The sender is this very queue.
        let _gone = done.wait_for(|done| *done).await.is_err();
    }

    /// How many lines are not sent yet.
    pub fn left(&self) -> usize {
        let waiting = self.locked();
        waiting.lines.len() + waiting.out
    }
}

impl Waiting {
    fn take(&mut self) -> Vec<Logged> {
        let mut round = Vec::new();
        let mut bytes = 0;
        while round.len() < ROUND_LINES && bytes < ROUND_BYTES {
            let Some(line) = self.lines.pop_front() else { break };
            bytes += line.event.log_bytes();
            round.push(line);
        }
        self.bytes = self.bytes.saturating_sub(bytes);
        self.out = round.len();
        round
    }
}

#[cfg(test)]
mod tests {
    use super::super::batches::tests::logged;
    use super::*;

    #[test]
    fn what_there_is_no_room_for_is_counted() {
        let queue = Queue::default();
        let large = logged("m", 1, &"x".repeat(1024 * 1024));
        queue.add(vec![large; 70]);
        assert_eq!(queue.left(), 63);
        assert_eq!(queue.take_lost(), Some(7));
        assert_eq!(queue.take_lost(), None);
        while !queue.locked().take().is_empty() {}
        queue.sent(0);
        assert_eq!((queue.left(), queue.locked().bytes), (0, 0));
    }
}
