//! Wiring of `supply-ingredient`.

use shell::{StartError, run_queue, start};
use supply_ingredient::SupplyIngredient;
use wiring::World;

fn main() -> Result<(), StartError> {
    start(async {
        let world = World::connect()?;
        let step = SupplyIngredient {
            orders: world.orders()?,
            supplies: world.supplies()?,
            ledgers: world.ledgers()?,
            workflows: world.workflows()?,
            clock: world.clock(),
        };
        run_queue("supply-ingredient", move |input| {
            let step = step.clone();
            async move { step.handle(input).await }
        })
        .await
    })
}
