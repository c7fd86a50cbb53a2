//! The simulation with the definitions of this repository, and the hazards that only a fault can show.

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
mod refunds;
mod rough;
mod strangers;
mod webhooks;

use crate::project::root;
use domain::{OrderId, Status, UserId};
use simulation::definitions::{Definition, fill_in};
use simulation::{Setup, Violation, World};
use states::definition::MachineType;
use std::fs;
use std::sync::OnceLock;

/// Everything ends within so many seconds of fair weather: the longest pauses (of a stuck order, of a refund that the bank
/// has not confirmed) are six hours.
pub const REST_S: u64 = 48 * 3_600;

/// Every definition in `workflows/`, filled in.
pub fn definitions() -> &'static [Definition] {
    static DEFINITIONS: OnceLock<Vec<Definition>> = OnceLock::new();
    DEFINITIONS.get_or_init(|| {
        let mut found = Vec::new();
        for entry in fs::read_dir(root().join("workflows")).unwrap() {
            let path = entry.unwrap().path();
            let file = path.file_name().unwrap().to_string_lossy().into_owned();
            let Some(name) = file.strip_suffix(".asl.json") else {
                continue;
            };
            let source = fs::read_to_string(&path).unwrap();
            let document: serde_json::Value = serde_json::from_str(&source).unwrap();
            // Each definition's comment begins with its type; definitions.rs holds it equal to the template.
            let machine_type = match document["Comment"]
                .as_str()
                .and_then(|text| text.split('.').next())
            {
                Some("Express") => MachineType::Express,
                Some("Standard") => MachineType::Standard,
                other => panic!("{file} does not say whether it is Standard or Express: {other:?}"),
            };
            found.push(fill_in(name, &source, machine_type).unwrap());
        }
        found.sort_by(|one, other| one.name.cmp(&other.name));
        assert!(found.len() >= 2, "workflows/ has the definitions");
        found
    })
}

pub fn world(setup: Setup) -> World {
    World::new(definitions(), setup).unwrap()
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
