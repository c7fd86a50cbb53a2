//! Wiring of `refund-payment`.

use refund_payment::RefundPayment;
use shell::{StartError, run_step, start};
use wiring::World;

fn main() -> Result<(), StartError> {
    start(async {
        let world = World::connect()?;
        let step = RefundPayment {
            orders: world.orders()?,
            provider: world.payment_provider()?,
            clock: world.clock(),
        };
        run_step("refund-payment", move |input| {
            let step = step.clone();
            async move { step.handle(input).await }
        })
        .await
    })
}
