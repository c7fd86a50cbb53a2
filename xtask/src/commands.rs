//! The commands, one module each, and what they share: the session on this machine.

pub mod bad_input;
pub mod bench;
pub mod check;
pub mod demo;
pub mod deploy;
pub mod down;
pub mod import;
pub mod mutate;
pub mod openapi;
pub mod permissions;
pub mod replay;
pub mod seed;
pub mod session;
pub mod simulate;
pub mod simulate_faults;
pub mod torment;
pub mod up;
pub mod viewer;
