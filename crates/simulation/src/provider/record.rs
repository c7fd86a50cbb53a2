//! Every call of the provider, and what its caller heard: so that it can be said whether anybody was charged blindly.
//!
//! The rule: *an unknown outcome is inquired, never re-keyed*. Whoever confirms an intent has, in this very run of the
//! function and after its own last confirmation, either heard the provider say "not charged", or made the intent just
//! now, and nobody has confirmed it before without learning what became of it.

use crate::wire::TaskId;
use std::collections::{BTreeMap, BTreeSet};

/// What was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// To make an intent.
    Create,
    /// To charge, under this key.
    Confirm {
        /// The idempotency key.
        key: String,
    },
    /// Where an intent stands.
    Inquire,
    /// To give money back, under this key.
    Refund {
        /// The idempotency key.
        key: String,
    },
    /// Whether a refund is there.
    FindRefund,
}

/// What the caller heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Nothing, or nothing that says what was done.
    Nothing,
    /// That it was turned away, and certainly nothing was done.
    TurnedAway,
    /// That the money was taken.
    Charged,
    /// That no money was taken.
    NotCharged,
    /// That it is not decided yet.
    Undecided,
    /// Something about an intent that was made, or about a refund.
    Other,
}

/// One call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// When it was sent, milliseconds since 1970.
    pub at_ms: u64,
    /// The run of a function that made it; `None` outside of any.
    pub task: Option<TaskId>,
    /// The intent it is about; for one that is to be made, empty until it is known.
    pub intent: String,
    /// What was asked.
    pub asked: Asked,
    /// What was heard; `None` while the caller waits.
    pub heard: Option<Heard>,
}

/// An intent was confirmed by somebody who could not know what had become of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blind {
    /// The intent.
    pub intent: String,
    /// The key under which it was confirmed.
    pub key: String,
}

/// Every call, in the order in which they were sent.
#[derive(Clone, Debug, Default)]
pub struct Record {
    calls: Vec<Call>,
    /// Who may confirm an intent: it has heard "not charged", or made the intent.
    may_confirm: BTreeSet<(TaskId, String)>,
    /// Keys of an intent whose outcome some caller did not learn.
    unheard: BTreeMap<String, BTreeSet<String>>,
    blind: Option<Blind>,
}

impl Record {
    /// Every call so far.
    #[must_use]
    pub fn calls(&self) -> &[Call] {
        &self.calls
    }

    /// The first confirmation that broke the rule.
    #[must_use]
    pub const fn blind(&self) -> Option<&Blind> {
        self.blind.as_ref()
    }

    /// Whether the provider has said "not charged" since an intent was confirmed under this key, or nobody ever confirmed
    /// it so.
    #[must_use]
    pub fn was_denied(&self, intent: &str, key: &str) -> bool {
        let is_confirmation = |call: &Call| {
            matches!(&call.asked, Asked::Confirm { key: used } if used == key) && call.intent == intent
        };
        let Some(sent) = self.calls.iter().position(is_confirmation) else {
            return true;
        };
        let mut later = self.calls.iter().skip(sent);
        later.any(|call| {
            call.intent == intent && call.asked == Asked::Inquire && call.heard == Some(Heard::NotCharged)
        })
    }

    /// A call is sent. Returns its number.
    pub(super) fn sent(&mut self, at_ms: u64, task: Option<TaskId>, intent: &str, asked: Asked) -> usize {
        if let (Some(task), Asked::Confirm { key }) = (task, &asked)
            && !self.may_confirm.remove(&(task, intent.to_owned()))
            && self.blind.is_none()
        {
            self.blind = Some(Blind {
                intent: intent.to_owned(),
                key: key.clone(),
            });
        }
        self.calls.push(Call {
            at_ms,
            task,
            intent: intent.to_owned(),
            asked,
            heard: None,
        });
        self.calls.len() - 1
    }

    /// The caller has heard something, or will never hear anything.
    pub(super) fn heard(&mut self, number: usize, heard: Heard, made: Option<&str>) {
        let Some(call) = self.calls.get_mut(number).filter(|call| call.heard.is_none()) else {
            return;
        };
        call.heard = Some(heard);
        if let Some(made) = made {
            made.clone_into(&mut call.intent);
        }
        let intent = call.intent.clone();
        match (&call.asked, heard) {
            (Asked::Confirm { key }, Heard::Nothing | Heard::Undecided) => {
                self.unheard.entry(intent).or_default().insert(key.clone());
            }
            (Asked::Confirm { key }, Heard::Charged | Heard::NotCharged) => {
                if let Some(unheard) = self.unheard.get_mut(&intent) {
                    unheard.remove(key);
                }
            }
            (Asked::Inquire, Heard::NotCharged) => {
                self.may_confirm.extend(call.task.map(|task| (task, intent)));
            }
            (Asked::Create, Heard::Other) => {
                let is_fresh = self.unheard.get(&intent).is_none_or(BTreeSet::is_empty);
                let task = call.task.filter(|_| is_fresh);
                self.may_confirm.extend(task.map(|task| (task, intent)));
            }
            _ => {}
        }
    }
}
