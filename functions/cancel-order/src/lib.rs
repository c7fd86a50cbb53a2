//! `DELETE /api/orders/{orderId}`: the buyer gives an unpaid order up; everything held is free at once.
//!
//! Status, tickets and the buyer's hold change in one transaction; the waiting execution is told afterwards, and
//! finds out by itself if that message is lost.

use axum::extract::{FromRef, State};
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use contract::problem::ProblemBody;
use contract::{Gate, PathId, Reply, SignedIn};
use domain::checkout::wake;
use domain::ports::{Clock, Orders, PaymentProvider, Workflows, decide_and_commit};
use domain::truth::ask_before_release;
use domain::{OrderId, Refusal};
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What the function needs.
#[derive(Clone)]
pub struct CancelOrder {
    /// Who asks.
    pub gate: Gate,
    /// Orders.
    pub orders: Arc<dyn Orders>,
    /// Is asked before anything is released.
    pub provider: Arc<dyn PaymentProvider>,
    /// The state machines.
    pub workflows: Arc<dyn Workflows>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
}

impl FromRef<CancelOrder> for Gate {
    fn from_ref(function: &CancelOrder) -> Self {
        function.gate.clone()
    }
}

/// The routes, before the function's needs are filled in.
pub fn api() -> OpenApiRouter<CancelOrder> {
    OpenApiRouter::new().routes(routes!(cancel_order))
}

/// The routes with everything filled in.
pub fn router(function: CancelOrder) -> axum::Router {
    let once = from_fn_with_state(function.gate.clone(), contract::once::once);
    let (router, _) = api().split_for_parts();
    router.layer(once).with_state(function)
}

/// Cancel an order
///
/// Releases what an unpaid order holds. An order that is paid or being paid is refused.
#[utoipa::path(
    delete, path = "/api/orders/{order_id}", tag = "orders",
    params(("order_id" = String, Path, description = "The order.")),
    responses(
        (status = 204, description = "Cancelled, now or before."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused; nothing changed."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    ),
    security(("session" = []), ("bearer" = []))
)]
async fn cancel_order(
    State(function): State<CancelOrder>,
    signed_in: SignedIn,
    PathId(order_id): PathId<OrderId>,
) -> Reply<StatusCode> {
    // An order that is not yours to see does not exist for you. The owner of an order never changes.
    let is_yours = function
        .orders
        .get(&order_id)
        .await?
        .is_some_and(|order| order.user_id == signed_in.user_id);
    if !is_yours {
        return Err(Refusal::not_found("order").into());
    }
    ask_before_release(
        &*function.orders,
        &*function.provider,
        &*function.clock,
        &order_id,
    )
    .await?;
    let order = decide_and_commit(&*function.orders, &order_id, &|order| {
        order.cancel(function.clock.now())
    })
    .await?;
    // Cancelled is cancelled: that the workflow service is busy is not the buyer's concern.
    wake(&*function.workflows, &order).await.ok();
    Ok(StatusCode::NO_CONTENT)
}
