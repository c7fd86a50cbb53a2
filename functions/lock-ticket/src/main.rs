//! Wiring of `lock-ticket`.

use lock_ticket::LockTicket;
use shell::{StartError, run_step, start};
use wiring::World;

fn main() -> Result<(), StartError> {
    start(async {
        let world = World::connect()?;
        let step = LockTicket {
            orders: world.orders()?,
            tickets: world.tickets()?,
            clock: world.clock(),
            hold_ttl_s: world
                .settings()
                .value("HOLD_TTL_S", "a whole number of seconds")?,
            currency: world.settings().currency()?,
        };
        run_step("lock-ticket", move |input| {
            let step = step.clone();
            async move { step.handle(input).await }
        })
        .await
    })
}
