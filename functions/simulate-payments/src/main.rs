//! Wiring of `simulate-payments`.

use shell::{SettingError, StartError, run_http, start};
use simulate_payments::{Odds, Pause, Settings, Simulator, router};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use wiring::World;

/// Real time.
struct RealPause;

impl Pause for RealPause {
    fn pause(&self, ms: u32) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(tokio::time::sleep(Duration::from_millis(u64::from(ms))))
    }
}

fn main() -> Result<(), StartError> {
    start(async {
        let world = World::connect().await;
        let simulator = Simulator {
            documents: world.simulated_payments()?,
            clock: world.clock(),
            entropy: world.entropy(),
            pause: Arc::new(RealPause),
            settings: Settings {
                seed: world.settings().text("SIMULATOR_SEED")?,
                odds: odds(&world.settings().text("SIMULATOR_ODDS")?)?,
                ..Settings::default()
            },
        };
        run_http("simulate-payments", router(simulator)).await
    })
}

/// `on`: good cards meet the simulator's odds; `off`: every card does what its name says.
fn odds(switch: &str) -> Result<Option<Odds>, SettingError> {
    match switch {
        "on" => Ok(Some(Odds::default())),
        "off" => Ok(None),
        _ => Err(SettingError::Malformed {
            name: "SIMULATOR_ODDS".to_owned(),
            expected: "on or off",
        }),
    }
}
