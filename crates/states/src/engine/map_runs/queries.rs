//! What the API says of map runs and changes in them.

use std::cmp::Reverse;

use crate::engine::arn::parts_of;
use crate::engine::{Engine, EngineError, PagePlace};
use crate::execution::{Execution, Status};

use super::children::can_go_on;
use super::{Child, MapRun, MapRunId, Stands};

/// How many executions or items of a map run stand where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Not started yet.
    pub pending: usize,
    /// At work.
    pub running: usize,
    /// Ended well.
    pub succeeded: usize,
    /// Ended badly.
    pub failed: usize,
    /// Took longer than they may.
    pub timed_out: usize,
    /// Stopped.
    pub aborted: usize,
    /// All together.
    pub total: usize,
    /// Those whose results are part of what came of the map run.
    pub results_written: usize,
    /// Those that ended badly and cannot be redriven.
    pub failures_not_redrivable: usize,
    /// Those that are to be redriven and wait for their turn.
    pub pending_redrive: usize,
}

/// What `UpdateMapRun` changes; what is not stated stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct MapRunChange {
    /// How many executions may run at once; 0 means as many as there may be.
    pub concurrency_max: Option<u64>,
    /// How many items may fail.
    pub tolerated_count: Option<u64>,
    /// What part of the items may fail, in percent.
    pub tolerated_percentage: Option<f64>,
}

impl Engine {
    /// A map run.
    ///
    /// # Errors
    ///
    /// [`EngineError::InvalidArn`] or [`EngineError::ResourceNotFound`].
    pub fn map_run(&self, arn: &str) -> Result<&MapRun, EngineError> {
        let parts = parts_of(arn)?;
        if parts.get(5) != Some(&"mapRun") || parts.len() != 8 {
            return Err(EngineError::InvalidArn(arn.to_owned()));
        }
        let id = self.map_runs.by_arn.get(arn);
        id.and_then(|id| self.map_runs.get(*id))
            .ok_or_else(|| EngineError::ResourceNotFound {
                message: format!("Resource not found: '{arn}'"),
                resource: Some(arn.to_owned()),
            })
    }

    /// The execution that a map run belongs to, and that one's machine with the map's label.
    pub fn parent_of(&self, run: &MapRun) -> Option<(&Execution, String)> {
        let entry = self.executions.get(&run.parent)?;
        let family = format!("{}/{}", entry.machine.name, run.settings.label);
        Some((&entry.execution, self.place.machine_arn(&family)))
    }

    /// The map runs of an execution, the latest first, each with its place in the list, after that one.
    ///
    /// # Errors
    ///
    /// As [`Engine::execution`].
    pub fn map_runs(
        &self,
        execution_arn: &str,
        after: Option<MapRunId>,
    ) -> Result<impl Iterator<Item = (MapRunId, &MapRun)>, EngineError> {
        let (id, _) = self.entry(execution_arn)?;
        let all = self.map_runs.of(id).rev().map(|run| (run.id, run));
        Ok(all.filter(move |(id, _)| after.is_none_or(|after| *id < after)))
    }

    /// How many executions of a map run stand where, and how many items are in them.
    pub fn map_run_counts(&self, run: &MapRun, now_ms: u64) -> (Counts, Counts) {
        let (mut executions, mut items) = (Counts::default(), Counts::default());
        for (index, child) in run.children().iter().enumerate() {
            for (counts, count) in [(&mut executions, 1), (&mut items, child.items)] {
                counts.total += count;
                *counts.place(child.stands) += count;
                let is_bad = matches!(
                    child.stands,
                    Stands::Is(Status::Failed | Status::TimedOut | Status::Aborted)
                );
                if is_bad && !self.is_redrivable(run, index, now_ms) {
                    counts.failures_not_redrivable += count;
                }
                let is_written = run.status == Status::Succeeded && child.has_succeeded();
                counts.results_written += if is_written { count } else { 0 };
            }
        }
        (executions, items)
    }

    /// Executions of a map run that were started, the latest first, each with its place in the list and the number of
    /// items in it. `status` is a name that the API has.
    ///
    /// # Errors
    ///
    /// As [`Engine::map_run`].
    pub fn map_run_executions(
        &self,
        arn: &str,
        status: Option<&str>,
        redriven: Option<bool>,
        after: Option<PagePlace>,
    ) -> Result<impl Iterator<Item = (PagePlace, &Execution, usize)>, EngineError> {
        let run = self.map_run(arn)?;
        let mut listed: Vec<(PagePlace, &Execution, usize)> = run
            .children()
            .iter()
            .filter_map(|child| Some((child.id?, child.items)))
            .filter_map(|(id, items)| Some((id, &self.executions.get(&id)?.execution, items)))
            .filter(|(_, execution, _)| {
                status.is_none_or(|status| self.status_name(execution) == status)
                    && redriven.is_none_or(|redriven| (execution.redrive_count() > 0) == redriven)
            })
            .map(|(id, execution, items)| (PagePlace::of(id, execution), execution, items))
            .filter(|(place, _, _)| after.is_none_or(|after| *place < after))
            .collect();
        listed.sort_unstable_by_key(|(place, _, _)| Reverse(*place));
        Ok(listed.into_iter())
    }

    /// Where an execution stands, as the API names it: one that waits for its map run to redrive it is
    /// `PENDING_REDRIVE`.
    pub fn status_name(&self, execution: &Execution) -> &'static str {
        let entry = self.entry(&execution.identity().arn).ok();
        let place = entry.and_then(|(_, entry)| entry.map_child);
        let child = place.and_then(|(run, index)| self.map_runs.get(run)?.children().get(index));
        match child.map(|child| child.stands) {
            Some(Stands::AwaitsRedrive) => "PENDING_REDRIVE",
            _ => execution.status().name(),
        }
    }

    /// Whether an execution of a map run goes on if its map run is redriven.
    ///
    /// # Errors
    ///
    /// As [`Engine::execution`].
    pub fn is_redrivable_by_map_run(&self, arn: &str, now_ms: u64) -> Result<bool, EngineError> {
        let (_, entry) = self.entry(arn)?;
        let is_bad = !matches!(entry.execution.status(), Status::Running | Status::Succeeded);
        Ok(entry.map_child.is_some() && is_bad && can_go_on(&entry.execution, now_ms))
    }

    /// Changes a map run that is at work; it takes effect at once.
    ///
    /// # Errors
    ///
    /// As [`Engine::map_run`], and [`EngineError::Validation`] if it is not at work.
    pub fn update_map_run(
        &mut self,
        arn: &str,
        change: MapRunChange,
        now_ms: u64,
    ) -> Result<(), EngineError> {
        self.wake(now_ms);
        let run = self.map_run(arn)?;
        if run.status != Status::Running {
            let message = format!(
                "The map run is {} and cannot be updated: '{arn}'",
                run.status.name()
            );
            return Err(EngineError::Validation(message));
        }
        let id = run.id;
        if let Some(run) = self.map_runs.get_mut(id) {
            let settings = &mut run.settings;
            settings.concurrency_max = change.concurrency_max.unwrap_or(settings.concurrency_max);
            let tolerance = &mut settings.tolerance;
            tolerance.count = change.tolerated_count.or(tolerance.count);
            tolerance.percentage = change.tolerated_percentage.or(tolerance.percentage);
        }
        self.map_runs.touched.push_back(id);
        self.settle_touched(now_ms);
        Ok(())
    }
}

impl MapRunId {
    /// As text, for a page token.
    pub fn to_text(self) -> String {
        self.0.to_string()
    }

    /// From a page token.
    pub fn parse(text: &str) -> Option<MapRunId> {
        text.parse().ok().map(MapRunId)
    }
}

impl Child {
    fn has_succeeded(&self) -> bool {
        self.stands == Stands::Is(Status::Succeeded)
    }
}

impl Counts {
    fn place(&mut self, stands: Stands) -> &mut usize {
        match stands {
            Stands::Pending => &mut self.pending,
            Stands::AwaitsRedrive => &mut self.pending_redrive,
            Stands::Is(Status::Running) => &mut self.running,
            Stands::Is(Status::Succeeded) => &mut self.succeeded,
            Stands::Is(Status::Failed) => &mut self.failed,
            Stands::Is(Status::TimedOut) => &mut self.timed_out,
            Stands::Is(Status::Aborted) => &mut self.aborted,
        }
    }
}
