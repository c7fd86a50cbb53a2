//! Starting a function: one current-thread runtime, one log subscriber, one sentence when it cannot start.

use crate::settings::SettingError;
use std::future::Future;

/// Why a function could not start or had to stop.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A setting is missing or wrong.
    #[error(transparent)]
    Setting(#[from] SettingError),
    /// The asynchronous runtime could not be made.
    #[error("the runtime could not start: {0}")]
    Runtime(#[from] std::io::Error),
    /// Something the function needs could not be set up.
    #[error("set-up failed: {0}")]
    SetUp(String),
    /// The Lambda runtime loop ended with an error.
    #[error("the function stopped: {0}")]
    Loop(String),
}

/// Runs `main` to its end. One thread is enough: a Lambda function answers one event at a time.
///
/// # Errors
/// What `main` returns, and [`StartError::Runtime`].
pub fn start(main: impl Future<Output = Result<(), StartError>>) -> Result<(), StartError> {
    crate::log::install();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let outcome = runtime.block_on(main);
    if let Err(error) = &outcome {
        tracing::error!(%error, "the function cannot run");
    }
    outcome
}
