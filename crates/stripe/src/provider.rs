//! The port itself: what is asked, and what the answers mean.

use crate::answers::{ErrorBody, Intent, ORDER_ID, Refused, inquiry_of, outcome_of, read_refusal};
use crate::connection::{self, fault_of};
use crate::refunds::{self, REFUND_NUMBER, Refund, RefundList};
use domain::ports::{Answer, PaymentProvider};
use domain::{
    CardToken, ChargeOutcome, Fault, IdempotencyKey, Inquiry, IntentId, Order, RefundOutcome, RefundRequest,
};
use reqwest::{Client, RequestBuilder, header};
use serde::de::DeserializeOwned;
use std::fmt;
use std::time::Duration;

/// The version of Stripe's API that the shapes here were written for; without it, the account's own default
/// would decide. Source: <https://docs.stripe.com/api/versioning>.
const API_VERSION: &str = "2026-09-30.endive";

/// Speaks Stripe's PaymentIntents to a base URL. Built once at start and shared: it keeps connections open.
pub struct StripeProvider {
    client: Client,
    base_url: String,
    secret_key: String,
}

impl fmt::Debug for StripeProvider {
    /// Shows where it speaks to, never the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StripeProvider")
            .field("base_url", &self.base_url)
            .finish_non_exhaustive()
    }
}

impl StripeProvider {
    /// A client that speaks to `base_url` (without `/v1`, e.g. `https://api.stripe.com`), with a secret key
    /// (`sk_...`), and gives up on an answer after `timeout`.
    ///
    /// `timeout` covers one request and its answer. One call of the port makes two at most (a confirmation may end
    /// in an inquiry), and a step that inquires before it confirms makes three: the function's own limit is best
    /// longer than that, because what it cuts off cannot be reported as unknown any more.
    ///
    /// # Errors
    /// [`Fault::Defect`] when the URL is not `http://` or `https://`, is `https://` without the cargo feature
    /// `https`, or the key is empty.
    pub fn new(base_url: &str, secret_key: &str, timeout: Duration) -> Result<Self, Fault> {
        let base_url = base_url.trim_end_matches('/').to_owned();
        if secret_key.is_empty() {
            return Err(Fault::Defect(
                "the payment provider's secret key is empty".to_owned(),
            ));
        }
        let client = connection::client(&base_url, "the payment provider", timeout)?;
        Ok(Self {
            client,
            base_url,
            secret_key: secret_key.to_owned(),
        })
    }

    fn intent_url(&self, intent: &IntentId, action: &str) -> Result<String, Fault> {
        // The id came from the provider, but it becomes part of a path: nothing but Stripe's alphabet gets there.
        let well_formed = intent
            .as_str()
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !well_formed {
            return Err(Fault::Defect(format!(
                "{intent:?} is not an intent of the provider"
            )));
        }
        Ok(format!(
            "{}/v1/payment_intents/{}{action}",
            self.base_url,
            intent.as_str()
        ))
    }

    /// Sends and reads the whole answer. `Ok` is a 2xx body that reads as `T`.
    async fn ask<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, Refused> {
        let response = request
            .header(header::AUTHORIZATION, self.authorization()?)
            .header("Stripe-Version", API_VERSION)
            .send()
            .await
            .map_err(|error| Refused::Fault(fault_of("the payment provider", error)))?;
        let status = response.status();
        let body = response
            .bytes()
            .await
            .map_err(|error| Refused::Fault(fault_of("the payment provider", error)))?;
        if !status.is_success() {
            return Err(read_refusal(status.as_u16(), &body, |bytes| {
                from_json::<ErrorBody>(bytes).ok()
            }));
        }
        // Something was done and we cannot read what: unknown, so that an inquiry follows.
        from_json(&body).map_err(|error| {
            Refused::Fault(Fault::Unknown(format!(
                "the provider's answer does not read: {error}"
            )))
        })
    }

    fn authorization(&self) -> Result<header::HeaderValue, Refused> {
        let mut value = header::HeaderValue::from_str(&format!("Bearer {}", self.secret_key))
            .map_err(|_| Refused::Fault(Fault::Defect("the secret key is not a header value".to_owned())))?;
        // Kept out of every debug print of the request.
        value.set_sensitive(true);
        Ok(value)
    }

    async fn find_intent(&self, intent: &IntentId) -> Result<Inquiry, Fault> {
        let url = self.intent_url(intent, "")?;
        match self.ask::<Intent>(self.client.get(url)).await {
            Ok(found) => inquiry_of(found),
            Err(refused) => Err(without_outcome(refused)),
        }
    }

    /// Every refund of an intent, the newest first.
    async fn list_refunds(&self, intent: &IntentId) -> Result<Vec<Refund>, Fault> {
        let mut found: Vec<Refund> = Vec::new();
        for _ in 0..refunds::PAGES_MAX {
            let mut query = vec![
                ("payment_intent", intent.as_str()),
                ("limit", refunds::PAGE_LIMIT),
            ];
            if let Some(last) = found.last() {
                query.push(("starting_after", &last.id));
            }
            let request = self
                .client
                .get(format!("{}/v1/refunds", self.base_url))
                .query(&query);
            let page: RefundList = self.ask(request).await.map_err(without_outcome)?;
            let is_last = !page.has_more || page.data.is_empty();
            found.extend(page.data);
            if is_last {
                return Ok(found);
            }
        }
        // Better to stop than to refund once more for want of patience.
        Err(Fault::Defect(format!(
            "{intent:?} has more refunds than anybody asked for"
        )))
    }
}

impl PaymentProvider for StripeProvider {
    fn create_intent<'a>(&'a self, order: &'a Order, key: &'a IdempotencyKey) -> Answer<'a, IntentId> {
        Box::pin(async move {
            let request = self
                .client
                .post(format!("{}/v1/payment_intents", self.base_url))
                .header("Idempotency-Key", key.as_str())
                .form(&[
                    ("amount", order.total_minor.as_minor().to_string().as_str()),
                    ("currency", order.currency.as_str()),
                    // No payment method that would send the buyer to another page, so that the server may confirm
                    // without a return URL. (`payment_method_types[]=card`, which said the same in older versions
                    // of the API, is refused by this one:
                    // https://docs.stripe.com/changelog/endive/2026-09-30/removes-the-payment-method-types-parameter-from-payment-intents-and-setup-intents)
                    ("automatic_payment_methods[enabled]", "true"),
                    ("automatic_payment_methods[allow_redirects]", "never"),
                    ("metadata[order_id]", order.order_id.as_str()),
                ]);
            match self.ask::<Intent>(request).await {
                Ok(intent) => IntentId::parse(&intent.id).map_err(|error| {
                    Fault::Defect(format!("the provider's intent has no usable id: {error}"))
                }),
                Err(refused) => Err(without_outcome(refused)),
            }
        })
    }

    fn confirm<'a>(
        &'a self,
        intent: &'a IntentId,
        card: &'a CardToken,
        key: &'a IdempotencyKey,
    ) -> Answer<'a, ChargeOutcome> {
        Box::pin(async move {
            let mut form = vec![("error_on_requires_action", "true")];
            if card.reveal().starts_with("pm_") {
                form.push(("payment_method", card.reveal()));
            } else {
                form.push(("payment_method_data[type]", "card"));
                form.push(("payment_method_data[card][token]", card.reveal()));
            }
            let request = self
                .client
                .post(self.intent_url(intent, "/confirm")?)
                .header("Idempotency-Key", key.as_str())
                .form(&form);
            match self.ask::<Intent>(request).await {
                Ok(confirmed) => outcome_of(confirmed),
                Err(Refused::Declined(outcome)) => Ok(outcome),
                // Typically: it has succeeded already, and the answer that said so was lost.
                Err(Refused::UnexpectedState) => Ok(self.find_intent(intent).await?.outcome),
                // A declined payment must never be one that was taken: a token may be used up by our own charge.
                Err(Refused::UnusableCard { declined, .. }) => {
                    match self.find_intent(intent).await?.outcome {
                        settled @ (ChargeOutcome::Succeeded | ChargeOutcome::Processing) => Ok(settled),
                        ChargeOutcome::NotAttempted | ChargeOutcome::Declined { .. } => Ok(declined),
                    }
                }
                Err(refused) => Err(without_outcome(refused)),
            }
        })
    }

    fn inquire<'a>(&'a self, intent: &'a IntentId) -> Answer<'a, Inquiry> {
        Box::pin(self.find_intent(intent))
    }

    fn refund<'a>(&'a self, wanted: &'a RefundRequest, key: &'a IdempotencyKey) -> Answer<'a, RefundOutcome> {
        Box::pin(async move {
            let (amount, number) = (wanted.amount_minor.to_string(), wanted.number.to_string());
            let request = self
                .client
                .post(format!("{}/v1/refunds", self.base_url))
                .header("Idempotency-Key", key.as_str())
                .form(&[
                    ("payment_intent", wanted.intent.as_str()),
                    ("amount", &amount),
                    (&format!("metadata[{ORDER_ID}]"), wanted.order_id.as_str()),
                    (&format!("metadata[{REFUND_NUMBER}]"), &number),
                ]);
            match self.ask::<Refund>(request).await {
                Ok(made) => refunds::outcome_of(made),
                Err(Refused::AlreadyRefunded) => {
                    refunds::outcome_of_refunded(self.list_refunds(&wanted.intent).await?, wanted)
                }
                Err(Refused::NotRefundable(code)) => Ok(RefundOutcome::Failed { code }),
                // What is left is too little, perhaps because this very refund was made before, under a key that the
                // provider has forgotten since.
                Err(Refused::Fault(Fault::Defect(said))) => {
                    self.find_refund(wanted).await?.ok_or(Fault::Defect(said))
                }
                Err(refused) => Err(without_outcome(refused)),
            }
        })
    }

    fn find_refund<'a>(&'a self, wanted: &'a RefundRequest) -> Answer<'a, Option<RefundOutcome>> {
        Box::pin(async move {
            let all = self.list_refunds(&wanted.intent).await?;
            refunds::find(all, wanted)
        })
    }
}

/// A refusal where nothing but a fault makes sense: of a call that charges nothing, or that nothing was charged for.
fn without_outcome(refused: Refused) -> Fault {
    match refused {
        Refused::Fault(fault) => fault,
        Refused::Declined(_) => {
            Fault::Defect("the provider declined a request that charges nothing".to_owned())
        }
        Refused::UnusableCard { said, .. } => Fault::Defect(said),
        Refused::UnexpectedState => {
            Fault::Defect("the provider refused a request that needs no state".to_owned())
        }
        Refused::AlreadyRefunded | Refused::NotRefundable(_) => {
            Fault::Defect("the provider refused a refund that was not asked for".to_owned())
        }
    }
}

fn from_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, serde_json::Error> {
    serde_json::from_slice(bytes)
}
