//! The pages as they were built, read anew with each request: one person asks, from the same disk.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use contract::{Foreign, Problem};
use domain::{Fault, Refusal};
use std::fs;
use std::path::{Path, PathBuf};

/// Everything comes from this address; pictures may be made in the page.
const CONTENT_POLICY: &str = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'";

/// A folder of built pages.
#[derive(Clone, Debug)]
pub(super) struct Pages {
    pub(super) folder: PathBuf,
}

impl Pages {
    /// A file, or the one page for every path whose last segment has no dot.
    pub(super) fn answer(&self, request: &Request) -> Response {
        let path = request.uri().path();
        if path.starts_with("/api/") {
            return Problem::from(Refusal::not_found("page")).into_response();
        }
        if request.method() != Method::GET && request.method() != Method::HEAD {
            return Problem::from(Refusal::MethodNotAllowed).into_response();
        }
        let is_file = path.rsplit('/').next().unwrap_or_default().contains('.');
        let name = if is_file {
            inside(path)
        } else {
            Some(Path::new("index.html"))
        };
        match name.and_then(|name| Some((name, fs::read(self.folder.join(name)).ok()?))) {
            Some((name, content)) => file(name, content),
            None if is_file => Problem::from(Refusal::not_found("file")).into_response(),
            None => Foreign {
                status: StatusCode::SERVICE_UNAVAILABLE,
                code: "NotBuilt".to_owned(),
                detail: "The pages are not built. Start this with `cargo xtask viewer`, which builds them."
                    .to_owned(),
                retry_after_s: None,
                fault: Fault::Defect("the pages are not built".to_owned()),
            }
            .into_response(),
        }
    }
}

fn file(name: &Path, content: Vec<u8>) -> Response {
    let ending = name.extension().and_then(|ending| ending.to_str());
    let mut answer = Response::new(Body::from(content));
    let headers = answer.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(kind(ending.unwrap_or_default())),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(CONTENT_POLICY),
    );
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    answer
}

/// The path below the folder, if it stays in it. The names of our files need no percent signs.
fn inside(path: &str) -> Option<&Path> {
    let name = path.strip_prefix('/')?;
    let is_plain = |segment: &str| {
        !segment.is_empty() && !segment.starts_with('.') && !segment.contains(['%', '\\', '\0'])
    };
    name.split('/').all(is_plain).then(|| Path::new(name))
}

fn kind(ending: &str) -> &'static str {
    match ending {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}
