//! What the world answered, told to a run that is played from a record.

use crate::replay::{Index, Record, What, read_json};

use super::super::strand::{StrandId, TaskId};
use super::super::{Effect, Failure};
use super::{Due, Execution, failure_of};

impl Execution {
    /// Looks up what became of everything that the run wants done.
    pub(crate) fn replay_effects(&mut self) {
        loop {
            let effects = self.take_effects();
            if effects.is_empty() {
                return;
            }
            for effect in effects {
                let task = effect.task();
                match effect {
                    Effect::Offer { .. } => {
                        if self
                            .tasks
                            .get(&task)
                            .is_some_and(|id| self.recorded_refusal(*id).is_some())
                        {
                            self.replay_asked(task);
                        } else {
                            let now_ms = self.now_ms;
                            self.activity_scheduled(task, true, now_ms);
                            self.replay_asked(task);
                        }
                    }
                    Effect::Invoke { .. }
                    | Effect::Ask { .. }
                    | Effect::Send { .. }
                    | Effect::Start { .. } => {
                        self.replay_asked(task);
                    }
                    Effect::OpenMapRun { .. } | Effect::RedriveMapRun { .. } => self.replay_map_run(task),
                    Effect::RunMap { .. }
                    | Effect::CloseMapRun { .. }
                    | Effect::Expect { .. }
                    | Effect::Forget { .. } => {}
                }
            }
        }
    }

    /// Plans what became of a task, as far as the record knows.
    fn replay_asked(&mut self, task: TaskId) {
        let Some(id) = self.tasks.get(&task).copied() else {
            return;
        };
        // What reads or writes a map run's items is part of what the map run came to.
        if self.is_at_map(id) {
            return;
        }
        let now_ms = self.now_ms;
        let refused = self.recorded_refusal(id);
        let Some(replayed) = &mut self.replayed else {
            return;
        };
        let Some(one) = replayed.current(id) else {
            if let Some(event) = refused {
                let number = replayed.record.events[event].id;
                replayed.plan(now_ms, number, Due::Outcome(task));
            }
            return;
        };
        let Some(began_ms) = replayed.standing(id).map(|standing| standing.began_ms) else {
            return;
        };
        let one = replayed.record.tries[one].clone();
        let there_ms = replayed.record.events[one.began].at_ms;
        for (event, due) in [
            (one.submitted, Due::Submitted(task)),
            (one.taken, Due::Taken(task)),
            (one.outcome, Due::Outcome(task)),
        ] {
            let Some(event) = event else { continue };
            // Its own time limits tell when it has timed out.
            if matches!(
                replayed.record.events[event].what,
                What::Failed {
                    is_time_out: true,
                    ..
                }
            ) {
                continue;
            }
            let at_ms = replayed.moved(event, there_ms, began_ms).max(now_ms);
            let number = replayed.record.events[event].id;
            replayed.plan(at_ms, number, due);
        }
    }

    /// The execution's end, if that is all that the record has of what the strand's state asked.
    fn recorded_refusal(&self, id: StrandId) -> Option<Index> {
        let replayed = self.replayed.as_ref()?;
        let standing = replayed.standing(id)?;
        replayed.record.visits[standing.visit?].refused
    }

    fn replay_map_run(&mut self, task: TaskId) {
        let Some(id) = self.tasks.get(&task).copied() else {
            return;
        };
        let Some(replayed) = &mut self.replayed else {
            return;
        };
        let Some(one) = replayed.current(id) else { return };
        let one = &replayed.record.tries[one];
        let Some(over) = one.map_run else { return };
        let there_ms = replayed.record.events[one.began].at_ms;
        let Some(began_ms) = replayed.standing(id).map(|standing| standing.began_ms) else {
            return;
        };
        let (at_ms, number) = (
            replayed.moved(over, there_ms, began_ms),
            replayed.record.events[over].id,
        );
        replayed.plan(at_ms, number, Due::MapRunOver(task));
    }

    /// The strand that still waits for a task, and the recorded event about it.
    fn replayed_try(
        &self,
        task: TaskId,
        record: &Record,
        event: impl Fn(&crate::replay::Try) -> Option<Index>,
    ) -> Option<(StrandId, Index)> {
        let id = *self.tasks.get(&task)?;
        let one = self.replayed.as_ref()?.current(id)?;
        Some((id, event(&record.tries[one])?))
    }

    pub(super) fn replay_submitted(&mut self, task: TaskId, record: &Record) {
        let Some((id, event)) = self.replayed_try(task, record, |one| one.submitted) else {
            return;
        };
        if let (What::Submitted { output }, Some((_, resource))) =
            (&record.events[event].what, self.waiting(task))
        {
            let output = read_json(output).unwrap_or_default();
            self.submit_task(id, &resource, &output);
        }
    }

    pub(super) fn replay_taken(&mut self, task: TaskId, record: &Record) {
        let Some((_, event)) = self.replayed_try(task, record, |one| one.taken) else {
            return;
        };
        if let What::Taken { worker } = &record.events[event].what {
            self.take_activity(task, worker.as_deref());
            self.run_ready();
        }
    }

    pub(super) fn replay_outcome(&mut self, task: TaskId, record: &Record) {
        let Some(id) = self.tasks.get(&task).copied() else {
            return;
        };
        let outcome = self
            .replayed_try(task, record, |one| one.outcome)
            .map(|(_, event)| event);
        let Some(event) = outcome.or_else(|| self.recorded_refusal(id)) else {
            return;
        };
        let Some((_, resource)) = self.waiting(task) else {
            return;
        };
        match &record.events[event].what {
            What::Answered { output } => {
                let result = read_json(output).unwrap_or_default();
                self.succeed_task(id, task, &resource, result);
            }
            What::Failed { error, cause, .. } => {
                let failure = failure_of(error.clone(), cause.clone());
                self.fail_task(id, task, &resource, failure);
            }
            What::Ended(end) => {
                self.forget_task(task);
                self.clear_timers(id);
                self.fail_state(id, Failure::reported(end.error.clone(), end.cause.clone()));
            }
            _ => return,
        }
        self.run_ready();
    }

    pub(super) fn replay_map_run_over(&mut self, task: TaskId, record: &Record) {
        let Some((id, event)) = self.replayed_try(task, record, |one| one.map_run) else {
            return;
        };
        let What::MapRun {
            passed, error, cause, ..
        } = &record.events[event].what
        else {
            return;
        };
        let Some(replayed) = &mut self.replayed else {
            return;
        };
        let anew = replayed.standing(id).is_some_and(|standing| {
            let next = replayed.try_of(standing, standing.tries);
            let began = next.map(|next| &record.events[record.tries[next].began].what);
            !matches!(began, Some(What::MapRun { .. }))
        });
        match passed {
            crate::replay::Passed::Well => {
                if let Some(standing) = replayed.standing_mut(id) {
                    standing.takes_over = true;
                    let name = standing.state.clone();
                    replayed.notes.insert(format!(
                        "The executions of the map run of {name} have histories of their own: what {name} handed on was \
                         taken from the record as it is."
                    ));
                }
                self.succeed_map_run(id, serde_json::Value::Null);
            }
            crate::replay::Passed::Badly => {
                let failure = Failure::reported(error.clone(), cause.clone());
                self.fail_map_run(id, failure, anew);
            }
            _ => return,
        }
        self.run_ready();
    }
}
