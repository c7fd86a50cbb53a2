//! Wiring of `tickets-api`.

use shell::{StartError, run_http, start};
use tickets_api::TicketsApi;
use wiring::World;

fn main() -> Result<(), StartError> {
    start(async {
        let world = World::connect()?;
        let function = TicketsApi {
            gate: world.gate()?,
            tickets: world.tickets()?,
            clock: world.clock(),
            entropy: world.entropy(),
            currency: world.settings().currency()?,
        };
        run_http("tickets-api", tickets_api::router(function)).await
    })
}
