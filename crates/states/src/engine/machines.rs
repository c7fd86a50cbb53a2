//! Registering machines.

use std::sync::Arc;

use crate::definition::{Machine, MachineType};

use super::arn::check_name;
use super::{Engine, EngineError};

/// A machine as it was registered. An execution keeps the one it was started with.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub struct MachineRecord {
    /// Its name.
    pub name: String,
    /// Its ARN.
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
    /// The definition, checked.
    #[serde(skip)]
    pub machine: Arc<Machine>,
}

/// What a new machine is to be.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
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

impl Engine {
    /// Registers a machine. Doing the same again is the same, whatever the role: `CreateStateMachine` compares
    /// name, type and definition only.
    ///
    /// # Errors
    ///
    /// [`EngineError::InvalidName`], [`EngineError::InvalidDefinition`] or
    /// [`EngineError::StateMachineAlreadyExists`] if one of that name differs.
    pub fn create_machine(
        &mut self,
        new: NewMachine,
        now_ms: u64,
    ) -> Result<Arc<MachineRecord>, EngineError> {
        check_name(&new.name)?;
        let parsed =
            Machine::parse(&new.definition, new.machine_type).map_err(EngineError::InvalidDefinition)?;
        if let Some(existing) = self.machines.get(&new.name) {
            let same =
                existing.definition == new.definition && existing.machine.machine_type == new.machine_type;
            return match same {
                true => Ok(Arc::clone(existing)),
                false => Err(EngineError::StateMachineAlreadyExists(existing.arn.clone())),
            };
        }
        let record = Arc::new(MachineRecord {
            arn: self.place.machine_arn(&new.name),
            name: new.name.clone(),
            definition: new.definition,
            role_arn: Arc::from(new.role_arn),
            created_ms: now_ms,
            updated_ms: now_ms,
            revision: None,
            machine: Arc::new(parsed),
        });
        self.machines.insert(new.name, Arc::clone(&record));
        Ok(record)
    }

    /// Changes a machine's definition, role or both; running executions go on with what they were started with. An
    /// update that changes nothing leaves the revision as it is.
    ///
    /// # Errors
    ///
    /// [`EngineError::StateMachineDoesNotExist`] or [`EngineError::InvalidDefinition`].
    pub fn update_machine(
        &mut self,
        arn: &str,
        definition: Option<String>,
        role_arn: Option<String>,
        now_ms: u64,
    ) -> Result<Arc<MachineRecord>, EngineError> {
        let old = Arc::clone(self.machine(arn)?);
        let same_definition = definition
            .as_ref()
            .is_none_or(|definition| *definition == old.definition);
        let same_role = role_arn
            .as_ref()
            .is_none_or(|role_arn| **role_arn == *old.role_arn);
        if same_definition && same_role {
            return Ok(old);
        }
        let (definition, machine) = match definition {
            None => (old.definition.clone(), Arc::clone(&old.machine)),
            Some(definition) => {
                let parsed = Machine::parse(&definition, old.machine.machine_type);
                (
                    definition,
                    Arc::new(parsed.map_err(EngineError::InvalidDefinition)?),
                )
            }
        };
        let record = Arc::new(MachineRecord {
            name: old.name.clone(),
            arn: old.arn.clone(),
            definition,
            role_arn: role_arn.map_or_else(|| Arc::clone(&old.role_arn), Arc::from),
            created_ms: old.created_ms,
            updated_ms: now_ms,
            revision: Some(self.chance.uuid()),
            machine,
        });
        self.machines.insert(record.name.clone(), Arc::clone(&record));
        Ok(record)
    }

    /// Removes a machine; no error if there is none. Its executions go on and stay.
    ///
    /// # Errors
    ///
    /// [`EngineError::InvalidArn`].
    pub fn delete_machine(&mut self, arn: &str) -> Result<(), EngineError> {
        let name = self.place.machine_name(arn)?;
        self.machines.remove(name);
        Ok(())
    }

    /// The machine of an ARN.
    ///
    /// # Errors
    ///
    /// [`EngineError::InvalidArn`] or [`EngineError::StateMachineDoesNotExist`].
    pub fn machine(&self, arn: &str) -> Result<&Arc<MachineRecord>, EngineError> {
        let name = self.place.machine_name(arn)?;
        self.machines
            .get(name)
            .filter(|record| record.arn == arn)
            .ok_or_else(|| EngineError::StateMachineDoesNotExist(arn.to_owned()))
    }

    /// All machines, by name.
    pub fn machines(&self) -> impl Iterator<Item = &Arc<MachineRecord>> {
        self.machines.values()
    }
}
