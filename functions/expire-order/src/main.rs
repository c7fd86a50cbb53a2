//! Wiring of `expire-order`.

use expire_order::ExpireOrder;
use shell::{StartError, run_step, start};
use wiring::World;

fn main() -> Result<(), StartError> {
    start(async {
        let world = World::connect()?;
        let step = ExpireOrder {
            orders: world.orders()?,
            provider: world.payment_provider()?,
            clock: world.clock(),
        };
        run_step("expire-order", move |input| {
            let step = step.clone();
            async move { step.handle(input).await }
        })
        .await
    })
}
