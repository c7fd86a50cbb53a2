//! What the provider says by itself: webhooks, and the port that reads them.

use domain::ports::ProviderEvents;
use domain::{IntentId, OrderId, ProviderEvent, Refusal, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

/// What a webhook is signed with, in place of a signature.
const SIGNED: &str = "simulated";

/// Something that happened at the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News {
    /// The same each time it is sent.
    pub id: String,
    /// The provider's kind, e.g. `payment_intent.succeeded`.
    pub kind: &'static str,
    /// The intent it is about.
    pub intent: String,
    /// The order, by the intent's metadata.
    pub order_id: OrderId,
    /// The refund, if it is about one.
    pub refund: Option<u32>,
}

impl News {
    /// The body of the webhook.
    #[must_use]
    pub fn body(&self) -> Value {
        json!({
            "id": self.id, "type": self.kind, "intent": self.intent,
            "order_id": self.order_id, "refund": self.refund,
        })
    }

    /// The header that signs it.
    #[must_use]
    pub const fn signature() -> &'static str {
        SIGNED
    }
}

#[derive(Deserialize)]
struct Body {
    id: String,
    intent: String,
    order_id: OrderId,
    refund: Option<u32>,
}

/// [`ProviderEvents`] in memory.
#[derive(Clone, Copy, Debug, Default)]
pub struct MemoryEvents;

impl ProviderEvents for MemoryEvents {
    fn read(&self, signature: &str, body: &[u8], _: Timestamp) -> Result<ProviderEvent, Refusal> {
        if signature != SIGNED {
            return Err(Refusal::BadSignature {
                why: "simulated".to_owned(),
            });
        }
        let read: Body =
            serde_json::from_slice(body).map_err(|error| Refusal::invalid("body", error.to_string()))?;
        let intent_id =
            IntentId::parse(&read.intent).map_err(|error| Refusal::invalid("intent", error.to_string()))?;
        Ok(ProviderEvent {
            id: read.id,
            is_of_interest: true,
            intent_id: Some(intent_id),
            order_id: Some(read.order_id),
            refund_number: read.refund,
        })
    }
}
