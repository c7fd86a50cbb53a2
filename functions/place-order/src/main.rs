//! Wiring of `place-order`.

use place_order::PlaceOrder;
use shell::{StartError, run_http, start};
use wiring::World;

fn main() -> Result<(), StartError> {
    start(async {
        let world = World::connect()?;
        let function = PlaceOrder {
            gate: world.gate()?,
            orders: world.orders()?,
            devices: world.devices()?,
            workflows: world.workflows()?,
            clock: world.clock(),
            entropy: world.entropy(),
        };
        run_http("place-order", place_order::router(function)).await
    })
}
