//! Wiring of `orders-api`.

use orders_api::OrdersApi;
use shell::{StartError, run_http, start};
use wiring::World;

fn main() -> Result<(), StartError> {
    start(async {
        let world = World::connect()?;
        let function = OrdersApi {
            gate: world.gate()?,
            orders: world.orders()?,
            clock: world.clock(),
        };
        run_http("orders-api", orders_api::router(function)).await
    })
}
