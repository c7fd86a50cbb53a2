//! The conformance table, played at an engine that speaks the Step Functions API.

pub mod case;
pub mod compare;
mod endpoint;
mod made;
pub mod play;
pub mod stand_in;
#[path = "../../../tests/support/mod.rs"]
#[expect(dead_code, reason = "what the table itself needs more of it")]
mod support;
mod wire;
