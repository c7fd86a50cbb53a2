//! Wiring of `serve-dish`.

use serve_dish::ServeDish;
use shell::{StartError, run_step, start};
use wiring::World;

fn main() -> Result<(), StartError> {
    start(async {
        let world = World::connect()?;
        let step = ServeDish {
            orders: world.orders()?,
            clock: world.clock(),
        };
        run_step("serve-dish", move |input| {
            let step = step.clone();
            async move { step.handle(input).await }
        })
        .await
    })
}
