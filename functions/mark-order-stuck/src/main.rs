//! Wiring of `mark-order-stuck`.

use mark_order_stuck::MarkOrderStuck;
use shell::{StartError, run_step, start};
use wiring::World;

fn main() -> Result<(), StartError> {
    start(async {
        let world = World::connect()?;
        let step = MarkOrderStuck {
            orders: world.orders()?,
            clock: world.clock(),
        };
        run_step("mark-order-stuck", move |input| {
            let step = step.clone();
            async move { step.handle(input).await }
        })
        .await
    })
}
