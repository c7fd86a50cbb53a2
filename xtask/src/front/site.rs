//! The web part as it was built: files out of `web/dist`, as S3 and CloudFront serve them on AWS.
//!
//! A path whose last segment has a dot names a file. Every other one is a page of the single-page application, so it is
//! answered with `index.html`, and the application finds out what to show. The function at CloudFront's edge
//! (`PageRoutesFunction` in template.yaml) decides by the same rule.

use std::collections::HashMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use flate2::Compression;
use flate2::write::GzEncoder;
use hyper::body::Bytes;
use hyper::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue,
    IF_NONE_MATCH, VARY,
};
use hyper::{Request, Response, StatusCode};
use sha2::{Digest, Sha256};

use super::Body;
use super::pages::{problem, whole};

/// The name of a file in `assets/` has the hash of its content, so it never changes.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// Everything else is asked for again; an entity tag makes that cheap.
const ASK_AGAIN: &str = "no-cache";
/// Below this, compressing makes an answer no shorter on the wire.
const WORTH_COMPRESSING: usize = 1_000;

/// A folder of built files.
pub struct Site {
    folder: PathBuf,
    // The same few files are asked for again and again; packing them takes longer than sending them.
    read: Mutex<HashMap<PathBuf, Arc<File>>>,
}

/// A file as it is sent.
struct File {
    changed: SystemTime,
    tag: String,
    plain: Bytes,
    packed: Option<Bytes>,
}

impl Site {
    /// The files in `folder`, which may be made later.
    pub fn of(folder: PathBuf) -> Self {
        Self {
            folder,
            read: Mutex::default(),
        }
    }

    /// Answers a request for a page or one of its files.
    pub fn answer<B>(&self, request: &Request<B>) -> Response<Body> {
        let path = request.uri().path();
        if !is_file(path) {
            return match self.file(Path::new("index.html")) {
                Some(page) => send(&page, "html", ASK_AGAIN, request.headers()),
                None => problem(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "NotBuilt",
                    "The web part is not built. Stop this and run `cargo xtask up`, which builds it.",
                ),
            };
        }
        let found = inside(path).and_then(|name| Some((self.file(name)?, name)));
        match found {
            Some((file, name)) => {
                let ending = name.extension().and_then(|ending| ending.to_str());
                let caching = if path.starts_with("/assets/") {
                    FOR_EVER
                } else {
                    ASK_AGAIN
                };
                send(&file, ending.unwrap_or_default(), caching, request.headers())
            }
            None => problem(
                StatusCode::NOT_FOUND,
                "NotFound",
                "There is no such file. If the page that asked for it is open for long: reload it.",
            ),
        }
    }

    /// A file of the folder, read again when it has changed.
    fn file(&self, name: &Path) -> Option<Arc<File>> {
        let path = self.folder.join(name);
        let known = fs::metadata(&path).ok().filter(fs::Metadata::is_file)?;
        let changed = known.modified().ok()?;
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = read.get(&path)
            && file.changed == changed
        {
            return Some(Arc::clone(file));
        }
        let plain = Bytes::from(fs::read(&path).ok()?);
        let tag: String = Sha256::digest(&plain)
            .iter()
            .take(12)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let file = Arc::new(File {
            changed,
            tag,
            packed: pack(&plain),
            plain,
        });
        read.insert(path, Arc::clone(&file));
        Some(file)
    }
}

/// Whether a path names a file rather than a page.
pub fn is_file(path: &str) -> bool {
    path.rsplit('/').next().unwrap_or_default().contains('.')
}

/// The path below the folder, if it stays in it. The names of our files need no percent signs.
fn inside(path: &str) -> Option<&Path> {
    let name = path.strip_prefix('/')?;
    let is_plain = |segment: &str| {
        !segment.is_empty() && !segment.starts_with('.') && !segment.contains(['%', '\\', '\0'])
    };
    name.split('/').all(is_plain).then(|| Path::new(name))
}

fn send(file: &File, ending: &str, caching: &'static str, asked: &HeaderMap) -> Response<Body> {
    let packed = file.packed.as_ref().filter(|_| takes_gzip(asked));
    // The packed bytes are others than the plain ones, so they share no strong tag.
    let tag = match packed {
        Some(_) => format!("W/\"{}\"", file.tag),
        None => format!("\"{}\"", file.tag),
    };
    let is_known = is_known(asked, &file.tag);
    let content = match packed {
        _ if is_known => Bytes::new(),
        Some(packed) => packed.clone(),
        None => file.plain.clone(),
    };
    let mut answer = Response::new(whole(content));
    if is_known {
        *answer.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let headers = answer.headers_mut();
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(ETAG, tag);
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(caching));
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    if !is_known {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind(ending)));
        if packed.is_some() {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
    }
    answer
}

/// Whether the client has this version already, packed or plain.
fn is_known(asked: &HeaderMap, tag: &str) -> bool {
    asked
        .get_all(IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|one| one.trim().trim_start_matches("W/").trim_matches('"'))
        .any(|known| known == tag || known == "*")
}

fn takes_gzip(asked: &HeaderMap) -> bool {
    asked
        .get_all(ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|coding| {
            let mut parts = coding.split(';').map(str::trim);
            let name = parts.next().unwrap_or_default();
            let weight = parts.next().and_then(|weight| weight.strip_prefix("q="));
            let is_refused = weight.and_then(|weight| weight.parse::<f32>().ok()) == Some(0.0);
            name.eq_ignore_ascii_case("gzip") && !is_refused
        })
}

/// The content in gzip, where that is shorter.
fn pack(plain: &[u8]) -> Option<Bytes> {
    if plain.len() < WORTH_COMPRESSING {
        return None;
    }
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    packer.write_all(plain).ok()?;
    let packed = packer.finish().ok()?;
    (packed.len() < plain.len()).then(|| packed.into())
}

/// The content type by the ending of a file's name.
pub fn kind(ending: &str) -> &'static str {
    match ending {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "txt" => "text/plain; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests;
