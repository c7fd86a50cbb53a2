//! `GET /api/health`: whether the API answers, and which version of it.

use axum::Json;
use contract::problem::ProblemBody;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What the health check says.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Health {
    /// `ok` whenever this is answered at all.
    pub status: String,
    /// The version that answers.
    pub version: String,
}

/// The routes.
pub fn api() -> OpenApiRouter {
    OpenApiRouter::new().routes(routes!(report_health))
}

/// The routes, ready to serve.
pub fn router() -> axum::Router {
    api().split_for_parts().0
}

/// Check that the API answers
#[utoipa::path(
    get, path = "/api/health", tag = "health",
    responses(
        (status = 200, body = Health, description = "It answers."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "It does not."),
    )
)]
async fn report_health() -> Json<Health> {
    Json(Health {
        status: "ok".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    })
}
