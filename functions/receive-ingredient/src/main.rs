//! Wiring of `receive-ingredient`.

use receive_ingredient::ReceiveIngredient;
use shell::{StartError, run_queue, start};
use wiring::World;

fn main() -> Result<(), StartError> {
    start(async {
        let world = World::connect()?;
        let step = ReceiveIngredient {
            orders: world.orders()?,
            supplies: world.supplies()?,
            workflows: world.workflows()?,
            clock: world.clock(),
        };
        run_queue("receive-ingredient", move |input| {
            let step = step.clone();
            async move { step.handle(input).await }
        })
        .await
    })
}
