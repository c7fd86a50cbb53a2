//! Wiring of `send-webhook`.

use domain::ports::Answer;
use send_webhook::{Post, SendWebhook};
use shell::{StartError, run_queue, start};
use std::sync::Arc;
use std::time::Duration;
use stripe::{Endpoint, WebhookSecret};
use wiring::World;

/// How long the endpoint may take to answer; the function's own limit in template.yaml is longer.
const PATIENCE: Duration = Duration::from_secs(5);

/// The endpoint, over HTTP.
struct Http(Endpoint);

impl Post for Http {
    fn post<'a>(&'a self, body: &'a [u8], signature: &'a str) -> Answer<'a, u16> {
        self.0.post(body, signature)
    }
}

fn main() -> Result<(), StartError> {
    start(async {
        let world = World::connect()?;
        let settings = world.settings();
        let endpoint = Endpoint::new(&settings.text("WEBHOOK_URL")?, PATIENCE)
            .map_err(|fault| StartError::SetUp(fault.to_string()))?;
        let secret = WebhookSecret::new(&settings.text("WEBHOOK_SECRET")?)
            .map_err(|error| StartError::SetUp(error.to_string()))?;
        let step = SendWebhook {
            endpoint: Arc::new(Http(endpoint)),
            secret,
            clock: world.clock(),
        };
        run_queue("send-webhook", move |event| {
            let step = step.clone();
            async move { step.handle(event).await }
        })
        .await
    })
}
