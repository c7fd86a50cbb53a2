//! Wiring of `kitchen-api`.

use kitchen_api::KitchenApi;
use shell::{StartError, run_http, start};
use wiring::World;

fn main() -> Result<(), StartError> {
    start(async {
        let world = World::connect()?;
        let function = KitchenApi {
            gate: world.gate()?,
            dishes: world.dishes()?,
            ledgers: world.ledgers()?,
            market: world.market()?,
            clock: world.clock(),
            entropy: world.entropy(),
            currency: world.settings().currency()?,
        };
        run_http("kitchen-api", kitchen_api::router(function)).await
    })
}
