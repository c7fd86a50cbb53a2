//! What is due when.

use crate::definition::{MachineType, Resource};
use crate::history::EventType;

use super::strand::{Doing, StrandId};
use super::{Execution, Failure, limits, task};

/// Orders timers: first by time, then by which was set first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub(super) struct TimerKey {
    pub due_ms: u64,
    pub number: u64,
}

/// What happens when the time has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) enum Timer {
    /// The execution's own time limit.
    Execution,
    /// A Wait state is over.
    WaitOver(StrandId),
    /// A failed state is tried again.
    Retry(StrandId),
    /// A task took too long.
    TaskTimeout(StrandId),
    /// A task gave no sign of life.
    Heartbeat(StrandId),
    /// What was put off goes on.
    GoOn,
}

impl Timer {
    fn strand(self) -> Option<StrandId> {
        match self {
            Timer::Execution | Timer::GoOn => None,
            Timer::WaitOver(id) | Timer::Retry(id) | Timer::TaskTimeout(id) | Timer::Heartbeat(id) => {
                Some(id)
            }
        }
    }
}

impl Execution {
    pub(super) fn set_execution_timer(&mut self) {
        // The machine's limit is not that of a distributed map's executions.
        let stated_s = self.machine.timeout_s.filter(|_| self.root.is_whole());
        let limit_s = match self.machine_type() {
            MachineType::Standard => stated_s,
            MachineType::Express => Some(stated_s.map_or(limits::EXPRESS_S_MAX, |stated_s| {
                stated_s.min(limits::EXPRESS_S_MAX)
            })),
        };
        if let Some(limit_s) = limit_s {
            self.set_timer(
                self.now_ms.saturating_add(limit_s.saturating_mul(1000)),
                Timer::Execution,
            );
        }
    }

    /// Lets what is ready go on in a millisecond.
    pub(super) fn set_go_on_timer(&mut self) {
        let due_ms = self.now_ms.saturating_add(1);
        let last = TimerKey {
            due_ms,
            number: u64::MAX,
        };
        if !self.timers.range(..=last).any(|(_, timer)| *timer == Timer::GoOn) {
            self.set_timer(due_ms, Timer::GoOn);
        }
    }

    pub(super) fn set_timer(&mut self, due_ms: u64, timer: Timer) {
        self.timer_last += 1;
        let key = TimerKey {
            due_ms,
            number: self.timer_last,
        };
        self.timers.insert(key, timer);
        if let Some(strand) = timer.strand().and_then(|id| self.strands.get_mut(&id)) {
            strand.timers.push(key);
        }
        self.replay_timer(key, timer);
    }

    pub(super) fn clear_timers(&mut self, id: StrandId) {
        let keys = self
            .strands
            .get_mut(&id)
            .map(|strand| std::mem::take(&mut strand.timers));
        for key in keys.into_iter().flatten() {
            self.timers.remove(&key);
        }
    }

    /// A sign of life: the heartbeat starts anew, if it has begun to count.
    pub(super) fn restart_heartbeat(&mut self, id: StrandId, heartbeat_s: u64) {
        let keys = self
            .strands
            .get(&id)
            .map(|strand| strand.timers.clone())
            .unwrap_or_default();
        for key in keys {
            if self.timers.get(&key) == Some(&Timer::Heartbeat(id)) {
                self.timers.remove(&key);
                if let Some(strand) = self.strands.get_mut(&id) {
                    strand.timers.retain(|kept| *kept != key);
                }
                let due_ms = self.now_ms.saturating_add(heartbeat_s.saturating_mul(1000));
                self.set_timer(due_ms, Timer::Heartbeat(id));
            }
        }
    }

    pub(super) fn fire(&mut self, key: TimerKey, timer: Timer) {
        if let Some(strand) = timer.strand().and_then(|id| self.strands.get_mut(&id)) {
            strand.timers.retain(|kept| *kept != key);
        }
        match timer {
            Timer::Execution => self.end_timed_out(),
            // What is ready goes on after each timer.
            Timer::GoOn => {}
            Timer::WaitOver(id) => self.wait_over(id),
            Timer::Retry(id) => {
                // "each retry will be charged as an additional state transition" (AWS Step Functions pricing).
                self.transitions += 1;
                if let Some(strand) = self.strands.get_mut(&id) {
                    strand.doing = Doing::Beginning;
                    self.ready.push_back(id);
                }
            }
            Timer::TaskTimeout(id) => self.task_timed_out(id, Failure::timeout()),
            Timer::Heartbeat(id) => self.task_timed_out(id, Failure::heartbeat()),
        }
    }

    fn task_timed_out(&mut self, id: StrandId, failure: Failure) {
        let Some((task, resource)) = self.task_of(id) else {
            return;
        };
        self.forget_task(task);
        self.clear_timers(id);
        let details = task::error_details(&resource, &failure);
        let event_type = match resource {
            Resource::Activity(_) => EventType::ActivityTimedOut,
            Resource::Function(_) => EventType::LambdaFunctionTimedOut,
            _ => EventType::TaskTimedOut,
        };
        self.append_to(id, event_type, details);
        self.fail_state(id, failure);
    }
}
