//! Wiring of `generate-orders`.

use generate_orders::GenerateOrders;
use shell::{StartError, run_step, start};
use wiring::World;

fn main() -> Result<(), StartError> {
    start(async {
        let world = World::connect()?;
        let step = GenerateOrders {
            accounts: world.accounts()?,
            devices: world.devices()?,
            payment_methods: world.payment_methods()?,
            products: world.products()?,
            orders: world.orders()?,
            workflows: world.workflows()?,
            entropy: world.entropy(),
            clock: world.clock(),
        };
        run_step("generate-orders", move |input| {
            let step = step.clone();
            async move { step.handle(input).await }
        })
        .await
    })
}
