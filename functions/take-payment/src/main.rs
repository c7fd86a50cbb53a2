//! Wiring of `take-payment`.

use shell::{StartError, run_http, start};
use take_payment::TakePayment;
use wiring::World;

fn main() -> Result<(), StartError> {
    start(async {
        let world = World::connect()?;
        let function = TakePayment {
            gate: world.gate()?,
            orders: world.orders()?,
            workflows: world.workflows()?,
            clock: world.clock(),
        };
        run_http("take-payment", take_payment::router(function)).await
    })
}
