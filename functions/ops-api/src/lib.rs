//! `/api/ops`: what only those may ask who look after the shop.

mod conservation;
mod effects;
mod operated;

use axum::extract::FromRef;
use axum::middleware::from_fn_with_state;
use contract::Gate;
use domain::conservation::Sources;
use domain::ports::{Accounts, Reports};
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use viewer::Viewer;
use viewer::local::Local;
use viewer::queues::Queues;

pub use conservation::{CheckBody, ConservationBody, DifferenceBody, LookedAtBody};
pub use effects::{EffectBody, EffectKind, EffectsBody};

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
    /// The executions of this account.
    pub viewer: Viewer,
    /// The queues of this stack.
    pub queues: Queues,
    /// What only an engine on this machine can do.
    pub local: Local,
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

/// The function's own routes, before its needs are filled in.
pub fn api() -> OpenApiRouter<OpsApi> {
    OpenApiRouter::new()
        .routes(routes!(conservation::show_conservation))
        .routes(routes!(effects::show_effects))
}

/// The routes with everything filled in, and those of the viewer, which know nothing of operators, behind a check of their own.
pub fn router(function: OpsApi) -> axum::Router {
    let (router, _) = api().split_for_parts();
    // None of these is behind `once`: its fingerprint of a request leaves the query out, and `stop?arn=` has its ARN there. Routes that
    // take a key hand it on to AWS.
    let executions = viewer::router(function.viewer.clone())
        .merge(viewer::queues::router(function.queues.clone()))
        .merge(viewer::local::router(function.local.clone()))
        .route_layer(from_fn_with_state(function.clone(), operated::by_operators));
    router.with_state(function).merge(executions)
}
