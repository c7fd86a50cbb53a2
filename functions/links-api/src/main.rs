//! Wiring of `links-api`.

use links_api::LinksApi;
use shell::{StartError, run_http, start};
use wiring::World;

fn main() -> Result<(), StartError> {
    start(async {
        let world = World::connect()?;
        let function = LinksApi {
            gate: world.gate()?,
            links: world.links()?,
            accounts: world.accounts()?,
            clock: world.clock(),
            base: world.settings().public_base()?,
        };
        run_http("links-api", links_api::router(function)).await
    })
}
