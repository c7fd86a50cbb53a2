//! Faults on purpose: what may go wrong between a state and whoever it asks, chosen by machine and state.
//!
//! Faults belong to whoever drives an engine, not to the engine: only what comes of them is ever written down. A
//! [`crate::World`] and the server strike with the same ones, at two moments: when a task's call is about to be made,
//! and when a task's token comes back. Some strike only calls that send a message. A fault can be limited in number, or strike with a probability, drawn from
//! its own seed; so the same faults strike the same way in every run with the same calls.

mod check;
mod messages;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::chance::Chance;
use crate::engine::{Call, CallKind, Reply};
use crate::execution::{AwsReply, Failure, LambdaReply};

pub use messages::{as_if_sent, is_message};

/// Names any machine or any state.
pub const ANY: &str = "*";

/// What goes wrong, where, and how often.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// The machine's name, or `*`.
    pub machine: String,
    /// The state's name, or `*`.
    pub state: String,
    /// What goes wrong.
    #[serde(rename = "do")]
    pub action: Action,
    /// It strikes so many times at most; for ever if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
    /// How likely it is to strike each time, from 0 to 1.
    #[serde(default = "always")]
    pub probability: f64,
    /// Of its draws.
    #[serde(default)]
    pub seed: u64,
}

fn always() -> f64 {
    1.0
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Action {
    /// The call is not made; the task fails.
    Fail {
        /// The error's name, such as `Lambda.TooManyRequestsException`.
        error: String,
        /// Its cause.
        #[serde(default)]
        cause: String,
    },
    /// The call is made so much later, even if nobody waits for it any more.
    Delay {
        /// On the engine's clock.
        seconds: u64,
    },
    /// The call is made and its answer dropped. The task runs into its own time limit; if it has none, it fails at once
    /// as if the service's client had waited too long.
    LoseAnswer,
    /// The call is not made; the execution fails with `States.Runtime`, which nothing catches.
    Abort,
    /// A token comes back and nobody hears of it, although whoever sent it is told that all is well.
    LoseCallback,
    /// A token comes back twice; whoever sent it is told what came of the second time.
    DoubleCallback,
    /// A message is not sent, although its task is told that it was. A task that waits for its token waits for it.
    LoseMessage,
    /// A message is sent twice. The task hears what came of the first time; of the second nobody hears, even if it fails.
    DoubleMessage,
}

/// When a fault may strike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// A task's call is about to be made.
    Call,
    /// A task's call is about to be made, and sends a message. What strikes any call strikes it as well.
    Message,
    /// A task's token came back with an output or an error.
    Callback,
}

impl Moment {
    /// What a call that is about to be made is.
    pub fn of(kind: &CallKind) -> Moment {
        if is_message(kind) {
            Moment::Message
        } else {
            Moment::Call
        }
    }

    /// Whether a fault for that moment may strike now.
    fn is(self, stated: Moment) -> bool {
        self == stated || (self, stated) == (Moment::Message, Moment::Call)
    }
}

impl Action {
    /// When it may strike.
    pub fn moment(&self) -> Moment {
        match self {
            Action::Fail { .. } | Action::Delay { .. } | Action::LoseAnswer | Action::Abort => Moment::Call,
            Action::LoseMessage | Action::DoubleMessage => Moment::Message,
            Action::LoseCallback | Action::DoubleCallback => Moment::Callback,
        }
    }

    /// The reply in place of the service's, for those that do not make this call.
    pub fn reply(&self, call: &Call) -> Option<Reply> {
        let failure = match self {
            Action::Fail { error, cause } => Failure::new(error.clone(), cause.clone()),
            Action::Abort => Failure::new("States.Runtime", "A fault was set to abort the execution here."),
            Action::LoseMessage => return as_if_sent(call),
            _ => return None,
        };
        Some(Reply::Failed(failure))
    }
}

/// A fault that was set.
#[derive(Clone, Debug, Serialize)]
pub struct Set {
    /// Names it.
    pub id: u64,
    /// What was asked for.
    #[serde(flatten)]
    pub fault: Fault,
    /// How often it has struck.
    pub struck: u64,
    #[serde(skip)]
    chance: Chance,
}

impl Set {
    /// Whether it may strike again.
    pub fn is_left(&self) -> bool {
        self.fault.times.is_none_or(|times| self.struck < times)
    }

    fn is_for(&self, moment: Moment, machine: &str, state: &str) -> bool {
        let is = |stated: &str, actual: &str| stated == ANY || stated == actual;
        moment.is(self.fault.action.moment())
            && is(&self.fault.machine, machine)
            && is(&self.fault.state, state)
    }
}

/// The faults that are set, in the order they were.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    all: BTreeMap<u64, Set>,
    last: u64,
}

impl Faults {
    /// Sets a fault and returns its id.
    ///
    /// # Errors
    ///
    /// A sentence, if its numbers make no sense.
    pub fn set(&mut self, fault: Fault) -> Result<u64, String> {
        if !(0.0..=1.0).contains(&fault.probability) {
            return Err(format!("probability is from 0 to 1, not {}", fault.probability));
        }
        if fault.times == Some(0) {
            return Err("times is at least 1; remove a fault that shall not strike".to_owned());
        }
        self.last += 1;
        let set = Set {
            id: self.last,
            chance: Chance::new(fault.seed),
            fault,
            struck: 0,
        };
        self.all.insert(self.last, set);
        Ok(self.last)
    }

    /// Those that are set, also those that have struck as often as they may.
    pub fn all(&self) -> impl Iterator<Item = &Set> {
        self.all.values()
    }

    /// Removes a fault; says whether there was one.
    pub fn remove(&mut self, id: u64) -> bool {
        self.all.remove(&id).is_some()
    }

    /// Removes all faults.
    pub fn clear(&mut self) {
        self.all.clear();
    }

    /// What goes wrong now, if anything: the first fault that is for this place, has something left, and is drawn.
    pub fn strike(&mut self, moment: Moment, machine: &str, state: &str) -> Option<Action> {
        for set in self.all.values_mut() {
            if !set.is_for(moment, machine, state) || !set.is_left() {
                continue;
            }
            if set.chance.unit() < set.fault.probability {
                set.struck += 1;
                return Some(set.fault.action.clone());
            }
        }
        None
    }
}

/// What a task without a time limit hears when its answer is lost.
pub fn lost_answer(kind: &CallKind) -> Reply {
    const REASON: &str = "Read timed out";
    match kind {
        CallKind::Lambda { .. } => Reply::Lambda(LambdaReply::ServiceError {
            error: "Lambda.ClientExecutionTimeoutException".to_owned(),
            cause: "Client execution did not complete before the specified timeout configuration.".to_owned(),
        }),
        CallKind::Aws { .. } | CallKind::Sqs { .. } => Reply::Aws(AwsReply::Unreachable {
            reason: REASON.to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> Fault {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_fault_strikes_where_it_is_set_and_no_more_often_than_it_may() {
        let mut faults = Faults::default();
        let text = r#"{"machine":"order","state":"*","do":{"delay":{"seconds":5}},"times":2}"#;
        faults.set(fault(text)).unwrap();
        assert_eq!(faults.strike(Moment::Call, "other", "Pay"), None);
        assert_eq!(faults.strike(Moment::Callback, "order", "Pay"), None);
        for _ in 0..2 {
            assert!(faults.strike(Moment::Call, "order", "Pay").is_some());
        }
        assert_eq!(faults.strike(Moment::Call, "order", "Pay"), None);
        assert_eq!(faults.all().next().map(|set| set.struck), Some(2));
    }

    #[test]
    fn a_message_is_struck_by_what_strikes_calls_and_a_call_by_nothing_that_is_for_messages() {
        let mut faults = Faults::default();
        for action in [r#""lose_message""#, r#""double_message""#] {
            let text = format!(r#"{{"machine":"*","state":"*","do":{action},"times":1}}"#);
            faults.set(fault(&text)).unwrap();
        }
        assert_eq!(faults.strike(Moment::Call, "m", "A"), None);
        assert_eq!(faults.strike(Moment::Callback, "m", "A"), None);
        assert_eq!(
            faults.strike(Moment::Message, "m", "A"),
            Some(Action::LoseMessage)
        );
        assert_eq!(
            faults.strike(Moment::Message, "m", "A"),
            Some(Action::DoubleMessage)
        );
        faults
            .set(fault(r#"{"machine":"m","state":"A","do":"abort"}"#))
            .unwrap();
        assert_eq!(faults.strike(Moment::Message, "m", "A"), Some(Action::Abort));
    }

    #[test]
    fn the_same_seed_strikes_the_same_calls() {
        let strikes = |seed: u64| {
            let mut faults = Faults::default();
            let text = r#"{"machine":"*","state":"*","do":"lose_answer","probability":0.5}"#;
            faults.set(Fault { seed, ..fault(text) }).unwrap();
            (0..64)
                .map(|_| faults.strike(Moment::Call, "m", "A").is_some())
                .collect::<Vec<_>>()
        };
        assert_eq!(strikes(7), strikes(7));
        assert_ne!(strikes(7), strikes(8));
        assert!(strikes(7).contains(&true) && strikes(7).contains(&false));
    }

    #[test]
    fn numbers_that_make_no_sense_and_unknown_members_are_refused() {
        let mut faults = Faults::default();
        for text in [
            r#"{"machine":"m","state":"A","do":"abort","probability":1.5}"#,
            r#"{"machine":"m","state":"A","do":"abort","times":0}"#,
        ] {
            assert!(faults.set(fault(text)).is_err(), "{text}");
        }
        for text in [
            r#"{"machine":"m","state":"A","do":"explode"}"#,
            r#"{"machine":"m","state":"A","do":"abort","often":true}"#,
            r#"{"machine":"m","state":"A","do":{"delay":{"seconds":-1}}}"#,
        ] {
            assert!(serde_json::from_str::<Fault>(text).is_err(), "{text}");
        }
    }
}
