//! Wiring of `ask-supplier`.

use ask_supplier::AskSupplier;
use shell::{StartError, run_step, start};
use wiring::World;

fn main() -> Result<(), StartError> {
    start(async {
        let world = World::connect()?;
        let step = AskSupplier {
            orders: world.orders()?,
            entropy: world.entropy(),
            clock: world.clock(),
            minute_ms: world
                .settings()
                .value("DELIVERY_MINUTE_MS", "a whole number of milliseconds")?,
        };
        run_step("ask-supplier", move |input| {
            let step = step.clone();
            async move { step.handle(input).await }
        })
        .await
    })
}
