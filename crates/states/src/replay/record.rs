//! A history as a tree: which states were visited in which line, how often they were tried, and what came of each try.
//!
//! A *line* is what runs one after the other: the machine's own flow, a branch, an iteration. Events of lines that run at
//! the same time are mixed; each names one before it. That names the neighbourhood, and from there the state is looked for
//! outwards that can have such an event, because the names alone are not to be relied on: an iteration's beginning may
//! name another iteration's last event, and what follows a Map or Parallel state may name an event inside of it.

use std::collections::HashMap;

use super::event::{End, Event, Passed, What};

/// Index of an event, a line, a visit or a try.
pub(crate) type Index = usize;

/// What a line is within its state's try: an iteration, or the branch that begins with this state.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Within {
    Iteration(u64),
    Branch(String),
}

/// States one after the other.
#[derive(Clone, Debug, Default)]
pub(crate) struct Line {
    /// The try of the Map or Parallel state that it serves; nothing for the machine's own.
    pub of: Option<(Index, Within)>,
    pub visits: Vec<Index>,
    /// What happened in it, without what happened in lines that serve it.
    pub events: Vec<Index>,
}

/// A state, entered once.
#[derive(Clone, Debug)]
pub(crate) struct Visit {
    pub line: Index,
    pub name: String,
    pub kind: String,
    pub entered: Index,
    pub tries: Vec<Index>,
    pub exited: Option<Index>,
    /// What of its expressions failed, in order.
    pub evaluations: Vec<Index>,
    /// Whether it failed for good: nothing but being caught can happen to it any more.
    has_failed: bool,
    /// The execution's end, if nothing else is known of why it failed.
    pub refused: Option<Index>,
}

/// One attempt at a Task's work, or one round of a Map or Parallel state.
#[derive(Clone, Debug)]
pub(crate) struct Try {
    pub visit: Index,
    pub began: Index,
    pub submitted: Option<Index>,
    pub taken: Option<Index>,
    pub outcome: Option<Index>,
    /// Its map run's beginning.
    pub map_run_began: Option<Index>,
    /// What its map run came to.
    pub map_run: Option<Index>,
    pub lines: HashMap<Within, Index>,
}

/// A history that was read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Record {
    pub events: Vec<Event>,
    /// The first is the machine's own.
    pub lines: Vec<Line>,
    pub visits: Vec<Visit>,
    pub tries: Vec<Try>,
    /// The line and the visit of each event, as far as they are known.
    pub places: Vec<(Index, Option<Index>)>,
}

impl Record {
    /// Puts the events together, which count from 1 without a gap.
    pub fn of(events: Vec<Event>) -> Record {
        let mut record = Record {
            lines: vec![Line::default()],
            places: Vec::with_capacity(events.len()),
            ..Record::default()
        };
        let count = events.len();
        record.events = events;
        for index in 0..count {
            let place = record.take(index);
            record.places.push(place);
        }
        record
    }

    /// How the execution ended, if it has.
    pub fn end(&self) -> Option<(&Event, &End)> {
        self.events.last().and_then(|event| match &event.what {
            What::Ended(end) => Some((event, end)),
            _ => None,
        })
    }

    /// When the last thing happened that is recorded.
    pub fn last_ms(&self) -> u64 {
        self.events.last().map_or(0, |event| event.at_ms)
    }

    /// The nth visit of a state in a line, counted from 0.
    pub fn visit(&self, line: Index, state: &str, nth: usize) -> Option<Index> {
        let visits = self.lines.get(line)?.visits.iter();
        visits
            .copied()
            .filter(|visit| self.visits[*visit].name == state)
            .nth(nth)
    }

    /// When a line was cut short, if it was: what it serves failed or was tried again, or the execution ended badly. `open_ms`
    /// is when those were cut short that are still at work.
    pub fn cut_ms(&self, line: Index, open_ms: Option<u64>) -> Option<u64> {
        match &self.lines[line].of {
            Some((round, _)) => self.round_cut_ms(*round, open_ms),
            None => match self.end() {
                Some((_, end)) if end.status == "SUCCEEDED" => None,
                Some((event, _)) => Some(event.at_ms),
                None => open_ms,
            },
        }
    }

    /// When the lines that serve a try were cut short, if they were.
    pub fn round_cut_ms(&self, round: Index, open_ms: Option<u64>) -> Option<u64> {
        let Try { visit, outcome, .. } = &self.tries[round];
        let outcome = outcome.map(|outcome| &self.events[outcome]);
        if let Some(outcome) = outcome {
            let is_well = matches!(
                outcome.what,
                What::Round {
                    passed: Passed::Well,
                    ..
                }
            );
            return (!is_well).then_some(outcome.at_ms);
        }
        let mut tries = self.visits[*visit].tries.iter();
        tries.find(|other| **other == round);
        match tries.next() {
            // When another round begins, the pause before it is over as well; nobody says when the failure was.
            Some(next) => Some(self.events[self.tries[*next].began].at_ms),
            None => self.cut_ms(self.visits[*visit].line, open_ms),
        }
    }

    fn before(&self, index: Index) -> (Index, Option<Index>) {
        let previous = self.events[index].previous;
        let previous = usize::try_from(previous).unwrap_or(0);
        match previous
            .checked_sub(1)
            .and_then(|previous| self.places.get(previous))
        {
            Some(place) => *place,
            None => (0, None),
        }
    }

    /// Gives an event its place.
    fn take(&mut self, index: Index) -> (Index, Option<Index>) {
        let before = self.before(index);
        // Taken out for the time being, as payloads are too large to be copied.
        let what = std::mem::replace(&mut self.events[index].what, What::Beside);
        let place = self.place_of(index, before, &what);
        self.events[index].what = what;
        place
    }

    fn place_of(
        &mut self,
        index: Index,
        before: (Index, Option<Index>),
        what: &What,
    ) -> (Index, Option<Index>) {
        match what {
            What::Started { .. } => (0, None),
            What::Redriven => {
                for visit in &mut self.visits {
                    visit.has_failed = false;
                }
                (0, None)
            }
            What::Ended(end) => {
                self.refuse(index, before, end);
                (0, None)
            }
            What::Entered { kind, name, .. } => self.enter(index, before, kind.clone(), name.clone()),
            What::Exited { name, .. } => match self.outward(before, |visit| visit.name == *name) {
                Some(visit) => {
                    self.visits[visit].exited = Some(index);
                    self.note(index, visit)
                }
                None => before,
            },
            What::Evaluation { state, .. } => match self.outward(before, |visit| visit.name == *state) {
                Some(visit) => {
                    self.visits[visit].evaluations.push(index);
                    self.note(index, visit)
                }
                None => before,
            },
            What::Asked { .. } => {
                let Some(visit) = self.task_at(before) else {
                    return before;
                };
                self.begin(index, visit);
                self.note(index, visit)
            }
            What::Submitted { .. } | What::Taken { .. } | What::Answered { .. } | What::Failed { .. } => {
                let Some(visit) = self.task_at(before) else {
                    return before;
                };
                if let Some(last) = self.visits[visit].tries.last().copied() {
                    let one = &mut self.tries[last];
                    match what {
                        What::Submitted { .. } => one.submitted = Some(index),
                        What::Taken { .. } => one.taken = Some(index),
                        _ => one.outcome = Some(index),
                    }
                }
                self.note(index, visit)
            }
            What::Round { kind, passed, .. } => {
                let at = self.outward(before, |visit| visit.kind == *kind && !visit.has_failed);
                let Some(visit) = at else { return before };
                match passed {
                    Passed::Began => self.begin(index, visit),
                    _ => {
                        if let Some(last) = self.visits[visit].tries.last().copied() {
                            self.tries[last].outcome = Some(index);
                        }
                        self.visits[visit].has_failed = *passed == Passed::Badly;
                    }
                }
                self.note(index, visit)
            }
            What::MapRun {
                passed, is_redrive, ..
            } => {
                let at = self.outward(before, |visit| visit.kind == "Map" && !visit.has_failed);
                let Some(visit) = at else { return before };
                if *is_redrive {
                    self.begin(index, visit);
                } else if let Some(last) = self.visits[visit].tries.last().copied() {
                    let one = &mut self.tries[last];
                    match passed {
                        Passed::Began => one.map_run_began = Some(index),
                        _ => one.map_run = Some(index),
                    }
                }
                self.note(index, visit)
            }
            What::Iteration {
                name,
                index: number,
                passed,
            } => {
                let Some(visit) = self.outward(before, |visit| visit.name == *name) else {
                    return before;
                };
                let line = self.visits[visit]
                    .tries
                    .last()
                    .copied()
                    .map(|round| self.line_of(round, Within::Iteration(*number)));
                match (line, passed) {
                    // What follows its beginning is in it.
                    (Some(line), Passed::Began) => (line, None),
                    _ => (self.visits[visit].line, Some(visit)),
                }
            }
            What::Beside => before,
        }
    }

    /// Notes an event in the line of its visit.
    fn note(&mut self, index: Index, visit: Index) -> (Index, Option<Index>) {
        let line = self.visits[visit].line;
        self.lines[line].events.push(index);
        (line, Some(visit))
    }

    fn enter(
        &mut self,
        index: Index,
        (line, at): (Index, Option<Index>),
        kind: String,
        name: String,
    ) -> (Index, Option<Index>) {
        // After the beginning of a Parallel state's round comes a branch.
        let previous = self.events[index].previous;
        let begins = usize::try_from(previous)
            .ok()
            .and_then(|previous| self.events.get(previous.checked_sub(1)?))
            .is_some_and(|event| {
                matches!(
                    event.what,
                    What::Round {
                        kind: "Parallel",
                        passed: Passed::Began,
                        ..
                    }
                )
            });
        let line = match at {
            Some(visit) if begins && self.visits[visit].exited.is_none() => {
                match self.visits[visit].tries.last().copied() {
                    Some(round) => self.line_of(round, Within::Branch(name.clone())),
                    None => line,
                }
            }
            _ => line,
        };
        let visit = self.visits.len();
        self.visits.push(Visit {
            line,
            has_failed: false,
            name,
            kind,
            entered: index,
            tries: Vec::new(),
            exited: None,
            evaluations: Vec::new(),
            refused: None,
        });
        self.lines[line].visits.push(visit);
        self.lines[line].events.push(index);
        (line, Some(visit))
    }

    fn line_of(&mut self, round: Index, within: Within) -> Index {
        if let Some(line) = self.tries[round].lines.get(&within) {
            return *line;
        }
        let line = self.lines.len();
        self.lines.push(Line {
            of: Some((round, within.clone())),
            ..Line::default()
        });
        self.tries[round].lines.insert(within, line);
        line
    }

    fn begin(&mut self, index: Index, visit: Index) {
        self.visits[visit].tries.push(self.tries.len());
        self.tries.push(Try {
            visit,
            began: index,
            submitted: None,
            taken: None,
            outcome: None,
            map_run_began: None,
            map_run: None,
            lines: HashMap::new(),
        });
    }

    /// The innermost visit, from a place outwards, that is not over and fits; else the newest that is not over and fits.
    fn outward(&self, (line, at): (Index, Option<Index>), fits: impl Fn(&Visit) -> bool) -> Option<Index> {
        let is_it = |visit: Index| {
            let visit = &self.visits[visit];
            visit.exited.is_none() && fits(visit)
        };
        let mut at = at.or_else(|| self.around(line));
        while let Some(visit) = at {
            if is_it(visit) {
                return Some(visit);
            }
            at = self.around(self.visits[visit].line);
        }
        (0..self.visits.len()).rev().find(|visit| is_it(*visit))
    }

    /// The visit that a line serves.
    fn around(&self, line: Index) -> Option<Index> {
        let (round, _) = self.lines[line].of.as_ref()?;
        Some(self.tries[*round].visit)
    }

    /// The Task an event of work belongs to: the one right before it, or after a redrive the one that was at work there.
    fn task_at(&self, before: (Index, Option<Index>)) -> Option<Index> {
        let is_task = |visit: &Visit| visit.kind == "Task" && visit.exited.is_none();
        match before.1 {
            Some(visit) if is_task(&self.visits[visit]) => Some(visit),
            _ => self.outward(before, is_task),
        }
    }

    /// What ended the execution without an event of its own belongs to the state that was the last one.
    fn refuse(&mut self, index: Index, (_, at): (Index, Option<Index>), end: &End) {
        let is_final = end.error.as_deref() == Some("States.Runtime");
        let Some(visit) = at.filter(|_| is_final && index + 1 < crate::execution::EVENTS_MAX) else {
            return;
        };
        match self.visits[visit].tries.last().copied() {
            None => self.visits[visit].refused = Some(index),
            Some(last) if self.tries[last].outcome.is_none() && self.tries[last].lines.is_empty() => {
                self.tries[last].outcome = Some(index);
            }
            Some(_) => {}
        }
    }
}
