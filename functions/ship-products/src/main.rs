//! Wiring of `ship-products`.

use shell::{StartError, run_step, start};
use ship_products::ShipProducts;
use wiring::World;

fn main() -> Result<(), StartError> {
    start(async {
        let world = World::connect()?;
        let step = ShipProducts {
            orders: world.orders()?,
            entropy: world.entropy(),
            clock: world.clock(),
            minute_ms: world
                .settings()
                .value("DELIVERY_MINUTE_MS", "a whole number of milliseconds")?,
        };
        run_step("ship-products", move |input| {
            let step = step.clone();
            async move { step.handle(input).await }
        })
        .await
    })
}
