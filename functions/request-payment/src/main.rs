//! Wiring of `request-payment`.

use request_payment::RequestPayment;
use shell::{StartError, run_queue, start};
use wiring::World;

fn main() -> Result<(), StartError> {
    start(async {
        let world = World::connect()?;
        let step = RequestPayment {
            orders: world.orders()?,
            workflows: world.workflows()?,
            clock: world.clock(),
        };
        run_queue("request-payment", move |input| {
            let step = step.clone();
            async move { step.handle(input).await }
        })
        .await
    })
}
