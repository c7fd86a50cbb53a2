//! The program over HTTP, as a client of Step Functions sees it, and through crashes.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod activities;
mod clock_file;
mod crashes;
mod executions;
mod express;
mod http;
mod integrations;
mod local;
mod logging;
mod machines;
mod map_runs;
mod model;
mod permissions;
mod random_crashes;
mod random_requests;
mod redrive;
mod requests;
mod scenes;
mod test_state;
mod test_state_reads;
mod versions;
