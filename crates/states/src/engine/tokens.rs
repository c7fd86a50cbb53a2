//! Task tokens that come back.

use std::sync::Arc;

use crate::chance;
use crate::execution::{Failure, TaskId};

use super::{Engine, EngineError, ExecutionId, settle};

impl Engine {
    /// A task that waits for its token is done; `output` is JSON text.
    ///
    /// # Errors
    ///
    /// [`EngineError::InvalidToken`], [`EngineError::TaskTimedOut`] if nobody waits for it any more, or
    /// [`EngineError::InvalidOutput`].
    pub fn send_task_success(&mut self, token: &str, output: &str, now_ms: u64) -> Result<(), EngineError> {
        let output = settle::parse_output(output)?;
        self.with_task(token, now_ms, |execution, task| {
            execution.token_succeeded(task, output, now_ms)
        })
    }

    /// A task that waits for its token failed.
    ///
    /// # Errors
    ///
    /// [`EngineError::InvalidToken`] or [`EngineError::TaskTimedOut`].
    pub fn send_task_failure(
        &mut self,
        token: &str,
        error: Option<String>,
        cause: Option<String>,
        now_ms: u64,
    ) -> Result<(), EngineError> {
        let failure = Failure::reported(error, cause);
        self.with_task(token, now_ms, |execution, task| {
            execution.token_failed(task, failure, now_ms)
        })
    }

    /// Whoever has a task's token is still at work.
    ///
    /// # Errors
    ///
    /// [`EngineError::InvalidToken`] or [`EngineError::TaskTimedOut`].
    pub fn send_task_heartbeat(&mut self, token: &str, now_ms: u64) -> Result<(), EngineError> {
        self.with_task(token, now_ms, |execution, task| {
            execution.token_heartbeat(task, now_ms)
        })
    }

    /// The machine's name and the state that wait for a token, if it is awaited.
    pub fn awaits_token(&self, token: &str) -> Option<(String, Arc<str>)> {
        let (id, task) = self.tokens.get(token)?;
        let execution = &self.executions.get(id)?.execution;
        Some((
            execution.identity().machine_name.clone(),
            execution.state_of(*task)?,
        ))
    }

    fn with_task(
        &mut self,
        token: &str,
        now_ms: u64,
        act: impl FnOnce(&mut crate::execution::Execution, TaskId),
    ) -> Result<(), EngineError> {
        self.wake(now_ms);
        let Some((id, task)): Option<(ExecutionId, TaskId)> = self.tokens.get(token).copied() else {
            return Err(match chance::is_token(token) {
                true => EngineError::TaskTimedOut,
                false => EngineError::InvalidToken,
            });
        };
        if let Some(entry) = self.executions.get_mut(&id) {
            act(&mut entry.execution, task);
        }
        self.settle(id, now_ms);
        Ok(())
    }
}
