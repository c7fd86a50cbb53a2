//! Tests that need more than one room: the house rules, the definitions, the simulation, the running engine.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod definitions;
mod errors;
mod layout;
mod openapi;
mod project;
