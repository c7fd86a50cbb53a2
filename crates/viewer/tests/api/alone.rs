//! The viewer by itself: it answers to its own pages and to nobody else.

use crate::engine::Scene;
use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use std::fs;
use std::sync::Arc;
use tower::ServiceExt;
use viewer::Viewer;
use viewer::alone::router;

async fn viewer(folder: &str) -> Router {
    let pages = std::env::temp_dir().join(format!("viewer-{folder}-{}", std::process::id()));
    fs::create_dir_all(pages.join("assets")).unwrap();
    fs::write(pages.join("index.html"), "<title>Viewer</title>").unwrap();
    fs::write(pages.join("assets/a.js"), "1").unwrap();
    fs::write(pages.join(".hidden.js"), "1").unwrap();
    let account = Scene::at("http://127.0.0.1:1").await.account;
    router(
        Viewer {
            account,
            features: &[],
            ahead_ms: Arc::new(|| 0),
        },
        pages,
        8090,
    )
}

/// Status, content type and body of an answer.
async fn ask(routes: &Router, method: Method, path: &str, headers: &[(&str, &str)]) -> (u16, String, String) {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = routes
        .clone()
        .oneshot(request.body(Body::from("{}")).unwrap())
        .await
        .unwrap();
    let status = response.status().as_u16();
    let kind = response
        .headers()
        .get("content-type")
        .map(|kind| kind.to_str().unwrap().to_owned());
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (
        status,
        kind.unwrap_or_default(),
        String::from_utf8_lossy(&body).into_owned(),
    )
}

const OWN: (&str, &str) = ("host", "127.0.0.1:8090");

#[tokio::test]
async fn only_its_own_pages_on_this_machine_are_answered() {
    let routes = viewer("guard").await;
    let stop = "/api/ops/execution/stop?arn=x";
    for (headers, code) in [
        (vec![("host", "evil.example:8090")], "ForeignHost"),
        (vec![("host", "127.0.0.1:9999")], "ForeignHost"),
        (vec![], "ForeignHost"),
        (vec![OWN, ("origin", "http://evil.example")], "ForeignOrigin"),
        (vec![OWN, ("origin", "https://127.0.0.1:8090")], "ForeignOrigin"),
        (vec![OWN, ("origin", "null")], "ForeignOrigin"),
    ] {
        for (method, path) in [
            (Method::POST, stop),
            (Method::GET, "/api/ops/viewer"),
            (Method::GET, "/ops"),
        ] {
            let (status, kind, body) = ask(&routes, method, path, &headers).await;
            let problem: Value = serde_json::from_str(&body).unwrap();
            assert_eq!(
                (status, kind.as_str()),
                (403, "application/problem+json"),
                "{headers:?}"
            );
            assert_eq!(problem["code"], code, "{headers:?}");
        }
    }
    for own in [
        vec![OWN],
        vec![OWN, ("origin", "http://127.0.0.1:8090")],
        vec![("host", "localhost:8090"), ("origin", "http://localhost:8090")],
    ] {
        assert_eq!(
            ask(&routes, Method::GET, "/api/ops/viewer", &own).await.0,
            200,
            "{own:?}"
        );
        // It got as far as what it asked for.
        let (status, _, body) = ask(&routes, Method::POST, stop, &own).await;
        assert_eq!((status, body.contains("\"arn\"")), (400, true), "{own:?}: {body}");
    }
}

#[tokio::test]
async fn pages_are_files_or_the_one_page() {
    let routes = viewer("pages").await;
    let get = |path: &'static str| {
        let routes = routes.clone();
        async move { ask(&routes, Method::GET, path, &[OWN]).await }
    };
    for path in ["/ops", "/ops/executions/arn", "/anything"] {
        let (status, kind, body) = get(path).await;
        assert_eq!(
            (status, kind.as_str()),
            (200, "text/html; charset=utf-8"),
            "{path}"
        );
        assert!(body.contains("Viewer"), "{path}");
    }
    let (status, kind, _) = get("/assets/a.js").await;
    assert_eq!((status, kind.as_str()), (200, "text/javascript; charset=utf-8"));
    assert_eq!(get("/").await.0, 307);
    for path in [
        "/assets/b.js",
        "/.hidden.js",
        "/assets/../a.js",
        "/..%2fa.js",
        "/api/orders",
    ] {
        let (status, kind, body) = get(path).await;
        assert_eq!(
            (status, kind.as_str()),
            (404, "application/problem+json"),
            "{path}: {body}"
        );
    }
    let (status, _, body) = ask(&routes, Method::POST, "/ops", &[OWN]).await;
    assert_eq!(
        (
            status,
            serde_json::from_str::<Value>(&body).unwrap()["status"].clone()
        ),
        (405, json!(405))
    );
}
