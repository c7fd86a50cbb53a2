//! Registering machines.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::definition::{Machine, MachineType};

use super::arn::check_name;
use super::shelf::Shelf;
use super::tags::Tag;
use super::{Engine, EngineError, Entry, ExecutionId};

/// A machine as it was registered. An execution keeps the one it was started with.
#[derive(Debug, Serialize, Deserialize)]
pub struct MachineRecord {
    /// Its name.
    pub name: String,
    /// Its ARN, without a version or alias.
    pub arn: String,
    /// Its definition as it was given.
    pub definition: String,
    /// Its role; nothing here depends on it.
    #[serde(with = "crate::saved::text")]
    pub role_arn: Arc<str>,
    /// When it was created, milliseconds since 1970.
    pub created_ms: u64,
    /// When it was changed last, milliseconds since 1970.
    pub updated_ms: u64,
    /// Changes with every update; a machine that was never updated has none.
    pub revision: Option<String>,
    /// What is kept and given back.
    pub settings: Settings,
    /// The definition, checked.
    #[serde(skip)]
    pub machine: Arc<Machine>,
}

/// What a new machine is to be.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NewMachine {
    /// Its name.
    pub name: String,
    /// Its definition.
    pub definition: String,
    /// Its role's ARN.
    pub role_arn: String,
    /// Standard or Express.
    pub machine_type: MachineType,
}

/// A machine's configurations as the API takes them. They are kept and given back; only that for logging has an effect.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// `loggingConfiguration`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logging: Option<Value>,
    /// `tracingConfiguration`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracing: Option<Value>,
    /// `encryptionConfiguration`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encryption: Option<Value>,
}

impl Settings {
    /// Each of these where it is stated, else what there was.
    fn over(self, old: &Settings) -> Settings {
        Settings {
            logging: self.logging.or_else(|| old.logging.clone()),
            tracing: self.tracing.or_else(|| old.tracing.clone()),
            encryption: self.encryption.or_else(|| old.encryption.clone()),
        }
    }
}

/// A new machine with everything `CreateStateMachine` takes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Registration {
    /// The machine itself.
    #[serde(flatten)]
    pub machine: NewMachine,
    /// Its configurations.
    #[serde(default)]
    pub settings: Settings,
    /// Its tags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
    /// Whether it is published as version 1 at once.
    #[serde(default)]
    pub publish: bool,
    /// That version's description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version_description: Option<String>,
}

impl From<NewMachine> for Registration {
    fn from(machine: NewMachine) -> Self {
        Registration {
            machine,
            settings: Settings::default(),
            tags: Vec::new(),
            publish: false,
            version_description: None,
        }
    }
}

/// What `UpdateStateMachine` changes; what is not stated stays.
#[derive(Clone, Debug, Default)]
pub struct Revision {
    /// A new definition.
    pub definition: Option<String>,
    /// A new role.
    pub role_arn: Option<String>,
    /// New configurations.
    pub settings: Settings,
    /// Whether what comes of it is published.
    pub publish: bool,
    /// That version's description.
    pub version_description: Option<String>,
}

/// A machine that was registered or changed, and the version it was published as.
#[derive(Clone, Debug)]
pub struct Registered {
    /// The machine as it is now.
    pub record: Arc<MachineRecord>,
    /// The version's ARN, if it was to be published.
    pub version_arn: Option<String>,
}

impl Engine {
    /// Registers a machine that is not published. See [`Engine::register_machine`].
    ///
    /// # Errors
    ///
    /// As [`Engine::register_machine`].
    pub fn create_machine(
        &mut self,
        new: NewMachine,
        now_ms: u64,
    ) -> Result<Arc<MachineRecord>, EngineError> {
        self.register_machine(new.into(), now_ms)
            .map(|registered| registered.record)
    }

    /// Registers a machine. Doing the same again is the same, whatever the role and the tags: "idempotency check is
    /// based on the state machine name, definition, type, LoggingConfiguration, TracingConfiguration, and
    /// EncryptionConfiguration ... also ... publish and versionDescription" (API reference, CreateStateMachine).
    ///
    /// # Errors
    ///
    /// [`EngineError::InvalidName`], [`EngineError::InvalidDefinition`], [`EngineError::TooManyTags`],
    /// [`EngineError::StateMachineDeleting`], or [`EngineError::StateMachineAlreadyExists`] if one of that name
    /// differs.
    pub fn register_machine(&mut self, new: Registration, now_ms: u64) -> Result<Registered, EngineError> {
        check_name(&new.machine.name)?;
        if new.version_description.is_some() && !new.publish {
            return Err(EngineError::Validation(NOT_PUBLISHED.to_owned()));
        }
        let parsed = Machine::parse(&new.machine.definition, new.machine.machine_type)
            .map_err(EngineError::InvalidDefinition)?;
        let created_with = (new.publish, new.version_description.clone());
        if let Some(shelf) = self.machines.get(&new.machine.name) {
            let existing = &shelf.record;
            if shelf.deleting {
                return Err(EngineError::StateMachineDeleting(existing.arn.clone()));
            }
            let same = existing.definition == new.machine.definition
                && existing.machine.machine_type == new.machine.machine_type
                && existing.settings == new.settings
                && shelf.created_with == created_with;
            return match same {
                true => Ok(Registered {
                    record: Arc::clone(existing),
                    version_arn: new.publish.then(|| shelf.version_arn(1)),
                }),
                false => Err(EngineError::StateMachineAlreadyExists(existing.arn.clone())),
            };
        }
        let name = new.machine.name;
        let record = Arc::new(MachineRecord {
            arn: self.place.machine_arn(&name),
            name: name.clone(),
            definition: new.machine.definition,
            role_arn: Arc::from(new.machine.role_arn),
            created_ms: now_ms,
            updated_ms: now_ms,
            revision: None,
            settings: new.settings,
            machine: Arc::new(parsed),
        });
        let mut shelf = Shelf::new(Arc::clone(&record), created_with);
        shelf.tags.add(new.tags, &record.arn)?;
        let version_arn = match new.publish {
            true => Some(shelf.publish(new.version_description, now_ms)?.0),
            false => None,
        };
        self.machines.insert(name, shelf);
        Ok(Registered { record, version_arn })
    }

    /// Changes a machine's definition, role or both. See [`Engine::revise_machine`].
    ///
    /// # Errors
    ///
    /// As [`Engine::revise_machine`].
    pub fn update_machine(
        &mut self,
        arn: &str,
        definition: Option<String>,
        role_arn: Option<String>,
        now_ms: u64,
    ) -> Result<Arc<MachineRecord>, EngineError> {
        let revision = Revision {
            definition,
            role_arn,
            ..Revision::default()
        };
        self.revise_machine(arn, revision, now_ms)
            .map(|registered| registered.record)
    }

    /// Changes a machine; running executions go on with what they were started with. An update that changes nothing
    /// leaves the revision as it is.
    ///
    /// # Errors
    ///
    /// [`EngineError::StateMachineDoesNotExist`], [`EngineError::StateMachineDeleting`],
    /// [`EngineError::InvalidDefinition`], or [`EngineError::ServiceQuotaExceeded`] if there are too many versions.
    pub fn revise_machine(
        &mut self,
        arn: &str,
        revision: Revision,
        now_ms: u64,
    ) -> Result<Registered, EngineError> {
        let old = Arc::clone(&self.active_shelf(arn)?.record);
        if revision.version_description.is_some() && !revision.publish {
            return Err(EngineError::Validation(NOT_PUBLISHED.to_owned()));
        }
        let settings = revision.settings.over(&old.settings);
        let definition = revision
            .definition
            .filter(|definition| *definition != old.definition);
        let role_arn = revision.role_arn.filter(|role_arn| **role_arn != *old.role_arn);
        let record = if definition.is_none() && role_arn.is_none() && settings == old.settings {
            old
        } else {
            let (definition, machine) = match definition {
                None => (old.definition.clone(), Arc::clone(&old.machine)),
                Some(definition) => {
                    let parsed = Machine::parse(&definition, old.machine.machine_type)
                        .map_err(EngineError::InvalidDefinition)?;
                    (definition, Arc::new(parsed))
                }
            };
            Arc::new(MachineRecord {
                name: old.name.clone(),
                arn: old.arn.clone(),
                definition,
                role_arn: role_arn.map_or_else(|| Arc::clone(&old.role_arn), Arc::from),
                created_ms: old.created_ms,
                updated_ms: now_ms,
                revision: Some(self.chance.uuid()),
                settings,
                machine,
            })
        };
        let shelf = self.active_shelf_mut(arn)?;
        shelf.record = Arc::clone(&record);
        let version_arn = match revision.publish {
            true => Some(shelf.publish(revision.version_description, now_ms)?.0),
            false => None,
        };
        Ok(Registered { record, version_arn })
    }

    /// Removes a machine at once; no error if there is none. Its executions go on and stay.
    ///
    /// # Errors
    ///
    /// [`EngineError::InvalidArn`].
    pub fn delete_machine(&mut self, arn: &str) -> Result<(), EngineError> {
        let name = self.place.machine_name(arn)?;
        self.machines.remove(name);
        Ok(())
    }

    /// Removes a machine as AWS does: with its versions and aliases, as soon as none of its executions runs any more.
    /// Until then it is being deleted, and "on the next state transition, the state machine's executions are
    /// terminated" (API reference, DeleteStateMachine). An Express machine goes at once and its executions go on. No
    /// error if there is none.
    ///
    /// # Errors
    ///
    /// [`EngineError::InvalidArn`] or [`EngineError::Labeled`].
    pub fn retire_machine(&mut self, arn: &str, now_ms: u64) -> Result<(), EngineError> {
        self.wake(now_ms);
        let name = self.place.machine_name(arn)?.to_owned();
        let Some(shelf) = self
            .machines
            .get_mut(&name)
            .filter(|shelf| shelf.record.arn == arn)
        else {
            return Ok(());
        };
        if shelf.record.machine.machine_type == MachineType::Express {
            self.machines.remove(&name);
            return Ok(());
        }
        shelf.deleting = true;
        let running = |entry: &Entry| entry.machine.arn == arn && entry.execution.ended().is_none();
        let all = self.executions.iter();
        let affected: Vec<ExecutionId> = all
            .filter(|(_, entry)| running(entry))
            .map(|(id, _)| id)
            .collect();
        for id in affected {
            if let Some(entry) = self.executions.get_mut(&id) {
                entry.execution.end_at_next_transition();
            }
            self.note_awake(id);
        }
        self.finish_deleting(&name);
        Ok(())
    }

    /// Removes a machine that is being deleted if nothing of it runs any more.
    pub(super) fn finish_deleting(&mut self, name: &str) {
        let Some(shelf) = self.machines.get(name).filter(|shelf| shelf.deleting) else {
            return;
        };
        let runs = self
            .executions
            .values()
            .any(|entry| entry.machine.arn == shelf.record.arn && entry.execution.ended().is_none());
        if !runs {
            self.machines.remove(name);
        }
    }

    /// The machine of an ARN that names neither a version nor an alias.
    ///
    /// # Errors
    ///
    /// [`EngineError::InvalidArn`] or [`EngineError::StateMachineDoesNotExist`].
    pub fn machine(&self, arn: &str) -> Result<&Arc<MachineRecord>, EngineError> {
        self.shelf(arn).map(|shelf| &shelf.record)
    }

    /// Whether a machine is being deleted.
    pub fn is_deleting(&self, name: &str) -> bool {
        self.machines.get(name).is_some_and(|shelf| shelf.deleting)
    }

    /// All machines, by name.
    pub fn machines(&self) -> impl Iterator<Item = &Arc<MachineRecord>> {
        self.machines.values().map(|shelf| &shelf.record)
    }

    pub(super) fn shelf(&self, arn: &str) -> Result<&Shelf, EngineError> {
        let (name, _) = self.place.machine_parts(arn)?;
        self.machines
            .get(name)
            .filter(|shelf| shelf.record.arn == arn)
            .ok_or_else(|| EngineError::StateMachineDoesNotExist(arn.to_owned()))
    }

    pub(super) fn shelf_mut(&mut self, arn: &str) -> Result<&mut Shelf, EngineError> {
        let (name, _) = self.place.machine_parts(arn)?;
        self.machines
            .get_mut(name)
            .filter(|shelf| shelf.record.arn == arn)
            .ok_or_else(|| EngineError::StateMachineDoesNotExist(arn.to_owned()))
    }

    fn active_shelf(&self, arn: &str) -> Result<&Shelf, EngineError> {
        match self.shelf(arn)? {
            shelf if shelf.deleting => Err(EngineError::StateMachineDeleting(arn.to_owned())),
            shelf => Ok(shelf),
        }
    }

    pub(super) fn active_shelf_mut(&mut self, arn: &str) -> Result<&mut Shelf, EngineError> {
        let name = self.active_shelf(arn)?.record.name.clone();
        self.machines
            .get_mut(&name)
            .ok_or_else(|| EngineError::StateMachineDoesNotExist(arn.to_owned()))
    }
}

const NOT_PUBLISHED: &str = "Version description can only be set when publish is true";
