//! What a browser gets for which path.

use http_body_util::BodyExt;
use hyper::Method;
use hyper::header::HeaderName;

use super::*;

/// A built web part of its own, removed at the end.
struct Scene {
    folder: PathBuf,
    site: Site,
}

impl Scene {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("holdfast-site-{name}-{}", std::process::id()));
        fs::create_dir_all(folder.join("assets")).unwrap();
        fs::create_dir_all(folder.join(".vite")).unwrap();
        fs::write(folder.join("index.html"), "<!doctype html>").unwrap();
        fs::write(folder.join("icon.svg"), "<svg/>").unwrap();
        fs::write(folder.join("assets/index-1a.js"), "let a = 1;\n".repeat(1_000)).unwrap();
        fs::write(folder.join(".vite/manifest.json"), "{}").unwrap();
        let site = Site::of(folder.clone());
        Self { folder, site }
    }

    fn get(&self, path: &str, headers: &[(HeaderName, &str)]) -> Response<Body> {
        let mut request = Request::builder().method(Method::GET).uri(path);
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        self.site.answer(&request.body(()).unwrap())
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn header<'a>(answer: &'a Response<Body>, name: &str) -> &'a str {
    answer
        .headers()
        .get(name)
        .map_or("", |value| value.to_str().unwrap())
}

fn bytes(answer: Response<Body>) -> Bytes {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(answer.into_body().collect()).unwrap().to_bytes()
}

#[test]
fn every_path_without_a_dot_is_the_one_page() {
    let scene = Scene::new("pages");
    for path in ["/", "/orders/ord_1", "/reports", "/ops", "/nowhere", "/tickets/"] {
        let answer = scene.get(path, &[]);
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        assert_eq!(
            header(&answer, "content-type"),
            "text/html; charset=utf-8",
            "{path}"
        );
        assert_eq!(header(&answer, "cache-control"), "no-cache", "{path}");
        assert_eq!(bytes(answer), "<!doctype html>", "{path}");
    }
}

#[test]
fn a_file_is_served_as_what_it_is_and_one_that_is_not_there_is_missing() {
    let scene = Scene::new("files");
    let script = scene.get("/assets/index-1a.js", &[]);
    assert_eq!(header(&script, "content-type"), "text/javascript; charset=utf-8");
    assert_eq!(
        header(&script, "cache-control"),
        "public, max-age=31536000, immutable"
    );
    let icon = scene.get("/icon.svg", &[]);
    assert_eq!(header(&icon, "content-type"), "image/svg+xml");
    assert_eq!(header(&icon, "cache-control"), "no-cache");
    for path in [
        "/assets/index-2b.js",
        "/favicon.ico",
        "/.vite/manifest.json",
        "/../Cargo.toml",
        "/assets/../../Cargo.toml",
        "/%2e%2e/Cargo.toml",
        "//etc/host.conf",
    ] {
        assert_eq!(scene.get(path, &[]).status(), StatusCode::NOT_FOUND, "{path}");
    }
}

#[test]
fn what_is_long_goes_packed_to_whoever_takes_it() {
    let scene = Scene::new("packed");
    let path = "/assets/index-1a.js";
    let packed = scene.get(path, &[(ACCEPT_ENCODING, "br, gzip;q=0.8")]);
    assert_eq!(header(&packed, "content-encoding"), "gzip");
    assert_eq!(header(&packed, "vary"), "accept-encoding");
    let packed = bytes(packed);
    let mut plain = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&*packed), &mut plain).unwrap();
    assert_eq!(plain, "let a = 1;\n".repeat(1_000));
    assert!(packed.len() < plain.len());
    for refusing in ["identity", "gzip;q=0, br", ""] {
        let plain = scene.get(path, &[(ACCEPT_ENCODING, refusing)]);
        assert_eq!(header(&plain, "content-encoding"), "", "{refusing}");
    }
}

#[test]
fn what_a_browser_has_already_is_not_sent_again_until_it_changes() {
    let scene = Scene::new("known");
    let path = "/assets/index-1a.js";
    for accepted in ["gzip", "identity"] {
        let tag = header(&scene.get(path, &[(ACCEPT_ENCODING, accepted)]), "etag").to_owned();
        let again = scene.get(path, &[(ACCEPT_ENCODING, accepted), (IF_NONE_MATCH, &tag)]);
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{accepted}");
        assert_eq!(header(&again, "etag"), tag);
        assert!(bytes(again).is_empty());
    }
    let tag = header(&scene.get("/", &[]), "etag").to_owned();
    let index = scene.folder.join("index.html");
    fs::write(&index, "<!doctype html><p>new").unwrap();
    // Clocks of file systems are coarse; a build takes longer than that.
    let later = SystemTime::now() + std::time::Duration::from_secs(2);
    let file = fs::File::options().write(true).open(&index).unwrap();
    file.set_modified(later).unwrap();
    let answer = scene.get("/", &[(IF_NONE_MATCH, &tag)]);
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(bytes(answer), "<!doctype html><p>new");
}

#[test]
fn without_a_build_a_page_says_what_to_do() {
    let site = Site::of(PathBuf::from("missing"));
    let answer = site.answer(&Request::get("/").body(()).unwrap());
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
}
