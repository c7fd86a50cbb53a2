//! Lines that wait to be sent, as many as memory is meant to hold.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, watch};

use crate::engine::Logged;

/// Lines that wait, and about how many bytes they take; what comes then is lost. A group has no more waiting than there
/// is still room for, so one that hangs leaves room for the others.
const LINES_MAX: usize = 100_000;
const BYTES_MAX: usize = 64 * 1024 * 1024;
/// What is taken out at once.
const ROUND_LINES: usize = 1_000;
const ROUND_BYTES: usize = 2 * 1024 * 1024;

const NO_ROOM: &str = "dropped: too many lines were waiting";

/// Whoever writes the journal adds to it; one task takes from it.
#[derive(Debug)]
pub(in crate::server) struct Queue {
    waiting: Mutex<Waiting>,
    changed: Notify,
    /// Whether nothing will come any more and nothing is left.
    is_done: watch::Sender<bool>,
}

/// Lines of one log group, taken out to be sent. Until they are, no more of its lines are taken out.
#[derive(Debug)]
pub(super) struct Taken {
    pub group: String,
    pub lines: Vec<Logged>,
}

/// How many lines were lost, by reason.
pub(super) type Lost = BTreeMap<String, usize>;

#[derive(Debug, Default)]
struct Waiting {
    /// Those that have lines, here or taken out, by name.
    groups: BTreeMap<String, Group>,
    /// Whose turn it is: groups with lines of which none are taken out.
    turns: VecDeque<String>,
    /// Of all groups together.
    lines: usize,
    bytes: usize,
    lost: Lost,
    is_closed: bool,
}

#[derive(Debug, Default)]
struct Group {
    lines: VecDeque<Logged>,
    bytes: usize,
    /// Lines that were taken out and not sent yet.
    out: usize,
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
            waiting.add(line);
        }
        drop(waiting);
        self.changed.notify_one();
    }

    /// The lines of a group whose turn it is, as soon as there is one; `None` if there will not be any more.
    pub(super) async fn next(&self) -> Option<Taken> {
        loop {
            {
                let mut waiting = self.locked();
                if let Some(taken) = waiting.take() {
                    return Some(taken);
                }
                if waiting.is_closed && waiting.groups.is_empty() {
                    self.is_done.send_replace(true);
                    return None;
                }
            }
            // A permit is kept for whoever comes late.
            self.changed.notified().await;
        }
    }

    /// What was taken out of a group is dealt with; so much of it was lost.
    pub(super) fn sent(&self, group: &str, lost: Lost) {
        self.locked().sent(group, lost);
        self.changed.notify_one();
    }

    /// How many lines were lost since the last call, by reason.
    pub(super) fn take_lost(&self) -> Lost {
        std::mem::take(&mut self.locked().lost)
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
        waiting.lines + waiting.groups.values().map(|group| group.out).sum::<usize>()
    }
}

impl Waiting {
    fn add(&mut self, line: Logged) {
        // Nothing else is ever noted.
        let Some(logging) = line.machine.settings.logs() else {
            return;
        };
        let bytes = line.event.log_bytes();
        let name = logging.group.to_owned();
        let group = self.groups.entry(name.clone()).or_default();
        let lines_max = LINES_MAX.saturating_sub(self.lines);
        let bytes_max = BYTES_MAX.saturating_sub(self.bytes);
        if group.lines.len() >= lines_max || group.bytes + bytes > bytes_max {
            if group.is_empty() {
                self.groups.remove(&name);
            }
            *self.lost.entry(NO_ROOM.to_owned()).or_default() += 1;
            return;
        }
        if group.is_empty() {
            self.turns.push_back(name);
        }
        (self.lines, self.bytes) = (self.lines + 1, self.bytes + bytes);
        group.bytes += bytes;
        group.lines.push_back(line);
    }

    fn take(&mut self) -> Option<Taken> {
        let name = self.turns.pop_front()?;
        let group = self.groups.get_mut(&name)?;
        let mut lines = Vec::new();
        let mut bytes = 0;
        while lines.len() < ROUND_LINES && bytes < ROUND_BYTES {
            let Some(line) = group.lines.pop_front() else {
                break;
            };
            bytes += line.event.log_bytes();
            lines.push(line);
        }
        group.bytes = group.bytes.saturating_sub(bytes);
        group.out = lines.len();
        self.bytes = self.bytes.saturating_sub(bytes);
        self.lines = self.lines.saturating_sub(lines.len());
        Some(Taken { group: name, lines })
    }

    fn sent(&mut self, name: &str, lost: Lost) {
        for (reason, lines) in lost {
            *self.lost.entry(reason).or_default() += lines;
        }
        let Some(group) = self.groups.get_mut(name) else {
            return;
        };
        group.out = 0;
        match group.lines.is_empty() {
            true => drop(self.groups.remove(name)),
            false => self.turns.push_back(name.to_owned()),
        }
    }
}

impl Group {
    /// Whether it has no lines, here or taken out.
    fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.out == 0
    }
}

#[cfg(test)]
mod tests {
    use super::super::batches::tests::logged;
    use super::*;

    fn lost(queue: &Queue) -> Vec<(String, usize)> {
        queue.take_lost().into_iter().collect()
    }

    #[test]
    fn what_there_is_no_room_for_is_counted_and_a_group_leaves_room_for_the_others() {
        let queue = Queue::default();
        let large = |machine: &str| logged(machine, 1, &"x".repeat(1024 * 1024));
        queue.add(vec![large("m"); 70]);
        assert_eq!(queue.left(), 32);
        assert_eq!(lost(&queue), [(NO_ROOM.to_owned(), 38)]);
        assert_eq!(lost(&queue), []);
        queue.add(vec![large("n"); 10]);
        assert_eq!((queue.left(), lost(&queue)), (42, vec![]));
        while let Some(taken) = { queue.locked().take() } {
            queue.sent(&taken.group, Lost::new());
        }
        let waiting = queue.locked();
        assert_eq!((waiting.lines, waiting.bytes, waiting.groups.len()), (0, 0, 0));
    }

    #[test]
    fn groups_take_turns_and_have_their_lines_sent_in_order() {
        let queue = Queue::default();
        let take = || {
            queue
                .locked()
                .take()
                .map(|taken| (taken.group, taken.lines.len()))
        };
        queue.add(vec![
            logged("a", 1, "1"),
            logged("b", 1, "1"),
            logged("a", 2, "2"),
        ]);
        assert_eq!(take(), Some(("a-logs".to_owned(), 2)));
        queue.add(vec![logged("a", 3, "3")]);
        assert_eq!(take(), Some(("b-logs".to_owned(), 1)));
        // The first two are not sent yet.
        assert_eq!((take(), queue.left()), (None, 4));
        queue.sent("a-logs", Lost::from([("r".to_owned(), 2)]));
        assert_eq!(take(), Some(("a-logs".to_owned(), 1)));
        assert_eq!(lost(&queue), [("r".to_owned(), 2)]);
    }
}
