//! `/api/tickets`: list, read, edit and withdraw tickets. Holding and selling are orders' business.

mod edit;
mod listing;

use axum::extract::FromRef;
use axum::middleware::from_fn_with_state;
use contract::Gate;
use domain::Currency;
use domain::ports::{Clock, Entropy, Tickets};
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use edit::{EditedTicket, NewTicket};
pub use listing::TicketPage;

/// What the function needs.
#[derive(Clone)]
pub struct TicketsApi {
    /// Who asks.
    pub gate: Gate,
    /// Tickets.
    pub tickets: Arc<dyn Tickets>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where fresh ids come from.
    pub entropy: Arc<dyn Entropy>,
    /// The currency of every price.
    pub currency: Currency,
}

impl FromRef<TicketsApi> for Gate {
    fn from_ref(function: &TicketsApi) -> Self {
        function.gate.clone()
    }
}

/// The routes, before the function's needs are filled in.
pub fn api() -> OpenApiRouter<TicketsApi> {
    OpenApiRouter::new()
        .routes(routes!(listing::list_tickets, edit::create_ticket))
        .routes(routes!(
            listing::show_ticket,
            edit::edit_ticket,
            edit::delete_ticket
        ))
}

/// The routes with everything filled in.
pub fn router(function: TicketsApi) -> axum::Router {
    let once = from_fn_with_state(function.gate.clone(), contract::once::once);
    let (router, _) = api().split_for_parts();
    router.layer(once).with_state(function)
}
