//! Many machines and executions, their tokens, children and timers: Step Functions without I/O.
//!
//! Whoever drives an [`Engine`] passes the time with every request, performs the [`Call`]s it hands out, and brings
//! back what came of them. Everything else, such as a child execution that answers its parent, happens inside.
//! All of it is determined by the requests, their times and the seed.

mod activities;
mod aliases;
mod arn;
mod calls;
mod entries;
mod error;
mod executions;
mod listing;
mod logging;
mod lone;
mod machines;
mod map_runs;
mod redrive;
mod retention;
mod settle;
mod shelf;
mod snapshot;
mod tags;
mod tokens;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use crate::chance::Chance;
use crate::execution::{Execution, TaskId};

pub use activities::{Activity, ActivityTask};
pub use aliases::{Alias, Route};
pub use arn::{Place, check_described, only_standard};
pub use calls::{Call, CallId, CallKind, Reply};
pub use error::EngineError;
pub use executions::{Start, Started};
pub use listing::{ExecutionFilter, PagePlace};
pub use logging::{Logged, Logging, log_group};
pub use machines::{MachineRecord, NewMachine, Registered, Registration, Revision, Settings};
pub use map_runs::{Counts, MapRun, MapRunChange, MapRunId};
pub use retention::Retention;
pub use shelf::Version;
pub use tags::Tag;

use entries::{ByArn, Entries, Token};
use map_runs::MapRuns;
use redrive::Redrives;
use shelf::Shelf;

/// Names an execution within its engine, in the order they were started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct ExecutionId(u64);

/// Ended Express executions that can still be looked at. AWS keeps none.
const EXPRESS_KEPT: usize = 1_000;
/// Executions that one request or timer may start, directly or through others, before time must pass: a machine
/// that starts itself would else go on for ever in a single moment.
const STARTS_AT_ONCE_MAX: u32 = 10_000;

/// One execution and what the engine knows of it.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
struct Entry {
    execution: Execution,
    #[serde(with = "crate::saved::record")]
    machine: Arc<MachineRecord>,
    /// The time under which it stands in `due`.
    due_ms: Option<u64>,
    /// Tasks of other executions that wait for its end.
    waiting: Vec<(ExecutionId, TaskId)>,
    /// Whether its end was told.
    end_told: bool,
    /// The X-Ray header it was started with; given back, without effect.
    trace_header: Option<String>,
    /// What asked for it to be redriven.
    redrives: Redrives,
    /// Which execution of which map run it is, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    map_child: Option<(MapRunId, usize)>,
    /// How often it stands in the engine's list of those that are not packed.
    #[serde(skip)]
    touches: u32,
}

/// Step Functions, but for the clock and the network. A copy is cheap: executions are shared until one changes.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Engine {
    place: Place,
    chance: Chance,
    machines: BTreeMap<String, Shelf>,
    alias_last: u64,
    #[serde(skip)]
    executions: Entries,
    #[serde(skip)]
    by_arn: HashMap<ByArn, ExecutionId>,
    execution_last: u64,
    #[serde(skip)]
    due: BTreeSet<(u64, ExecutionId)>,
    #[serde(skip)]
    tokens: HashMap<Token, (ExecutionId, TaskId)>,
    #[serde(with = "crate::saved::pairs")]
    token_of: HashMap<(ExecutionId, TaskId), Token>,
    calls: BTreeMap<CallId, Call>,
    #[serde(skip)]
    call_of: HashMap<(ExecutionId, TaskId), CallId>,
    call_last: u64,
    #[serde(with = "crate::saved::pairs")]
    child_of: HashMap<(ExecutionId, TaskId), ExecutionId>,
    activities: activities::Activities,
    #[serde(skip)]
    map_runs: MapRuns,
    /// Calls nobody has taken yet.
    #[serde(default)]
    outbox: VecDeque<Call>,
    /// Executions whose effects must be looked at.
    #[serde(skip)]
    touched: VecDeque<ExecutionId>,
    #[serde(default)]
    ended: Vec<String>,
    express_ended: VecDeque<ExecutionId>,
    /// Express executions whose callers wait for their end.
    #[serde(default)]
    awaited: BTreeSet<ExecutionId>,
    /// Events nobody has logged yet.
    #[serde(skip)]
    logged: Vec<Logged>,
    /// Events since somebody last asked how many.
    #[serde(skip)]
    events_new: u64,
    #[serde(skip)]
    starts_left: u32,
    #[serde(skip)]
    map_starts_left: u32,
    /// Executions in the order in which something happened to them, as far as they are not packed.
    #[serde(skip)]
    awake: VecDeque<ExecutionId>,
    #[serde(skip)]
    awake_max: Option<usize>,
}

impl Engine {
    /// An engine without machines.
    pub fn new(place: Place, seed: u64) -> Engine {
        Engine {
            place,
            chance: Chance::new(seed),
            machines: BTreeMap::new(),
            alias_last: 0,
            executions: Entries::default(),
            by_arn: HashMap::new(),
            execution_last: 0,
            due: BTreeSet::new(),
            tokens: HashMap::new(),
            token_of: HashMap::new(),
            calls: BTreeMap::new(),
            call_of: HashMap::new(),
            call_last: 0,
            child_of: HashMap::new(),
            activities: activities::Activities::default(),
            map_runs: MapRuns::default(),
            outbox: VecDeque::new(),
            touched: VecDeque::new(),
            ended: Vec::new(),
            express_ended: VecDeque::new(),
            awaited: BTreeSet::new(),
            logged: Vec::new(),
            events_new: 0,
            starts_left: STARTS_AT_ONCE_MAX,
            map_starts_left: map_runs::STARTS_AT_ONCE_MAX,
            awake: VecDeque::new(),
            awake_max: None,
        }
    }

    /// A copy of this engine that draws from another seed from now on.
    #[must_use]
    pub fn reseeded(&self, seed: u64) -> Engine {
        Engine {
            chance: Chance::new(seed),
            ..self.clone()
        }
    }

    /// Packs executions to which nothing has happened for longest, beyond so many. It saves memory and costs time; from
    /// outside nothing can be seen of it. A new engine packs none.
    pub fn pack_beyond(&mut self, awake_max: usize) {
        self.awake_max = Some(awake_max);
    }

    /// Packs again what was unpacked only to be looked at.
    pub fn look_away(&mut self) {
        self.executions.look_away();
    }

    /// Something happened to an execution, and all that follows from it.
    fn note_awake(&mut self, id: ExecutionId) {
        let Some(awake_max) = self.awake_max else {
            return;
        };
        self.executions.touch(id);
        self.awake.push_back(id);
        while self.awake.len() > awake_max {
            if let Some(id) = self.awake.pop_front() {
                self.executions.let_go(id);
            }
        }
    }

    /// Region and account.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// When something is due next, milliseconds since 1970.
    pub fn next_due_ms(&self) -> Option<u64> {
        let execution_ms = self.due.first().map(|(due_ms, _)| *due_ms);
        [execution_ms, self.map_runs.next_due_ms()]
            .into_iter()
            .flatten()
            .min()
    }

    /// Lets everything happen that is due at this time. Every operation begins with it, so whatever follows shares its
    /// allowance of executions that map runs may start.
    pub fn wake(&mut self, now_ms: u64) {
        self.map_starts_left = map_runs::STARTS_AT_ONCE_MAX;
        while let Some((due_ms, id)) = self.due.first().copied().filter(|(due_ms, _)| *due_ms <= now_ms) {
            self.due.remove(&(due_ms, id));
            if let Some(entry) = self.executions.get_mut(&id) {
                entry.due_ms = None;
                entry.execution.advance(now_ms);
            }
            self.settle(id, now_ms);
        }
        self.wake_map_runs(now_ms);
    }

    /// From now on, writes down to which executions something happens, for [`Engine::take_stirred`].
    pub fn note_stirred(&mut self) {
        self.executions.note_stirred();
    }

    /// The executions to which something may have happened since the last call, in the order they were started; none
    /// before [`Engine::note_stirred`].
    pub fn take_stirred(&mut self) -> impl Iterator<Item = (ExecutionId, &Execution)> {
        let stirred = self.executions.take_stirred();
        let executions = &self.executions;
        stirred
            .into_iter()
            .filter_map(|id| Some((id, &executions.get(&id)?.execution)))
    }

    /// ARNs of the executions that have ended since the last call.
    pub fn take_ended(&mut self) -> Vec<String> {
        std::mem::take(&mut self.ended)
    }
}
