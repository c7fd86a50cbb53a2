//! Map runs, as the execution sees them that has the Map state: opened, waited for, redriven.
//!
//! The iterations of a Map state in distributed mode are executions of their own. Whoever holds the execution starts
//! them, limits how many run at once, counts failures, and says when all is over. A map run that failed or was
//! aborted is redriven with the execution: the executions that did not succeed go on, and those that had not begun
//! begin (Developer Guide, "Redriving Map Runs"). What failed before the items were known is done anew, as is a map run
//! that failed because of the size of its result or of an expression.

use std::sync::Arc;

use serde_json::Value;

use crate::definition::MachineType;
use crate::history::{Details, EventType};

use super::end::Ended;
use super::map_data::{Moving, Written};
use super::strand::{Doing, StrandId, TaskId};
use super::tolerance::Tolerance;
use super::{Effect, Execution, Failure, Identity, limits};

/// "You haven't exceeded the hard limit of 1000 redrives of a given Map Run. If you've exceeded this limit, you'll
/// receive the States.Runtime error" (same page).
const REDRIVES_MAX: u64 = 1_000;

/// What a map run is to be.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct MapRunSettings {
    /// What stands in the ARNs of its executions.
    pub label: String,
    /// The flow they run.
    pub flow: usize,
    /// What they are.
    pub child_type: MachineType,
    /// How many may run at once; 0 means as many as there may be.
    pub concurrency_max: u64,
    /// How many items may fail.
    pub tolerance: Tolerance,
}

/// What an execution of a map run is given.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct ChildInput {
    /// JSON text.
    #[serde(with = "crate::saved::text")]
    pub input: Arc<str>,
    /// How many items are in it.
    pub items: usize,
}

/// What came of one execution of a map run.
#[derive(Clone, Debug)]
pub struct ChildResult {
    /// What it is called; nothing if it was never started.
    pub identity: Option<Arc<Identity>>,
    /// Its input as JSON text.
    pub input: Arc<str>,
    /// When it was started, milliseconds since 1970.
    pub started_ms: u64,
    /// How often it was redriven.
    pub redrive_count: u64,
    /// When it was redriven last, milliseconds since 1970.
    pub redriven_ms: Option<u64>,
    /// How it ended, if it was started.
    pub ended: Option<Ended>,
}

/// A map run, as the strand knows it that waits for it.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct MapRunning {
    #[serde(with = "crate::saved::text")]
    arn: Arc<str>,
    /// Names it as long as it is at work.
    task: Option<TaskId>,
    /// Whether its executions are known.
    has_items: bool,
    redrives: u64,
    /// What of it is in S3 at the moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moving: Option<Box<Moving>>,
    /// What was written of executions that succeeded, and which they are.
    #[serde(default)]
    pub written: Written,
}

impl MapRunning {
    /// Everything it waits for.
    pub fn tasks(&self) -> impl Iterator<Item = TaskId> + use<> {
        let moving = self.moving.as_ref().map(|moving| moving.ask);
        self.task.into_iter().chain(moving)
    }

    /// What it has written to so far, for its next files.
    pub fn history(&self) -> (Arc<str>, u64, Written) {
        (Arc::clone(&self.arn), self.redrives, self.written.clone())
    }

    /// From now on its executions are known. Returns what names it.
    pub fn has_items(&mut self) -> Option<TaskId> {
        self.has_items = true;
        self.task
    }
}

impl Doing {
    /// Whether a map run is at work.
    pub fn is_map_run_at_work(&self) -> bool {
        matches!(self, Doing::Mapping(running) if running.task.is_some())
    }
}

impl Execution {
    pub(super) fn map_run_of(&mut self, id: StrandId) -> Option<&mut MapRunning> {
        match &mut self.strands.get_mut(&id)?.doing {
            Doing::Mapping(running) => Some(running),
            _ => None,
        }
    }

    pub(super) fn new_task(&mut self, id: StrandId) -> TaskId {
        let task = TaskId(self.task_last + 1);
        self.task_last = task.0;
        self.tasks.insert(task, id);
        task
    }

    /// Makes a map run known.
    pub(super) fn open_map_run(&mut self, id: StrandId, settings: MapRunSettings) {
        let run = self.chance.uuid();
        let place = self.identity.machine_arn.split(":stateMachine:").next();
        let made_up = || {
            format!(
                "{}:mapRun:{}/{}:{run}",
                place.unwrap_or_default(),
                self.identity.machine_name,
                settings.label
            )
        };
        let arn: Arc<str> = Arc::from(self.replayed_map_run(id).unwrap_or_else(made_up));
        let task = self.new_task(id);
        let details = Details::MapRun {
            arn: Arc::clone(&arn),
        };
        self.append_to(id, EventType::MapRunStarted, details);
        self.effects.push(Effect::OpenMapRun {
            task,
            arn: Arc::clone(&arn),
            settings,
        });
        if let Some(strand) = self.strands.get_mut(&id) {
            strand.doing = Doing::Mapping(Box::new(MapRunning {
                arn,
                task: Some(task),
                has_items: false,
                redrives: 0,
                moving: None,
                written: Written::default(),
            }));
        }
    }

    /// All executions of a map run have ended, or too many of them badly.
    pub fn map_run_done(&mut self, task: TaskId, has_failed: bool, results: &[ChildResult], now_ms: u64) {
        self.advance(now_ms);
        let Some(id) = self.tasks.get(&task).copied() else {
            return;
        };
        self.conclude(id, has_failed, results);
        self.run_ready();
    }

    /// The map run succeeded, and the state with it.
    pub(super) fn succeed_map_run(&mut self, id: StrandId, result: Value) {
        let Some((machine, flow, state)) = self.place(id) else {
            return;
        };
        if limits::payload_text(&result).is_none() {
            let failure = Failure::data_limit(&machine.flows[flow].states[state].name);
            return self.fail_map_run(id, failure, true);
        }
        self.append_to(id, EventType::MapRunSucceeded, Details::None);
        self.close_map_run(id, true);
        // Nothing follows from this event, as with an inline map.
        let last_event = self.strands.get(&id).map_or(0, |strand| strand.last_event);
        self.append(EventType::MapStateSucceeded, last_event, Details::None);
        self.begin_anew(id);
        self.leave_with_result(id, result);
    }

    /// The map run failed, and the state with it. `anew` says that a redrive begins with another map run.
    pub(super) fn fail_map_run(&mut self, id: StrandId, failure: Failure, anew: bool) {
        let details = Details::Error {
            error: failure.error.clone(),
            cause: failure.cause.clone(),
        };
        self.append_to(id, EventType::MapRunFailed, details);
        self.close_map_run(id, false);
        if anew {
            self.begin_anew(id);
        }
        self.fail_fork(id, failure);
    }

    fn begin_anew(&mut self, id: StrandId) {
        if let Some(strand) = self.strands.get_mut(&id) {
            strand.doing = Doing::Beginning;
        }
    }

    fn close_map_run(&mut self, id: StrandId, succeeded: bool) {
        let task = self.map_run_of(id).and_then(|running| running.task.take());
        if let Some(task) = task {
            self.tasks.remove(&task);
            self.effects.push(Effect::CloseMapRun { task, succeeded });
        }
    }

    /// Goes on with a map run that ended badly.
    pub(super) fn redrive_map_run(&mut self, id: StrandId) {
        let task = self.new_task(id);
        let Some(running) = self.map_run_of(id) else {
            return;
        };
        if running.redrives >= REDRIVES_MAX {
            self.tasks.remove(&task);
            let cause =
                format!("The map run was redriven {REDRIVES_MAX} times, which is as often as it can be.");
            let cause = self.in_state(id, &cause);
            return self.fail_state(id, Failure::runtime(cause));
        }
        running.redrives += 1;
        running.task = Some(task);
        let (arn, count, has_items) = (Arc::clone(&running.arn), running.redrives, running.has_items);
        let details = Details::MapRunRedriven {
            arn: Arc::clone(&arn),
            count,
        };
        self.replay_began(id);
        self.append_to(id, EventType::MapRunRedriven, details);
        self.effects.push(Effect::RedriveMapRun { task, arn });
        if !has_items {
            self.read_items(id);
        }
    }
}
