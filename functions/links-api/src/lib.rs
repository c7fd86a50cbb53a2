//! `/api/links` and `/l/{id}`: short links, made by users and followed by anybody.

mod follow;
mod make;

use axum::extract::FromRef;
use axum::middleware::from_fn_with_state;
use contract::{Gate, PublicBase};
use domain::ports::{Accounts, Clock, Links};
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use make::{LinkBody, NewLink};

/// What the function needs.
#[derive(Clone)]
pub struct LinksApi {
    /// Who asks.
    pub gate: Gate,
    /// Short links.
    pub links: Arc<dyn Links>,
    /// Accounts: who is an operator.
    pub accounts: Arc<dyn Accounts>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where people reach the shop.
    pub base: PublicBase,
}

impl FromRef<LinksApi> for Gate {
    fn from_ref(function: &LinksApi) -> Self {
        function.gate.clone()
    }
}

/// The routes, before the function's needs are filled in.
pub fn api() -> OpenApiRouter<LinksApi> {
    OpenApiRouter::new()
        .routes(routes!(make::create_link))
        .routes(routes!(follow::follow_link, follow::take_link_down))
        .routes(routes!(follow::show_link_qr))
}

/// The routes with everything filled in.
pub fn router(function: LinksApi) -> axum::Router {
    let once = from_fn_with_state(function.gate.clone(), contract::once::once);
    let (router, _) = api().split_for_parts();
    router.layer(once).with_state(function)
}
