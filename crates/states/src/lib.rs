//! Step Functions on one machine: an interpreter of the Amazon States Language with two clocks.
//!
//! - [`definition`]: a JSON document becomes a [`Machine`], or a list of located, named [`Diagnostic`]s.
//! - [`paths`]: JSONPath, with variables, intrinsic functions and the tests of Choice states.
//! - [`query`]: JSONata with `$states`, variables and the functions Step Functions adds.
//! - [`execution`]: one run of a machine, without I/O, clock or randomness of its own.
//! - [`engine`]: many machines and executions, task tokens, children and timers; still without I/O. Every entry
//!   takes the time in milliseconds since 1970.
//! - [`faults`]: what goes wrong on purpose between a state and whoever it asks.
//! - [`replay`]: a recorded execution, played again on its definition or another one.
//! - [`test_state`]: one state by itself, with what it is to see and what its task yields.
//! - [`world`]: the engine on a virtual clock; what tests and simulations drive.
//! - [`server`]: the engine on the real clock, with a journal, behind the Step Functions API.

pub mod chance;
pub mod definition;
pub mod engine;
pub mod execution;
pub mod faults;
pub mod history;
pub mod paths;
pub mod query;
pub mod replay;
mod saved;
pub mod server;
pub mod test_state;
pub mod timestamp;
pub mod world;

pub use definition::{Diagnostic, Machine, substitute};
pub use faults::{Fault, Faults};
pub use history::{EventType, HistoryEvent};
pub use world::{Answer, Outside, World};
