//! Wiring of `request-refund`.

use request_refund::RequestRefund;
use shell::{StartError, run_http, start};
use wiring::World;

fn main() -> Result<(), StartError> {
    start(async {
        let world = World::connect()?;
        let function = RequestRefund {
            gate: world.gate()?,
            orders: world.orders()?,
            tickets: world.tickets()?,
            workflows: world.workflows()?,
            clock: world.clock(),
        };
        run_http("request-refund", request_refund::router(function)).await
    })
}
