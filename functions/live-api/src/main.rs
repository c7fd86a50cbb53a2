//! Wiring of `live-api`.

use live_api::LiveApi;
use shell::{StartError, run_socket, start};
use wiring::World;

fn main() -> Result<(), StartError> {
    start(async {
        let world = World::connect()?;
        let function = LiveApi {
            gate: world.gate()?,
            accounts: world.accounts()?,
            connections: world.live_connections()?,
            pages: world.live_pages()?,
            base: world.settings().public_base()?,
        };
        run_socket("live-api", move |request| {
            let function = function.clone();
            async move { function.handle(request).await }
        })
        .await
    })
}
