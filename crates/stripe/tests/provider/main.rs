//! The client against the simulated provider over real connections, and against a provider that breaks them.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops at what must not be, in its set-up too"
)]

mod broken;
mod outcomes;
mod refunds;
mod world;
