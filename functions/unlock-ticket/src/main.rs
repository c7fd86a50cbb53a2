//! Wiring of `unlock-ticket`.

use shell::{StartError, run_step, start};
use unlock_ticket::UnlockTicket;
use wiring::World;

fn main() -> Result<(), StartError> {
    start(async {
        let world = World::connect()?;
        let step = UnlockTicket {
            orders: world.orders()?,
            provider: world.payment_provider()?,
            clock: world.clock(),
        };
        run_step("unlock-ticket", move |input| {
            let step = step.clone();
            async move { step.handle(input).await }
        })
        .await
    })
}
