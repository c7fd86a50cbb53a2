//! Where a recorded execution and the run that was made from it part for the first time.
//!
//! Lines are compared one by one, each event with the one at the same position, so it does not matter how services mix the
//! events of what runs at the same time. Of all lines the earliest difference counts; the others may follow from it.

use std::collections::HashSet;

use super::event::{Event, Passed, What};
use super::record::{Index, Record};
use super::words::{self, Side};
use super::{Difference, fill, values};

/// Of two things that happen within so much of each other either may come first: one may have been cut short by the other.
const NEAR_MS: u64 = 2_000;

/// What the record cannot tell.
pub(super) struct Lenience<'a> {
    /// States that ask for chance or for the time of day.
    pub unknowable: &'a HashSet<String>,
    /// Names in the definition that nothing is known for.
    pub filled: &'a fill::Filled,
    /// Events of entering states that nobody answers.
    pub unanswered: &'a [u64],
}

struct Comparison<'a> {
    recorded: &'a Record,
    made: &'a Record,
    lenience: &'a Lenience<'a>,
    found: Option<Difference>,
}

/// The first difference between a record and the run that was made from it.
pub(super) fn first_difference(
    recorded: &Record,
    made: &Record,
    lenience: &Lenience<'_>,
) -> Option<Difference> {
    let mut comparison = Comparison {
        recorded,
        made,
        lenience,
        found: None,
    };
    let mut pairs = vec![(Some(0), Some(0))];
    while let Some((recorded, made)) = pairs.pop() {
        comparison.lines(recorded, made);
        if let (Some(recorded), Some(made)) = (recorded, made) {
            comparison.inner(recorded, made, &mut pairs);
        }
    }
    comparison.ends();
    comparison.found
}

impl Comparison<'_> {
    fn note(&mut self, recorded: Option<&Event>, made: Option<&Event>, sentence: String) {
        let times = [recorded, made].into_iter().flatten().map(|event| event.at_ms);
        let difference = Difference {
            sentence,
            at_ms: times.min().unwrap_or_default(),
            recorded: recorded.map(|event| event.id),
            made: made.map(|event| event.id),
        };
        let order = |one: &Difference| (one.at_ms, one.recorded.or(one.made));
        if self
            .found
            .as_ref()
            .is_none_or(|found| order(&difference) < order(found))
        {
            self.found = Some(difference);
        }
    }

    /// Compares two lines; of one that is missing it is as if it had no events.
    fn lines(&mut self, recorded_line: Option<Index>, made_line: Option<Index>) {
        let (recorded, made) = (self.recorded, self.made);
        let there = recorded_line.map_or(&[][..], |line| &recorded.lines[line].events);
        let here = made_line.map_or(&[][..], |line| &made.lines[line].events);
        for position in 0..there.len().max(here.len()) {
            let pair = (there.get(position).copied(), here.get(position).copied());
            let difference = match pair {
                (Some(there), Some(here)) => self.events(there, here),
                (Some(there), None) => {
                    let line = made_line.map_or(Cut::Never, |line| self.cut(made, line));
                    (!line.allows(recorded.events[there].at_ms)).then_some(Apart::Way)
                }
                (None, Some(here)) => {
                    let line = recorded_line.map_or(Cut::Never, |line| self.cut(recorded, line));
                    (!line.allows(made.events[here].at_ms)).then_some(Apart::Way)
                }
                (None, None) => None,
            };
            let Some(apart) = difference else {
                if pair.0.is_none() || pair.1.is_none() {
                    return;
                }
                continue;
            };
            let sides = (
                Side {
                    record: recorded,
                    line: recorded_line,
                    position,
                },
                Side {
                    record: made,
                    line: made_line,
                    position,
                },
            );
            let waits = self.waits(made_line);
            let sentence = words::sentence(&sides.0, &sides.1, &apart, waits);
            let event = |record: &'static str, index: Option<Index>| {
                index.map(|index| match record {
                    "there" => &recorded.events[index],
                    _ => &made.events[index],
                })
            };
            self.note(event("there", pair.0), event("here", pair.1), sentence);
            return;
        }
    }

    /// Whether the state that a line of the run is in waits for an answer that nobody has.
    fn waits(&self, line: Option<Index>) -> bool {
        let visit = line.and_then(|line| self.made.lines[line].visits.last());
        visit.is_some_and(|visit| {
            let entered = self.made.visits[*visit].entered;
            self.lenience.unanswered.contains(&self.made.events[entered].id)
        })
    }

    /// How two events at the same position differ, if they do.
    fn events(&self, there: Index, here: Index) -> Option<Apart> {
        let state = self.recorded.places[there]
            .1
            .map(|visit| self.recorded.visits[visit].name.as_str());
        let is_unknowable = state.is_some_and(|state| self.lenience.unknowable.contains(state));
        let (there, here) = (&self.recorded.events[there], &self.made.events[here]);
        let payload = |what: &'static str, there: &str, here: &str| {
            // What is not known passes for anything.
            let is_near = |_: &str, here: &str| self.lenience.filled.is_open(here);
            values::difference(there, here, &is_near).map(|where_to| Apart::Data(what, where_to))
        };
        match (&there.what, &here.what) {
            (
                What::Entered { kind, name, input },
                What::Entered {
                    kind: other_kind,
                    name: other_name,
                    input: other_input,
                },
            ) => match kind == other_kind && name == other_name {
                true => payload("input", input, other_input),
                false => Some(Apart::Way),
            },
            (
                What::Exited {
                    name,
                    output,
                    assigned,
                },
                What::Exited {
                    name: other_name,
                    output: other_output,
                    assigned: other_assigned,
                },
            ) => {
                if name != other_name {
                    return Some(Apart::Way);
                }
                payload("output", output, other_output).or_else(|| {
                    let names = assigned.keys().chain(other_assigned.keys());
                    names
                        .into_iter()
                        .find_map(|name| match (assigned.get(name), other_assigned.get(name)) {
                            (Some(there), Some(here)) => {
                                payload("variables", there, here).map(|apart| match apart {
                                    Apart::Data(what, where_to) => {
                                        Apart::Data(what, where_to.replacen('$', &format!("${name}"), 1))
                                    }
                                    apart => apart,
                                })
                            }
                            (Some(_), None) => Some(Apart::Data(
                                "variables",
                                format!("${name} is set in the record and not here"),
                            )),
                            _ => Some(Apart::Data(
                                "variables",
                                format!("${name} is not set in the record and is here"),
                            )),
                        })
                })
            }
            (
                What::Asked {
                    resource, parameters, ..
                },
                What::Asked {
                    resource: other_resource,
                    parameters: other_parameters,
                    ..
                },
            ) => {
                if resource != other_resource && !self.lenience.filled.is_open(other_resource) {
                    let where_to = format!("{resource} is asked in the record and {other_resource} here");
                    return Some(Apart::Data("question", where_to));
                }
                match is_unknowable {
                    true => None,
                    false => payload("question", parameters, other_parameters),
                }
            }
            (
                What::Failed {
                    error, is_time_out, ..
                },
                What::Failed {
                    error: other_error,
                    is_time_out: other_time_out,
                    ..
                },
            ) => (error != other_error || is_time_out != other_time_out).then_some(Apart::Way),
            (
                What::Round { kind, passed, length },
                What::Round {
                    kind: other_kind,
                    passed: other_passed,
                    length: other_length,
                },
            ) => (kind != other_kind
                || passed != other_passed
                || length.unwrap_or(0) != other_length.unwrap_or(0))
            .then_some(Apart::Way),
            (
                What::MapRun {
                    passed, is_redrive, ..
                },
                What::MapRun {
                    passed: other_passed,
                    is_redrive: other_redrive,
                    ..
                },
            ) => (passed != other_passed || is_redrive != other_redrive).then_some(Apart::Way),
            (
                What::Evaluation { state, error, .. },
                What::Evaluation {
                    state: other_state,
                    error: other_error,
                    ..
                },
            ) => (state != other_state || error != other_error).then_some(Apart::Way),
            (What::Submitted { .. }, What::Submitted { .. })
            | (What::Taken { .. }, What::Taken { .. })
            | (What::Answered { .. }, What::Answered { .. }) => None,
            _ => Some(Apart::Way),
        }
    }

    /// The lines that serve two lines: branches and iterations of the same rounds.
    fn inner(&self, recorded: Index, made: Index, pairs: &mut Vec<(Option<Index>, Option<Index>)>) {
        let visits = self.recorded.lines[recorded].visits.iter();
        for (there, here) in visits.zip(&self.made.lines[made].visits) {
            let (there, here) = (&self.recorded.visits[*there], &self.made.visits[*here]);
            if there.name != here.name {
                return;
            }
            for (there, here) in there.tries.iter().zip(&here.tries) {
                let (round, other) = (&self.recorded.tries[*there], &self.made.tries[*here]);
                for (within, line) in &round.lines {
                    match other.lines.get(within) {
                        Some(other) => pairs.push((Some(*line), Some(*other))),
                        None if self.is_near_the_end(self.made, *here, self.recorded, *line) => {}
                        None => pairs.push((Some(*line), None)),
                    }
                }
                for (within, line) in &other.lines {
                    let is_there = round.lines.contains_key(within);
                    if !is_there && !self.is_near_the_end(self.recorded, *there, self.made, *line) {
                        pairs.push((None, Some(*line)));
                    }
                }
            }
        }
    }

    /// Whether a line begins when the round was cut short in which it is missing.
    fn is_near_the_end(&self, lacks: &Record, round: Index, has: &Record, line: Index) -> bool {
        let begins = has.lines[line]
            .events
            .first()
            .map(|event| has.events[*event].at_ms);
        match (lacks.round_cut_ms(round, self.open_ms(lacks)), begins) {
            (Some(cut_ms), Some(begins_ms)) => begins_ms.saturating_add(NEAR_MS) >= cut_ms,
            (_, None) => true,
            (None, _) => false,
        }
    }

    /// When those lines were cut short that are at work when a record ends. The run goes on for as long as anything
    /// happens, unless the record says no more.
    fn open_ms(&self, record: &Record) -> Option<u64> {
        let is_made = std::ptr::eq(record, self.made);
        (!is_made || self.recorded.end().is_none()).then(|| record.last_ms())
    }

    /// Whether a line may have been cut short.
    fn cut(&self, record: &Record, line: Index) -> Cut {
        let last = record.lines[line].events.last();
        let ended_by_itself = last.is_some_and(|event| match &record.events[*event].what {
            What::Failed { .. }
            | What::Evaluation { .. }
            | What::Round {
                passed: Passed::Badly,
                ..
            } => true,
            What::Entered { kind, .. } => kind == "Fail",
            _ => false,
        });
        match record.cut_ms(line, self.open_ms(record)) {
            Some(at_ms) if !ended_by_itself => Cut::At(at_ms),
            _ => Cut::Never,
        }
    }

    fn ends(&mut self) {
        let (recorded, made) = (self.recorded, self.made);
        let sentence = match (recorded.end(), made.end()) {
            (None, None) => return,
            (None, Some((event, _))) if event.at_ms.saturating_add(NEAR_MS) >= recorded.last_ms() => return,
            (Some((_, there)), Some((_, here))) => match words::ends_differ(there, here) {
                Some(sentence) => sentence,
                None => return,
            },
            (Some((event, there)), None) => format!(
                "The recorded execution {} at {}; this definition is still at work.",
                words::ended(there, true),
                words::clock(event.at_ms)
            ),
            (None, Some((_, here))) => format!(
                "The recorded execution is still at work; this definition {}.",
                words::ended(here, false)
            ),
        };
        // Whatever led to it is told rather than the end itself.
        if self.found.is_none() {
            let end = |record: &'_ Record| record.end().map(|(event, _)| event.clone());
            let (there, here) = (end(recorded), end(made));
            self.note(there.as_ref(), here.as_ref(), sentence);
        }
    }
}

/// How two events at the same position differ.
pub(super) enum Apart {
    /// Something else happens.
    Way,
    /// The same happens with other data: which, and where it differs.
    Data(&'static str, String),
}

/// Whether a line may have been cut short, so that what is missing at its end means nothing.
enum Cut {
    Never,
    At(u64),
}

impl Cut {
    fn allows(&self, at_ms: u64) -> bool {
        match self {
            Cut::Never => false,
            Cut::At(cut_ms) => at_ms.saturating_add(NEAR_MS) >= *cut_ms,
        }
    }
}
