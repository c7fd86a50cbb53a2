//! Wiring of `charge-payment`.

use charge_payment::ChargePayment;
use shell::{StartError, run_step, start};
use std::sync::Arc;
use std::time::Duration;
use stripe::StripeProvider;
use wiring::World;

fn main() -> Result<(), StartError> {
    start(async {
        let world = World::connect().await;
        let settings = world.settings();
        let timeout_s = settings.value("PAYMENT_TIMEOUT_S", "a whole number of seconds")?;
        let provider = StripeProvider::new(
            &settings.text("PAYMENT_BASE_URL")?,
            &settings.text("PAYMENT_SECRET_KEY")?,
            Duration::from_secs(timeout_s),
        )
        .map_err(|fault| StartError::SetUp(fault.to_string()))?;
        let step = ChargePayment {
            orders: world.orders()?,
            provider: Arc::new(provider),
            clock: world.clock(),
        };
        run_step("charge-payment", move |input| {
            let step = step.clone();
            async move { step.handle(input).await }
        })
        .await
    })
}
