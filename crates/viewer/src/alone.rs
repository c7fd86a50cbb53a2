//! The viewer by itself, for one person on one machine: the routes and the pages, without sign-in.
//!
//! Whoever reaches it may stop executions with that person's credentials. So it answers to this machine alone, and only to
//! pages of its own: a page of another site that asks in the person's browser is told apart by `Origin`, and one whose name
//! was made to lead to this machine by `Host`.

mod pages;

use crate::Viewer;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use contract::Foreign;
use domain::{Fault, Refusal};
use pages::Pages;
use std::path::PathBuf;
use std::sync::Arc;

/// Everything that it answers at `port` of this machine, with the pages in a folder.
pub fn router(viewer: Viewer, pages: PathBuf, port: u16) -> Router {
    let names: Arc<[String]> = ["127.0.0.1", "localhost"]
        .iter()
        .map(|host| format!("{host}:{port}"))
        .collect();
    let pages = Arc::new(Pages { folder: pages });
    let routes = crate::router(viewer)
        .route("/", get(|| async { Redirect::temporary("/ops") }))
        .fallback(move |request: Request| {
            let pages = Arc::clone(&pages);
            async move { pages.answer(&request) }
        });
    // The pages' fallback stands instead of the contract's, which knows no pages.
    contract::seal::told(routes).layer(from_fn_with_state(names, from_here))
}

/// Lets through what was asked by this machine's person on purpose.
async fn from_here(State(names): State<Arc<[String]>>, request: Request, next: Next) -> Response {
    let text = |headers: &HeaderMap, name| {
        headers
            .get(name)
            .map(|value| value.to_str().unwrap_or_default().to_owned())
    };
    let host = text(request.headers(), header::HOST).unwrap_or_default();
    if !names.contains(&host) {
        return foreign(
            "ForeignHost",
            "This answers under its own address alone: open the one that it printed when it started.",
        );
    }
    let is_own = |origin: String| {
        origin
            .strip_prefix("http://")
            .is_some_and(|host| names.iter().any(|name| name == host))
    };
    if !text(request.headers(), header::ORIGIN).is_none_or(is_own) {
        return foreign(
            "ForeignOrigin",
            "A page of another site asked. Only this viewer's own pages may.",
        );
    }
    next.run(request).await
}

fn foreign(code: &str, detail: &str) -> Response {
    let problem = Foreign {
        status: StatusCode::FORBIDDEN,
        code: code.to_owned(),
        detail: detail.to_owned(),
        retry_after_s: None,
        fault: Fault::Refused(Refusal::not_found("page")),
    };
    contract::seal::sealed(problem.into_response())
}
