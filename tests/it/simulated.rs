//! The simulation with the definitions of this repository, and the hazards that only a fault can show.

mod damaged_messages;
mod days;
mod deaths;
mod deliveries;
mod devices;
mod feast;
mod hazards;
mod imports;
mod kitchen;
mod late;
mod late_money;
mod market_day;
mod money;
mod planted;
mod refunds;
mod rough;
mod runs;
mod strangers;
mod webhooks;

use crate::project::root;
use domain::{OrderId, Status, UserId};
use simulation::definitions::{Definition, read_all};
use simulation::{Machinery, Setup, Violation, World};
use std::sync::OnceLock;

/// Everything ends within so many seconds of fair weather: the longest pauses (of a stuck order, of a refund that the bank
/// has not confirmed) are six hours.
pub const REST_S: u64 = 48 * 3_600;

/// Every definition in `workflows/`, filled in.
pub fn definitions() -> &'static [Definition] {
    static DEFINITIONS: OnceLock<Vec<Definition>> = OnceLock::new();
    DEFINITIONS.get_or_init(|| {
        let found = read_all(&root().join("workflows")).unwrap();
        assert!(found.len() >= 2, "workflows/ has the definitions");
        found
    })
}

fn machinery() -> &'static Machinery {
    static MACHINERY: OnceLock<Machinery> = OnceLock::new();
    MACHINERY.get_or_init(|| Machinery::new(definitions()).unwrap())
}

pub fn world(setup: Setup) -> World {
    World::new(machinery(), setup).unwrap()
}

/// Fails with the seed and the whole story.
pub fn held<T>(outcome: Result<T, Box<Violation>>) -> T {
    outcome.unwrap_or_else(|violation| panic!("{violation}"))
}

/// The order that a buyer's request with this key creates.
pub fn order_of(buyer: &UserId, key: &str) -> OrderId {
    World::order_of(buyer, key).unwrap()
}

/// How an order stands.
pub fn status_of(world: &World, order_id: &OrderId) -> Option<Status> {
    world.order(order_id).map(|order| order.status)
}

const KEY: &str = "checkout";
