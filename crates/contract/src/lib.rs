//! What the HTTP API says: bodies, problem documents, sessions, idempotency keys and waiting; and what `/live` says.
//!
//! Shared by the functions that answer HTTP, so that every one of them says the same thing the same way.
//! Knows the domain and axum; knows neither AWS nor which function calls it.

pub mod bodies;
pub mod gate;
pub mod input;
pub mod live;
pub mod once;
#[cfg(test)]
mod outside;
pub mod pass;
pub mod picture;
pub mod problem;
pub mod public;
pub mod seal;
pub mod session;
mod strict;
pub mod wait;

pub use gate::{Gate, OperatorOnly, SignedIn, Visitor, is_operator, is_operators, operator};
pub use input::{Body, Limits, PathId, PathText, Query};
pub use pass::PassCode;
pub use problem::{Foreign, Problem};
pub use public::PublicBase;
pub use seal::seal;
pub use session::{SessionSecret, Signed};
pub use wait::Wait;

/// What an HTTP handler gives back.
pub type Reply<T> = Result<T, Problem>;
