//! The project's own commands, and the pieces that start and stop a whole stack on this machine.
//!
//! Everything that knows which local engine is used is in `localstack/`; this crate knows only that it is started
//! by `localstack/launch.py`, deployed to by `localstack/deploy.py` and answers the AWS APIs.

pub mod api;
pub mod api_page;
pub mod bad_input;
pub mod bench;
pub mod browser;
pub mod deployment;
pub mod failure;
pub mod front;
pub mod functions;
pub mod import;
pub mod mutate;
pub mod permissions;
pub mod piece;
pub mod ports;
pub mod proc;
pub mod processes;
pub mod project;
pub mod python;
pub mod simulate;
pub mod stack;
pub mod steps;
pub mod test_stacks;
pub mod torment;
pub mod web;
