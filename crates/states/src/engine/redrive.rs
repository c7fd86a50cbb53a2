//! Going on with executions that ended badly.

use std::collections::VecDeque;

use crate::definition::MachineType;
use crate::execution::{EVENTS_MAX, Status};

use super::arn::only_standard;
use super::{Engine, EngineError, Entry};

const DAY_MS: u64 = 86_400_000;
/// "Your workflow execution has not exceeded the redrivable period of 14 days" since its end.
pub(super) const REDRIVABLE_MS: u64 = 14 * DAY_MS;
/// "The workflow execution has not exceeded the maximum open time of one year."
const OPEN_MS_MAX: u64 = 365 * DAY_MS;
/// "idempotent responses for the last 10 client tokens ... valid for up to 15 minutes after they are first used".
const TOKENS_KEPT: usize = 10;
const TOKEN_MS: u64 = 15 * 60_000;

/// The client tokens that an execution was redriven with, and when.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct Redrives(VecDeque<(String, u64)>);

impl Redrives {
    fn of(&self, token: &str, now_ms: u64) -> Option<u64> {
        let (_, at_ms) = self.0.iter().find(|(known, _)| known == token)?;
        (now_ms < at_ms.saturating_add(TOKEN_MS)).then_some(*at_ms)
    }

    fn note(&mut self, token: &str, at_ms: u64) {
        self.0.retain(|(known, _)| known != token);
        self.0.push_back((token.to_owned(), at_ms));
        if self.0.len() > TOKENS_KEPT {
            self.0.pop_front();
        }
    }
}

impl Engine {
    /// Goes on with an execution that failed, was stopped or timed out, from the states that did not succeed. The
    /// same token within 15 minutes is the same request. Returns when it was redriven, milliseconds since 1970.
    ///
    /// # Errors
    ///
    /// As [`Engine::execution`]; [`EngineError::InvalidArn`] for an Express one, and
    /// [`EngineError::ExecutionNotRedrivable`].
    pub fn redrive_execution(
        &mut self,
        arn: &str,
        token: Option<&str>,
        now_ms: u64,
    ) -> Result<u64, EngineError> {
        self.wake(now_ms);
        only_standard(arn)?;
        let (id, entry) = self.entry(arn)?;
        if let Some(at_ms) = token.and_then(|token| entry.redrives.of(token, now_ms)) {
            return Ok(at_ms);
        }
        if let Some(reason) = self.why_not_redrivable(entry, now_ms) {
            return Err(EngineError::ExecutionNotRedrivable(reason));
        }
        if let Some(entry) = self.executions.get_mut(&id) {
            entry.execution.redrive(now_ms);
            entry.end_told = false;
            if let Some(token) = token {
                entry.redrives.note(token, now_ms);
            }
        }
        self.settle(id, now_ms);
        Ok(now_ms)
    }

    /// Why an execution cannot be redriven; `None` if it can.
    ///
    /// # Errors
    ///
    /// As [`Engine::execution`].
    pub fn redrive_obstacle(&self, arn: &str, now_ms: u64) -> Result<Option<String>, EngineError> {
        self.entry(arn)
            .map(|(_, entry)| self.why_not_redrivable(entry, now_ms))
    }

    fn why_not_redrivable(&self, entry: &Entry, now_ms: u64) -> Option<String> {
        let execution = &entry.execution;
        let status = execution.status();
        let Some(ended) = execution
            .ended()
            .filter(|_| !matches!(status, Status::Running | Status::Succeeded))
        else {
            return Some(format!("Execution is {} and cannot be redriven", status.name()));
        };
        let reason = if entry.map_child.is_some() {
            "Execution belongs to a map run, which is redriven with the execution that started it"
        } else if execution.machine_type() == MachineType::Express {
            "Execution is of an Express state machine"
        } else if self.is_deleting(&entry.machine.name) {
            "State machine is in DELETING status"
        } else if !self.machines.contains_key(&entry.machine.name) {
            "State machine does not exist"
        } else if execution.history().len() >= EVENTS_MAX - 1 {
            "Execution history event limit exceeded"
        } else if now_ms > execution.started_ms().saturating_add(OPEN_MS_MAX) {
            "Execution has exceeded the max execution time"
        } else if now_ms > ended.at_ms.saturating_add(REDRIVABLE_MS) {
            "Execution redrivable period exceeded"
        } else {
            return None;
        };
        Some(reason.to_owned())
    }
}
