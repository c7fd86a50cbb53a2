//! What the front answers itself: the web part, the page at `/docs`, and problem documents.

use std::path::Path;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use serde_json::json;

use super::Body;
use super::security::guard;
use super::site::{Site, kind};
use crate::api_page::ApiPage;

/// Files served from disk, so that a page reload shows the newest.
pub struct Pages {
    pub(super) site: Site,
    pub(super) api_page: ApiPage,
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
        match ApiPage::file_at(request.uri().path()) {
            Some(file) => self.of_the_api_page(file),
            None => self.site.answer(request),
        }
    }

    fn of_the_api_page(&self, file: &str) -> Response<Body> {
        let ending = Path::new(file).extension().and_then(|ending| ending.to_str());
        match self.api_page.read(file) {
            Ok(content) => {
                let mut page = Response::new(whole(content.into_owned()));
                let kind = HeaderValue::from_static(kind(ending.unwrap_or_default()));
                page.headers_mut().insert(CONTENT_TYPE, kind);
                page
            }
            Err(failure) => problem(StatusCode::NOT_FOUND, "NotFound", &failure.to_string()),
        }
    }
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
