//! Starting, stopping and looking at executions.

use std::sync::Arc;

use serde_json::Value;

use crate::definition::MachineType;
use crate::execution::{Execution, Identity, PAYLOAD_BYTES_MAX, Status, TaskId};

use super::arn::check_name;
use super::{ByArn, Engine, EngineError, Entry, ExecutionId, MachineRecord};

/// An execution that was started, now or earlier by the same request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Started {
    /// Its ARN.
    pub arn: String,
    /// When, milliseconds since 1970.
    pub at_ms: u64,
}

/// Which executions to list.
#[derive(Clone, Copy, Debug)]
pub struct ExecutionFilter<'a> {
    /// The machine's ARN.
    pub machine_arn: &'a str,
    /// Only those in this status.
    pub status: Option<Status>,
    /// Only those started before this one; for the next page.
    pub before: Option<ExecutionId>,
}

impl Engine {
    /// Starts an execution; without a name it gets one. For a Standard machine the same name and input while it
    /// runs is the same execution; see `StartExecution`.
    ///
    /// # Errors
    ///
    /// [`EngineError::StateMachineDoesNotExist`], [`EngineError::InvalidName`],
    /// [`EngineError::InvalidExecutionInput`], or [`EngineError::ExecutionAlreadyExists`] if the name is taken by
    /// one that has ended or was started with another input.
    pub fn start_execution(
        &mut self,
        machine_arn: &str,
        name: Option<&str>,
        input: &str,
        now_ms: u64,
    ) -> Result<Started, EngineError> {
        self.wake(now_ms);
        let (id, started) = self.start(machine_arn, name, input, None, now_ms)?;
        self.settle(id, now_ms);
        Ok(started)
    }

    /// Starts an execution of an Express machine whose caller will wait for its end.
    ///
    /// # Errors
    ///
    /// As [`Engine::start_execution`], and [`EngineError::StateMachineTypeNotSupported`] for a Standard machine.
    pub fn start_sync_execution(
        &mut self,
        machine_arn: &str,
        name: Option<&str>,
        input: &str,
        now_ms: u64,
    ) -> Result<Started, EngineError> {
        if self.machine(machine_arn)?.machine.machine_type != MachineType::Express {
            return Err(EngineError::StateMachineTypeNotSupported);
        }
        self.start_execution(machine_arn, name, input, now_ms)
    }

    /// Starts an execution without looking at its effects yet.
    pub(super) fn start(
        &mut self,
        machine_arn: &str,
        name: Option<&str>,
        input: &str,
        waiting: Option<(ExecutionId, TaskId)>,
        now_ms: u64,
    ) -> Result<(ExecutionId, Started), EngineError> {
        let record = Arc::clone(self.machine(machine_arn)?);
        let name = match name {
            Some(name) => {
                check_name(name)?;
                name.to_owned()
            }
            None => self.chance.uuid(),
        };
        if input.len() > PAYLOAD_BYTES_MAX {
            return Err(EngineError::InvalidExecutionInput(
                "it is larger than 262144 bytes".to_owned(),
            ));
        }
        let value: Value = serde_json::from_str(input)
            .map_err(|reason| EngineError::InvalidExecutionInput(reason.to_string()))?;
        let arn = match record.machine.machine_type {
            MachineType::Standard => self.place.execution_arn(&record.name, &name),
            MachineType::Express => self.place.express_arn(&record.name, &name, &self.chance.uuid()),
        };
        if let Some((id, existing)) = self.find(&arn) {
            let same_input = serde_json::from_str(existing.execution.input_text()).ok() == Some(value);
            if existing.execution.status() == Status::Running && same_input {
                let at_ms = existing.execution.started_ms();
                if let Some(entry) = self.executions.get_mut(&id) {
                    entry.waiting.extend(waiting);
                }
                return Ok((id, Started { arn, at_ms }));
            }
            return Err(EngineError::ExecutionAlreadyExists(arn));
        }
        self.execution_last += 1;
        let id = ExecutionId(self.execution_last);
        let identity = Arc::new(Identity {
            arn: arn.clone(),
            name,
            machine_arn: record.arn.clone(),
            machine_name: record.name.clone(),
            role_arn: Arc::clone(&record.role_arn),
            region: Arc::from(self.place.region.as_str()),
        });
        self.by_arn.insert(ByArn(Arc::clone(&identity)), id);
        let seed = self.chance.next_u64();
        let machine = Arc::clone(&record.machine);
        let execution = Execution::start(identity, machine, value, Arc::from(input), seed, now_ms);
        self.executions.insert(
            id,
            Entry {
                execution,
                machine: record,
                due_ms: None,
                waiting: waiting.into_iter().collect(),
                end_told: false,
                touches: 0,
            },
        );
        Ok((id, Started { arn, at_ms: now_ms }))
    }

    fn find(&self, arn: &str) -> Option<(ExecutionId, &Entry)> {
        let id = *self.by_arn.get(arn)?;
        Some((id, self.executions.get(&id)?))
    }

    fn entry(&self, arn: &str) -> Result<(ExecutionId, &Entry), EngineError> {
        if !arn.contains(":execution:") && !arn.contains(":express:") {
            return Err(EngineError::InvalidArn(arn.to_owned()));
        }
        self.find(arn)
            .ok_or_else(|| EngineError::ExecutionDoesNotExist(arn.to_owned()))
    }

    /// An execution.
    ///
    /// # Errors
    ///
    /// [`EngineError::InvalidArn`] or [`EngineError::ExecutionDoesNotExist`].
    pub fn execution(&self, arn: &str) -> Result<&Execution, EngineError> {
        self.entry(arn).map(|(_, entry)| &entry.execution)
    }

    /// The machine as it was when an execution of it was started.
    ///
    /// # Errors
    ///
    /// As [`Engine::execution`].
    pub fn machine_for(&self, execution_arn: &str) -> Result<&Arc<MachineRecord>, EngineError> {
        self.entry(execution_arn).map(|(_, entry)| &entry.machine)
    }

    /// Executions of a machine, the latest first, each with what to pass as `before` for the ones after it.
    ///
    /// # Errors
    ///
    /// As [`Engine::machine`], and [`EngineError::StateMachineTypeNotSupported`] for an Express machine.
    pub fn executions<'a>(
        &'a self,
        filter: ExecutionFilter<'a>,
    ) -> Result<impl Iterator<Item = (ExecutionId, &'a Execution)>, EngineError> {
        if self.machine(filter.machine_arn)?.machine.machine_type == MachineType::Express {
            return Err(EngineError::StateMachineTypeNotSupported);
        }
        let before = filter.before.unwrap_or(ExecutionId(u64::MAX));
        Ok(self
            .executions
            .range(..before)
            .rev()
            .map(|(id, entry)| (*id, &entry.execution))
            .filter(move |(_, execution)| {
                execution.identity().machine_arn == filter.machine_arn
                    && filter.status.is_none_or(|status| execution.status() == status)
            }))
    }

    /// Every execution there is, of whatever machine, in the order they were started.
    pub fn all_executions(&self) -> impl Iterator<Item = &Execution> {
        self.executions.values().map(|entry| &entry.execution)
    }

    /// Stops an execution; one that has ended stays as it is. Returns when it ended, milliseconds since 1970.
    ///
    /// # Errors
    ///
    /// As [`Engine::execution`], and [`EngineError::StateMachineTypeNotSupported`] for an Express one.
    pub fn stop_execution(
        &mut self,
        arn: &str,
        error: Option<String>,
        cause: Option<String>,
        now_ms: u64,
    ) -> Result<u64, EngineError> {
        self.wake(now_ms);
        let (id, entry) = self.entry(arn)?;
        if entry.machine.machine.machine_type == MachineType::Express {
            return Err(EngineError::StateMachineTypeNotSupported);
        }
        self.stop(id, error, cause, now_ms);
        self.settle(id, now_ms);
        Ok(self.execution(arn)?.ended().map_or(now_ms, |ended| ended.at_ms))
    }

    pub(super) fn stop(
        &mut self,
        id: ExecutionId,
        error: Option<String>,
        cause: Option<String>,
        now_ms: u64,
    ) {
        if let Some(entry) = self.executions.get_mut(&id) {
            entry.execution.stop(error, cause, now_ms);
        }
    }
}

impl ExecutionId {
    /// As text, for a page token.
    pub fn to_text(self) -> String {
        self.0.to_string()
    }

    /// From a page token.
    pub fn parse(text: &str) -> Option<ExecutionId> {
        text.parse().ok().map(ExecutionId)
    }
}
