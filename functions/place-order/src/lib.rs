//! `POST /api/orders`: holds what is wanted while the buyer waits, and pays at once if asked to.
//!
//! The decision is made by the `hold-order` machine. The order's id is derived from the `Idempotency-Key` when
//! there is one, so that a repeat after a crash finds the order instead of placing another.

mod wanted;

pub use wanted::{NewLine, NewOrder, NewPayment};

use axum::Json;
use axum::extract::{FromRef, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::middleware::from_fn_with_state;
use contract::bodies::{OrderBody, PaymentBody};
use contract::problem::ProblemBody;
use contract::{Body, Gate, Query, Reply, SignedIn, Wait};
use domain::checkout::{begin_payment, decline_of, wake};
use domain::device::own;
use domain::order::Kind;
use domain::ports::{Clock, Devices, Entropy, HoldAnswer, Orders, Workflows, decide_and_commit};
use domain::{CardToken, Fault, IdempotencyKey, Order, OrderId, Refusal, Status, UserId};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wanted::Wanted;

/// What the function needs.
#[derive(Clone)]
pub struct PlaceOrder {
    /// Who asks.
    pub gate: Gate,
    /// Orders.
    pub orders: Arc<dyn Orders>,
    /// Devices, to tell whose one is.
    pub devices: Arc<dyn Devices>,
    /// The state machines.
    pub workflows: Arc<dyn Workflows>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where fresh ids come from.
    pub entropy: Arc<dyn Entropy>,
}

impl FromRef<PlaceOrder> for Gate {
    fn from_ref(function: &PlaceOrder) -> Self {
        function.gate.clone()
    }
}

/// An order that was placed.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PlacedOrder {
    /// The order.
    #[serde(flatten)]
    pub order: OrderBody,
    /// The attempt to charge, if one was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment: Option<PaymentBody>,
}

/// The routes, before the function's needs are filled in.
pub fn api() -> OpenApiRouter<PlaceOrder> {
    OpenApiRouter::new().routes(routes!(place_order))
}

/// The routes with everything filled in.
pub fn router(function: PlaceOrder) -> axum::Router {
    let once = from_fn_with_state(function.gate.clone(), contract::once::once);
    let (router, _) = api().split_for_parts();
    router.layer(once).with_state(function)
}

/// Place an order
///
/// Tickets and products: holds every line or none and answers at once. Dishes: holds what the kitchen has and gathers the rest. With
/// `payment` it also pays, and with `wait` it answers when the order has come out, or says where it stands. A repeat of your own live order of
/// tickets is answered with that order (200); name other requests with an `Idempotency-Key`.
#[utoipa::path(
    post, path = "/api/orders", tag = "orders", params(Wait, ("Idempotency-Key" = Option<String>, Header, pattern = "^[!-~]{1,255}$",
    description = "Names this request for 24 hours: repeating it changes nothing.")),
    request_body = NewOrder,
    responses(
        (status = 201, body = PlacedOrder, description = "Held, and being paid if asked for."),
        (status = 200, body = PlacedOrder, description = "Your own live order for the same tickets."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused; nothing is held. Or 402: held, and the card was declined; `orderId` says which order."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken; the order may be there: repeat the request under its `Idempotency-Key` and you find it."),
    ),
    security(("session" = []), ("bearer" = []))
)]
async fn place_order(
    State(function): State<PlaceOrder>,
    signed_in: SignedIn,
    key: Option<axum::Extension<IdempotencyKey>>,
    Query(wait): Query<Wait>,
    Body(new): Body<NewOrder>,
) -> Reply<(StatusCode, [(HeaderName, String); 1], Json<PlacedOrder>)> {
    let wanted = Wanted::check(&new)?;
    function.check_device(&signed_in.user_id, &wanted).await?;
    let (status, order) = function.hold(&signed_in.user_id, key.as_deref(), &wanted).await?;
    let order = match &wanted.card {
        // Answers when it has come out: when the dish is served, the ticket is yours, or why not.
        Some(card) => {
            let paying = function.pay(&order.order_id, card).await?;
            wait.until(&*function.orders, paying, &|order| !is_under_way(order))
                .await
        }
        None => {
            let present = order.status;
            wait.until(&*function.orders, order, &|order| order.status != present)
                .await
        }
    };
    if wanted.card.is_some()
        && !is_under_way(&order)
        && let Some(decline) = decline_of(&order, function.clock.now())
    {
        return Err(decline.into());
    }
    let location = format!("/api/orders/{}", order.order_id);
    let payment = order
        .attempts
        .last()
        .filter(|_| wanted.card.is_some())
        .map(|attempt| PaymentBody::new(&order, attempt));
    let placed = PlacedOrder {
        order: OrderBody::new(&order, function.clock.now()),
        payment,
    };
    Ok((status, [(header::LOCATION, location)], Json(placed)))
}

/// Whether an order that was paid for along with being placed is still on its way to an outcome; a declined card may be
/// tried again by itself. Nobody waits at the till for a parcel.
fn is_under_way(order: &Order) -> bool {
    match order.status {
        Status::Gathering | Status::Paying => true,
        Status::Paid => order.kind() != Kind::Product,
        _ => order.retry_at.is_some(),
    }
}

impl PlaceOrder {
    /// A device belongs to whoever registered it, for good: looked up before the hold is as true as in it.
    async fn check_device(&self, user_id: &UserId, wanted: &Wanted) -> Result<(), Fault> {
        let Some(device_id) = &wanted.device_id else {
            return Ok(());
        };
        let device = self.devices.get(device_id).await?;
        own(device, user_id).map_err(|_| Refusal::NotFound {
            what: "device".to_owned(),
            field: Some("deviceId".to_owned()),
        })?;
        Ok(())
    }

    /// Runs `hold-order`; 201 with the fresh order, or 200 with the buyer's own live order for the same tickets.
    async fn hold(
        &self,
        user_id: &UserId,
        key: Option<&IdempotencyKey>,
        wanted: &Wanted,
    ) -> Result<(StatusCode, Order), Fault> {
        let order_id = match key {
            Some(key) => OrderId::derived_from_request(user_id, key),
            None => OrderId::from_random(self.entropy.bytes16()?),
        };
        let request = wanted.hold_request(order_id.clone(), user_id.clone());
        match self.workflows.hold_order(&request).await? {
            HoldAnswer::Held => {
                let order = self.read(&order_id).await?;
                // A repeat of a request whose order has ended finds that order: it holds nothing any more.
                if order.status.is_end() && order.status != Status::Completed {
                    let status = order.status;
                    return Err(Refusal::OrderEnded { order_id, status }.into());
                }
                Ok((StatusCode::CREATED, order))
            }
            HoldAnswer::Refused(Refusal::TicketHeldByYou { ticket_id, order_id }) => {
                // A buyer's own hold never blocks the buyer's retry of the same request.
                let own = self.read(&order_id).await?;
                if own.status == Status::Held && self.clock.now() < own.hold.expires_at {
                    // With this answer or with the refusal its buyer learns that it is there.
                    let own = self.tell(own).await?;
                    if wanted.is_for(own.tickets().map(|(ticket_id, _)| ticket_id)) {
                        return Ok((StatusCode::OK, own));
                    }
                    Err(Refusal::TicketHeldByYou { ticket_id, order_id }.into())
                } else {
                    Err(Refusal::TicketHeldByYou { ticket_id, order_id }.into())
                }
            }
            HoldAnswer::Refused(refusal) => Err(wanted.in_lines(refusal).into()),
        }
    }

    /// Answers for a hold that another request has made. Whoever made it may not have come to know, and would undo it: so it
    /// is made sure that the order goes on, and that nobody takes back what is told here.
    async fn tell(&self, own: Order) -> Result<Order, Fault> {
        if own.sole_run.is_none() {
            return Ok(own);
        }
        self.workflows.start_order(&own).await?;
        let told = |order: &Order| Ok(order.told(self.clock.now()));
        let own = decide_and_commit(&*self.orders, &own.order_id, &told).await?;
        if own.status.is_end() {
            let (order_id, status) = (own.order_id, own.status);
            return Err(Refusal::OrderEnded { order_id, status }.into());
        }
        Ok(own)
    }

    async fn read(&self, order_id: &OrderId) -> Result<Order, Fault> {
        let order = self.orders.get(order_id).await?;
        order.ok_or_else(|| Fault::Defect(format!("{order_id} was held and is not there")))
    }

    /// Pays with the card, at once or as soon as everything is held; an order that is paid or being paid already (a
    /// repeat) is left as it is.
    async fn pay(&self, order_id: &OrderId, card: &CardToken) -> Result<Order, Fault> {
        let (orders, workflows, clock) = (&*self.orders, &*self.workflows, &*self.clock);
        match begin_payment(orders, workflows, clock, order_id, card).await {
            Err(Fault::Refused(Refusal::OrderStillGathering { .. })) => {
                let order = decide_and_commit(orders, order_id, &|order| {
                    order.pay_when_held(card.clone(), clock.now())
                })
                .await?;
                // It may have become held, and hence paying, in between.
                wake(workflows, &order).await.ok();
                Ok(order)
            }
            Err(Fault::Refused(Refusal::OrderBeingPaid { .. } | Refusal::OrderAlreadyPaid { .. })) => {
                self.read(order_id).await
            }
            other => other,
        }
    }
}
