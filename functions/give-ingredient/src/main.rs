//! Wiring of `give-ingredient`.

use give_ingredient::GiveIngredient;
use shell::{StartError, run_step, start};
use wiring::World;

fn main() -> Result<(), StartError> {
    start(async {
        let world = World::connect()?;
        let step = GiveIngredient {
            supplies: world.supplies()?,
            ledgers: world.ledgers()?,
            clock: world.clock(),
        };
        run_step("give-ingredient", move |input| {
            let step = step.clone();
            async move { step.handle(input).await }
        })
        .await
    })
}
