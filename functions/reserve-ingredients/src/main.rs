//! Wiring of `reserve-ingredients`.

use reserve_ingredients::ReserveIngredients;
use shell::{StartError, run_step, start};
use wiring::World;

fn main() -> Result<(), StartError> {
    start(async {
        let world = World::connect()?;
        let step = ReserveIngredients {
            orders: world.orders()?,
            dishes: world.dishes()?,
            ledgers: world.ledgers()?,
            clock: world.clock(),
            hold_ttl_s: world
                .settings()
                .value("HOLD_TTL_S", "a whole number of seconds")?,
            currency: world.settings().currency()?,
        };
        run_step("reserve-ingredients", move |input| {
            let step = step.clone();
            async move { step.handle(input).await }
        })
        .await
    })
}
