//! The executions by id, so that a copy of them all costs next to nothing.

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::execution::Identity;

use super::{Entry, ExecutionId};

/// A copy shares every execution until one of the two changes it; that is how a snapshot is written while the engine
/// goes on.
#[derive(Clone, Debug, Default)]
pub(super) struct Entries {
    all: BTreeMap<ExecutionId, Arc<Entry>>,
    /// Those that somebody could have changed since they were last asked for; `None` while nobody asks.
    stirred: Option<BTreeSet<ExecutionId>>,
}

impl Entries {
    pub fn get(&self, id: &ExecutionId) -> Option<&Entry> {
        self.all.get(id).map(Arc::as_ref)
    }

    /// From now on, writes down which executions are changed; those that are there count as changed. Who asks for it has
    /// to take them away.
    pub fn note_stirred(&mut self) {
        let all = &self.all;
        self.stirred.get_or_insert_with(|| all.keys().copied().collect());
    }

    /// The executions that were changed since the last call, in the order they were started.
    pub fn take_stirred(&mut self) -> BTreeSet<ExecutionId> {
        self.stirred.as_mut().map(std::mem::take).unwrap_or_default()
    }

    fn stir(&mut self, id: ExecutionId) {
        if let Some(stirred) = &mut self.stirred {
            stirred.insert(id);
        }
    }

    pub fn get_mut(&mut self, id: &ExecutionId) -> Option<&mut Entry> {
        self.stir(*id);
        let entry = self.all.get_mut(id).map(Arc::make_mut)?;
        wake_up(entry).then_some(entry)
    }

    /// One more reason not to pack an execution yet.
    pub fn touch(&mut self, id: ExecutionId) {
        if let Some(entry) = self.get_mut(&id) {
            entry.touches += 1;
        }
    }

    /// One reason less; without any it is packed.
    pub fn let_go(&mut self, id: ExecutionId) {
        if let Some(entry) = self.all.get_mut(&id).map(Arc::make_mut) {
            entry.touches = entry.touches.saturating_sub(1);
            if entry.touches == 0 {
                entry.execution.lie_down();
            }
        }
    }

    /// Drops what was unpacked only to be looked at.
    pub fn look_away(&mut self) {
        for entry in self
            .all
            .values_mut()
            .filter(|entry| entry.execution.is_looked_at())
        {
            Arc::make_mut(entry).execution.lie_down();
        }
    }

    /// Takes an execution away without looking into it.
    pub fn drop_entry(&mut self, id: &ExecutionId) -> Option<Arc<Identity>> {
        let entry = self.all.remove(id)?;
        Some(Arc::clone(entry.execution.identity()))
    }

    pub fn insert(&mut self, id: ExecutionId, entry: Entry) {
        self.stir(id);
        self.all.insert(id, Arc::new(entry));
    }

    pub fn remove(&mut self, id: &ExecutionId) -> Option<Entry> {
        let mut entry = self.all.remove(id).map(Arc::unwrap_or_clone)?;
        wake_up(&mut entry).then_some(entry)
    }

    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (ExecutionId, &Entry)> {
        self.all.iter().map(|(id, entry)| (*id, entry.as_ref()))
    }

    pub fn values(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.all.values().map(Arc::as_ref)
    }
}

/// Only a snapshot that someone changed can hold what cannot be unpacked. Nothing can happen to that execution then.
fn wake_up(entry: &mut Entry) -> bool {
    let woken = entry.execution.wake_up();
    if let Err(reason) = &woken {
        let arn = &entry.execution.identity().arn;
        tracing::error!(execution = arn, reason, "the execution cannot be unpacked");
    }
    woken.is_ok()
}

/// An execution's identity, found by its ARN.
#[derive(Clone, Debug)]
pub(super) struct ByArn(pub Arc<Identity>);

impl Borrow<str> for ByArn {
    fn borrow(&self) -> &str {
        &self.0.arn
    }
}

impl PartialEq for ByArn {
    fn eq(&self, other: &ByArn) -> bool {
        self.0.arn == other.0.arn
    }
}

impl Eq for ByArn {}

impl Hash for ByArn {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.arn.as_str().hash(state);
    }
}

/// A task's token, held by the task and by the index of tokens.
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub(super) struct Token(#[serde(with = "crate::saved::text")] pub Arc<str>);

impl Borrow<str> for Token {
    fn borrow(&self) -> &str {
        &self.0
    }
}
