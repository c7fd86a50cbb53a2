//! `SendWebhook`: consumer of the queue `provider-events`; posts an event of the simulated provider to the shop, signed as
//! Stripe signs.
//!
//! It belongs to the simulator: with Stripe as the provider, Stripe itself does this. An event is signed at the moment
//! it is sent, because a signature lives five minutes and a queue may keep a message for longer. Whatever is not
//! answered with 2xx in time is sent again by the queue, until it is parked in the dead-letter queue. No undo: the
//! receiver takes an event twice as once.

use domain::Fault;
use domain::ports::{Answer, Clock};
use serde_json::Value;
use std::sync::Arc;
use stripe::WebhookSecret;
use stripe::webhook::sign;

/// The way to the shop's endpoint.
pub trait Post: Send + Sync {
    /// Posts a body with the value of its `Stripe-Signature` header; the HTTP status of the answer. A fault: there was
    /// no answer in time, or no connection.
    fn post<'a>(&'a self, body: &'a [u8], signature: &'a str) -> Answer<'a, u16>;
}

/// What the step needs.
#[derive(Clone)]
pub struct SendWebhook {
    /// The shop's endpoint.
    pub endpoint: Arc<dyn Post>,
    /// What the shop knows the provider by.
    pub secret: WebhookSecret,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
}

impl SendWebhook {
    /// Posts one event, `{"id": "evt_...", "type": ..., ...}`.
    ///
    /// # Errors
    /// [`Fault::Transient`] when the endpoint gave no answer, or another than 2xx: sending again is harmless.
    /// [`Fault::Defect`] for a message that is no event. Either way the queue keeps the message.
    pub async fn handle(&self, event: Value) -> Result<(), Fault> {
        let id = event.get("id").and_then(Value::as_str);
        let id =
            id.ok_or_else(|| Fault::Defect("a message of the queue is no event: it has no id".to_owned()))?;
        let body = event.to_string();
        let signature = sign(
            body.as_bytes(),
            &self.secret,
            self.clock.now().as_ms().div_euclid(1000),
        )
        .ok_or_else(|| Fault::Defect("the webhook's secret cannot sign".to_owned()))?;
        match self.endpoint.post(body.as_bytes(), &signature).await {
            Ok(200..=299) => Ok(()),
            Ok(status) => Err(Fault::Transient(format!("{id} was answered with {status}"))),
            // The endpoint may have taken it all the same; it knows an event that comes twice.
            Err(Fault::Unknown(why)) => Err(Fault::Transient(format!("{id}: {why}"))),
            Err(fault) => Err(fault),
        }
    }
}
