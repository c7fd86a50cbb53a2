//! Wiring of `devices-api`.

use devices_api::DevicesApi;
use shell::{StartError, run_http, start};
use wiring::World;

fn main() -> Result<(), StartError> {
    start(async {
        let world = World::connect()?;
        let function = DevicesApi {
            gate: world.gate()?,
            reorders: world.reorders()?,
            products: world.products()?,
            entropy: world.entropy(),
        };
        run_http("devices-api", devices_api::router(function)).await
    })
}
