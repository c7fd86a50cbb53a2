//! Starting, stopping and looking at executions.

use std::sync::Arc;

use serde_json::Value;

use crate::definition::MachineType;
use crate::execution::{Execution, Identity, PAYLOAD_BYTES_MAX, Status, TaskId};

use super::arn::{check_name, execution_kind, only_standard};
use super::redrive::Redrives;
use super::shelf::Target;
use super::{ByArn, Engine, EngineError, Entry, ExecutionId, MachineRecord};

/// "You can reuse the name 90 days after it closes" (API reference, StartExecution).
const NAME_KEPT_MS: u64 = 90 * 86_400_000;

/// An execution that was started, now or earlier by the same request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Started {
    /// Its ARN.
    pub arn: String,
    /// When, milliseconds since 1970.
    pub at_ms: u64,
}

/// What is to be started.
#[derive(Clone, Debug)]
pub struct Start<'a> {
    /// The ARN of a machine, a version or an alias.
    pub machine_arn: &'a str,
    /// The execution's name; without one it gets one.
    pub name: Option<&'a str>,
    /// Its input as JSON text.
    pub input: &'a str,
    /// Given back, without effect.
    pub trace_header: Option<String>,
}

impl Engine {
    /// Starts an execution by the ARN of a machine, a version or an alias; without a name it gets one. For a Standard
    /// machine the same name and input while it runs is the same execution; see `StartExecution`.
    ///
    /// # Errors
    ///
    /// [`EngineError::StateMachineDoesNotExist`], [`EngineError::StateMachineDeleting`],
    /// [`EngineError::InvalidName`], [`EngineError::InvalidExecutionInput`], or
    /// [`EngineError::ExecutionAlreadyExists`] if the name is taken by one that was started with another input, or
    /// ended within the last 90 days.
    pub fn start_execution(
        &mut self,
        machine_arn: &str,
        name: Option<&str>,
        input: &str,
        now_ms: u64,
    ) -> Result<Started, EngineError> {
        let start = Start {
            machine_arn,
            name,
            input,
            trace_header: None,
        };
        self.start_execution_with(start, now_ms)
    }

    /// Starts an execution with everything `StartExecution` takes.
    ///
    /// # Errors
    ///
    /// As [`Engine::start_execution`].
    pub fn start_execution_with(&mut self, start: Start<'_>, now_ms: u64) -> Result<Started, EngineError> {
        self.wake(now_ms);
        let (id, started) = self.start(start, None, now_ms)?;
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
        let start = Start {
            machine_arn,
            name,
            input,
            trace_header: None,
        };
        self.start_sync_execution_with(start, now_ms)
    }

    /// Starts an execution with everything `StartSyncExecution` takes.
    ///
    /// # Errors
    ///
    /// As [`Engine::start_sync_execution`].
    pub fn start_sync_execution_with(
        &mut self,
        start: Start<'_>,
        now_ms: u64,
    ) -> Result<Started, EngineError> {
        if self.type_of(start.machine_arn)? != MachineType::Express {
            return Err(EngineError::StateMachineTypeNotSupported);
        }
        self.wake(now_ms);
        let (id, started) = self.start(start, None, now_ms)?;
        self.awaited.insert(id);
        self.settle(id, now_ms);
        Ok(started)
    }

    /// Whether someone waits for the end of an execution that was started by [`Engine::start_sync_execution`].
    pub fn is_awaited(&self) -> bool {
        !self.awaited.is_empty()
    }

    /// Ends the executions whose callers waited for their end: the callers are gone, and "workflows don't restart"
    /// (Developer Guide, "Execution guarantees": at most once).
    pub fn give_up_awaited(&mut self, now_ms: u64) {
        for id in std::mem::take(&mut self.awaited) {
            let cause = "The server ended while the caller waited.".to_owned();
            self.stop(id, None, Some(cause), now_ms);
            self.settle(id, now_ms);
        }
    }

    /// The type of what an ARN stands for; versions and aliases have that of their machine.
    pub(super) fn type_of(&self, arn: &str) -> Result<MachineType, EngineError> {
        let (name, _) = self.place.machine_parts(arn)?;
        let shelf = self.machines.get(name);
        shelf
            .map(|shelf| shelf.record.machine.machine_type)
            .ok_or_else(|| EngineError::StateMachineDoesNotExist(arn.to_owned()))
    }

    /// Starts an execution without looking at its effects yet.
    pub(super) fn start(
        &mut self,
        start: Start<'_>,
        waiting: Option<(ExecutionId, TaskId)>,
        now_ms: u64,
    ) -> Result<(ExecutionId, Started), EngineError> {
        let input = start.input;
        let Target {
            record,
            version_arn,
            alias_arn,
        } = self.target(start.machine_arn)?;
        let name = match start.name {
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
        if input.trim().is_empty() {
            return Err(EngineError::InvalidExecutionInput(
                "Invalid execution input.".to_owned(),
            ));
        }
        let value: Value = serde_json::from_str(input)
            .map_err(|reason| EngineError::InvalidExecutionInput(reason.to_string()))?;
        let arn = match record.machine.machine_type {
            MachineType::Standard => self.place.execution_arn(&record.name, &name),
            MachineType::Express => self.place.express_arn(&record.name, &name, &self.chance.uuid()),
        };
        if let Some((id, existing)) = self.find(&arn) {
            let same_input = serde_json::from_str(existing.execution.input_text())
                .ok()
                .as_ref()
                == Some(&value);
            if existing.execution.status() == Status::Running && same_input {
                let at_ms = existing.execution.started_ms();
                if let Some(entry) = self.executions.get_mut(&id) {
                    entry.waiting.extend(waiting);
                }
                return Ok((id, Started { arn, at_ms }));
            }
            let free_ms = existing
                .execution
                .ended()
                .map(|ended| ended.at_ms.saturating_add(NAME_KEPT_MS));
            if free_ms.is_none_or(|free_ms| now_ms < free_ms) {
                return Err(EngineError::ExecutionAlreadyExists(arn));
            }
            self.forget(id);
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
            version_arn,
            alias_arn,
            map_run_arn: None,
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
                trace_header: start.trace_header,
                redrives: Redrives::default(),
                map_child: None,
                touches: 0,
            },
        );
        Ok((id, Started { arn, at_ms: now_ms }))
    }

    fn find(&self, arn: &str) -> Option<(ExecutionId, &Entry)> {
        let id = *self.by_arn.get(arn)?;
        Some((id, self.executions.get(&id)?))
    }

    pub(super) fn entry(&self, arn: &str) -> Result<(ExecutionId, &Entry), EngineError> {
        execution_kind(arn)?;
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

    /// The trace header that an execution was started with.
    ///
    /// # Errors
    ///
    /// As [`Engine::execution`].
    pub fn trace_header(&self, arn: &str) -> Result<Option<&str>, EngineError> {
        self.entry(arn).map(|(_, entry)| entry.trace_header.as_deref())
    }

    /// The machine as it was when an execution of it was started.
    ///
    /// # Errors
    ///
    /// As [`Engine::execution`].
    pub fn machine_for(&self, execution_arn: &str) -> Result<&Arc<MachineRecord>, EngineError> {
        self.entry(execution_arn).map(|(_, entry)| &entry.machine)
    }

    /// Every execution there is, of whatever machine, in the order they were started.
    pub fn all_executions(&self) -> impl Iterator<Item = &Execution> {
        self.executions.values().map(|entry| &entry.execution)
    }

    /// Stops an execution; one that has ended stays as it is. Returns when it ended, milliseconds since 1970.
    ///
    /// # Errors
    ///
    /// As [`Engine::execution`], and [`EngineError::InvalidArn`] for an Express one.
    pub fn stop_execution(
        &mut self,
        arn: &str,
        error: Option<String>,
        cause: Option<String>,
        now_ms: u64,
    ) -> Result<u64, EngineError> {
        self.wake(now_ms);
        only_standard(arn)?;
        let (id, _) = self.entry(arn)?;
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
