//! `/api/ops`: what only those may ask who look after the shop.

mod conservation;

use axum::extract::FromRef;
use contract::Gate;
use domain::conservation::Sources;
use domain::ports::{Accounts, Reports};
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use conservation::{CheckBody, ConservationBody, DifferenceBody, LookedAtBody};

/// What the function needs.
#[derive(Clone)]
pub struct OpsApi {
    /// Who asks.
    pub gate: Gate,
    /// Who is an operator now.
    pub accounts: Arc<dyn Accounts>,
    /// Everything there is.
    pub sources: Sources,
    /// The latest report of conservation.
    pub reports: Arc<dyn Reports>,
}

impl FromRef<OpsApi> for Gate {
    fn from_ref(function: &OpsApi) -> Self {
        function.gate.clone()
    }
}

impl FromRef<OpsApi> for Arc<dyn Accounts> {
    fn from_ref(function: &OpsApi) -> Self {
        Self::clone(&function.accounts)
    }
}

/// The routes, before the function's needs are filled in.
pub fn api() -> OpenApiRouter<OpsApi> {
    OpenApiRouter::new().routes(routes!(conservation::show_conservation))
}

/// The routes with everything filled in.
pub fn router(function: OpsApi) -> axum::Router {
    let (router, _) = api().split_for_parts();
    router.with_state(function)
}
