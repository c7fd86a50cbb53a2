//! Wiring of `ops-api`.

use ops_api::OpsApi;
use shell::{SettingError, StartError, run_http, start};
use std::sync::Arc;
use viewer::Viewer;
use viewer::local::Local;
use viewer::queues::Queues;
use wiring::World;

fn main() -> Result<(), StartError> {
    start(async {
        let world = World::connect()?;
        let account = world.account();
        let queues = Queues::read(account.clone(), &world.settings().text("QUEUES")?);
        let engine = world.local_engine();
        let (clock, engine_clock) = (world.clock(), world.engine_clock());
        let function = OpsApi {
            gate: world.gate()?,
            accounts: world.accounts()?,
            sources: world.conservation()?,
            reports: world.reports()?,
            viewer: Viewer {
                account,
                features: if engine.is_some() {
                    &["queues", "effects", "live", "clock", "faults", "conditions"]
                } else {
                    &["queues", "effects", "live"]
                },
                ahead_ms: Arc::new(move || clock.now().as_ms() - engine_clock.now().as_ms()),
            },
            queues: queues.ok_or_else(|| SettingError::Malformed {
                name: "QUEUES".to_owned(),
                expected: "a list of WHO=URL,URL OF ITS DEAD LETTERS",
            })?,
            local: Local {
                engine,
                conditions: world.conditions(),
                clock: world.clock(),
            },
        };
        run_http("ops-api", ops_api::router(function)).await
    })
}
