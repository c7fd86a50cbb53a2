//! The viewer's routes are for operators, and what they change is written down with who did it.

use crate::OpsApi;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use contract::OperatorOnly;
use contract::input::is_mutation;
use viewer::Changed;

/// Lets operators in. Like every route for them it reads the account with each request.
pub(crate) async fn by_operators(
    State(_): State<OpsApi>,
    operator: OperatorOnly,
    request: Request,
    next: Next,
) -> Response {
    if !is_mutation(request.method()) {
        return next.run(request).await;
    }
    // Not the body: an input may hold what no log should.
    let (method, address) = (request.method().clone(), request.uri().to_string());
    let response = next.run(request).await;
    tracing::info!(
        step = "ops-api",
        operator_id = operator.user_id.as_str(),
        %method,
        address,
        status = response.status().as_u16(),
        changed = response.extensions().get::<Changed>().map(|Changed(words)| words.as_str()),
        "an operator changed something"
    );
    response
}
