//! What the front answers itself: the web part, the try-it page, and problem documents. Nothing comes from a CDN.

use std::fs;
use std::path::PathBuf;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue, LOCATION};
use hyper::{Method, Request, Response, StatusCode};
use serde_json::json;

use super::Body;
use super::security::guard;
use super::site::Site;

const HTML: &str = "text/html; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const JSON: &str = "application/json";

/// Files served from disk, so that a page reload shows the newest.
pub struct Pages {
    pub(super) site: Site,
    pub(super) openapi: PathBuf,
    pub(super) swagger_ui: PathBuf,
}

impl Pages {
    /// Answers a request that is not the engine's.
    pub fn answer<B>(&self, request: &Request<B>) -> Response<Body> {
        let mut answer = self.find(request);
        guard(answer.headers_mut());
        answer
    }

    fn find<B>(&self, request: &Request<B>) -> Response<Body> {
        if request.method() != Method::GET && request.method() != Method::HEAD {
            let mut refusal = problem(
                StatusCode::METHOD_NOT_ALLOWED,
                "MethodNotAllowed",
                "Pages are only read.",
            );
            refusal
                .headers_mut()
                .insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return refusal;
        }
        match request.uri().path() {
            "/docs" => page(HTML, include_str!("docs.html")),
            "/docs/" => elsewhere("/docs"),
            "/docs/docs.js" => page(JAVASCRIPT, include_str!("docs.js")),
            "/docs/openapi.json" => self.file(JSON, &self.openapi),
            "/docs/swagger-ui.css" => self.file("text/css", &self.swagger_ui.join("swagger-ui.css")),
            "/docs/swagger-ui.js" => self.file(JAVASCRIPT, &self.swagger_ui.join("swagger-ui-bundle.js")),
            _ => self.site.answer(request),
        }
    }

    fn file(&self, kind: &'static str, path: &PathBuf) -> Response<Body> {
        match fs::read(path) {
            Ok(content) => page(kind, content),
            Err(error) => problem(
                StatusCode::NOT_FOUND,
                "NotFound",
                &format!("{} cannot be read: {error}", path.display()),
            ),
        }
    }
}

fn page(kind: &'static str, content: impl Into<Bytes>) -> Response<Body> {
    let mut page = Response::new(whole(content));
    page.headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    page
}

fn elsewhere(path: &'static str) -> Response<Body> {
    let mut redirect = Response::new(whole(""));
    *redirect.status_mut() = StatusCode::PERMANENT_REDIRECT;
    redirect
        .headers_mut()
        .insert(LOCATION, HeaderValue::from_static(path));
    redirect
}

/// A problem document (RFC 9457) in the shape of the API's own.
pub fn problem(status: StatusCode, code: &str, detail: &str) -> Response<Body> {
    let body = json!({
        "type": "about:blank",
        "title": status.canonical_reason().unwrap_or_default(),
        "status": status.as_u16(),
        "code": code,
        "detail": detail,
    });
    let mut problem = Response::new(whole(body.to_string()));
    *problem.status_mut() = status;
    problem
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    problem
}

/// A body that is there already.
pub fn whole(content: impl Into<Bytes>) -> Body {
    Full::new(content.into()).map_err(|never| match never {}).boxed()
}
