//! Wiring of `stock-kitchen`.

use shell::{StartError, run_step, start};
use stock_kitchen::StockKitchen;
use wiring::World;

fn main() -> Result<(), StartError> {
    start(async {
        let world = World::connect()?;
        let step = StockKitchen {
            dishes: world.dishes()?,
            ledgers: world.ledgers()?,
            clock: world.clock(),
        };
        run_step("stock-kitchen", move |input| {
            let step = step.clone();
            async move { step.handle(input).await }
        })
        .await
    })
}
