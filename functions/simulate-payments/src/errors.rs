//! Errors as Stripe words and shapes them: `{"error": {...}}`.
//!
//! Sources: <https://docs.stripe.com/api/errors>, <https://docs.stripe.com/error-codes>.

use domain::Fault;
use serde_json::{Map, Value, json};

/// A refusal: HTTP status and error object.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ApiError {
    /// HTTP status.
    pub status: u16,
    fields: Map<String, Value>,
}

impl ApiError {
    fn new(status: u16, kind: &str, message: impl Into<String>) -> Self {
        let mut fields = Map::new();
        fields.insert("type".to_owned(), json!(kind));
        fields.insert("message".to_owned(), Value::String(message.into()));
        Self { status, fields }
    }

    /// 400 `invalid_request_error`.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, "invalid_request_error", message)
    }

    /// 400 `idempotency_error`: a key used again for something else.
    pub fn idempotency(message: impl Into<String>) -> Self {
        Self::new(400, "idempotency_error", message)
    }

    /// 402 `card_error`.
    pub fn card(message: impl Into<String>) -> Self {
        Self::new(402, "card_error", message)
    }

    /// 401: no key, or not one of ours.
    pub fn unauthorized(message: impl Into<String>) -> Self {
        Self::new(401, "invalid_request_error", message)
    }

    /// 404: a URL that there is not.
    pub fn unrecognized_url(method: &str, path: &str) -> Self {
        Self::new(
            404,
            "invalid_request_error",
            format!(
                "Unrecognized request URL ({method}: {path}). The simulator knows a part of https://docs.stripe.com/api only."
            ),
        )
    }

    /// `resource_missing`: 404 when the URL names it, 400 when a parameter does.
    pub fn missing(status: u16, thing: &str, id: &str, param: &str) -> Self {
        Self::new(
            status,
            "invalid_request_error",
            format!("No such {thing}: '{id}'"),
        )
        .code("resource_missing")
        .param(param)
    }

    /// 400: the intent is not where this call needs it.
    pub fn unexpected_state(message: impl Into<String>) -> Self {
        Self::invalid(message).code("payment_intent_unexpected_state")
    }

    /// 409: the same key is being worked on.
    pub fn key_in_use(key: &str) -> Self {
        Self::new(
            409,
            "invalid_request_error",
            format!("There is currently another in-progress request using this Idempotent Key (that probably means you submitted twice, and the other request is still going through): {key}. Please try again later."),
        )
        .code("idempotency_key_in_use")
    }

    /// 429: another request changed the object meanwhile; this one did nothing.
    pub fn lock_timeout() -> Self {
        Self::new(
            429,
            "invalid_request_error",
            "This object cannot be accessed right now because another API request or Stripe process is currently accessing it. If you see this error intermittently, retry the request.",
        )
        .code("lock_timeout")
    }

    /// A failure of the provider's own: 500, 503 or 504.
    pub fn provider(status: u16, message: impl Into<String>) -> Self {
        Self::new(status, "api_error", message)
    }

    /// The 500 of a request that began to execute and broke off, before or after its effect.
    pub fn broke_off() -> Self {
        Self::provider(
            500,
            "Sorry! There was an error while talking to one of our backends. Support has been notified.",
        )
    }

    /// With Stripe's code and the page that explains it.
    pub fn code(self, code: &str) -> Self {
        let page = format!("https://stripe.com/docs/error-codes/{}", code.replace('_', "-"));
        self.with("code", json!(code)).with("doc_url", json!(page))
    }

    /// With the parameter that was wrong.
    pub fn param(self, param: &str) -> Self {
        self.with("param", json!(param))
    }

    /// With another field.
    pub fn with(mut self, field: &str, value: Value) -> Self {
        self.fields.insert(field.to_owned(), value);
        self
    }

    /// The error object, without the envelope.
    pub fn fields(&self) -> &Map<String, Value> {
        &self.fields
    }

    /// The body.
    pub fn body(&self) -> Value {
        json!({ "error": self.fields })
    }
}

impl From<Fault> for ApiError {
    /// The simulator's own storage failed: 503, which no idempotency key keeps, whatever the fault. Its text stays
    /// inside: it is about us, not about the request.
    fn from(_: Fault) -> Self {
        Self::provider(503, "An unknown error occurred on the provider's side.")
    }
}
