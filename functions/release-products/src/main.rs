//! Wiring of `release-products`.

use release_products::ReleaseProducts;
use shell::{StartError, run_step, start};
use wiring::World;

fn main() -> Result<(), StartError> {
    start(async {
        let world = World::connect()?;
        let step = ReleaseProducts {
            orders: world.orders()?,
            provider: world.payment_provider()?,
            clock: world.clock(),
        };
        run_step("release-products", move |input| {
            let step = step.clone();
            async move { step.handle(input).await }
        })
        .await
    })
}
