//! Wiring of `receive-webhook`.

use domain::truth::Truth;
use receive_webhook::ReceiveWebhook;
use shell::{StartError, run_http, start};
use wiring::World;

fn main() -> Result<(), StartError> {
    start(async {
        let world = World::connect().await;
        let function = ReceiveWebhook {
            events: world.webhook_events()?,
            requests: world.requests()?,
            orders: world.orders()?,
            truth: Truth {
                orders: world.orders()?,
                products: world.products()?,
                provider: world.payment_provider()?,
                workflows: world.workflows()?,
                clock: world.clock(),
            },
            clock: world.clock(),
        };
        run_http("receive-webhook", receive_webhook::router(function)).await
    })
}
