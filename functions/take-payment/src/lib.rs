//! `POST /api/orders/{orderId}/payments`: the buyer pays; from this write on the hold cannot expire.
//!
//! Exactly one of this and `expire-order` wins, because both are conditional writes to one item. The charge
//! itself is the workflow's business.

use axum::Json;
use axum::extract::{FromRef, State};
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use contract::bodies::{OrderBody, PaymentBody};
use contract::problem::ProblemBody;
use contract::{Body, Gate, PathId, Query, Reply, SignedIn, Wait};
use domain::checkout::{begin_payment, decline_of};
use domain::ports::{Clock, Orders, Workflows};
use domain::{CardToken, Fault, Order, OrderId, Refusal, Status};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What the function needs.
#[derive(Clone)]
pub struct TakePayment {
    /// Who asks.
    pub gate: Gate,
    /// Orders.
    pub orders: Arc<dyn Orders>,
    /// The state machines.
    pub workflows: Arc<dyn Workflows>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
}

impl FromRef<TakePayment> for Gate {
    fn from_ref(function: &TakePayment) -> Self {
        function.gate.clone()
    }
}

/// A card to charge.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// The provider's token for the card, e.g. `tok_visa`. Never a card number.
    pub token: String,
}

/// A payment that was accepted for charging.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct TakenPayment {
    /// The attempt.
    pub payment: PaymentBody,
    /// The order as it stands now.
    pub order: OrderBody,
}

/// The routes, before the function's needs are filled in.
pub fn api() -> OpenApiRouter<TakePayment> {
    OpenApiRouter::new().routes(routes!(take_payment))
}

/// The routes with everything filled in.
pub fn router(function: TakePayment) -> axum::Router {
    let once = from_fn_with_state(function.gate.clone(), contract::once::once);
    let (router, _) = api().split_for_parts();
    router.layer(once).with_state(function)
}

/// Pay an order
///
/// Accepted while the order is held and its time is not over. With `wait` it answers when the payment has come
/// out: 201 when charged, 402 when the card was declined and is not tried again. A card that was declined for a passing
/// reason is tried again by itself, at most five times in all; `order.nextAttemptAt` says when. Another card takes its
/// place at any time. Without `wait`, follow the order.
#[utoipa::path(
    post, path = "/api/orders/{order_id}/payments", tag = "orders",
    params(("order_id" = String, Path, description = "The order."), Wait, ("Idempotency-Key" = Option<String>, Header, pattern = "^[!-~]{1,255}$",
    description = "Names this request for 24 hours: repeating it changes nothing.")),
    request_body = Card,
    responses(
        (status = 201, body = TakenPayment, description = "Accepted; charged if the status says so."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused or declined; nothing was charged."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken; read the order before repeating."),
    ),
    security(("session" = []), ("bearer" = []))
)]
async fn take_payment(
    State(function): State<TakePayment>,
    signed_in: SignedIn,
    PathId(order_id): PathId<OrderId>,
    Query(wait): Query<Wait>,
    Body(card): Body<Card>,
) -> Reply<(StatusCode, Json<TakenPayment>)> {
    let card = CardToken::parse(&card.token).map_err(|error| Refusal::invalid("token", error.to_string()))?;
    // An order that is not yours to see does not exist for you. The owner of an order never changes.
    let is_yours = function
        .orders
        .get(&order_id)
        .await?
        .is_some_and(|order| order.user_id == signed_in.user_id);
    if !is_yours {
        return Err(Refusal::not_found("order").into());
    }
    let paying = begin_payment(
        &*function.orders,
        &*function.workflows,
        &*function.clock,
        &order_id,
        &card,
    )
    .await?;
    let first = paying.attempts.len().saturating_sub(1);
    let has_come_out = |order: &Order| order.status != Status::Paying && order.retry_at.is_none();
    let order = wait.until(&*function.orders, paying, &has_come_out).await;
    // This card's latest try: attempts that follow with the same card were made for this request.
    let attempt = order
        .attempts
        .iter()
        .skip(first)
        .take_while(|attempt| attempt.card == card)
        .last()
        .ok_or_else(|| Fault::Defect("an attempt that was written is not there".to_owned()))?;
    let is_latest = order
        .attempts
        .last()
        .is_some_and(|latest| latest.number == attempt.number);
    if is_latest
        && has_come_out(&order)
        && let Some(decline) = decline_of(&order, function.clock.now())
    {
        return Err(decline.into());
    }
    let taken = TakenPayment {
        payment: PaymentBody::new(&order, attempt),
        order: OrderBody::new(&order, function.clock.now()),
    };
    Ok((StatusCode::CREATED, Json(taken)))
}
