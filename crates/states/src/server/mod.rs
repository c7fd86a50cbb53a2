//! The engine on the real clock, behind the Step Functions API, with a journal.
//!
//! - [`operation`]: everything that changes the engine, as data, so that it can be written down and done again.
//! - [`journal`]: the file of operations; an operation is on disk before anyone hears of it.
//! - [`service`]: the engine with its clock; what requests, timers and answers all go through. [`clock`]: time that
//!   is let pass at once. [`clock_file`]: where others read how much. [`retention`]: what is forgotten.
//! - [`logs`]: execution logs on their way to CloudWatch Logs.
//! - [`writer`]: the journal's thread. [`dispatch`]: calls, and what comes back.
//! - [`outside`]: functions and all other services, reached through another engine's endpoint.
//! - [`permissions`]: whether a caller may.
//! - [`api`]: requests and answers of the AWS API. [`local`]: those that AWS does not have. [`listener`]: HTTP,
//!   [`origin`]: not for web pages.

mod api;
mod clock;
mod clock_file;
mod dispatch;
mod journal;
mod listener;
mod local;
mod logs;
mod operation;
mod origin;
mod outside;
mod permissions;
mod retention;
mod service;
mod writer;

use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use tokio::net::TcpListener;

use crate::engine::Place;

use clock_file::{ClockFile, ClockFileError};
use journal::Journal;
use outside::Outside;
use permissions::Permissions;
use service::Service;

/// The last lines of execution logs get this long at a stop.
const LOG_MS_MAX: u64 = 2_000;
/// The journal's last operations get this long at a stop.
const WRITE_MS_MAX: u64 = 2_000;

/// How to serve.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where to listen; port 0 takes a free one.
    pub address: SocketAddr,
    /// Where functions and all other services are, such as `http://127.0.0.1:4566`.
    pub aws_endpoint: Uri,
    /// The folder of the journal, which is made if it does not exist. Without one, nothing survives the process.
    pub journal: Option<PathBuf>,
    /// Where to tell how far the clock is ahead of the machine's: a file, replaced whole whenever time is let pass,
    /// `{"ahead_ms": 900000}`.
    pub clock_file: Option<PathBuf>,
    /// The path at `aws_endpoint` that says whether whoever signs with a role's credentials may do what it asks. Without one,
    /// everybody may do everything.
    pub permissions: Option<String>,
    /// Region and account of everything.
    pub place: Place,
}

/// Why the server could not start or had to stop.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address is taken or not ours.
    #[error("cannot listen on {0}: {1}")]
    Listen(SocketAddr, std::io::Error),
    /// The journal cannot be read or written.
    #[error("journal: {0}")]
    Journal(#[from] journal::JournalError),
    /// The clock's file cannot be read or written.
    #[error("the clock's file: {0}")]
    ClockFile(#[from] ClockFileError),
    /// The journal or the clock's file could not be written any more, so nothing more could be promised.
    #[error("the journal or the clock's file cannot be written any more")]
    Unwritable,
}

/// Serves until `stop` is over. `listening` is told the address.
///
/// # Errors
///
/// When the address or the journal cannot be used.
pub async fn serve(
    options: Options,
    listening: impl FnOnce(SocketAddr),
    stop: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let listener = TcpListener::bind(options.address)
        .await
        .map_err(|reason| ServeError::Listen(options.address, reason))?;
    let address = listener
        .local_addr()
        .map_err(|reason| ServeError::Listen(options.address, reason))?;
    let (mut engine, mut journal) = match &options.journal {
        Some(folder) => Journal::open(folder, &options.place)?,
        None => Journal::in_memory(&options.place)?,
    };
    let outside = Outside::new(options.aws_endpoint, options.place);
    let permissions = options.permissions.map(Permissions::at);
    let clock_file = match options.clock_file {
        Some(path) => Some(ClockFile::open(path, &mut journal, &mut engine)?),
        None => None,
    };
    let (service, writer) = Service::start(engine, journal, clock_file, outside, permissions)?;
    listening(address);
    let failed = tokio::select! {
        () = listener::serve(listener, Arc::clone(&service), stop) => false,
        () = service.keep_time() => true,
    };
    service.close();
    let until_written = tokio::task::spawn_blocking(move || writer.join().is_ok());
    if tokio::time::timeout(Duration::from_millis(WRITE_MS_MAX), until_written)
        .await
        .is_err()
    {
        tracing::warn!("the journal's last operations may not be written");
    }
    let until_sent = tokio::time::timeout(Duration::from_millis(LOG_MS_MAX), service.logs.finish());
    if until_sent.await.is_err() {
        let lines = service.logs.left();
        tracing::warn!(lines, "stopped with lines of execution logs undelivered");
    }
    if failed {
        Err(ServeError::Unwritable)
    } else {
        Ok(())
    }
}
