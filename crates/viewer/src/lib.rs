//! The execution viewer's HTTP API: what an account's Step Functions and its logs tell, over [`aws::Account`].
//!
//! Knows no project: the machines may be anybody's. Bodies are AWS's own members in AWS's own spelling; what is added stands
//! beside them. An ARN is always in the query: paths under `/api` are lowered on their way, and ARNs have capitals. Every
//! request makes a bounded number of calls and then answers with what it found and a cursor.
//!
//! Who may ask is decided before these routes: by the function that serves them, or by the program beside this library,
//! which answers to this machine alone.

mod actions;
pub mod alone;
mod arn;
mod ask;
mod cursor;
mod execution;
mod executions;
mod failed_state;
mod history;
pub mod local;
mod logs;
mod machines;
mod problem;
pub mod queues;

use aws::Account;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What the routes need.
#[derive(Clone)]
pub struct Viewer {
    /// Whose machines.
    pub account: Account,
    /// What this server can do beside the routes of this crate.
    pub features: &'static [&'static str],
    /// How far the clock that executions go by is ahead of the one that log lines are dated by, milliseconds: 0 but on a local stack
    /// where time was let pass.
    pub ahead_ms: Arc<dyn Fn() -> i64 + Send + Sync>,
}

/// What a request changed, in words, as an extension of its answer: for whoever writes it down with who did it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed(pub String);

/// The routes, before an account is filled in.
pub fn api() -> OpenApiRouter<Viewer> {
    OpenApiRouter::new()
        .routes(routes!(machines::describe_viewer))
        .routes(routes!(machines::list_machines))
        .routes(routes!(machines::describe_machine))
        .routes(routes!(machines::describe_map_run))
        .routes(routes!(executions::list_executions, actions::start_execution))
        .routes(routes!(executions::counts::count_executions))
        .routes(routes!(execution::describe_execution))
        .routes(routes!(history::read_history))
        .routes(routes!(logs::read_logs))
        .routes(routes!(actions::stop_execution))
        .routes(routes!(actions::redrive_execution))
}

/// The routes over an account.
pub fn router(viewer: Viewer) -> axum::Router {
    let (router, _) = api().split_for_parts();
    router.with_state(viewer)
}
