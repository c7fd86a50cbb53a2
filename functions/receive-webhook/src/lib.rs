//! `POST /api/payments/webhook`: the payment provider says that something happened.
//!
//! A signed message is a reason to ask, and nothing more: the provider is asked what is true now, and that is acted on.
//! So messages may come twice, late, out of order, before the answer of the call that they are about, or never. One that
//! was worked on is remembered by its id for a day; one that cannot be worked on is refused, so that the provider
//! delivers it again.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use contract::Reply;
use contract::input::read_body;
use contract::problem::ProblemBody;
use domain::ports::{Clock, Orders, ProviderEvents, RequestState, Requests, SavedAnswer};
use domain::truth::Truth;
use domain::{Fault, ProviderEvent, Refusal};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The header that carries the signature.
const SIGNATURE: &str = "stripe-signature";
/// Whose requests these are, beside those of users.
const PROVIDER: &str = "provider";

/// What the function needs.
#[derive(Clone)]
pub struct ReceiveWebhook {
    /// Reads what the provider says.
    pub events: Arc<dyn ProviderEvents>,
    /// What was worked on before.
    pub requests: Arc<dyn Requests>,
    /// Orders.
    pub orders: Arc<dyn Orders>,
    /// Asks the provider what is true.
    pub truth: Truth,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
}

/// What the provider is told.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
pub struct Received {
    /// Whether the message was worked on, now or before.
    pub received: bool,
}

/// The routes, before the function's needs are filled in.
pub fn api() -> OpenApiRouter<ReceiveWebhook> {
    OpenApiRouter::new().routes(routes!(receive_webhook))
}

/// The routes with everything filled in.
pub fn router(function: ReceiveWebhook) -> axum::Router {
    let (router, _) = api().split_for_parts();
    router.with_state(function)
}

/// Receive a message of the payment provider
///
/// Signed with the header `Stripe-Signature`; not for anybody else. A 2xx answer means that it need not be sent again.
#[utoipa::path(
    post, path = "/api/payments/webhook", tag = "provider",
    params(("Stripe-Signature" = String, Header, description = "`t=<seconds>,v1=<HMAC-SHA256 of t.body>`.")),
    request_body(content = String, content_type = "application/json", description = "An event in Stripe's shape."),
    responses(
        (status = 200, body = Received, description = "Worked on, now or before, or of no interest."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Not signed, not ours, or not now."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken; send it again."),
    ),
)]
async fn receive_webhook(
    State(function): State<ReceiveWebhook>,
    request: Request,
) -> Reply<(StatusCode, Json<Received>)> {
    let (parts, body) = request.into_parts();
    let signature = parts
        .headers
        .get(SIGNATURE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let body = read_body(body).await?;
    let event = function.events.read(signature, &body, function.clock.now())?;
    let received = (StatusCode::OK, Json(Received { received: true }));
    if !event.is_of_interest {
        return Ok(received);
    }
    let now = function.clock.now();
    // The id alone tells an event: the provider may write other things differently when it sends it again.
    match function
        .requests
        .claim(PROVIDER, &event.id, &event.id, now)
        .await?
    {
        RequestState::Fresh => {}
        RequestState::InFlight => return Err(Refusal::RequestInFlight.into()),
        RequestState::Answered(_) | RequestState::Mismatch => return Ok(received),
    }
    match function.act_on(&event).await {
        Ok(()) => {
            let answer = SavedAnswer {
                status: StatusCode::OK.as_u16(),
                content_type: "application/json".to_owned(),
                location: None,
                body: String::new(),
            };
            // Worked on is worked on; working on it again would do no harm.
            function
                .requests
                .answer(PROVIDER, &event.id, &answer, function.clock.now())
                .await
                .ok();
            Ok(received)
        }
        Err(fault) => {
            function.requests.give_up(PROVIDER, &event.id).await.ok();
            Err(fault.into())
        }
    }
}

impl ReceiveWebhook {
    /// Asks the provider about the order that the event is about.
    async fn act_on(&self, event: &ProviderEvent) -> Result<(), Fault> {
        let (Some(order_id), Some(intent)) = (&event.order_id, &event.intent_id) else {
            // Somebody else's payment at the same provider.
            return Ok(());
        };
        // Not there yet: refused, so that it is delivered again.
        let order = self
            .orders
            .get(order_id)
            .await?
            .ok_or_else(|| Refusal::not_found("order"))?;
        self.truth.find(&order, intent).await?;
        if event.refund_number.is_none() && order.open_refund().is_none() {
            return Ok(());
        }
        self.truth.find_refunds(order_id, event.refund_number).await
    }
}
