//! Wiring of `ops-api`.

use ops_api::OpsApi;
use shell::{StartError, run_http, start};
use viewer::Viewer;
use wiring::World;

fn main() -> Result<(), StartError> {
    start(async {
        let world = World::connect().await;
        let function = OpsApi {
            gate: world.gate()?,
            accounts: world.accounts()?,
            sources: world.conservation()?,
            reports: world.reports()?,
            viewer: Viewer {
                account: world.account(),
                features: &[],
            },
        };
        run_http("ops-api", ops_api::router(function)).await
    })
}
