//! Wiring of `buy-from-market`.

use buy_from_market::BuyFromMarket;
use shell::{StartError, run_step, start};
use wiring::World;

fn main() -> Result<(), StartError> {
    start(async {
        let world = World::connect()?;
        let step = BuyFromMarket {
            supplies: world.supplies()?,
            ledgers: world.ledgers()?,
            market: world.market()?,
            clock: world.clock(),
            rounds_max: world.settings().value("SUPPLY_ROUNDS_MAX", "a whole number")?,
        };
        run_step("buy-from-market", move |input| {
            let step = step.clone();
            async move { step.handle(input).await }
        })
        .await
    })
}
