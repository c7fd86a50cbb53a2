//! Strands: what runs at the same time within one execution.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use crate::query::Variables;

use super::map_run::MapRunning;
use super::timers::TimerKey;
use super::{Effect, Execution, Probe};

/// Names a strand within its execution; never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub(super) struct StrandId(pub u32);

/// Names one attempt of a Task state within its execution; never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct TaskId(pub u64);

/// The item an iteration of a Map state works on.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct Item {
    pub index: usize,
    pub value: Value,
    /// The name of the object's member that it is, if the items were those of an object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Where it was read, such as `s3://bucket/key`, if it did not come from the state's input.
    #[serde(default, with = "crate::saved::text_if_any")]
    pub source: Option<Arc<str>>,
}

impl Item {
    /// An item of a list that the state was given.
    pub fn given(index: usize, value: Value) -> Item {
        Item {
            index,
            value,
            key: None,
            source: None,
        }
    }
}

/// One line of execution, in one state.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct Strand {
    /// Index of the flow in the machine.
    pub flow: usize,
    /// Index of the state in the flow.
    pub state: usize,
    /// The strand whose Map or Parallel state this one serves.
    pub parent: Option<StrandId>,
    /// Which branch or iteration it is.
    pub index: usize,
    /// The innermost Map item.
    #[serde(default, with = "crate::saved::whole_if_any")]
    pub item: Option<Arc<Item>>,
    /// The state's input.
    #[serde(with = "crate::saved::whole")]
    pub input: Arc<Value>,
    /// What the state sees of it: `$` in JSONPath, after `InputPath`.
    #[serde(with = "crate::saved::whole")]
    pub seen: Arc<Value>,
    /// What it can read; only its own flow's assignments change it.
    #[serde(with = "crate::saved::variables")]
    pub variables: Variables,
    /// The event that led here.
    pub last_event: u64,
    /// The event of entering the state.
    pub entered_event: u64,
    pub entered_ms: u64,
    /// Retries taken, by retrier.
    pub retries: Vec<u64>,
    /// The running task's token, if it has one.
    pub token: Option<String>,
    /// The input of an activity's task that no worker has taken yet, as JSON text.
    #[serde(default, with = "crate::saved::text_if_any")]
    pub offered: Option<Arc<str>>,
    /// The running task's time limit, if it has one.
    pub timeout_s: Option<u64>,
    /// The running task's heartbeat limit, if it has one.
    pub heartbeat_s: Option<u64>,
    pub doing: Doing,
    pub timers: Vec<TimerKey>,
}

/// What a strand does.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub(super) enum Doing {
    /// About to enter its state.
    Entering,
    /// In its state, and about to do what that does, for the first time or again.
    Beginning,
    /// Task scheduled, about to be handed out; never so when nothing is under way.
    #[serde(skip)]
    Scheduled(Box<Effect>),
    /// Task handed out.
    Asking(TaskId),
    /// In a Wait state, or between two attempts.
    Waiting,
    /// Branches or iterations are at work.
    Forked(Box<Fork>),
    /// A map run is at work, or was when it ended.
    Mapping(Box<MapRunning>),
}

/// The branches or iterations of one state.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct Fork {
    /// Outputs by index.
    pub outputs: Vec<Option<Value>>,
    /// Strands at work, by index.
    pub running: BTreeMap<usize, StrandId>,
    /// Index of the next iteration to start.
    pub next: usize,
    /// How many may run at once.
    pub concurrency_max: usize,
    /// The items of a Map state; empty for a Parallel state.
    pub items: Vec<Value>,
    /// Strands that failed or were aborted, by index; what a redrive goes on with. Those whose failure was tolerated
    /// are among them, for "redrives unsuccessful" means those as well.
    pub unfinished: BTreeMap<usize, Strand>,
    /// How many items have failed so far.
    #[serde(default)]
    pub failed: usize,
    /// How many items may fail; nothing if the first failure is the state's own.
    #[serde(default)]
    pub failed_max: Option<usize>,
}

impl Strand {
    /// The strand of a machine's own flow.
    pub fn root(input: Arc<Value>, state: usize) -> Strand {
        Strand {
            flow: 0,
            state,
            parent: None,
            index: 0,
            item: None,
            seen: Arc::clone(&input),
            input,
            variables: Variables::default(),
            last_event: 0,
            entered_event: 0,
            entered_ms: 0,
            retries: Vec::new(),
            token: None,
            offered: None,
            timeout_s: None,
            heartbeat_s: None,
            doing: Doing::Entering,
            timers: Vec::new(),
        }
    }
}

impl Strand {
    /// Shares again what was read from a snapshot as values of their own.
    pub fn share_input(&mut self, input: &Arc<Value>) {
        if self.input == *input {
            self.input = Arc::clone(input);
        }
        if self.seen == self.input {
            self.seen = Arc::clone(&self.input);
        }
        if let Doing::Forked(fork) = &mut self.doing {
            for strand in fork.unfinished.values_mut() {
                strand.share_input(input);
            }
        }
    }

    /// Begins with what a test of a state says.
    pub fn prepare(&mut self, probe: &Probe) {
        let variables = probe.variables.iter();
        self.variables = Arc::new(
            variables
                .map(|(name, value)| (name.clone(), Arc::new(value.clone())))
                .collect(),
        );
        self.item = probe.item.clone().map(|value| Arc::new(Item::given(0, value)));
    }
}

impl Execution {
    pub(super) fn open_strand(&mut self, strand: Strand) -> StrandId {
        self.strand_last += 1;
        let id = StrandId(self.strand_last);
        self.strands.insert(id, Box::new(strand));
        self.replay_opened(id);
        self.ready.push_back(id);
        id
    }

    /// Takes a strand away with its timers and its task; its own branches must be gone already.
    pub(super) fn close_strand(&mut self, id: StrandId) -> Option<Strand> {
        self.clear_timers(id);
        let mut strand = self.strands.remove(&id)?;
        match &mut strand.doing {
            Doing::Asking(task) => self.forget_task(*task),
            Doing::Scheduled(effect) => {
                self.forget_task(effect.task());
                // What never went out is not kept for a redrive.
                strand.doing = Doing::Beginning;
            }
            Doing::Mapping(running) => {
                for task in running.tasks() {
                    self.forget_task(task);
                }
                // A redrive reads or writes all of it again.
                running.moving = None;
            }
            _ => {}
        }
        Some(*strand)
    }

    pub(super) fn forget_task(&mut self, task: TaskId) {
        if self.tasks.remove(&task).is_some() {
            self.effects.push(Effect::Forget { task });
        }
    }
}
