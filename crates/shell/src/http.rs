//! An HTTP function: axum routes behind API Gateway (HTTP API, payload 2.0).

use crate::log;
use crate::start::StartError;
use axum::Router;
use axum::body::Body;
use axum::http::header::LOCATION;
use contract::seal::{LoggedFault, REQUEST_ID};
use lambda_http::request::RequestContext;
use lambda_http::{Error, Request, RequestExt, service_fn};
use std::sync::Arc;
use std::time::Instant;
use tower::ServiceExt;

/// Serves routes until the environment is shut down.
///
/// # Errors
/// [`StartError::Loop`] when the runtime loop ends.
pub async fn run_http(step: &'static str, routes: Router) -> Result<(), StartError> {
    let routes = Arc::new(contract::seal(routes));
    lambda_http::run(service_fn(move |request: Request| {
        let routes = Arc::clone(&routes);
        async move { answer(step, routes.as_ref().clone(), request).await }
    }))
    .await
    .map_err(|error| StartError::Loop(error.to_string()))
}

async fn answer(
    step: &'static str,
    routes: Router,
    mut request: Request,
) -> Result<axum::response::Response, Error> {
    let began = Instant::now();
    if let Some(RequestContext::ApiGatewayV2(context)) = request.request_context_ref()
        && let Some(id) = context.request_id.as_deref().and_then(|id| id.parse().ok())
    {
        request.headers_mut().insert(REQUEST_ID, id);
    }
    let mut order_id = order_id_in(request.uri().path());
    let response = routes.oneshot(request.map(Body::new)).await?;
    let fault = response.extensions().get::<LoggedFault>().map(|logged| &logged.0);
    let request_id = response.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok());
    // What was made says where it is.
    let made = response.headers().get(LOCATION).and_then(|at| at.to_str().ok());
    order_id = order_id.or_else(|| order_id_in(made?));
    let ids = log::Ids {
        order: order_id.as_deref(),
        request: request_id,
    };
    log::step(step, ids, began, fault);
    Ok(response)
}

/// The order id in a path such as `/api/orders/ord_.../payments`.
fn order_id_in(path: &str) -> Option<String> {
    path.split('/')
        .find(|segment| segment.starts_with("ord_"))
        .map(str::to_owned)
}
