//! Reading tickets: what is to be had, and one's own.

use crate::TicketsApi;
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use contract::bodies::TicketBody;
use contract::input::page_request;
use contract::problem::ProblemBody;
use contract::{PathId, Query, Reply};
use domain::{Refusal, TicketId, TicketState};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A page of tickets.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TicketPage {
    /// Newest first.
    pub tickets: Vec<TicketBody>,
    /// Send it as `cursor` for the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// Which tickets.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListParams {
    /// Rows on a page, 1 to 100; 25 when absent.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u16>,
    /// `nextCursor` of the page before.
    cursor: Option<String>,
    /// `true`: your own tickets, whatever their state.
    mine: Option<bool>,
}

/// List tickets
///
/// Available ones, newest first; held and sold tickets are not shown.
#[utoipa::path(
    get, path = "/api/tickets", tag = "tickets", params(ListParams),
    responses(
        (status = 200, body = TicketPage, description = "A page."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    )
)]
pub(crate) async fn list_tickets(
    State(function): State<TicketsApi>,
    headers: HeaderMap,
    Query(params): Query<ListParams>,
) -> Reply<Json<TicketPage>> {
    let request = page_request(params.limit, params.cursor)?;
    let page = if params.mine == Some(true) {
        let reader = function.gate.who(&headers).await?.ok_or(Refusal::NotSignedIn)?;
        function.tickets.list_of(&reader.user_id, &request).await?
    } else {
        function.tickets.list_available(&request).await?
    };
    let currency = function.currency.as_str();
    Ok(Json(TicketPage {
        tickets: page
            .rows
            .iter()
            .map(|ticket| TicketBody::new(ticket, currency))
            .collect(),
        next_cursor: page.next.map(|cursor| cursor.0),
    }))
}

/// Read a ticket
///
/// While it is held or sold, only its owner and its buyer see it.
#[utoipa::path(
    get, path = "/api/tickets/{ticket_id}", tag = "tickets",
    params(("ticket_id" = String, Path, description = "The ticket.")),
    responses(
        (status = 200, body = TicketBody, description = "The ticket."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    )
)]
pub(crate) async fn show_ticket(
    State(function): State<TicketsApi>,
    headers: HeaderMap,
    PathId(ticket_id): PathId<TicketId>,
) -> Reply<Json<TicketBody>> {
    let ticket = function
        .tickets
        .get(&ticket_id)
        .await?
        .ok_or_else(|| Refusal::not_found("ticket"))?;
    if ticket.state != TicketState::Available {
        let reader = function.gate.who(&headers).await?.map(|session| session.user_id);
        let buyer = ticket.hold.as_ref().map(|hold| &hold.user_id);
        let may_see = reader
            .as_ref()
            .is_some_and(|reader| *reader == ticket.owner_id || Some(reader) == buyer);
        if !may_see {
            return Err(Refusal::not_found("ticket").into());
        }
    }
    Ok(Json(TicketBody::new(&ticket, function.currency.as_str())))
}
