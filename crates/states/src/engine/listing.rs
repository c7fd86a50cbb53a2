//! Executions in the order of time, and which of them.

use std::cmp::Reverse;

use crate::definition::MachineType;
use crate::execution::{Execution, Status};

use super::{Engine, EngineError, ExecutionId};

/// Which executions to list.
#[derive(Clone, Copy, Debug)]
pub struct ExecutionFilter<'a> {
    /// The ARN of a machine, or of a version or alias that they were started by.
    pub machine_arn: &'a str,
    /// Only those in this status.
    pub status: Option<Status>,
    /// Only those that were redriven, or that were not.
    pub redriven: Option<bool>,
    /// Only those after this place in the list; for the next page.
    pub after: Option<PagePlace>,
}

/// Where an execution stands in a list. The latest comes first: "Running executions are sorted by their startDate or
/// redriveDate, and other executions are sorted by their stopDate" (API reference, ListExecutions).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PagePlace {
    at_ms: u64,
    id: ExecutionId,
}

impl PagePlace {
    pub(super) fn of(id: ExecutionId, execution: &Execution) -> PagePlace {
        let begun_ms = execution.redriven_ms().unwrap_or_else(|| execution.started_ms());
        let at_ms = execution.ended().map_or(begun_ms, |ended| ended.at_ms);
        PagePlace { at_ms, id }
    }

    /// As text, for a page token.
    pub fn to_text(self) -> String {
        format!("{}-{}", self.at_ms, self.id.0)
    }

    /// From a page token.
    pub fn parse(text: &str) -> Option<PagePlace> {
        let (at_ms, id) = text.split_once('-')?;
        Some(PagePlace {
            at_ms: at_ms.parse().ok()?,
            id: ExecutionId(id.parse().ok()?),
        })
    }
}

impl Engine {
    /// Executions of a machine, the latest first, each with its place in the list.
    ///
    /// # Errors
    ///
    /// As [`Engine::machine`], [`EngineError::ResourceNotFound`] for a version or alias that does not exist, and
    /// [`EngineError::StateMachineTypeNotSupported`] for an Express machine.
    pub fn executions<'a>(
        &'a self,
        filter: ExecutionFilter<'a>,
    ) -> Result<impl Iterator<Item = (PagePlace, &'a Execution)>, EngineError> {
        self.check_listed(filter.machine_arn)?;
        let belongs = |execution: &Execution| {
            let identity = execution.identity();
            identity.machine_arn == filter.machine_arn
                || identity.version_arn.as_deref() == Some(filter.machine_arn)
                || identity.alias_arn.as_deref() == Some(filter.machine_arn)
        };
        let mut listed: Vec<(PagePlace, &Execution)> = self
            .executions
            .iter()
            .map(|(id, entry)| (id, &entry.execution))
            .filter(|(_, execution)| {
                belongs(execution)
                    && filter.status.is_none_or(|status| execution.status() == status)
                    && filter
                        .redriven
                        .is_none_or(|redriven| (execution.redrive_count() > 0) == redriven)
            })
            .map(|(id, execution)| (PagePlace::of(id, execution), execution))
            .filter(|(place, _)| filter.after.is_none_or(|after| *place < after))
            .collect();
        listed.sort_unstable_by_key(|(place, _)| Reverse(*place));
        Ok(listed.into_iter())
    }

    fn check_listed(&self, arn: &str) -> Result<(), EngineError> {
        let (name, qualifier) = self.place.machine_parts(arn)?;
        let shelf = match qualifier {
            None => self.shelf(arn)?,
            Some(qualifier) => {
                let exists = |shelf: &&super::Shelf| {
                    shelf.aliases.contains_key(qualifier)
                        || qualifier
                            .parse()
                            .is_ok_and(|number: u64| shelf.versions.contains_key(&number))
                };
                self.machines
                    .get(name)
                    .filter(exists)
                    .ok_or_else(|| EngineError::ResourceNotFound {
                        message: format!("Resource not found: '{arn}'"),
                        resource: Some(arn.to_owned()),
                    })?
            }
        };
        match shelf.record.machine.machine_type {
            MachineType::Express => Err(EngineError::StateMachineTypeNotSupported),
            MachineType::Standard => Ok(()),
        }
    }
}
