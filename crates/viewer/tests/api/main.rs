//! The viewer's routes over a real Step Functions server, over a stand-in where that server is unlike AWS, and alone.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod alone;
mod engine;
mod executions;
mod histories;
mod local;
mod logs;
mod queues;
mod stand_in;
