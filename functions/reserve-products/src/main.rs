//! Wiring of `reserve-products`.

use reserve_products::ReserveProducts;
use shell::{StartError, run_step, start};
use wiring::World;

fn main() -> Result<(), StartError> {
    start(async {
        let world = World::connect()?;
        let step = ReserveProducts {
            orders: world.orders()?,
            products: world.products()?,
            clock: world.clock(),
            hold_ttl_s: world
                .settings()
                .value("HOLD_TTL_S", "a whole number of seconds")?,
            currency: world.settings().currency()?,
        };
        run_step("reserve-products", move |input| {
            let step = step.clone();
            async move { step.handle(input).await }
        })
        .await
    })
}
