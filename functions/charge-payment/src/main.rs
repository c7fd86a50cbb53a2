//! Wiring of `charge-payment`.

use charge_payment::ChargePayment;
use shell::{StartError, run_step, start};
use wiring::World;

fn main() -> Result<(), StartError> {
    start(async {
        let world = World::connect()?;
        let step = ChargePayment {
            orders: world.orders()?,
            provider: world.payment_provider()?,
            entropy: world.entropy(),
            clock: world.clock(),
        };
        run_step("charge-payment", move |input| {
            let step = step.clone();
            async move { step.handle(input).await }
        })
        .await
    })
}
