//! Wiring of `release-ingredients`.

use release_ingredients::ReleaseIngredients;
use shell::{StartError, run_step, start};
use wiring::World;

fn main() -> Result<(), StartError> {
    start(async {
        let world = World::connect()?;
        let step = ReleaseIngredients {
            orders: world.orders()?,
            provider: world.payment_provider()?,
            clock: world.clock(),
        };
        run_step("release-ingredients", move |input| {
            let step = step.clone();
            async move { step.handle(input).await }
        })
        .await
    })
}
