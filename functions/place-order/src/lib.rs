//! `POST /api/orders`: holds what is wanted while the buyer waits, and pays at once if asked to.
//!
//! The decision is made by the `hold-order` machine. The order's id is derived from the `Idempotency-Key` when
//! there is one, so that a repeat after a crash finds the order instead of placing another.

use axum::Json;
use axum::extract::{FromRef, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::middleware::from_fn_with_state;
use contract::bodies::{OrderBody, PaymentBody};
use contract::input::FieldErrors;
use contract::problem::ProblemBody;
use contract::{Body, Gate, Query, Reply, SignedIn, Wait};
use domain::checkout::{begin_payment, decline_of};
use domain::ids::fingerprint;
use domain::order::LINES_MAX;
use domain::ports::{Clock, Entropy, HoldAnswer, HoldRequest, Orders, WantedTicket, Workflows};
use domain::{CardToken, Fault, IdempotencyKey, Order, OrderId, Refusal, Status, TicketId, UserId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What the function needs.
#[derive(Clone)]
pub struct PlaceOrder {
    /// Who asks.
    pub gate: Gate,
    /// Orders.
    pub orders: Arc<dyn Orders>,
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

/// An order that is wanted.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct NewOrder {
    /// What, 1 to 10 lines of one kind.
    #[schema(min_items = 1, max_items = 10)]
    pub lines: Vec<NewLine>,
    /// Pay at once with this card.
    pub payment: Option<NewPayment>,
}

/// A ticket that is wanted.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct NewLine {
    /// Which ticket.
    pub ticket_id: String,
    /// The version that the buyer saw; the order is refused (409) if title or price moved since.
    #[schema(minimum = 1)]
    pub version: Option<u32>,
}

/// A card to charge.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPayment {
    /// The provider's token for the card, e.g. `tok_visa`. Never a card number.
    pub token: String,
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
/// Holds every line or none and answers at once. With `payment` it also pays, and with `wait` it answers when
/// the payment has come out. A repeat of your own live order is answered with that order (200).
#[utoipa::path(
    post, path = "/api/orders", tag = "orders", params(Wait, ("Idempotency-Key" = Option<String>, Header,
    description = "Names this request for 24 hours: repeating it changes nothing.")),
    request_body = NewOrder,
    responses(
        (status = 201, body = PlacedOrder, description = "Held, and being paid if asked for."),
        (status = 200, body = PlacedOrder, description = "Your own live order for the same tickets."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused; nothing is held. Or 402: held, and the card was declined; `orderId` says which order."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken; nothing is half-done."),
    ),
    security(("session" = []))
)]
async fn place_order(
    State(function): State<PlaceOrder>,
    signed_in: SignedIn,
    key: Option<axum::Extension<IdempotencyKey>>,
    Query(wait): Query<Wait>,
    Body(new): Body<NewOrder>,
) -> Reply<(StatusCode, [(HeaderName, String); 1], Json<PlacedOrder>)> {
    let (tickets, card) = check(&new)?;
    let (status, order) = function.hold(&signed_in.user_id, key.as_deref(), tickets).await?;
    let (order, paying) = match card {
        None => (order, false),
        Some(card) => function.pay(order, &card).await?,
    };
    let present = order.status;
    let order = wait.until_left(&*function.orders, order, present).await;
    if paying && let Some(decline) = decline_of(&order, function.clock.now()) {
        return Err(decline.into());
    }
    let location = format!("/api/orders/{}", order.order_id);
    let payment = order
        .attempts
        .last()
        .filter(|_| paying)
        .map(|attempt| PaymentBody::new(&order, attempt));
    let placed = PlacedOrder {
        order: OrderBody::new(&order, function.clock.now()),
        payment,
    };
    Ok((status, [(header::LOCATION, location)], Json(placed)))
}

/// Checks what was sent, naming every field that is wrong.
fn check(new: &NewOrder) -> Result<(Vec<WantedTicket>, Option<CardToken>), Refusal> {
    let mut errors = FieldErrors::default();
    if new.lines.is_empty() || new.lines.len() > LINES_MAX {
        errors.add("lines", format!("must have 1 to {LINES_MAX} lines"));
    }
    let mut tickets = Vec::new();
    let mut seen = BTreeSet::new();
    for (index, line) in new.lines.iter().enumerate().take(LINES_MAX) {
        match TicketId::parse(&line.ticket_id.to_lowercase()) {
            Ok(ticket_id) if seen.insert(ticket_id.clone()) => {
                tickets.push(WantedTicket {
                    ticket_id,
                    version: line.version,
                });
            }
            Ok(_) => errors.add(
                format!("lines[{index}].ticketId"),
                "is in the order twice; a ticket is one of a kind",
            ),
            Err(error) => errors.add(format!("lines[{index}].ticketId"), error.to_string()),
        }
        if line.version == Some(0) {
            errors.add(format!("lines[{index}].version"), "must be at least 1");
        }
    }
    let card = new
        .payment
        .as_ref()
        .and_then(|payment| match CardToken::parse(&payment.token) {
            Ok(card) => Some(card),
            Err(error) => {
                errors.add("payment.token", error.to_string());
                None
            }
        });
    errors.check()?;
    Ok((tickets, card))
}

impl PlaceOrder {
    /// Runs `hold-order`; 201 with the fresh order, or 200 with the buyer's own live order for the same tickets.
    async fn hold(
        &self,
        user_id: &UserId,
        key: Option<&IdempotencyKey>,
        tickets: Vec<WantedTicket>,
    ) -> Result<(StatusCode, Order), Fault> {
        let order_id = match key {
            Some(key) => OrderId::derived_from_request(user_id, key),
            None => OrderId::from_random(self.entropy.bytes16()?),
        };
        let wanted: BTreeSet<TicketId> = tickets.iter().map(|wanted| wanted.ticket_id.clone()).collect();
        let names: Vec<String> = tickets
            .iter()
            .map(|w| format!("{}@{}", w.ticket_id, w.version.unwrap_or_default()))
            .collect();
        let print = fingerprint(&names.iter().map(String::as_str).collect::<Vec<_>>());
        let request = HoldRequest {
            order_id: order_id.clone(),
            user_id: user_id.clone(),
            tickets,
            request_fingerprint: print,
        };
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
                let same = own
                    .tickets()
                    .map(|(ticket_id, _)| ticket_id.clone())
                    .collect::<BTreeSet<_>>()
                    == wanted;
                let is_alive = own.status == Status::Held && self.clock.now() < own.hold.expires_at;
                if same && is_alive {
                    Ok((StatusCode::OK, own))
                } else {
                    Err(Refusal::TicketHeldByYou { ticket_id, order_id }.into())
                }
            }
            HoldAnswer::Refused(refusal) => Err(refusal.into()),
        }
    }

    async fn read(&self, order_id: &OrderId) -> Result<Order, Fault> {
        let order = self.orders.get(order_id).await?;
        order.ok_or_else(|| Fault::Defect(format!("{order_id} was held and is not there")))
    }

    /// Pays with the card; an order that is paid or being paid already (a repeat) is left as it is.
    async fn pay(&self, order: Order, card: &CardToken) -> Result<(Order, bool), Fault> {
        match begin_payment(
            &*self.orders,
            &*self.workflows,
            &*self.clock,
            &order.order_id,
            card,
        )
        .await
        {
            Ok(order) => Ok((order, true)),
            Err(Fault::Refused(Refusal::OrderBeingPaid { .. } | Refusal::OrderAlreadyPaid { .. })) => {
                Ok((self.read(&order.order_id).await?, true))
            }
            Err(fault) => Err(fault),
        }
    }
}
