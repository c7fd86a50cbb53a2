//! The payment provider, as somebody with its key sees it, and as it speaks to the shop unasked.

use super::client::Answer;
use super::{Shop, fresh};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};
use stripe::WebhookSecret;
use stripe::webhook::{SIGNATURE_HEADER, sign};

/// What the template signs with unless it is told otherwise.
pub const SECRET: &str = "whsec_simulator";
const WEBHOOK: &str = "/api/payments/webhook";
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// Seconds since 1970.
pub fn now_s() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or_default())
}

/// The signature of a body at a moment.
pub fn signature(body: &str, secret: &str, at_s: i64) -> String {
    let secret = WebhookSecret::new(secret).expect("a secret is not empty");
    sign(body.as_bytes(), &secret, at_s).expect("any secret can sign")
}

/// The event that tells of a change of an intent, under an id of its own.
pub fn event(kind: &str, order_id: &str, intent: &str) -> Value {
    let object = json!({ "id": intent, "object": "payment_intent", "metadata": { "order_id": order_id } });
    json!({
        "id": format!("evt_{}", fresh()),
        "object": "event",
        "created": now_s(),
        "type": kind,
        "data": { "object": object },
    })
}

impl Shop {
    /// Posts a message to the shop as the provider would, with this for its signature.
    pub async fn deliver_signed(&self, body: &str, signature: &str) -> Answer {
        let headers = [(SIGNATURE_HEADER, signature)];
        self.stranger()
            .send(Method::POST, WEBHOOK, &headers, Some(body.to_owned()))
            .await
    }

    /// Tells the shop of an event, signed at this moment.
    pub async fn deliver(&self, event: &Value) -> Answer {
        let body = event.to_string();
        let signature = signature(&body, SECRET, now_s());
        self.deliver_signed(&body, &signature).await
    }

    /// The payment intent that an order keeps, once it does.
    pub async fn intent_of(&self, order_id: &str) -> Option<String> {
        let order = self.aws.order(order_id).await;
        order["intent_id"]["S"].as_str().map(str::to_owned)
    }

    /// Asks the provider for something, past the shop.
    pub async fn at_provider(&self, path: &str) -> Answer {
        let reader = self.stranger().with_token("sk_test_reader");
        reader.get(&format!("/simulator/v1/{path}")).await
    }

    /// Makes the provider do something, past the shop; `form` is the body.
    pub async fn tell_provider(&self, path: &str, form: &str) -> Answer {
        let outsider = self.stranger().with_token("sk_test_outsider");
        let path = format!("/simulator/v1/{path}");
        outsider
            .send(Method::POST, &path, &[FORM], Some(form.to_owned()))
            .await
    }

    /// Charges an intent past the shop, as a request that was delayed on its way does.
    pub async fn confirm_outside(&self, intent: &str, card: &str) -> Answer {
        let form = format!("payment_method_data[type]=card&payment_method_data[card][token]={card}");
        self.tell_provider(&format!("payment_intents/{intent}/confirm"), &form)
            .await
    }

    /// Makes an intent for an order past the shop, as a request whose answer the shop never got.
    pub async fn create_intent_outside(&self, order_id: &str, amount_minor: u64) -> String {
        let form = format!(
            "amount={amount_minor}&currency=usd&metadata[order_id]={order_id}\
             &automatic_payment_methods[enabled]=true&automatic_payment_methods[allow_redirects]=never"
        );
        let made = self.tell_provider("payment_intents", &form).await.expect(200);
        made.str("/id").to_owned()
    }
}
