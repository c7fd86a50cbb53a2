//! The whole system in one process: in-memory ports with faults, the real definitions and the real functions on a
//! virtual clock, invariants after every step.
//!
//! - [`memory`], [`provider`], [`workflows`]: every port of the domain, in memory; the provider with everything that can
//!   become of money.
//! - [`wire`]: the way to each of them, where calls take time and faults strike; [`faults`]: which.
//! - [`functions`]: the functions as Lambda calls them; [`definitions`]: the state machines as they are written.
//! - [`world`]: all of it, driven from one agenda; [`invariants`]: what must hold; [`trace`]: what happened.
//! - [`day`]: a whole day in the shop with everything going wrong, drawn from one seed.

pub mod day;
pub mod definitions;
pub mod faults;
pub mod functions;
pub mod invariants;
pub mod memory;
pub mod provider;
pub mod trace;
pub mod wire;
pub mod workflows;
pub mod world;

pub use faults::{FaultPlan, InvocationFault, Mishap, PortFault, Rates, Verdict, Webhooks};
pub use invariants::{Broken, Looks, Violation};
pub use world::{Ask, Counts, Machinery, Reply, Setup, World};
