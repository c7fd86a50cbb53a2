//! Wiring of `passes-api`.

use passes_api::PassesApi;
use shell::{StartError, run_http, start};
use wiring::World;

fn main() -> Result<(), StartError> {
    start(async {
        let world = World::connect()?;
        let function = PassesApi {
            gate: world.gate()?,
            tickets: world.tickets()?,
            orders: world.orders()?,
            links: world.links()?,
            accounts: world.accounts()?,
            clock: world.clock(),
            base: world.settings().public_base()?,
        };
        run_http("passes-api", passes_api::router(function)).await
    })
}
