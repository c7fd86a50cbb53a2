//! What happens to map runs: opened, driven from child to child, ended, redriven, aborted.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::engine::{Engine, ExecutionId};
use crate::execution::{ChildInput, ChildResult, MapRunSettings, Status, TaskId};

use super::{MapRun, MapRunId, Stands};

/// Executions of one map run that run at once, whatever MaxConcurrency says. On AWS they are 10,000 if it says nothing.
pub(super) const AT_ONCE_MAX: usize = 1_000;
/// Executions that all map runs together may start in one operation; the rest is started a millisecond later, so that no
/// single operation is endless.
pub(in crate::engine) const STARTS_AT_ONCE_MAX: u32 = 1_000;
const PAUSE_MS: u64 = 1;

impl Engine {
    pub(in crate::engine) fn open_map_run(
        &mut self,
        owner: (ExecutionId, TaskId),
        arn: Arc<str>,
        settings: MapRunSettings,
        now_ms: u64,
    ) {
        let id = MapRunId(self.map_runs.last + 1);
        self.map_runs.take_in(MapRun {
            arn,
            settings,
            status: Status::Running,
            started_ms: now_ms,
            stopped_ms: None,
            redrive_count: 0,
            redriven_ms: None,
            id,
            parent: owner.0,
            task: Some(owner.1),
            children: None,
            queue: VecDeque::new(),
            running: 0,
            items_failed: 0,
            items_total: 0,
            is_over: false,
            due_ms: None,
        });
    }

    pub(in crate::engine) fn run_map(&mut self, owner: (ExecutionId, TaskId), children: Vec<ChildInput>) {
        let Some(id) = self.map_runs.by_task.get(&owner).copied() else {
            return;
        };
        if let Some(run) = self.map_runs.get_mut(id) {
            run.set_children(children);
            self.map_runs.touched.push_back(id);
        }
    }

    /// The parent needs the map run no longer.
    pub(in crate::engine) fn close_map_run(
        &mut self,
        owner: (ExecutionId, TaskId),
        succeeded: bool,
        now_ms: u64,
    ) {
        let status = match succeeded {
            true => Status::Succeeded,
            false => Status::Failed,
        };
        self.end_map_run(owner, status, now_ms);
    }

    /// The parent was stopped, timed out, or needs the map run no longer although it is at work. Says whether there is
    /// one of this task.
    pub(in crate::engine) fn abort_map_run(&mut self, owner: (ExecutionId, TaskId), now_ms: u64) -> bool {
        self.end_map_run(owner, Status::Aborted, now_ms)
    }

    fn end_map_run(&mut self, owner: (ExecutionId, TaskId), status: Status, now_ms: u64) -> bool {
        let Some(id) = self.map_runs.by_task.remove(&owner) else {
            return false;
        };
        self.stop_children(id, now_ms);
        if let Some(run) = self.map_runs.get_mut(id) {
            run.status = status;
            run.stopped_ms = Some(now_ms);
            run.task = None;
        }
        true
    }

    /// Nothing is started any more, and what runs is stopped.
    fn stop_children(&mut self, id: MapRunId, now_ms: u64) {
        self.map_runs.set_due(id, None);
        let Some(run) = self.map_runs.get_mut(id) else {
            return;
        };
        run.is_over = true;
        run.queue.clear();
        let children = run.children.as_deref().unwrap_or_default();
        let of = |stands: Stands| -> Vec<(usize, ExecutionId)> {
            let all = children.iter().enumerate();
            all.filter(|(_, child)| child.stands == stands)
                .filter_map(|(index, child)| Some((index, child.id?)))
                .collect()
        };
        let (waiting, running) = (of(Stands::AwaitsRedrive), of(Stands::Is(Status::Running)));
        // "... the count of child workflow executions in the Pending redrive state is reset to 0" ("Redriving Map Runs").
        for (index, child) in waiting {
            let ended = self.executions.get(&child).map(|entry| entry.execution.status());
            let run = self.map_runs.get_mut(id);
            if let (Some(status), Some(run)) = (ended, run) {
                run.note_end(index, status);
            }
        }
        for (_, child) in running {
            let cause = "The map run was stopped.".to_owned();
            self.stop(child, None, Some(cause), now_ms);
            self.touched.push_back(child);
        }
    }

    /// Goes on with what did not succeed.
    pub(in crate::engine) fn redrive_map_run(
        &mut self,
        owner: (ExecutionId, TaskId),
        arn: &str,
        now_ms: u64,
    ) {
        let Some(id) = self.map_runs.by_arn.get(arn).copied() else {
            return;
        };
        let Some(run) = self.map_runs.get(id) else { return };
        let redrivable: Vec<usize> = (0..run.children().len())
            .filter(|index| self.is_redrivable(run, *index, now_ms))
            .collect();
        let Some(run) = self.map_runs.get_mut(id) else {
            return;
        };
        run.status = Status::Running;
        run.stopped_ms = None;
        run.redrive_count += 1;
        run.redriven_ms = Some(now_ms);
        run.task = Some(owner.1);
        run.is_over = false;
        for index in redrivable {
            if let Some(child) = run.child_mut(index).filter(|child| child.id.is_some()) {
                child.stands = Stands::AwaitsRedrive;
            }
            run.queue.push_back(index);
        }
        run.count_failed();
        self.map_runs.by_task.insert(owner, id);
        self.map_runs.touched.push_back(id);
    }

    /// An execution of a map run has ended.
    pub(in crate::engine) fn map_child_ended(&mut self, (id, index): (MapRunId, usize), status: Status) {
        let Some(run) = self.map_runs.get_mut(id) else {
            return;
        };
        run.running = run.running.saturating_sub(1);
        run.note_end(index, status);
        if !run.is_over {
            self.map_runs.touched.push_back(id);
        }
    }

    /// The next map run of which something has happened to a child.
    pub(in crate::engine) fn next_touched_map_run(&mut self) -> Option<MapRunId> {
        self.map_runs.touched.pop_front()
    }

    /// Map runs that had to wait go on, all of them out of one allowance: what it does not reach waits again.
    pub(in crate::engine) fn wake_map_runs(&mut self, now_ms: u64) {
        while let Some((due_ms, id)) = self.map_runs.due.first().copied() {
            if due_ms > now_ms {
                return;
            }
            self.map_runs.set_due(id, None);
            self.map_runs.touched.push_back(id);
            self.settle_touched(now_ms);
        }
    }

    /// Starts what may run, and ends the map run when nothing more is to come.
    pub(in crate::engine) fn drive(&mut self, id: MapRunId, now_ms: u64) {
        while let Some(run) = self.map_runs.get_mut(id) {
            if run.is_over || run.children.is_none() {
                return;
            }
            if run.has_failed() || (run.queue.is_empty() && run.running == 0) {
                return self.finish_map_run(id, now_ms);
            }
            if run.running >= run.at_once_max() {
                return;
            }
            let Some(index) = run.queue.front().copied() else {
                return;
            };
            if self.map_starts_left == 0 {
                let due_ms = now_ms.saturating_add(PAUSE_MS);
                return self.map_runs.set_due(id, Some(due_ms));
            }
            self.map_starts_left -= 1;
            run.queue.pop_front();
            run.running += 1;
            if let Some(child) = run.child_mut(index) {
                child.stands = Stands::Is(Status::Running);
            }
            self.run_child(id, index, now_ms);
        }
    }

    /// Tells the parent that all is over.
    fn finish_map_run(&mut self, id: MapRunId, now_ms: u64) {
        let Some(run) = self.map_runs.get(id) else { return };
        let (parent, task, has_failed) = (run.parent, run.task, run.has_failed());
        self.stop_children(id, now_ms);
        let results = self.results_of(id);
        if let (Some(task), Some(entry)) = (task, self.executions.get_mut(&parent)) {
            entry.execution.map_run_done(task, has_failed, &results, now_ms);
            self.touched.push_back(parent);
        }
    }

    /// What came of the executions, in the order of the items.
    fn results_of(&self, id: MapRunId) -> Vec<ChildResult> {
        let Some(run) = self.map_runs.get(id) else {
            return Vec::new();
        };
        let result = |child: &super::Child| {
            let execution = child.id.and_then(|id| self.executions.get(&id));
            match execution.map(|entry| &entry.execution) {
                Some(execution) => ChildResult {
                    identity: Some(Arc::clone(execution.identity())),
                    input: Arc::clone(execution.input_text()),
                    started_ms: execution.started_ms(),
                    redrive_count: execution.redrive_count(),
                    redriven_ms: execution.redriven_ms(),
                    ended: execution.ended().cloned(),
                },
                None => ChildResult {
                    identity: None,
                    input: child.input.clone().unwrap_or_default(),
                    started_ms: 0,
                    redrive_count: 0,
                    redriven_ms: None,
                    ended: None,
                },
            }
        };
        run.children().iter().map(result).collect()
    }
}

impl MapRun {
    /// How many may run at once.
    fn at_once_max(&self) -> usize {
        match usize::try_from(self.settings.concurrency_max) {
            Ok(0) | Err(_) => AT_ONCE_MAX,
            Ok(stated) => stated.min(AT_ONCE_MAX),
        }
    }

    fn note_end(&mut self, index: usize, status: Status) {
        if let Some(child) = self.child_mut(index) {
            child.stands = Stands::Is(status);
        }
        if matches!(status, Status::Failed | Status::TimedOut) {
            self.items_failed += self.children()[index].items;
        }
    }

    /// "... the total number of failed or timed out items divided by the total number of items" (Developer Guide,
    /// "Setting failure thresholds"): what was stopped is not among them.
    fn count_failed(&mut self) {
        let failed = |child: &&super::Child| {
            matches!(
                child.stands,
                Stands::Is(Status::Failed) | Stands::Is(Status::TimedOut)
            )
        };
        self.items_failed = self
            .children()
            .iter()
            .filter(failed)
            .map(|child| child.items)
            .sum();
    }
}
