//! When things happen in a run that is played from a record.

use std::sync::Arc;

use crate::definition::Kind;
use crate::replay::{Index, What};

use super::super::strand::StrandId;
use super::super::timers::{Timer, TimerKey};
use super::{Due, Execution, Replayed};

/// A service's timer may be late by so much and a hundredth of its length, and its clock early by half as much.
pub(super) const LATE_MS: u64 = 2_000;
/// Where the record has no event for something, it comes after all that it has for the same moment.
const NO_EVENT: u64 = u64::MAX;

impl Replayed {
    pub(super) fn plan(&mut self, at_ms: u64, event: u64, due: Due) {
        self.agenda_last += 1;
        self.agenda.insert((at_ms, event, self.agenda_last), due);
    }

    /// A recorded moment on the run's own clock: as long after `here_ms` as it was after `there_ms` in the record.
    pub(super) fn moved(&self, event: Index, there_ms: u64, here_ms: u64) -> u64 {
        let at_ms = self.record.events[event].at_ms;
        at_ms.saturating_add(here_ms).saturating_sub(there_ms)
    }

    /// When a timer rings, and by which event of the record; nothing if the record says that something else came first.
    fn ring(&self, timer: Timer, due_ms: u64, now_ms: u64) -> Option<(u64, u64)> {
        let late_ms = LATE_MS + due_ms.saturating_sub(now_ms) / 100;
        let in_time = |at_ms: u64| {
            (due_ms.saturating_sub(LATE_MS / 2)..=due_ms.saturating_add(late_ms)).contains(&at_ms)
        };
        let by_itself = Some((due_ms, NO_EVENT));
        let as_recorded = |event: Index, at_ms: u64| Some((at_ms, self.record.events[event].id));
        match timer {
            Timer::GoOn => by_itself,
            Timer::Execution => {
                let mut events = self.record.events.iter();
                let ended = events.find(|event| {
                    matches!(&event.what, What::Ended(end) if end.status == "TIMED_OUT")
                        && in_time(event.at_ms)
                });
                ended.map_or(by_itself, |event| Some((event.at_ms, event.id)))
            }
            Timer::WaitOver(id) => {
                let standing = self.standing(id)?;
                let recorded = standing.visit.and_then(|visit| {
                    let visit = &self.record.visits[visit];
                    let there_ms = self.record.events[visit.entered].at_ms;
                    Some((visit.exited?, there_ms))
                });
                match recorded
                    .map(|(event, there_ms)| (event, self.moved(event, there_ms, standing.entered_ms)))
                {
                    Some((event, at_ms)) if in_time(at_ms) => as_recorded(event, at_ms),
                    _ => by_itself,
                }
            }
            Timer::Retry(id) => {
                let standing = self.standing(id)?;
                let next = self.try_of(standing, standing.tries);
                let last = self.current(id).zip(next);
                let recorded = last.map(|(last, next)| {
                    let there_ms = self.record.events[self.record.tries[last].began].at_ms;
                    let began = self.record.tries[next].began;
                    (began, self.moved(began, there_ms, standing.began_ms))
                });
                match recorded {
                    Some((event, at_ms))
                        if in_time(at_ms) || (standing.is_jittered && (now_ms..=due_ms).contains(&at_ms)) =>
                    {
                        as_recorded(event, at_ms)
                    }
                    _ => by_itself,
                }
            }
            Timer::TaskTimeout(id) | Timer::Heartbeat(id) => {
                let limit = Limit {
                    is_heartbeat: matches!(timer, Timer::Heartbeat(_)),
                    due_ms,
                    late_ms,
                    length_ms: due_ms.saturating_sub(now_ms),
                };
                self.limit(id, &limit)
            }
        }
    }

    fn limit(&self, id: StrandId, limit: &Limit) -> Option<(u64, u64)> {
        let by_itself = Some((limit.due_ms, NO_EVENT));
        let Some(one) = self.current(id) else {
            return by_itself;
        };
        let standing = self.standing(id)?;
        let one = &self.record.tries[one];
        let there_ms = self.record.events[one.began].at_ms;
        let Some(outcome) = one.outcome else {
            // Nothing came for as long as the record goes; just before its end a timer may have been late.
            let line = self.record.visits[one.visit].line;
            let cut_ms = self.record.cut_ms(line, None).unwrap_or(self.record.last_ms());
            let cut_ms = cut_ms.saturating_add(standing.began_ms).saturating_sub(there_ms);
            let is_late = (limit.due_ms..=limit.due_ms.saturating_add(limit.late_ms)).contains(&cut_ms);
            return Some((if is_late { cut_ms } else { limit.due_ms }, NO_EVENT));
        };
        let at_ms = self.moved(outcome, there_ms, standing.began_ms);
        let event = self.record.events[outcome].id;
        let is_time_out = matches!(
            self.record.events[outcome].what,
            What::Failed {
                is_time_out: true,
                ..
            }
        );
        let recorded_ms = match &self.record.events[one.began].what {
            What::Asked { heartbeat_s, .. } if limit.is_heartbeat => *heartbeat_s,
            What::Asked { timeout_s, .. } => *timeout_s,
            _ => None,
        };
        let is_same = recorded_ms.map(|seconds| seconds.saturating_mul(1000)) == Some(limit.length_ms);
        let is_reached = limit.due_ms <= at_ms.saturating_add(LATE_MS / 2);
        match (is_time_out, limit.is_heartbeat) {
            // Until then nothing had come, also in the record.
            (_, false) if !is_same && limit.due_ms < at_ms => by_itself,
            // The answer came first. Signs of life are not recorded, so they are taken to have come.
            (false, _) => None,
            (true, false) if is_reached => Some((at_ms, event)),
            (true, true) if is_reached => Some((at_ms, event.saturating_add(1))),
            // It waits for longer than the record knows.
            (true, _) => None,
        }
    }
}

/// A time limit of a task.
struct Limit {
    is_heartbeat: bool,
    due_ms: u64,
    /// So much later it may ring.
    late_ms: u64,
    length_ms: u64,
}

impl Execution {
    /// A timer was set: it rings when the record says.
    pub(in super::super) fn replay_timer(&mut self, key: TimerKey, timer: Timer) {
        let now_ms = self.now_ms;
        if let Some(replayed) = &mut self.replayed
            && let Some((at_ms, event)) = replayed.ring(timer, key.due_ms, now_ms)
        {
            replayed.plan(at_ms.max(now_ms), event, Due::Timer(key));
        }
    }

    /// Does what is due next, if that is not after `until_ms`. Says whether there was anything.
    pub(crate) fn replay_step(&mut self, until_ms: u64) -> bool {
        let Some(replayed) = &mut self.replayed else {
            return false;
        };
        let Some(entry) = replayed
            .agenda
            .first_entry()
            .filter(|entry| entry.key().0 <= until_ms)
        else {
            return false;
        };
        let ((at_ms, ..), due) = entry.remove_entry();
        let record = Arc::clone(&replayed.record);
        self.set_clock(at_ms);
        match due {
            Due::Timer(key) => {
                if let Some(timer) = self.timers.remove(&key) {
                    self.fire(key, timer);
                    self.run_ready();
                }
            }
            Due::Submitted(task) => self.replay_submitted(task, &record),
            Due::Taken(task) => self.replay_taken(task, &record),
            Due::Outcome(task) => self.replay_outcome(task, &record),
            Due::MapRunOver(task) => self.replay_map_run_over(task, &record),
            Due::Stopped(event) => {
                if let What::Ended(end) = &record.events[event].what
                    && self.ended.is_none()
                {
                    self.stop_now(end.error.clone(), end.cause.clone());
                }
            }
            Due::Redriven => self.redrive(at_ms),
        }
        self.replay_effects();
        true
    }

    /// Whether the strand is at a Map state.
    pub(super) fn is_at_map(&self, id: StrandId) -> bool {
        let place = self.place(id);
        place.is_some_and(|(machine, flow, state)| {
            matches!(machine.flows[flow].states[state].kind, Kind::Map(_))
        })
    }
}
