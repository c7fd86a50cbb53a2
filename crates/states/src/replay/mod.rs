//! A recorded execution, played again: on the definition that ran, or on another one.
//!
//! From a history is taken what the world answered: what became of each attempt at each task and how long that took, when
//! tokens came back, what was sent in at the start and when, and who stopped or redrove it. A definition is run on a virtual
//! clock with exactly that, and its way is compared with the recorded one: the states entered and left and with what, what
//! was asked, the retries, the end. The first difference is told in words.
//!
//! What the definition asks for and the record does not have is not made up: the task then is not answered, and that is said.
//!
//! ```
//! let recorded = r#"{
//!     "definition": {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Succeed"}}},
//!     "events": [
//!         {"id": 1, "timestamp": 1700000000.0, "type": "ExecutionStarted", "executionStartedEventDetails": {"input": "{}"}},
//!         {"id": 2, "timestamp": 1700000000.0, "type": "PassStateEntered", "stateEnteredEventDetails": {"name": "A", "input": "{}"}},
//!         {"id": 3, "previousEventId": 2, "timestamp": 1700000000.0, "type": "PassStateExited", "stateExitedEventDetails": {"name": "A", "output": "{}"}},
//!         {"id": 4, "previousEventId": 3, "timestamp": 1700000000.0, "type": "SucceedStateEntered", "stateEnteredEventDetails": {"name": "B", "input": "{}"}},
//!         {"id": 5, "previousEventId": 4, "timestamp": 1700000000.0, "type": "SucceedStateExited", "stateExitedEventDetails": {"name": "B", "output": "{}"}},
//!         {"id": 6, "previousEventId": 5, "timestamp": 1700000000.0, "type": "ExecutionSucceeded", "executionSucceededEventDetails": {"output": "{}"}}
//!     ]}"#;
//! assert!(states::replay::replay(recorded, None)?.difference.is_none());
//!
//! let changed = r#"{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "C"}, "C": {"Type": "Succeed"}}}"#;
//! let difference = states::replay::replay(recorded, Some(changed))?.difference.unwrap();
//! assert_eq!(
//!     difference.sentence,
//!     "The recorded execution went from A to B at 22:13:20; this definition goes from A to C."
//! );
//! # Ok::<(), states::replay::Unreadable>(())
//! ```

mod compare;
mod event;
mod file;
mod fill;
mod play;
mod read_event;
mod record;
mod values;
mod words;

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

pub(crate) use event::{Passed, What};
pub(crate) use record::{Index, Record, Try, Within};
pub(crate) use values::read as read_json;

/// Why a recorded execution cannot be played: what is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Unreadable {
    /// The member, such as `events[3].timestamp`; empty for the whole file.
    pub place: String,
    /// What is wrong with it, without a subject.
    pub why: String,
}

impl Unreadable {
    pub(crate) fn new(place: impl Into<String>, why: impl Into<String>) -> Unreadable {
        Unreadable {
            place: place.into(),
            why: why.into(),
        }
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let subject = if self.place.is_empty() {
            "The file"
        } else {
            &self.place
        };
        write!(f, "{subject} {}", self.why)
    }
}

/// What came of playing a recorded execution.
#[derive(Clone, Debug)]
pub struct Replay {
    /// The machine's name, if the record says it.
    pub machine: Option<String>,
    /// The execution's name, if the record says it.
    pub execution: Option<String>,
    /// How many events the record has.
    pub events: usize,
    /// Where the ways part; nothing if they are the same.
    pub difference: Option<Difference>,
    /// What else is to be known, each a sentence: what could not be compared, what the record does not have.
    pub notes: Vec<String>,
    /// The events of the run that was made, as `GetExecutionHistory` tells them.
    pub made: Vec<Value>,
}

/// Where two ways part for the first time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What happened there, and what happens here.
    pub sentence: String,
    /// When, milliseconds since 1970.
    pub at_ms: u64,
    /// The recorded event, if there is one.
    pub recorded: Option<u64>,
    /// The event of the run that was made, if there is one.
    pub made: Option<u64>,
}

/// Plays a recorded execution. `text` is what the viewer exports, what `aws stepfunctions get-execution-history` answers, or
/// an execution's lines of a log; `definition` another definition than the recorded one, perhaps with `${Name}` in it.
///
/// # Errors
///
/// [`Unreadable`] if the file, its history or the definition cannot be used.
pub fn replay(text: &str, definition: Option<&str>) -> Result<Replay, Unreadable> {
    let file = file::read(text)?;
    let mut notes = file.notes.clone();
    let filled = fill::definition(definition, file.definition.as_ref(), &mut notes)?;
    let recorded = Arc::new(Record::of(file.events));
    let made = play::play(
        &Arc::clone(&recorded),
        &file.about,
        &filled.definition,
        &mut notes,
    )?;
    let unknowable = play::unknowable(&filled.definition);
    let lenience = compare::Lenience {
        unknowable: &unknowable,
        filled: &filled,
        unanswered: &made.unanswered,
    };
    let difference = compare::first_difference(&recorded, &made.record, &lenience);
    notes.extend(made.notes);
    Ok(Replay {
        machine: file.about.is_known.then(|| file.about.machine.clone()),
        execution: file.about.is_known.then(|| file.about.name.clone()),
        events: recorded.events.len(),
        difference,
        notes,
        made: made.events,
    })
}
