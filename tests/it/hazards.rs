//! The hazards: what goes wrong in systems like this one, shown not to go wrong in the running system.
//!
//! Each test carries the name of its hazard and says which protection it proves. What HTTP cannot show (a fault
//! inside a step, a message lost between two writes at every point) is shown in the simulation.

mod attempts;
mod deliveries;
mod devices;
mod holds;
mod input;
mod late_money;
mod messages;
mod money;
mod people;
mod products;
mod redrive;
mod refunds;
mod restart;
mod versions;
mod webhooks;
