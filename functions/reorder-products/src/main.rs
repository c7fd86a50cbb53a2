//! Wiring of `reorder-products`.

use reorder_products::ReorderProducts;
use shell::{StartError, run_step, start};
use wiring::World;

fn main() -> Result<(), StartError> {
    start(async {
        let world = World::connect()?;
        let step = ReorderProducts {
            reorders: world.reorders()?,
        };
        run_step("reorder-products", move |input| {
            let step = step.clone();
            async move { step.handle(input).await }
        })
        .await
    })
}
