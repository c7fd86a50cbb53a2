//! Wiring of `users-api`.

use shell::{StartError, run_http, start};
use users_api::UsersApi;
use wiring::World;

fn main() -> Result<(), StartError> {
    start(async {
        let world = World::connect()?;
        let function = UsersApi {
            gate: world.gate()?,
            accounts: world.accounts()?,
            clock: world.clock(),
            entropy: world.entropy(),
        };
        run_http("users-api", users_api::router(function)).await
    })
}
