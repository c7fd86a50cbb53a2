//! `POST /api/orders/{orderId}/refund`: the buyer wants money back, for everything or by line.
//!
//! One conditional write adds the refund to the order's records; the machine `refund-order` gives the money back. If it
//! cannot be started, the reconciler starts it.

use axum::Json;
use axum::extract::{FromRef, State};
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use contract::bodies::{OrderBody, RefundBody};
use contract::problem::ProblemBody;
use contract::{Body, Gate, PathId, Query, Reply, SignedIn, Wait};
use domain::order::Thing;
use domain::ports::{Clock, Orders, Tickets, Workflows, decide_and_commit};
use domain::{Fault, IdempotencyKey, Order, OrderId, RefundLine, Refusal};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What the function needs.
#[derive(Clone)]
pub struct RequestRefund {
    /// Who asks.
    pub gate: Gate,
    /// Orders.
    pub orders: Arc<dyn Orders>,
    /// Tickets: whether their event has begun.
    pub tickets: Arc<dyn Tickets>,
    /// The state machines.
    pub workflows: Arc<dyn Workflows>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
}

impl FromRef<RequestRefund> for Gate {
    fn from_ref(function: &RequestRefund) -> Self {
        function.gate.clone()
    }
}

/// How much of one line is to be given back.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct LineToRefund {
    /// The line of the order, counted from 0.
    pub line: u32,
    /// How many of it, at least 1.
    pub quantity: u32,
}

/// What is to be given back.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct WantedRefund {
    /// Which lines, at least one; left out: everything that is left.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_items = 1)]
    pub lines: Option<Vec<LineToRefund>>,
}

/// A refund that was accepted.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AcceptedRefund {
    /// The refund.
    pub refund: RefundBody,
    /// The order as it stands now.
    pub order: OrderBody,
}

/// The routes, before the function's needs are filled in.
pub fn api() -> OpenApiRouter<RequestRefund> {
    OpenApiRouter::new().routes(routes!(request_refund))
}

/// The routes with everything filled in.
pub fn router(function: RequestRefund) -> axum::Router {
    let once = from_fn_with_state(function.gate.clone(), contract::once::once);
    let (router, _) = api().split_for_parts();
    router.layer(once).with_state(function)
}

/// Refund an order
///
/// For 14 days after a ticket order or a product order was completed, and for tickets until their event begins. Without
/// lines everything that is left goes back. A ticket whose money is back is on sale again.
#[utoipa::path(
    post, path = "/api/orders/{order_id}/refund", tag = "orders",
    params(("order_id" = String, Path, description = "The order."), Wait, ("Idempotency-Key" = Option<String>, Header, pattern = "^[!-~]{1,255}$",
    description = "Names this request for 24 hours: repeating it changes nothing.")),
    request_body = WantedRefund,
    responses(
        (status = 201, body = AcceptedRefund, description = "Accepted; done if the status says so."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused; nothing changed."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken; read the order before repeating."),
    ),
    security(("session" = []), ("bearer" = []))
)]
async fn request_refund(
    State(function): State<RequestRefund>,
    signed_in: SignedIn,
    PathId(order_id): PathId<OrderId>,
    Query(wait): Query<Wait>,
    key: Option<axum::Extension<IdempotencyKey>>,
    Body(wanted): Body<WantedRefund>,
) -> Reply<(StatusCode, Json<AcceptedRefund>)> {
    // An order that is not yours to see does not exist for you. The owner of an order never changes.
    let order = function
        .orders
        .get(&order_id)
        .await?
        .filter(|order| order.user_id == signed_in.user_id)
        .ok_or_else(|| Refusal::not_found("order"))?;
    // Whoever chose nothing does not mean everything.
    if wanted.lines.as_ref().is_some_and(Vec::is_empty) {
        let what = "must name at least one line; leave it out to have everything back";
        return Err(Refusal::invalid("lines", what).into());
    }
    let lines: Vec<RefundLine> = wanted
        .lines
        .iter()
        .flatten()
        .map(|wanted| RefundLine {
            line: wanted.line,
            quantity: wanted.quantity,
        })
        .collect();
    function.events_are_to_come(&order, &lines).await?;
    let asked_under = key.as_ref().map(|key| key.as_str());
    let asked = decide_and_commit(&*function.orders, &order_id, &|order| {
        order.ask_refund(&lines, asked_under, function.clock.now())
    })
    .await?;
    let number = asked
        .refund_asked_under(asked_under)
        .map(|refund| refund.number)
        .ok_or_else(|| Fault::Defect("a refund that was written is not there".to_owned()))?;
    if let Some(refund) = asked.refund(number) {
        // Written is written: that the workflow service is busy is not the buyer's concern.
        function.workflows.start_refund(&asked, refund).await.ok();
    }
    let is_settled = |order: &Order| order.refund(number).is_none_or(|refund| !refund.is_open());
    let order = wait.until(&*function.orders, asked, &is_settled).await;
    let refund = order
        .refund(number)
        .ok_or_else(|| Fault::Defect("a refund that was written is not there".to_owned()))?;
    let accepted = AcceptedRefund {
        refund: RefundBody::new(&order, refund),
        order: OrderBody::new(&order, function.clock.now()),
    };
    Ok((StatusCode::CREATED, Json(accepted)))
}

impl RequestRefund {
    /// A ticket for an event that has begun was used, or could have been. When an event begins never changes while its
    /// ticket is sold.
    async fn events_are_to_come(&self, order: &Order, lines: &[RefundLine]) -> Result<(), Fault> {
        let now = self.clock.now();
        for (index, line) in (0_u32..).zip(&order.lines) {
            let is_meant = lines.is_empty() || lines.iter().any(|refunded| refunded.line == index);
            let Thing::Ticket { ticket_id, .. } = &line.thing else {
                continue;
            };
            if !is_meant {
                continue;
            }
            let starts_at = self
                .tickets
                .get(ticket_id)
                .await?
                .and_then(|ticket| ticket.starts_at);
            if starts_at.is_some_and(|starts_at| starts_at <= now) {
                return Err(Refusal::NotRefundable {
                    order_id: order.order_id.clone(),
                    why: "the event has begun".to_owned(),
                }
                .into());
            }
        }
        Ok(())
    }
}
