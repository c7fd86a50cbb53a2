//! Activities: names under which workers fetch tasks.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use serde_json::Value;

use crate::execution::TaskId;

use super::arn::check_name;
use super::tags::{Tag, Tags};
use super::{Engine, EngineError, ExecutionId};

/// An activity as it was registered.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Activity {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// When it was created, milliseconds since 1970.
    pub created_ms: u64,
    pub(super) tags: Tags,
    /// Its encryption as it was stated, without effect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encryption: Option<Value>,
}

/// A task that a worker has taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActivityTask {
    /// Answers it.
    pub token: String,
    /// Its input as JSON text.
    pub input: Arc<str>,
}

type Owner = (ExecutionId, TaskId);

/// The activities and the tasks that wait for a worker.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct Activities {
    /// By name.
    all: BTreeMap<String, Activity>,
    /// By ARN, first come first served. A deleted activity's tasks wait on, as its workers may be told to come back.
    offered: BTreeMap<String, VecDeque<Owner>>,
    /// Where each waiting task waits.
    #[serde(with = "crate::saved::pairs")]
    places: HashMap<Owner, String>,
    /// Whether a task was offered since this was last asked.
    #[serde(skip)]
    has_new: bool,
}

impl Engine {
    /// Registers an activity; doing it again is the same, and leaves its tags alone.
    ///
    /// # Errors
    ///
    /// [`EngineError::InvalidName`], [`EngineError::TooManyTags`], or [`EngineError::ActivityAlreadyExists`] if it is
    /// encrypted otherwise.
    pub fn create_activity(
        &mut self,
        name: &str,
        tags: Vec<Tag>,
        encryption: Option<Value>,
        now_ms: u64,
    ) -> Result<Activity, EngineError> {
        check_name(name)?;
        let arn = self.place.activity_arn(name);
        let mut activity = Activity {
            name: name.to_owned(),
            arn,
            created_ms: now_ms,
            tags: Tags::default(),
            encryption,
        };
        activity.tags.add(tags, &activity.arn)?;
        match self.activities.all.get(name) {
            Some(existing) if existing.encryption != activity.encryption => {
                Err(EngineError::ActivityAlreadyExists(activity.arn))
            }
            Some(existing) => Ok(existing.clone()),
            None => {
                self.activities.all.insert(name.to_owned(), activity.clone());
                Ok(activity)
            }
        }
    }

    /// Removes an activity; no error if there is none.
    ///
    /// # Errors
    ///
    /// [`EngineError::InvalidArn`].
    pub fn delete_activity(&mut self, arn: &str) -> Result<(), EngineError> {
        let name = activity_name(arn)?;
        // One of another region or account is not here.
        if self
            .activities
            .all
            .get(name)
            .is_some_and(|activity| activity.arn == arn)
        {
            self.activities.all.remove(name);
        }
        Ok(())
    }

    /// The activity of an ARN.
    ///
    /// # Errors
    ///
    /// [`EngineError::InvalidArn`] or [`EngineError::ActivityDoesNotExist`].
    pub fn activity(&self, arn: &str) -> Result<&Activity, EngineError> {
        let name = activity_name(arn)?;
        let found = self.activities.all.get(name);
        found
            .filter(|activity| activity.arn == arn)
            .ok_or_else(|| EngineError::ActivityDoesNotExist(arn.to_owned()))
    }

    pub(super) fn activity_mut(&mut self, arn: &str) -> Result<&mut Activity, EngineError> {
        let name = activity_name(arn)?;
        let found = self.activities.all.get_mut(name);
        found
            .filter(|activity| activity.arn == arn)
            .ok_or_else(|| EngineError::ActivityDoesNotExist(arn.to_owned()))
    }

    /// All activities, by name.
    pub fn activities(&self) -> impl Iterator<Item = &Activity> {
        self.activities.all.values()
    }

    /// Whether a task waits for a worker of this activity.
    pub fn has_activity_task(&self, arn: &str) -> bool {
        let offered = self.activities.offered.get(arn);
        offered.is_some_and(|owners| !owners.is_empty())
    }

    /// Whether a task was offered to workers since the last call.
    pub fn take_offered(&mut self) -> bool {
        std::mem::take(&mut self.activities.has_new)
    }

    /// Gives a worker the task that waited longest, if one waits.
    ///
    /// # Errors
    ///
    /// As [`Engine::activity`].
    pub fn take_activity_task(
        &mut self,
        arn: &str,
        worker: Option<&str>,
        now_ms: u64,
    ) -> Result<Option<ActivityTask>, EngineError> {
        self.wake(now_ms);
        self.activity(arn)?;
        while let Some(owner) = self.next_offered(arn) {
            let (id, task) = owner;
            let Some(entry) = self.executions.get_mut(&id) else {
                continue;
            };
            let started = entry.execution.activity_started(task, worker, now_ms);
            self.settle(id, now_ms);
            if let Some((token, input)) = started {
                return Ok(Some(ActivityTask { token, input }));
            }
        }
        Ok(None)
    }

    fn next_offered(&mut self, arn: &str) -> Option<Owner> {
        let owners = self.activities.offered.get_mut(arn)?;
        let owner = owners.pop_front();
        if owners.is_empty() {
            self.activities.offered.remove(arn);
        }
        self.activities.places.remove(&owner?);
        owner
    }

    /// Lets workers have a task, if its activity exists.
    pub(super) fn offer(&mut self, owner: Owner, arn: String, now_ms: u64) {
        let exists = self.activity(&arn).is_ok();
        if exists {
            let owners = self.activities.offered.entry(arn.clone()).or_default();
            owners.push_back(owner);
            self.activities.places.insert(owner, arn);
            self.activities.has_new = true;
        }
        if let Some(entry) = self.executions.get_mut(&owner.0) {
            entry.execution.activity_scheduled(owner.1, exists, now_ms);
        }
        self.touched.push_back(owner.0);
    }

    /// Nobody waits for a task any more.
    pub(super) fn withdraw(&mut self, owner: Owner) {
        let Some(arn) = self.activities.places.remove(&owner) else {
            return;
        };
        if let Some(owners) = self.activities.offered.get_mut(&arn) {
            owners.retain(|other| *other != owner);
            if owners.is_empty() {
                self.activities.offered.remove(&arn);
            }
        }
    }
}

/// The activity's name in an ARN.
fn activity_name(arn: &str) -> Result<&str, EngineError> {
    let parts: Vec<&str> = arn.split(':').collect();
    match parts.as_slice() {
        ["arn", _, "states", _, _, "activity", name] if !name.is_empty() => Ok(name),
        _ => Err(EngineError::InvalidArn(arn.to_owned())),
    }
}
