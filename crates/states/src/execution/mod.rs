//! One run of a machine: a core without I/O, clock or randomness of its own.
//!
//! Whoever holds an [`Execution`] tells it the time and what came back from outside, then collects the
//! [`Effect`]s it wants done. The same inputs at the same times with the same seed give the same history, event by
//! event; that is what lets one core serve a simulation, a server, and a journal that is replayed.
//!
//! A run is a tree of *strands*: one for the machine's own flow, one per branch of a Parallel state and per running
//! iteration of a Map state. Each strand is in one state and does one thing ([`strand::Doing`]).

mod activity;
mod answers;
mod batches;
mod casing;
mod context;
mod csv;
mod effect;
mod end;
mod failure;
mod faults;
mod fork;
mod integration;
mod limits;
mod map_data;
mod map_items;
mod map_run;
mod probe;
mod probe_items;
mod read_items;
mod reading;
mod redrive;
mod replayed;
mod request;
mod rest;
mod services;
mod shape;
mod step;
mod strand;
mod task;
mod timers;
mod tolerance;
mod written_results;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use serde_json::Value;

use crate::chance::Chance;
use crate::definition::{Machine, MachineType};
use crate::history::{Details, EventType, HistoryEvent};

pub use effect::Effect;
pub use end::{Ended, Status};
pub use failure::Failure;
pub use integration::{LambdaReply, SqsReply, function_name};
pub use limits::{EVENTS_MAX, PAYLOAD_BYTES_MAX};
pub(crate) use map_items::label_of;
pub use map_run::{ChildInput, ChildResult, MapRunSettings};
pub(crate) use probe::{Probe, Seen, Shaped};
pub(crate) use replayed::Replayed;
pub use services::{AwsReply, Http};
pub use strand::TaskId;
pub use tolerance::Tolerance;

use strand::{Doing, Strand, StrandId};
use timers::{Timer, TimerKey};

/// What an execution is called and where it belongs; shared by all that refer to it.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub struct Identity {
    /// The execution's ARN.
    pub arn: String,
    /// Its name, unique among its machine's executions.
    pub name: String,
    /// The machine's ARN.
    pub machine_arn: String,
    /// The machine's name.
    pub machine_name: String,
    /// The machine's role.
    #[serde(with = "crate::saved::text")]
    pub role_arn: Arc<str>,
    /// Where everything runs.
    #[serde(with = "crate::saved::text")]
    pub region: Arc<str>,
    /// The machine's version, if it was started by a version or alias.
    pub version_arn: Option<String>,
    /// The alias it was started by.
    pub alias_arn: Option<String>,
    /// The map run it belongs to, if it is an iteration of a distributed map.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub map_run_arn: Option<String>,
}

/// What of its machine an execution runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Root {
    /// Index of the flow: the machine's own, or that of a distributed map.
    pub flow: usize,
    /// The type, if not the machine's.
    pub machine_type: Option<MachineType>,
}

impl Root {
    fn is_whole(&self) -> bool {
        *self == Root::default()
    }
}

/// What goes along with a run, if anything does.
enum Along {
    Nothing,
    Probe(Box<Probe>),
    Record(Box<Replayed>),
}

/// One run of a machine.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Execution {
    #[serde(with = "crate::saved::whole")]
    identity: Arc<Identity>,
    /// Whoever reads it from a snapshot says it with [`Execution::run_on`].
    #[serde(skip)]
    machine: Arc<Machine>,
    #[serde(default, skip_serializing_if = "Root::is_whole")]
    root: Root,
    chance: Chance,
    now_ms: u64,
    started_ms: u64,
    #[serde(with = "crate::saved::whole")]
    input: Arc<Value>,
    #[serde(with = "crate::saved::text")]
    input_text: Arc<str>,
    history: Vec<HistoryEvent>,
    /// How many events someone has taken note of.
    #[serde(default)]
    noted: usize,
    /// No event but the last may be added any more.
    full: bool,
    /// Boxed: a map keeps room for eleven, and most executions have one.
    strands: BTreeMap<StrandId, Box<Strand>>,
    strand_last: u32,
    /// Strands with something to do, first come first served, so that branches advance side by side.
    #[serde(default, skip_serializing_if = "VecDeque::is_empty")]
    ready: VecDeque<StrandId>,
    #[serde(with = "crate::saved::pairs")]
    timers: BTreeMap<TimerKey, Timer>,
    timer_last: u64,
    tasks: BTreeMap<TaskId, StrandId>,
    task_last: u64,
    #[serde(skip)]
    effects: Vec<Effect>,
    transitions: u64,
    /// Steps of evaluation since someone else had a turn.
    #[serde(skip)]
    steps: u64,
    ended: Option<Ended>,
    /// What can be redriven.
    remains: Option<Box<Strand>>,
    redrive_count: u64,
    redriven_ms: Option<u64>,
    /// Its machine is being deleted.
    ends_at_transition: bool,
    /// Only of a test of one state.
    #[serde(skip)]
    probe: Option<Box<Probe>>,
    /// Only of a run that is played from a recorded history.
    #[serde(skip)]
    replayed: Option<Box<Replayed>>,
    /// What was packed away; the fields it came from are empty then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    packed: Option<Box<rest::Packed>>,
}

impl Execution {
    /// Starts a run; it takes its first steps at once. `input_text` is the text that `input` was read from.
    pub fn start(
        identity: Arc<Identity>,
        machine: Arc<Machine>,
        input: Value,
        input_text: Arc<str>,
        seed: u64,
        now_ms: u64,
    ) -> Execution {
        let whole = (machine, Root::default());
        Execution::begin_run(identity, whole, (input, input_text), seed, now_ms, Along::Nothing)
    }

    /// Starts a run that is played from a recorded history.
    pub(crate) fn start_replayed(
        identity: Arc<Identity>,
        whole: (Arc<Machine>, Root),
        input: (Value, Arc<str>),
        now_ms: u64,
        replayed: Box<Replayed>,
    ) -> Execution {
        let mut execution = Execution::begin_run(identity, whole, input, 0, now_ms, Along::Record(replayed));
        execution.replay_effects();
        execution
    }

    /// Starts a run of a part of a machine: an iteration of a distributed map.
    pub(crate) fn start_part(
        identity: Arc<Identity>,
        (machine, root): (Arc<Machine>, Root),
        input: (Value, Arc<str>),
        seed: u64,
        now_ms: u64,
    ) -> Execution {
        Execution::begin_run(identity, (machine, root), input, seed, now_ms, Along::Nothing)
    }

    fn begin_run(
        identity: Arc<Identity>,
        (machine, root): (Arc<Machine>, Root),
        (input, input_text): (Value, Arc<str>),
        seed: u64,
        now_ms: u64,
        along: Along,
    ) -> Execution {
        let (probe, replayed) = match along {
            Along::Nothing => (None, None),
            Along::Probe(probe) => (Some(probe), None),
            Along::Record(replayed) => (None, Some(replayed)),
        };
        let input = Arc::new(input);
        let mut execution = Execution {
            identity,
            machine,
            root,
            chance: Chance::new(seed),
            now_ms,
            started_ms: replayed.as_ref().map_or(now_ms, |replayed| replayed.started_ms()),
            input: Arc::clone(&input),
            input_text,
            history: Vec::new(),
            noted: 0,
            full: false,
            strands: BTreeMap::new(),
            strand_last: 0,
            ready: VecDeque::new(),
            timers: BTreeMap::new(),
            timer_last: 0,
            tasks: BTreeMap::new(),
            task_last: 0,
            effects: Vec::new(),
            transitions: 0,
            steps: 0,
            ended: None,
            remains: None,
            redrive_count: 0,
            redriven_ms: None,
            ends_at_transition: false,
            probe,
            replayed,
            packed: None,
        };
        let details = Details::ExecutionStarted {
            input: Arc::clone(&execution.input_text),
            role_arn: Arc::clone(&execution.identity.role_arn),
            version_arn: execution.identity.version_arn.clone(),
            alias_arn: execution.identity.alias_arn.clone(),
        };
        execution.append(EventType::ExecutionStarted, 0, details);
        execution.set_execution_timer();
        let flow = execution.root.flow;
        let mut root = Strand::root(input, execution.machine.flows[flow].start);
        root.flow = flow;
        if let Some(probe) = &execution.probe {
            root.prepare(probe);
        }
        execution.open_strand(root);
        execution.run_ready();
        execution
    }

    /// What it is called.
    pub fn identity(&self) -> &Arc<Identity> {
        &self.identity
    }

    /// The definition it runs; a later change of the machine does not touch it.
    pub fn machine(&self) -> &Arc<Machine> {
        &self.machine
    }

    /// Whether it is a Standard or an Express one.
    pub fn machine_type(&self) -> MachineType {
        self.root.machine_type.unwrap_or(self.machine.machine_type)
    }

    /// What of its machine it runs.
    pub(crate) fn root(&self) -> Root {
        self.root
    }

    /// The definition it runs, when it was read from a snapshot.
    pub(crate) fn run_on(&mut self, machine: Arc<Machine>) {
        self.machine = machine;
        self.share_input();
    }

    /// Its input, as the text it was given.
    pub fn input_text(&self) -> &Arc<str> {
        &self.input_text
    }

    /// When it was started, milliseconds since 1970.
    pub fn started_ms(&self) -> u64 {
        self.started_ms
    }

    /// How it ended, if it has.
    pub fn ended(&self) -> Option<&Ended> {
        self.ended.as_ref()
    }

    /// Every event so far.
    pub fn history(&self) -> &[HistoryEvent] {
        self.seen_history()
    }

    /// The events since the last call.
    pub(crate) fn take_new_events(&mut self) -> &[HistoryEvent] {
        let noted = std::mem::replace(&mut self.noted, self.history.len());
        self.history.get(noted..).unwrap_or_default()
    }

    /// State transitions AWS would bill.
    ///
    /// "Step Functions counts a state transition each time a step of your workflow is executed ... including
    /// retries" (AWS Step Functions pricing, Standard workflows): every state entered counts one, whatever its
    /// type, inside Map and Parallel too, and every retry counts one more.
    pub fn transitions(&self) -> u64 {
        self.transitions
    }

    /// When something is due next, milliseconds since 1970; `None` when only an answer can move it on.
    pub fn next_due_ms(&self) -> Option<u64> {
        self.seen_timers().keys().next().map(|key| key.due_ms)
    }

    /// What it wants done since the last call, in order.
    pub fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// The name of the state a task belongs to, if anyone still waits for the task.
    pub fn state_of(&self, task: TaskId) -> Option<Arc<str>> {
        let strand = self.seen_strand(task)?;
        Some(Arc::clone(
            &self.machine.flows[strand.flow].states[strand.state].name,
        ))
    }

    /// Lets everything happen that is due at this time. What evaluates for long stays due in part, and others may have
    /// their turn before it goes on.
    pub fn advance(&mut self, now_ms: u64) {
        self.set_clock(now_ms);
        while self.ended.is_none() && !self.has_had_its_turn() {
            let Some(entry) = self
                .timers
                .first_entry()
                .filter(|entry| entry.key().due_ms <= self.now_ms)
            else {
                return;
            };
            let (key, timer) = entry.remove_entry();
            self.fire(key, timer);
            self.run_ready();
        }
    }

    /// Time never goes back, whatever a caller's clock does.
    fn set_clock(&mut self, now_ms: u64) {
        self.now_ms = self.now_ms.max(now_ms);
        self.steps = 0;
    }

    /// Adds an event and returns its id.
    fn append(&mut self, event_type: EventType, previous_id: u64, details: Details) -> u64 {
        let id = self.history.len() as u64 + 1;
        if id as usize >= limits::EVENTS_MAX {
            // The last place is kept for the event that says why it ended.
            self.full = true;
            return previous_id;
        }
        if event_type.is_entered() {
            self.transitions += 1;
        }
        self.history.push(HistoryEvent {
            id,
            previous_id,
            at_ms: self.now_ms,
            event_type,
            details,
        });
        id
    }

    fn run_ready(&mut self) {
        let mut put_off = VecDeque::new();
        while let Some(id) = self.ready.pop_front() {
            if self.ended.is_some() {
                return;
            }
            if self.has_had_its_turn() && !self.is_scheduled(id) {
                put_off.push_back(id);
                continue;
            }
            self.step(id);
            if self.full && self.ended.is_none() {
                self.end_full();
            }
        }
        if self.full && self.ended.is_none() {
            self.end_full();
        }
        if !put_off.is_empty() && self.ended.is_none() {
            self.ready = put_off;
            self.set_go_on_timer();
        }
    }

    /// Whether others should come first: whoever evaluates for long would keep time limits and other executions waiting.
    /// A test of one state has nobody beside it.
    fn has_had_its_turn(&self) -> bool {
        self.steps >= limits::STEPS_A_TURN && self.probe.is_none()
    }

    fn is_scheduled(&self, id: StrandId) -> bool {
        let strand = self.strands.get(&id);
        matches!(strand.map(|strand| &strand.doing), Some(Doing::Scheduled(_)))
    }
}
