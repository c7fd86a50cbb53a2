//! Wiring of `simulate-payments`.

use domain::Fault;
use domain::ports::Answer;
use shell::{SettingError, StartError, run_http, start};
use simulate_payments::{Banks, Odds, Outbox, OutgoingEvent, Pause, Settings, Simulator, router};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use wiring::{ConditionsFile, SqsOutbox, World};

/// Real time.
struct RealPause;

impl Pause for RealPause {
    fn pause(&self, ms: u32) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(tokio::time::sleep(Duration::from_millis(u64::from(ms))))
    }
}

/// The queue whose consumer posts events to the shop.
struct EventsQueue(SqsOutbox);

impl Outbox for EventsQueue {
    fn send<'a>(&'a self, event: &'a OutgoingEvent) -> Answer<'a, ()> {
        self.0.send(&event.body, event.delay_s)
    }
}

/// Banks that decline what they are told to decline, on somebody's own machine.
struct ConditionedBanks(ConditionsFile);

impl Banks for ConditionedBanks {
    fn decline_all(&self) -> Result<bool, Fault> {
        let conditions = self.0.read();
        let conditions = conditions.map_err(|error| Fault::Transient(error.to_string()))?;
        Ok(conditions.declines_cards)
    }
}

fn main() -> Result<(), StartError> {
    start(async {
        let world = World::connect()?;
        let simulator = Simulator {
            documents: world.simulated_payments()?,
            clock: world.clock(),
            entropy: world.entropy(),
            pause: Arc::new(RealPause),
            outbox: outbox(&world)?,
            banks: world
                .conditions()
                .map(|conditions| Arc::new(ConditionedBanks(conditions)) as Arc<dyn Banks>),
            settings: Settings {
                seed: world.settings().text("SIMULATOR_SEED")?,
                odds: is_on(&world, "SIMULATOR_ODDS")?.then(Odds::default),
                ..Settings::default()
            },
        };
        run_http("simulate-payments", router(simulator)).await
    })
}

/// Where events go, unless the simulator is to tell nobody anything.
fn outbox(world: &World) -> Result<Option<Arc<dyn Outbox>>, SettingError> {
    if is_on(world, "SIMULATOR_WEBHOOKS")? {
        Ok(Some(Arc::new(EventsQueue(world.provider_events()?))))
    } else {
        Ok(None)
    }
}

fn is_on(world: &World, name: &str) -> Result<bool, SettingError> {
    match world.settings().text(name)?.as_str() {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err(SettingError::Malformed {
            name: name.to_owned(),
            expected: "on or off",
        }),
    }
}
