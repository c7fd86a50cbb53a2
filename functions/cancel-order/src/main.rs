//! Wiring of `cancel-order`.

use cancel_order::CancelOrder;
use shell::{StartError, run_http, start};
use wiring::World;

fn main() -> Result<(), StartError> {
    start(async {
        let world = World::connect()?;
        let function = CancelOrder {
            gate: world.gate()?,
            orders: world.orders()?,
            provider: world.payment_provider()?,
            workflows: world.workflows()?,
            clock: world.clock(),
        };
        run_http("cancel-order", cancel_order::router(function)).await
    })
}
