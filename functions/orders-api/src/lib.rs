//! `GET /api/orders...`: a buyer's own orders, their payments, and what happened to them in plain words.

use axum::Json;
use axum::extract::{FromRef, State};
use contract::bodies::{EventBody, OrderBody, PageParams, PaymentBody, RefundBody};
use contract::input::page_request;
use contract::problem::ProblemBody;
use contract::{Gate, PathId, Query, Reply, SignedIn, Wait};
use domain::ports::{Clock, Orders};
use domain::{Fault, Order, OrderId, Refusal, UserId};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What the function needs.
#[derive(Clone)]
pub struct OrdersApi {
    /// Who asks.
    pub gate: Gate,
    /// Orders.
    pub orders: Arc<dyn Orders>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
}

impl FromRef<OrdersApi> for Gate {
    fn from_ref(function: &OrdersApi) -> Self {
        function.gate.clone()
    }
}

/// A page of orders.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderPage {
    /// Newest first.
    pub orders: Vec<OrderBody>,
    /// Send it as `cursor` for the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// Every attempt to charge an order, and every refund.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PaymentList {
    /// Oldest first.
    pub payments: Vec<PaymentBody>,
    /// Oldest first.
    pub refunds: Vec<RefundBody>,
}

/// What happened to an order.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct EventList {
    /// Oldest first.
    pub events: Vec<EventBody>,
}

/// The routes, before the function's needs are filled in.
pub fn api() -> OpenApiRouter<OrdersApi> {
    OpenApiRouter::new()
        .routes(routes!(list_orders))
        .routes(routes!(show_order))
        .routes(routes!(list_payments))
        .routes(routes!(list_events))
}

/// The routes with everything filled in.
pub fn router(function: OrdersApi) -> axum::Router {
    let (router, _) = api().split_for_parts();
    router.with_state(function)
}

impl OrdersApi {
    /// The reader's own order. Anybody else's does not exist.
    async fn own(&self, order_id: &OrderId, user_id: &UserId) -> Result<Order, Fault> {
        let order = self
            .orders
            .get(order_id)
            .await?
            .filter(|order| order.user_id == *user_id);
        order.ok_or_else(|| Refusal::not_found("order").into())
    }
}

/// List your orders
#[utoipa::path(
    get, path = "/api/orders", tag = "orders", params(PageParams),
    responses(
        (status = 200, body = OrderPage, description = "A page, newest first."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    ),
    security(("session" = []), ("bearer" = []))
)]
async fn list_orders(
    State(function): State<OrdersApi>,
    signed_in: SignedIn,
    Query(params): Query<PageParams>,
) -> Reply<Json<OrderPage>> {
    let page = function
        .orders
        .list_of(&signed_in.user_id, &page_request(params.limit, params.cursor)?)
        .await?;
    let now = function.clock.now();
    Ok(Json(OrderPage {
        orders: page.rows.iter().map(|order| OrderBody::new(order, now)).collect(),
        next_cursor: page.next.map(|cursor| cursor.0),
    }))
}

/// Read an order
///
/// With `wait` it answers when the order has left its present status, or when the time is over.
#[utoipa::path(
    get, path = "/api/orders/{order_id}", tag = "orders",
    params(("order_id" = String, Path, description = "The order."), Wait),
    responses(
        (status = 200, body = OrderBody, description = "The order."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    ),
    security(("session" = []), ("bearer" = []))
)]
async fn show_order(
    State(function): State<OrdersApi>,
    signed_in: SignedIn,
    PathId(order_id): PathId<OrderId>,
    Query(wait): Query<Wait>,
) -> Reply<Json<OrderBody>> {
    let order = function.own(&order_id, &signed_in.user_id).await?;
    let present = order.status;
    let order = wait
        .until(&*function.orders, order, &|order| order.status != present)
        .await;
    Ok(Json(OrderBody::new(&order, function.clock.now())))
}

/// List an order's payments and refunds
#[utoipa::path(
    get, path = "/api/orders/{order_id}/payments", tag = "orders",
    params(("order_id" = String, Path, description = "The order.")),
    responses(
        (status = 200, body = PaymentList, description = "Every attempt to charge and every refund, oldest first."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    ),
    security(("session" = []), ("bearer" = []))
)]
async fn list_payments(
    State(function): State<OrdersApi>,
    signed_in: SignedIn,
    PathId(order_id): PathId<OrderId>,
) -> Reply<Json<PaymentList>> {
    let order = function.own(&order_id, &signed_in.user_id).await?;
    let payments = order
        .attempts
        .iter()
        .map(|attempt| PaymentBody::new(&order, attempt))
        .collect();
    let refunds = order
        .refunds
        .iter()
        .map(|refund| RefundBody::new(&order, refund))
        .collect();
    Ok(Json(PaymentList { payments, refunds }))
}

/// Read what happened to an order
#[utoipa::path(
    get, path = "/api/orders/{order_id}/events", tag = "orders",
    params(("order_id" = String, Path, description = "The order.")),
    responses(
        (status = 200, body = EventList, description = "In plain words, oldest first."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    ),
    security(("session" = []), ("bearer" = []))
)]
async fn list_events(
    State(function): State<OrdersApi>,
    signed_in: SignedIn,
    PathId(order_id): PathId<OrderId>,
) -> Reply<Json<EventList>> {
    let order = function.own(&order_id, &signed_in.user_id).await?;
    Ok(Json(EventList {
        events: order.events.iter().map(Into::into).collect(),
    }))
}
