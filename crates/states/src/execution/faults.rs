//! When something fails: retriers, then catchers, then the flow, then the state around it.

use std::sync::Arc;

use crate::definition::{Kind, Next, Retrier};
use crate::history::{Details, EventType};
use crate::query::QueryError;

use super::shape::Shaping;
use super::step::Exit;
use super::strand::{Doing, Strand, StrandId};
use super::timers::Timer;
use super::{Execution, Failure};

/// No wait between attempts is longer than this (AWS's limit for `MaxDelaySeconds`), so that time cannot overflow.
const DELAY_S_MAX: f64 = 31_622_400.0;

impl Execution {
    /// An expression of the strand's state failed.
    pub(super) fn query_failed(&mut self, id: StrandId, error: &QueryError) {
        let failure = self.note_query_failure(id, error);
        self.fail_state(id, failure);
    }

    pub(super) fn note_query_failure(&mut self, id: StrandId, error: &QueryError) -> Failure {
        let cause = self.in_state(id, &error.message);
        let cause = self.replayed_cause(id, error, cause);
        // Only JSONata expressions have an event of their own.
        if error.error == QueryError::EVALUATION
            && let Some((machine, flow, state)) = self.place(id)
        {
            let details = Details::Evaluation {
                error: error.error.to_owned(),
                cause: cause.clone(),
                location: error.field.clone(),
                state: Arc::clone(&machine.flows[flow].states[state].name),
            };
            self.append_to(id, EventType::EvaluationFailed, details);
        }
        Failure::new(error.error, cause)
    }

    /// The strand's state failed: it is tried again, caught, or takes its flow down.
    pub(super) fn fail_state(&mut self, id: StrandId, failure: Failure) {
        if !self.try_again(id, &failure) {
            self.give_up(id, failure);
        }
    }

    /// A Map or Parallel state failed. Its event is written only when it is not tried again.
    pub(super) fn fail_fork(&mut self, id: StrandId, failure: Failure) {
        if self.try_again(id, &failure) {
            return;
        }
        if let Some((machine, flow, state)) = self.place(id) {
            let failed = match machine.flows[flow].states[state].kind {
                Kind::Map(_) => EventType::MapStateFailed,
                _ => EventType::ParallelStateFailed,
            };
            self.append_to(id, failed, Details::None);
            self.give_up(id, failure);
        }
    }

    /// Plans another attempt, if a retrier is for this error and has one left.
    fn try_again(&mut self, id: StrandId, failure: &Failure) -> bool {
        let Some((machine, flow, state)) = self.place(id) else {
            return false;
        };
        self.note(|seen| seen.failure = Some(failure.clone()));
        let retriers = &machine.flows[flow].states[state].retry;
        // Each error counts for the first retrier that is for it, whether or not that has attempts left.
        retriers
            .iter()
            .position(|retrier| failure.matches(&retrier.errors))
            .is_some_and(|index| self.retry(id, index, &retriers[index]))
    }

    /// The state is not tried again: it is caught, or takes its flow down.
    fn give_up(&mut self, id: StrandId, failure: Failure) {
        let Some((machine, flow, state)) = self.place(id) else {
            return;
        };
        let state = &machine.flows[flow].states[state];
        let Some((index, catcher)) = state
            .catch
            .iter()
            .enumerate()
            .find(|(_, catcher)| failure.matches(&catcher.errors))
        else {
            return self.fail_flow(id, failure);
        };
        self.note(|seen| seen.catch = Some(index));
        let error_output = failure.output();
        let exit = Exit {
            next: Next::State(catcher.next),
            value: error_output.clone(),
            output: catcher.output.as_ref(),
            assign: catcher.assign.as_ref(),
            result: None,
            error_output: Some(&error_output),
            shaping: Shaping::Error(&catcher.placement),
        };
        if let Err(error) = self.leave(id, exit) {
            // A catcher that fails cannot be caught by the same state again.
            let failure = self.note_query_failure(id, &error);
            self.fail_flow(id, failure);
        }
    }

    /// Plans another attempt; false if the retrier has none left.
    fn retry(&mut self, id: StrandId, index: usize, retrier: &Retrier) -> bool {
        let Some(strand) = self.strands.get_mut(&id) else {
            return false;
        };
        let taken = strand.retries.get(index).copied().unwrap_or_default();
        if taken >= retrier.attempts_max {
            return false;
        }
        if let Some(count) = strand.retries.get_mut(index) {
            *count += 1;
        }
        strand.doing = Doing::Waiting;
        let longest_s = retrier
            .delay_max_s
            .map_or(DELAY_S_MAX, |delay_max_s| delay_max_s as f64);
        let exponent = i32::try_from(taken).unwrap_or(i32::MAX);
        let delay_s = (retrier.interval_s as f64 * retrier.backoff_rate.powi(exponent)).min(longest_s);
        let delay_ms = (delay_s * 1000.0).round() as u64;
        // What was recorded is not drawn: it is anything up to the whole length.
        let is_known = self.replay_jitters(id, retrier.full_jitter);
        let delay_ms = if retrier.full_jitter && !is_known {
            self.chance.up_to(delay_ms)
        } else {
            delay_ms
        };
        self.note(|seen| seen.retry = Some((index, delay_ms)));
        self.set_timer(self.now_ms.saturating_add(delay_ms), Timer::Retry(id));
        true
    }

    /// The strand's flow failed, and with it the execution or the state around it.
    fn fail_flow(&mut self, mut id: StrandId, failure: Failure) {
        if failure.is_final() {
            let last_event = self.strands.get(&id).map_or(0, |strand| strand.last_event);
            let Some(iteration) = self.tolerated_iteration(id) else {
                // What nothing can catch ends the execution at once, without a word about the states around it.
                return self.end_failed(last_event, failure);
            };
            if iteration != id {
                self.abort_children(iteration, last_event);
                if let Some(strand) = self.strands.get_mut(&iteration) {
                    strand.last_event = last_event;
                }
                id = iteration;
            }
        }
        let Some(strand) = self.close_strand(id) else {
            return;
        };
        let (index, last_event) = (strand.index, strand.last_event);
        let Some(parent) = strand.parent else {
            self.remains = Some(Box::new(strand));
            return self.end_failed(last_event, failure);
        };
        let Some((machine, flow, state)) = self.place(parent) else {
            return;
        };
        let state = &machine.flows[flow].states[state];
        let is_map = matches!(state.kind, Kind::Map(_));
        let mut done = last_event;
        if is_map {
            let details = Details::Iteration {
                name: Arc::clone(&state.name),
                index,
            };
            done = self.append(EventType::MapIterationFailed, last_event, details);
            // A task that had begun is written down as aborted too, even though it is what failed.
            let kind = &machine.flows[strand.flow].states[strand.state].kind;
            if matches!(kind, Kind::Task(_)) && last_event > strand.entered_event {
                self.append(EventType::TaskStateAborted, last_event, Details::None);
            }
        }
        let item = strand.item.clone();
        if let Some(fork) = self.fork_of(parent) {
            fork.running.remove(&index);
            fork.unfinished.insert(index, strand);
        }
        let Some(failure) = self.not_tolerated(parent, index, item.as_deref(), failure) else {
            return self.go_on_after(parent, last_event, done);
        };
        self.abort_children(parent, last_event);
        if let Some(outer) = self.strands.get_mut(&parent) {
            outer.last_event = last_event;
        }
        self.fail_fork(parent, failure);
    }

    /// Cancels what still runs for a Map or Parallel state; `cause` is the event that made it pointless.
    pub(super) fn abort_children(&mut self, id: StrandId, cause: u64) {
        let Some((machine, flow, state)) = self.place(id) else {
            return;
        };
        let state = &machine.flows[flow].states[state];
        let running = self
            .fork_of(id)
            .map(|fork| std::mem::take(&mut fork.running))
            .unwrap_or_default();
        for (index, child) in running {
            if matches!(state.kind, Kind::Map(_)) {
                let details = Details::Iteration {
                    name: Arc::clone(&state.name),
                    index,
                };
                self.append(EventType::MapIterationAborted, cause, details);
            }
            if let (Some(strand), Some(fork)) = (self.abort_strand(child, cause), self.fork_of(id)) {
                fork.unfinished.insert(index, strand);
            }
        }
    }

    /// Cancels a strand and all that serves it; returns what is left of it.
    pub(super) fn abort_strand(&mut self, id: StrandId, cause: u64) -> Option<Strand> {
        self.abort_children(id, cause);
        let (machine, flow, state) = self.place(id)?;
        let strand = self.close_strand(id)?;
        let entered = !matches!(strand.doing, Doing::Entering);
        let event_type = match &machine.flows[flow].states[state].kind {
            Kind::Task(_) => EventType::TaskStateAborted,
            Kind::Wait(_) => EventType::WaitStateAborted,
            Kind::Map(_) => EventType::MapStateAborted,
            Kind::Parallel { .. } => EventType::ParallelStateAborted,
            // The others are over as soon as they are entered.
            _ => return Some(strand),
        };
        if entered {
            if strand.doing.is_map_run_at_work() {
                self.append(EventType::MapRunAborted, cause, Details::None);
            }
            self.append(event_type, cause, Details::None);
        }
        Some(strand)
    }
}
