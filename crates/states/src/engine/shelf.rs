//! What belongs to one machine: its current revision, published versions, aliases and tags.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::chance::Chance;

use super::aliases::Alias;
use super::tags::Tags;
use super::{Engine, EngineError, MachineRecord};

/// Versions of one machine ("Quotas related to state machines").
const VERSIONS_MAX: usize = 1_000;

/// A published revision, which never changes.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Version {
    /// Its ARN.
    pub arn: String,
    /// The machine as it was published.
    #[serde(with = "crate::saved::record")]
    pub record: Arc<MachineRecord>,
    /// What it was published with.
    pub description: Option<String>,
    /// When, milliseconds since 1970.
    pub created_ms: u64,
}

/// A machine and all that goes with it.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct Shelf {
    #[serde(with = "crate::saved::record")]
    pub record: Arc<MachineRecord>,
    /// `publish` and `versionDescription` of its creation, which count for its being created again.
    pub created_with: (bool, Option<String>),
    pub versions: BTreeMap<u64, Version>,
    /// Numbers are not used again.
    version_last: u64,
    pub aliases: BTreeMap<String, Alias>,
    pub tags: Tags,
    pub deleting: bool,
}

/// What an execution is to run.
#[derive(Debug)]
pub(super) struct Target {
    pub record: Arc<MachineRecord>,
    pub version_arn: Option<String>,
    pub alias_arn: Option<String>,
}

impl Shelf {
    pub fn new(record: Arc<MachineRecord>, created_with: (bool, Option<String>)) -> Shelf {
        Shelf {
            record,
            created_with,
            versions: BTreeMap::new(),
            version_last: 0,
            aliases: BTreeMap::new(),
            tags: Tags::default(),
            deleting: false,
        }
    }

    pub fn version_arn(&self, number: u64) -> String {
        format!("{}:{number}", self.record.arn)
    }

    /// Publishes the current revision, if it is not published yet. Returns the version's ARN and time.
    pub fn publish(
        &mut self,
        description: Option<String>,
        now_ms: u64,
    ) -> Result<(String, u64), EngineError> {
        let published = self
            .versions
            .values()
            .find(|version| Arc::ptr_eq(&version.record, &self.record));
        if let Some(version) = published {
            return Ok((version.arn.clone(), version.created_ms));
        }
        if self.versions.len() >= VERSIONS_MAX {
            let message = format!("A state machine can have at most {VERSIONS_MAX} versions");
            return Err(EngineError::ServiceQuotaExceeded(message));
        }
        self.version_last += 1;
        let arn = self.version_arn(self.version_last);
        let version = Version {
            arn: arn.clone(),
            record: Arc::clone(&self.record),
            description,
            created_ms: now_ms,
        };
        self.versions.insert(self.version_last, version);
        Ok((arn, now_ms))
    }

    /// What a start under this qualifier runs. An alias with two versions draws one of them.
    fn target(&self, qualifier: Option<&str>, chance: &mut Chance) -> Option<Target> {
        let Some(qualifier) = qualifier else {
            return Some(Target {
                record: Arc::clone(&self.record),
                version_arn: None,
                alias_arn: None,
            });
        };
        if let Ok(number) = qualifier.parse::<u64>() {
            let version = self.versions.get(&number)?;
            return Some(Target {
                record: Arc::clone(&version.record),
                version_arn: Some(version.arn.clone()),
                alias_arn: None,
            });
        }
        let alias = self.aliases.get(qualifier)?;
        let version = self.versions.get(&alias.draw(chance)?)?;
        Some(Target {
            record: Arc::clone(&version.record),
            version_arn: Some(version.arn.clone()),
            alias_arn: Some(alias.arn.clone()),
        })
    }
}

impl Engine {
    /// What an ARN to start stands for: a machine, one of its versions, or an alias.
    pub(super) fn target(&mut self, arn: &str) -> Result<Target, EngineError> {
        let (name, qualifier) = self.place.machine_parts(arn)?;
        let absent = || EngineError::StateMachineDoesNotExist(arn.to_owned());
        let shelf = self.machines.get(name).ok_or_else(absent)?;
        let unqualified = match qualifier {
            Some(_) => arn.rsplit_once(':').map_or(arn, |(unqualified, _)| unqualified),
            None => arn,
        };
        if shelf.record.arn != unqualified {
            return Err(absent());
        }
        if shelf.deleting {
            return Err(EngineError::StateMachineDeleting(arn.to_owned()));
        }
        shelf.target(qualifier, &mut self.chance).ok_or_else(absent)
    }

    /// Publishes a machine's current revision, unless it is published already. `revision` is what it must be;
    /// `INITIAL` stands for that of a machine that was never updated. Returns the version's ARN and time.
    ///
    /// # Errors
    ///
    /// As [`Engine::machine`], [`EngineError::StateMachineDeleting`], [`EngineError::Conflict`] if the revision is
    /// another one, or [`EngineError::ServiceQuotaExceeded`].
    pub fn publish_version(
        &mut self,
        arn: &str,
        revision: Option<&str>,
        description: Option<String>,
        now_ms: u64,
    ) -> Result<(String, u64), EngineError> {
        let shelf = self.active_shelf_mut(arn)?;
        let current = shelf.record.revision.as_deref().unwrap_or("INITIAL");
        if let Some(revision) = revision.filter(|revision| *revision != current) {
            return Err(EngineError::Conflict(format!(
                "Failed to publish the State Machine version for revision {revision}. The current State Machine \
                 revision is {current}."
            )));
        }
        shelf.publish(description, now_ms)
    }

    /// Removes a version; no error if there is none. What runs of it goes on.
    ///
    /// # Errors
    ///
    /// [`EngineError::InvalidArn`], or [`EngineError::Conflict`] while an alias leads to it.
    pub fn delete_version(&mut self, arn: &str) -> Result<(), EngineError> {
        let (name, qualifier) = self.place.machine_parts(arn)?;
        let Some(number) = qualifier.and_then(|qualifier| qualifier.parse::<u64>().ok()) else {
            let message = format!("{arn} is not the ARN of a version");
            return Err(EngineError::Validation(message));
        };
        let Some(shelf) = self.machines.get_mut(name) else {
            return Ok(());
        };
        let aliases: Vec<&str> = shelf
            .aliases
            .values()
            .filter(|alias| alias.leads_to(number))
            .map(|alias| alias.name.as_str())
            .collect();
        if !aliases.is_empty() {
            return Err(EngineError::Conflict(format!(
                "Version to be deleted must not be referenced by an alias. Current list of aliases referencing this \
                 version: [{}]",
                aliases.join(", ")
            )));
        }
        shelf.versions.remove(&number);
        Ok(())
    }

    /// A machine's versions by number, the latest first. No versions if there is no such machine.
    ///
    /// # Errors
    ///
    /// [`EngineError::InvalidArn`].
    pub fn versions(&self, arn: &str) -> Result<impl Iterator<Item = (u64, &Version)>, EngineError> {
        let shelf = match self.shelf(arn) {
            Ok(shelf) => Some(shelf),
            Err(EngineError::StateMachineDoesNotExist(_)) => None,
            Err(error) => return Err(error),
        };
        let versions = shelf.into_iter().flat_map(|shelf| shelf.versions.iter().rev());
        Ok(versions.map(|(number, version)| (*number, version)))
    }

    /// A version by its ARN.
    pub fn version(&self, arn: &str) -> Option<&Version> {
        let (name, qualifier) = self.place.machine_parts(arn).ok()?;
        let number = qualifier?.parse().ok()?;
        self.machines
            .get(name)?
            .versions
            .get(&number)
            .filter(|version| version.arn == arn)
    }
}
