//! Wiring of `complete-order`.

use complete_order::CompleteOrder;
use shell::{StartError, run_step, start};
use wiring::World;

fn main() -> Result<(), StartError> {
    start(async {
        let world = World::connect()?;
        let step = CompleteOrder {
            orders: world.orders()?,
            clock: world.clock(),
        };
        run_step("complete-order", move |input| {
            let step = step.clone();
            async move { step.handle(input).await }
        })
        .await
    })
}
