//! Wiring of `receive-webhook`.

use receive_webhook::ReceiveWebhook;
use shell::{StartError, run_http, start};
use wiring::World;

fn main() -> Result<(), StartError> {
    start(async {
        let world = World::connect()?;
        let function = ReceiveWebhook {
            events: world.webhook_events()?,
            requests: world.requests()?,
            orders: world.orders()?,
            truth: world.truth()?,
            clock: world.clock(),
        };
        run_http("receive-webhook", receive_webhook::router(function)).await
    })
}
