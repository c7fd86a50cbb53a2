//! One execution of a map run: started, redriven or started anew.

use std::sync::Arc;

use serde_json::Value;

use crate::definition::MachineType;
use crate::engine::redrive::{REDRIVABLE_MS, Redrives};
use crate::engine::{ByArn, Engine, Entry, ExecutionId};
use crate::execution::{EVENTS_MAX, Execution, Identity, Root, Status};

use super::{MapRun, MapRunId, Stands};

impl Engine {
    /// Runs a child: for the first time, or from where it ended badly.
    pub(super) fn run_child(&mut self, run: MapRunId, index: usize, now_ms: u64) {
        let child = self.map_runs.get(run).and_then(|run| run.children().get(index));
        match child.and_then(|child| child.id) {
            None => self.start_child_of(run, index, now_ms),
            Some(id) => self.redrive_child_of(id, now_ms),
        }
    }

    fn start_child_of(&mut self, run_id: MapRunId, index: usize, now_ms: u64) {
        let Some(run) = self.map_runs.get_mut(run_id) else {
            return;
        };
        let (parent, settings, map_run_arn) = (run.parent, run.settings.clone(), run.arn.to_string());
        let input = run.child_mut(index).and_then(|child| child.input.take());
        let Some(entry) = self.executions.get(&parent) else {
            return;
        };
        let record = Arc::clone(&entry.machine);
        let name = self.chance.uuid();
        let family = format!("{}/{}", record.name, settings.label);
        let arn = match settings.child_type {
            MachineType::Standard => self.place.execution_arn(&family, &name),
            MachineType::Express => self.place.express_arn(&family, &name, &self.chance.uuid()),
        };
        let identity = Arc::new(Identity {
            arn,
            name,
            machine_arn: self.place.machine_arn(&family),
            machine_name: record.name.clone(),
            role_arn: Arc::clone(&record.role_arn),
            region: Arc::from(self.place.region.as_str()),
            version_arn: None,
            alias_arn: None,
            map_run_arn: Some(map_run_arn),
        });
        self.execution_last += 1;
        let id = ExecutionId(self.execution_last);
        if let Some(child) = self.map_runs.get_mut(run_id).and_then(|run| run.child_mut(index)) {
            child.id = Some(id);
        }
        self.by_arn.insert(ByArn(Arc::clone(&identity)), id);
        let root = Root {
            flow: settings.flow,
            machine_type: Some(settings.child_type),
        };
        let part = (Arc::clone(&record.machine), root);
        let input = input.unwrap_or_default();
        let seed = self.chance.next_u64();
        let execution = Execution::start_part(identity, part, read(input), seed, now_ms);
        let entry = Entry {
            execution,
            machine: record,
            due_ms: None,
            waiting: Vec::new(),
            end_told: false,
            trace_header: None,
            redrives: Redrives::default(),
            map_child: Some((run_id, index)),
            touches: 0,
        };
        self.executions.insert(id, entry);
        self.touched.push_back(id);
    }

    /// "All child workflow executions that failed, timed out, or canceled ... are redriven", Express ones "are started
    /// using the StartExecution API action" and keep their ARN (Developer Guide, "Redriving Map Runs").
    fn redrive_child_of(&mut self, id: ExecutionId, now_ms: u64) {
        let seed = self.chance.next_u64();
        let Some(entry) = self.executions.get_mut(&id) else {
            return;
        };
        match entry.execution.machine_type() {
            MachineType::Standard => entry.execution.redrive(now_ms),
            MachineType::Express => {
                let input = read(Arc::clone(entry.execution.input_text()));
                let identity = Arc::clone(entry.execution.identity());
                let part = (Arc::clone(&entry.machine.machine), entry.execution.root());
                entry.execution = Execution::start_part(identity, part, input, seed, now_ms);
            }
        }
        entry.end_told = false;
        self.touched.push_back(id);
    }

    /// Whether a redrive of its map run goes on with a child or starts it.
    pub(super) fn is_redrivable(&self, run: &MapRun, index: usize, now_ms: u64) -> bool {
        let Some(child) = run.children().get(index) else {
            return false;
        };
        match (child.stands, child.id.and_then(|id| self.executions.get(&id))) {
            (Stands::Is(Status::Succeeded | Status::Running), _) => false,
            (Stands::Pending, _) => true,
            (_, Some(entry)) => can_go_on(&entry.execution, now_ms),
            (_, None) => false,
        }
    }
}

/// "Unsuccessful Standard child workflow executions can't always be redriven ... This is possible when an execution
/// exceeds 25,000 history events, or its redrivable period of 14 days has expired" (same page).
pub(in crate::engine) fn can_go_on(execution: &Execution, now_ms: u64) -> bool {
    let is_recent = |ended_ms: u64| now_ms <= ended_ms.saturating_add(REDRIVABLE_MS);
    match execution.machine_type() {
        MachineType::Express => true,
        MachineType::Standard => {
            execution.history().len() < EVENTS_MAX - 1
                && execution.ended().is_some_and(|ended| is_recent(ended.at_ms))
        }
    }
}

/// What was a value becomes one again.
fn read(input: Arc<str>) -> (Value, Arc<str>) {
    (crate::saved::read(input.as_bytes()).unwrap_or_default(), input)
}
