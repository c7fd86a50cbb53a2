//! Listing a ticket, changing its title and price, and withdrawing it.

use crate::TicketsApi;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use contract::bodies::TicketBody;
use contract::input::FieldErrors;
use contract::problem::ProblemBody;
use contract::{Body, PathId, Reply, SignedIn};
use domain::ticket::{TEXT_MAX, TicketEdit};
use domain::{IdempotencyKey, Ticket, TicketId, TicketState, Timestamp};
use serde::Deserialize;
use utoipa::ToSchema;

/// A ticket to list.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct NewTicket {
    /// What it is for, 1 to 200 characters.
    #[schema(min_length = 1, max_length = 200)]
    pub title: String,
    /// Price in minor units, 50 to 99,999,999.
    #[schema(minimum = 50, maximum = 99999999)]
    pub price_minor: u64,
    /// Name of the event.
    #[schema(min_length = 1, max_length = 200)]
    pub event: Option<String>,
    /// Where.
    #[schema(min_length = 1, max_length = 200)]
    pub venue: Option<String>,
    /// When it starts, RFC 3339.
    #[schema(format = "date-time")]
    pub starts_at: Option<String>,
}

/// A ticket's new title and price.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct EditedTicket {
    /// The new title, 1 to 200 characters.
    #[schema(min_length = 1, max_length = 200)]
    pub title: String,
    /// The new price in minor units, 50 to 99,999,999.
    #[schema(minimum = 50, maximum = 99999999)]
    pub price_minor: u64,
    /// The version you saw; may come as the header `If-Match` instead.
    #[schema(minimum = 1)]
    pub version: Option<u32>,
}

/// List a ticket for sale
#[utoipa::path(
    post, path = "/api/tickets", tag = "tickets", params(("Idempotency-Key" = Option<String>, Header, pattern = "^[!-~]{1,255}$",
    description = "Names this request for 24 hours: repeating it changes nothing.")),
    request_body = NewTicket,
    responses(
        (status = 201, body = TicketBody, description = "Listed."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused; nothing was written."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    ),
    security(("session" = []), ("bearer" = []))
)]
pub(crate) async fn create_ticket(
    State(function): State<TicketsApi>,
    signed_in: SignedIn,
    key: Option<axum::Extension<IdempotencyKey>>,
    Body(new): Body<NewTicket>,
) -> Reply<(StatusCode, [(HeaderName, String); 1], Json<TicketBody>)> {
    let mut errors = FieldErrors::default();
    let title = errors.text("title", &new.title, TEXT_MAX);
    let price_minor = errors.price("priceMinor", new.price_minor);
    let event = new.event.map(|event| errors.text("event", &event, TEXT_MAX));
    let venue = new.venue.map(|venue| errors.text("venue", &venue, TEXT_MAX));
    let starts_at = new.starts_at.map(|text| Timestamp::parse_rfc3339(&text));
    if starts_at == Some(None) {
        errors.add(
            "startsAt",
            "must be a time in RFC 3339, e.g. 2027-05-01T19:30:00Z",
        );
    }
    errors.check()?;
    // The same request again lists the same ticket, even if its first answer was never kept.
    let ticket_id = match key {
        Some(key) => TicketId::derived_from_request(&signed_in.user_id, &key),
        None => TicketId::from_random(function.entropy.bytes16()?),
    };
    let ticket = Ticket {
        ticket_id,
        owner_id: signed_in.user_id,
        title,
        price_minor,
        event,
        venue,
        starts_at: starts_at.flatten(),
        version: 1,
        state: TicketState::Available,
        hold: None,
        holds_ever: 0,
        created_at: function.clock.now(),
    };
    function.tickets.create(&ticket).await?;
    // Listed before under this key, it may have been edited since: what is told is what is stored.
    let ticket = function.tickets.get(&ticket.ticket_id).await?.unwrap_or(ticket);
    let location = format!("/api/tickets/{}", ticket.ticket_id);
    let body = TicketBody::new(&ticket, function.currency.as_str());
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(body)))
}

/// Edit a ticket
///
/// Only its owner, only while nobody holds it, and only from the version seen.
#[utoipa::path(
    put, path = "/api/tickets/{ticket_id}", tag = "tickets",
    params(("ticket_id" = String, Path, description = "The ticket."), ("If-Match" = Option<String>, Header,
    description = "The version you saw, when it is not in the body.")),
    request_body = EditedTicket,
    responses(
        (status = 200, body = TicketBody, description = "Edited."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused; nothing changed."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    ),
    security(("session" = []), ("bearer" = []))
)]
pub(crate) async fn edit_ticket(
    State(function): State<TicketsApi>,
    signed_in: SignedIn,
    PathId(ticket_id): PathId<TicketId>,
    headers: HeaderMap,
    Body(edited): Body<EditedTicket>,
) -> Reply<Json<TicketBody>> {
    let mut errors = FieldErrors::default();
    let title = errors.text("title", &edited.title, TEXT_MAX);
    let price_minor = errors.price("priceMinor", edited.price_minor);
    let seen_version = errors.seen_version(edited.version, &headers);
    errors.check()?;
    let edit = TicketEdit {
        ticket_id,
        user_id: signed_in.user_id,
        seen_version,
        title,
        price_minor,
    };
    let ticket = function.tickets.edit(&edit).await?;
    Ok(Json(TicketBody::new(&ticket, function.currency.as_str())))
}

/// Withdraw a ticket
///
/// Only its owner, and only if it was never ordered.
#[utoipa::path(
    delete, path = "/api/tickets/{ticket_id}", tag = "tickets",
    params(("ticket_id" = String, Path, description = "The ticket.")),
    responses(
        (status = 204, description = "Withdrawn."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused; nothing changed."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    ),
    security(("session" = []), ("bearer" = []))
)]
pub(crate) async fn delete_ticket(
    State(function): State<TicketsApi>,
    signed_in: SignedIn,
    PathId(ticket_id): PathId<TicketId>,
) -> Reply<StatusCode> {
    function.tickets.delete(&ticket_id, &signed_in.user_id).await?;
    Ok(StatusCode::NO_CONTENT)
}
