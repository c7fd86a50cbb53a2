//! What a buyer carries and what happens at the door: the pass of a ticket, its QR code, the page
//! behind it, and letting in, once.

mod door;
mod page;
mod pass;

use axum::extract::FromRef;
use axum::middleware::from_fn_with_state;
use contract::{Gate, PublicBase};
use domain::ports::{Accounts, Clock, Links, Orders, Tickets};
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use door::{AdmissionBody, ScannedPass};
pub use pass::{PassBody, PassPictures};

/// What the function needs.
#[derive(Clone)]
pub struct PassesApi {
    /// Who asks.
    pub gate: Gate,
    /// Tickets: who listed one, and which order bought it.
    pub tickets: Arc<dyn Tickets>,
    /// Orders.
    pub orders: Arc<dyn Orders>,
    /// Short links.
    pub links: Arc<dyn Links>,
    /// Accounts: who is an operator.
    pub accounts: Arc<dyn Accounts>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where people reach the shop.
    pub base: PublicBase,
}

impl FromRef<PassesApi> for Gate {
    fn from_ref(function: &PassesApi) -> Self {
        function.gate.clone()
    }
}

/// The routes, before the function's needs are filled in.
pub fn api() -> OpenApiRouter<PassesApi> {
    OpenApiRouter::new()
        .routes(routes!(pass::show_pass))
        .routes(routes!(pass::show_pass_qr))
        .routes(routes!(door::verify_pass))
        .routes(routes!(page::show_door_page))
}

/// The routes with everything filled in.
pub fn router(function: PassesApi) -> axum::Router {
    let once = from_fn_with_state(function.gate.clone(), contract::once::once);
    let (router, _) = api().split_for_parts();
    router.layer(once).with_state(function)
}
