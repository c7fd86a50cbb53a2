//! What an execution is told that is played again from its recorded history.
//!
//! A [`Replayed`] goes along with the run and knows where in the record each strand stands: which visit of which state, and
//! which attempt. From there it takes what the world answered and when. Where the run is not where the record is, it has
//! nothing to say; then a task is not answered, and nothing is made up.
//!
//! Times are the record's as well: a wait that was over some milliseconds late, as on any real clock, is late here too, and what
//! a state is told of the moment it was entered is the recorded one. Where the run has fallen behind or ahead by more than
//! that, answers take as long as they took.

mod agenda;
mod answers;
mod known;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use crate::definition::Kind;
use crate::replay::{Index, Record, What, Within};

use super::strand::{StrandId, TaskId};
use super::timers::TimerKey;
use super::{Execution, Failure};

/// Goes along with a run that is played from a record.
#[derive(Clone, Debug)]
pub(crate) struct Replayed {
    record: Arc<Record>,
    /// When the execution is said to have been started.
    started_ms: u64,
    /// States that ask for chance or for the time of day.
    unknowable: HashSet<String>,
    standings: Vec<Standing>,
    of: BTreeMap<StrandId, usize>,
    lines: HashMap<(usize, Arc<str>, usize, usize, Within), usize>,
    agenda: BTreeMap<(u64, u64, u64), Due>,
    agenda_last: u64,
    /// What could not be known, in words.
    notes: BTreeSet<String>,
}

/// Where a line of the run stands in the record.
#[derive(Clone, Debug)]
struct Standing {
    /// The line in the record, if it has this one.
    line: Option<Index>,
    /// How often each state was entered.
    entered: HashMap<Arc<str>, usize>,
    /// The state it is in.
    state: Arc<str>,
    /// The recorded visit of that, if there is one.
    visit: Option<Index>,
    entered_ms: u64,
    /// How often it was tried in this visit.
    tries: usize,
    /// When the latest try began.
    began_ms: u64,
    /// How many of its expressions failed in this visit.
    evaluations: usize,
    /// Whether the pause that comes next is drawn at random.
    is_jittered: bool,
    /// Whether its way out is to be taken from the record.
    takes_over: bool,
}

impl Standing {
    fn at(line: Option<Index>) -> Standing {
        Standing {
            line,
            entered: HashMap::new(),
            state: Arc::from(""),
            visit: None,
            entered_ms: 0,
            tries: 0,
            began_ms: 0,
            evaluations: 0,
            is_jittered: false,
            takes_over: false,
        }
    }
}

/// What is to happen at a time.
#[derive(Clone, Copy, Debug)]
enum Due {
    Timer(TimerKey),
    Submitted(TaskId),
    Taken(TaskId),
    Outcome(TaskId),
    MapRunOver(TaskId),
    /// Somebody stopped the execution.
    Stopped(Index),
    Redriven,
}

impl Replayed {
    /// Goes along a record; `unknowable` are the states that ask for chance or time.
    pub fn along(record: Arc<Record>, started_ms: u64, unknowable: HashSet<String>) -> Replayed {
        let mut replayed = Replayed {
            record: Arc::clone(&record),
            started_ms,
            unknowable,
            standings: Vec::new(),
            of: BTreeMap::new(),
            lines: HashMap::new(),
            agenda: BTreeMap::new(),
            agenda_last: 0,
            notes: BTreeSet::new(),
        };
        for (index, event) in record.events.iter().enumerate() {
            let due = match &event.what {
                What::Redriven => Due::Redriven,
                What::Ended(end) if end.status == "ABORTED" => Due::Stopped(index),
                _ => continue,
            };
            replayed.plan(event.at_ms, event.id, due);
        }
        replayed
    }

    pub fn started_ms(&self) -> u64 {
        self.started_ms
    }

    /// What could not be known, in words.
    pub fn notes(&self) -> impl Iterator<Item = &String> {
        self.notes.iter()
    }

    fn standing(&self, id: StrandId) -> Option<&Standing> {
        self.standings.get(*self.of.get(&id)?)
    }

    fn standing_mut(&mut self, id: StrandId) -> Option<&mut Standing> {
        self.standings.get_mut(*self.of.get(&id)?)
    }

    /// The recorded try that the strand's latest one is.
    fn current(&self, id: StrandId) -> Option<Index> {
        let standing = self.standing(id)?;
        self.try_of(standing, standing.tries.checked_sub(1)?)
    }

    fn try_of(&self, standing: &Standing, number: usize) -> Option<Index> {
        let visit = &self.record.visits[standing.visit?];
        visit.tries.get(number).copied()
    }
}

impl Execution {
    /// A strand was opened: its place in the record is looked up.
    pub(super) fn replay_opened(&mut self, id: StrandId) {
        let Some(replayed) = &mut self.replayed else {
            return;
        };
        let Some(strand) = self.strands.get(&id) else {
            return;
        };
        let Some(parent) = strand.parent else {
            if replayed.standings.is_empty() {
                replayed.standings.push(Standing::at(Some(0)));
            }
            replayed.of.insert(id, 0);
            return;
        };
        let Some(outer) = self.strands.get(&parent) else {
            return;
        };
        let state = &self.machine.flows[outer.flow].states[outer.state];
        let within = match state.kind {
            Kind::Map(_) => Within::Iteration(strand.index as u64),
            _ => {
                let flow = &self.machine.flows[strand.flow];
                Within::Branch(flow.states[flow.start].name.to_string())
            }
        };
        let Some(around) = replayed.of.get(&parent).copied() else {
            return;
        };
        let standing = &replayed.standings[around];
        let nth = standing.entered.get(&state.name).copied().unwrap_or_default();
        let key = (around, Arc::clone(&state.name), nth, standing.tries, within);
        let line = replayed.current(parent).and_then(|round| {
            let lines = &replayed.record.tries[round].lines;
            lines.get(&key.4).copied()
        });
        let next = replayed.standings.len();
        let own = *replayed.lines.entry(key).or_insert(next);
        if own == next {
            replayed.standings.push(Standing::at(line));
        }
        replayed.of.insert(id, own);
    }

    /// A strand entered a state: its place in the record is looked up, and the moment is the recorded one.
    pub(super) fn replay_entered(&mut self, id: StrandId, name: &Arc<str>) {
        let now_ms = self.now_ms;
        let Some(replayed) = &mut self.replayed else {
            return;
        };
        let record = Arc::clone(&replayed.record);
        let Some(standing) = replayed.standing_mut(id) else {
            return;
        };
        let count = standing.entered.entry(Arc::clone(name)).or_default();
        *count += 1;
        standing.visit = standing
            .line
            .and_then(|line| record.visit(line, name, *count - 1));
        let recorded = standing.visit.map(|visit| record.visits[visit].entered);
        standing.state = Arc::clone(name);
        standing.entered_ms = recorded.map_or(now_ms, |event| near(record.events[event].at_ms, now_ms));
        standing.tries = 0;
        standing.evaluations = 0;
        standing.takes_over = false;
        let entered_ms = standing.entered_ms;
        if let Some(strand) = self.strands.get_mut(&id) {
            strand.entered_ms = entered_ms;
        }
    }

    /// A strand's state tries to do its work, for the first time or again.
    pub(super) fn replay_began(&mut self, id: StrandId) {
        let now_ms = self.now_ms;
        let Some(replayed) = &mut self.replayed else {
            return;
        };
        if let Some(standing) = replayed.standing_mut(id) {
            standing.tries += 1;
        }
        let recorded = replayed.current(id).map(|one| {
            let began = replayed.record.tries[one].began;
            replayed.record.events[began].at_ms
        });
        if let Some(standing) = replayed.standing_mut(id) {
            standing.began_ms = recorded.map_or(now_ms, |at_ms| near(at_ms, now_ms));
        }
    }

    /// The next pause may have any length up to the longest.
    pub(super) fn replay_jitters(&mut self, id: StrandId, is_jittered: bool) -> bool {
        let Some(replayed) = &mut self.replayed else {
            return false;
        };
        if let Some(standing) = replayed.standing_mut(id) {
            standing.is_jittered = is_jittered;
        }
        true
    }

    /// What goes along, if this is played from a record.
    pub(crate) fn replayed(&self) -> Option<&Replayed> {
        self.replayed.as_deref()
    }

    /// The states that wait for an answer, each with the event of its being entered; and whether the record has
    /// that attempt at all.
    pub(crate) fn replay_waits(&self) -> Vec<(Arc<str>, u64, bool)> {
        let Some(replayed) = &self.replayed else {
            return Vec::new();
        };
        let waiting = self.tasks.values().filter_map(|id| {
            let strand = self.strands.get(id)?;
            let name = &self.machine.flows[strand.flow].states[strand.state].name;
            Some((
                Arc::clone(name),
                strand.entered_event,
                replayed.current(*id).is_some(),
            ))
        });
        waiting.collect()
    }
}

/// The recorded moment, if it is about now: from one event to the next a service takes some time, and this run takes none.
fn near(recorded_ms: u64, now_ms: u64) -> u64 {
    match recorded_ms.abs_diff(now_ms) <= agenda::LATE_MS {
        true => recorded_ms,
        false => now_ms,
    }
}

/// An error as it was recorded, with the other names it answers to.
fn failure_of(error: Option<String>, cause: Option<String>) -> Failure {
    let name = error.clone().unwrap_or_default();
    let failure = Failure::reported(error, cause);
    match name.as_str() {
        "Sandbox.Timedout" | "Runtime.ExitError" | "Runtime.OutOfMemory" => {
            failure.also_called("Lambda.Unknown")
        }
        "States.DataLimitExceeded" => failure.also_called("States.TaskFailed"),
        _ => failure,
    }
}
