//! Differences in words.

use crate::timestamp;

use super::compare::Apart;
use super::event::{End, Event, Passed, What};
use super::record::{Index, Record, Within};
use super::values;

/// A position in a line of one of the two.
pub(super) struct Side<'a> {
    pub record: &'a Record,
    pub line: Option<Index>,
    pub position: usize,
}

impl Side<'_> {
    fn event(&self) -> Option<&Event> {
        let event = self.record.lines[self.line?].events.get(self.position)?;
        Some(&self.record.events[*event])
    }

    /// The event before.
    fn before(&self) -> Option<&Event> {
        let event = self.record.lines[self.line?]
            .events
            .get(self.position.checked_sub(1)?)?;
        Some(&self.record.events[*event])
    }

    /// The event after.
    fn after(&self) -> Option<&Event> {
        let event = self.record.lines[self.line?].events.get(self.position + 1)?;
        Some(&self.record.events[*event])
    }

    /// The state that an event is of, or the last one that the line was in.
    fn state(&self) -> Option<&str> {
        let line = &self.record.lines[self.line?];
        let visit = match line.events.get(self.position) {
            Some(event) => self.record.places[*event].1?,
            None => *line.visits.last()?,
        };
        Some(&self.record.visits[visit].name)
    }

    /// Which attempt an event begins, counted from 1.
    fn attempt(&self) -> Option<usize> {
        let event = *self.record.lines[self.line?].events.get(self.position)?;
        let visit = &self.record.visits[self.record.places[event].1?];
        let number = visit
            .tries
            .iter()
            .position(|one| self.record.tries[*one].began == event)?;
        Some(number + 1)
    }

    /// Where its line is, such as ` in iteration 2 of Each`; nothing for the machine's own.
    fn place(&self) -> String {
        let mut words = String::new();
        let mut line = self.line;
        while let Some((round, within)) = line.and_then(|line| self.record.lines[line].of.as_ref()) {
            let visit = &self.record.visits[self.record.tries[*round].visit];
            let which = match within {
                Within::Iteration(index) => format!("iteration {index}"),
                Within::Branch(start) => format!("the branch {start}"),
            };
            words += &format!(" in {which} of {}", visit.name);
            line = Some(visit.line);
        }
        words
    }

    /// What happened at the position, in the past tense or the present.
    fn clause(&self, past: bool, waits: bool) -> String {
        let say = |then: &str, now: &str| (if past { then } else { now }).to_owned();
        let state = self.state().unwrap_or("the state").to_owned();
        let Some(event) = self.event() else {
            return match (waits, self.line, self.record.end()) {
                (true, ..) => format!("waits in {state} for an answer that the record does not have"),
                (_, Some(0), Some((_, end))) => ended(end, past),
                (_, Some(0), None) => say(&format!("was still in {state}"), &format!("is still in {state}")),
                _ => say("did nothing more there", "does nothing more there"),
            };
        };
        match &event.what {
            What::Entered { name, .. } => match self.before().map(|before| &before.what) {
                Some(What::Exited { name: from, .. }) => {
                    format!("{} from {from} to {name}", say("went", "goes"))
                }
                _ => format!("{} with {name}", say("began", "begins")),
            },
            What::Exited { name, .. } => match self.after().map(|after| &after.what) {
                Some(What::Entered { name: to, .. }) => {
                    format!("{} from {name} to {to}", say("went", "goes"))
                }
                _ => format!("{} {name}", say("left", "leaves")),
            },
            What::Asked { resource, .. } => match self.attempt() {
                Some(attempt) if attempt > 1 => {
                    format!("{} {state} again (attempt {attempt})", say("tried", "tries"))
                }
                _ => format!("{} {resource} in {state}", say("asked", "asks")),
            },
            What::Submitted { .. } => format!(
                "{} that the request of {state} was taken on",
                say("was told", "is told")
            ),
            What::Taken { .. } => format!("{} a worker that took the task of {state}", say("found", "finds")),
            What::Answered { .. } => format!("{} the answer in {state}", say("got", "gets")),
            What::Failed {
                is_time_out: true, ..
            } => format!("{} in {state}", say("ran out of time", "runs out of time")),
            What::Failed { error, .. } => format!(
                "{} in {state} with {}",
                say("failed", "fails"),
                error.as_deref().unwrap_or("an error without a name")
            ),
            What::Round { kind, passed, length } => match passed {
                Passed::Began if *kind == "Map" => {
                    format!(
                        "{} {} iterations of {state}",
                        say("began", "begins"),
                        length.unwrap_or(0)
                    )
                }
                Passed::Began => format!("{} the branches of {state}", say("began", "begins")),
                Passed::Well => format!("{} with all of {state}", say("was done", "is done")),
                Passed::Badly | Passed::Aborted => format!("{} {state} up", say("gave", "gives")),
            },
            What::MapRun { passed, .. } => match passed {
                Passed::Began => format!("{} the map run of {state}", say("began", "begins")),
                Passed::Well => format!("{} with the map run of {state}", say("was done", "is done")),
                Passed::Badly | Passed::Aborted => {
                    format!("{} with the map run of {state}", say("failed", "fails"))
                }
            },
            What::Evaluation { location, error, .. } => format!(
                "{} evaluate {location} of {state} ({error})",
                say("could not", "cannot")
            ),
            What::Ended(end) => ended(end, past),
            What::Started { .. } | What::Redriven | What::Iteration { .. } | What::Beside => {
                say("went on", "goes on")
            }
        }
    }
}

/// How two positions differ.
pub(super) fn sentence(there: &Side<'_>, here: &Side<'_>, apart: &Apart, waits: bool) -> String {
    let place = match there.line {
        Some(_) => there.place(),
        None => here.place(),
    };
    let at =
        |event: Option<&Event>| event.map_or_else(String::new, |event| format!(" at {}", clock(event.at_ms)));
    match apart {
        Apart::Way => format!(
            "The recorded execution {}{}{place}; this definition {}.",
            there.clause(true, false),
            at(there.event()),
            here.clause(false, waits)
        ),
        Apart::Data(what, where_to) => {
            let state = there.state().unwrap_or("the state");
            let what = match *what {
                "input" => format!("enter {state}{}{place}, with different inputs", at(there.event())),
                "output" => format!(
                    "leave {state}{}{place}, with different outputs",
                    at(there.event())
                ),
                "variables" => format!(
                    "leave {state}{}{place}, with different variables",
                    at(there.event())
                ),
                _ => format!("ask in {state}{}{place}, and not the same", at(there.event())),
            };
            format!("Both {what}: {where_to}.")
        }
    }
}

/// How an execution ended.
pub(super) fn ended(end: &End, past: bool) -> String {
    let say = |then: &str, now: &str| (if past { then } else { now }).to_owned();
    let with = end
        .error
        .as_ref()
        .map(|error| format!(" with {error}"))
        .unwrap_or_default();
    match end.status {
        "SUCCEEDED" => format!("{} well", say("ended", "ends")),
        "TIMED_OUT" => say("ran out of its own time", "runs out of its own time"),
        "ABORTED" => format!("{}{with}", say("was stopped", "is stopped")),
        _ => format!("{}{with}", say("failed", "fails")),
    }
}

/// How two ends differ, if they do. The causes of errors that the service itself words may be worded differently.
pub(super) fn ends_differ(there: &End, here: &End) -> Option<String> {
    if there.status != here.status || there.error != here.error {
        return Some(format!(
            "The recorded execution {}; this definition {}.",
            ended(there, true),
            ended(here, false)
        ));
    }
    if let (Some(there), Some(here)) = (&there.output, &here.output)
        && !values::same(there, here)
    {
        let where_to = values::difference(there, here, &|_, _| false).unwrap_or_default();
        return Some(format!("Both end well, with different outputs: {where_to}."));
    }
    let is_own = there
        .error
        .as_deref()
        .is_none_or(|error| error.starts_with("States."));
    if !is_own && there.cause != here.cause {
        return Some(format!(
            "Both end with {}, for different causes: {} in the record, {} here.",
            there.error.as_deref().unwrap_or_default(),
            values::cut(there.cause.as_deref().unwrap_or_default()),
            values::cut(here.cause.as_deref().unwrap_or_default())
        ));
    }
    None
}

/// The time of day, in UTC.
pub(super) fn clock(at_ms: u64) -> String {
    let text = timestamp::to_text(at_ms);
    text.get(11..19).unwrap_or(&text).to_owned()
}
