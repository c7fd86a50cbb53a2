//! The shop's address: what CloudFront does on AWS, by template.yaml, and the front does on this machine.

use crate::engine::{Shop, prepared_web, text};
use crate::project::root;
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use xtask::api_page::{ApiPage, FILES};
use xtask::deployment::Deployment;
use xtask::front::{TO_THE_API, security};
use xtask::project::Project;
use xtask::python::{Environment, Python};
use xtask::steps::Steps;
use xtask::web::Node;

fn template() -> String {
    fs::read_to_string(root().join("template.yaml")).expect("there is a template")
}

/// The code of the function at CloudFront's edge, as it stands in the template.
fn edge_code() -> String {
    template()
        .lines()
        .skip_while(|line| line.trim() != "FunctionCode: |")
        .skip(1)
        .take_while(|line| line.is_empty() || line.starts_with("        "))
        .collect::<Vec<_>>()
        .join("\n")
}

/// What the edge makes of these requests.
fn at_the_edge(node: &Node, requests: &[Value]) -> Vec<Value> {
    let program = format!(
        "{}\nconsole.log(JSON.stringify(JSON.parse(process.argv[1]).map((request) => handler({{ request }}))))",
        edge_code()
    );
    let mut command: Command = node.command("node");
    let output = command
        .args(["--eval", &program, "--"])
        .arg(json!(requests).to_string())
        .output()
        .expect("node runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).expect("it prints what the function answers")
}

#[tokio::test]
async fn the_edge_and_the_front_take_the_same_paths_for_pages() {
    let node = prepared_web().await;
    let shop = Shop::patient();
    let paths = [
        ("/", true),
        ("/orders", true),
        ("/orders/ord_1", true),
        ("/reports/kitchen", true),
        ("/ops", true),
        ("/apian", true),
        ("/doors/x", true),
        ("/a.b/c", true),
        ("/icon.svg", false),
        ("/assets/missing-1a.js", false),
        ("/orders/ord_1.html", false),
    ];
    let requests: Vec<Value> = paths
        .iter()
        .map(|(path, _)| json!({ "method": "GET", "uri": path, "querystring": {} }))
        .collect();
    let page = shop.stranger().get("/").await.expect(200).text;
    for ((path, is_page), at_the_edge) in paths.iter().zip(at_the_edge(&node, &requests)) {
        let expected = if *is_page { "/index.html" } else { path };
        assert_eq!(text(&at_the_edge, "/uri"), expected);
        let at_the_front = shop.stranger().get(path).await;
        assert_eq!(at_the_front.text == page, *is_page, "{path}");
    }
}

/// Protection: every page has a link to `/docs`, so it leads to the same page on AWS and here, with all that the page asks for.
#[tokio::test]
async fn the_page_that_tries_the_api_is_at_one_address_on_aws_and_here() {
    let node = prepared_web().await;
    let shop = Shop::patient();
    let asked: Vec<Value> = ["/docs", "/docs/", "/docs/openapi.json", "/docs/other"]
        .iter()
        .map(|path| json!({ "method": "GET", "uri": path, "querystring": {} }))
        .collect();
    let led: Vec<String> = at_the_edge(&node, &asked)
        .iter()
        .map(|answer| text(answer, "/uri").to_owned())
        .collect();
    assert_eq!(
        led,
        [
            "/docs/index.html",
            "/docs/index.html",
            "/docs/openapi.json",
            "/index.html"
        ]
    );
    let page = shop.stranger().get("/docs").await.expect(200).text;
    for same in ["/docs/", "/docs/index.html"] {
        assert_eq!(shop.stranger().get(same).await.expect(200).text, page);
    }
    for name in FILES {
        let said = shop.stranger().get(&format!("/docs/{name}")).await.expect(200);
        assert!(!said.text.is_empty(), "{name}");
    }
    let named = page.split('"').filter(|part| part.starts_with("/docs/"));
    for path in named {
        assert!(ApiPage::file_at(path).is_some(), "{path} is nobody's");
    }
}

/// Protection: an error of one visitor is told to no other. CloudFront keeps these for ten seconds if nothing says otherwise.
/// Source: <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/HTTPStatusCodes.html>.
#[test]
fn the_distribution_keeps_no_error() {
    let template = template();
    for status in [400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504] {
        let kept_for_no_time = format!("- {{ ErrorCode: {status}, ErrorCachingMinTTL: 0 }}");
        assert!(template.contains(&kept_for_no_time), "{status}");
    }
}

/// Decision 13: paths of the API are matched without regard to case. A behaviour of CloudFront cannot, so it says where to
/// go, in a way that keeps method and body.
#[tokio::test]
async fn the_edge_sends_the_api_in_other_spellings_to_the_api() {
    let node = prepared_web().await;
    let query = json!({ "q": { "value": "Tea%20A", "multiValue": [{ "value": "Tea%20A" }, { "value": "b" }] },
        "mine": { "value": "" } });
    let answers = at_the_edge(
        &node,
        &[
            json!({ "method": "POST", "uri": "/API/Orders", "querystring": {} }),
            json!({ "method": "GET", "uri": "/Api/Products", "querystring": query }),
            json!({ "method": "POST", "uri": "/orders", "querystring": {} }),
        ],
    );
    let moved = |answer: &Value| {
        assert_eq!(answer["statusCode"], 308);
        text(answer, "/headers/location/value").to_owned()
    };
    assert_eq!(moved(&answers[0]), "/api/orders");
    assert_eq!(moved(&answers[1]), "/api/products?q=Tea%20A&q=b&mine");
    assert_eq!(answers[2]["statusCode"], 405, "a page is only read");
}

#[test]
fn the_distribution_sends_the_api_what_the_front_sends_it() {
    let template = template();
    let patterns: Vec<&str> = template
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- PathPattern: "))
        .filter(|pattern| *pattern != "/live")
        .collect();
    // The simulator is for the shop itself and for tests; people have no use for it.
    let expected: Vec<String> = TO_THE_API
        .iter()
        .filter(|first| **first != "simulator")
        .map(|first| format!("/{first}/*"))
        .collect();
    assert_eq!(patterns, expected);
}

#[test]
fn pages_have_the_same_policy_on_aws_and_here() {
    let words: Vec<String> = template().split_whitespace().map(str::to_owned).collect();
    let template = words.join(" ");
    let policy = format!(
        "ContentSecurityPolicy: >- {} Override: true",
        security::CONTENT_POLICY
    );
    assert!(template.contains(&policy), "{policy}");
    let referrer = format!("ReferrerPolicy: {{ ReferrerPolicy: {}, ", security::REFERRER);
    assert!(template.contains(&referrer), "{referrer}");
}

/// A built site of a test's own; removed at the end.
struct Build(PathBuf);

impl Build {
    fn of(name: &str, files: &[(&str, &str)]) -> Self {
        let folder = std::env::temp_dir().join(format!("holdfast-build-{name}-{}", std::process::id()));
        for (file, content) in files {
            let path = folder.join(file);
            fs::create_dir_all(path.parent().expect("it is in the folder")).expect("a folder");
            fs::write(path, content).expect("a file");
        }
        Self(folder)
    }

    /// Uploads it, as `cargo xtask deploy` does.
    async fn publish(&self, shop: &Shop) {
        let (folder, endpoint) = (self.0.clone(), shop.aws.engine().to_owned());
        let publishing = tokio::task::spawn_blocking(move || {
            let project = Project::here()?;
            // Beside the site, not in it: a deployment takes the two from different places.
            let docs = Self(folder.with_extension("docs"));
            Steps::Silent.run("pages", |step| {
                let python = Python::prepare(&project, Environment::Engine, step)?;
                let deployment = Deployment {
                    endpoint_url: Some(endpoint),
                    ..Deployment::default()
                };
                ApiPage::of(&project, &python).write(&docs.0)?;
                deployment.publish(&project, &python, &folder, &docs.0, step)
            })
        });
        publishing
            .await
            .expect("it ends")
            .unwrap_or_else(|failure| panic!("{failure}"));
    }
}

impl Drop for Build {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[tokio::test]
async fn uploaded_pages_say_how_long_they_may_be_kept_and_old_scripts_stay() {
    let shop = Shop::patient();
    let first = Build::of(
        "first",
        &[
            ("index.html", "<script src=/assets/a-1.js>"),
            ("assets/a-1.js", "1"),
            (".vite/manifest.json", "{}"),
        ],
    );
    let second = Build::of(
        "second",
        &[
            ("index.html", "<script src=/assets/b-2.js>"),
            ("icon.svg", "<svg/>"),
            ("assets/b-2.js", "2"),
        ],
    );
    first.publish(&shop).await;
    second.publish(&shop).await;
    let bucket = shop.aws.resource("WebBucket").await;
    let for_ever = "public, max-age=31536000, immutable";
    let script = "text/javascript; charset=utf-8";
    for (key, content, kind, caching) in [
        (
            "index.html",
            "<script src=/assets/b-2.js>",
            "text/html; charset=utf-8",
            "no-cache",
        ),
        ("icon.svg", "<svg/>", "image/svg+xml", "no-cache"),
        ("assets/a-1.js", "1", script, for_ever),
        ("assets/b-2.js", "2", script, for_ever),
    ] {
        let (kept, found) = shop.aws.object(&bucket, key).await;
        let header = |name: &str| {
            kept.get(name)
                .map_or("", |value| value.to_str().unwrap_or_default())
        };
        assert_eq!(found.as_deref(), Some(content), "{key}");
        assert_eq!(
            (header("content-type"), header("cache-control")),
            (kind, caching),
            "{key}"
        );
    }
    // The page at /docs is where the front has it, whole, and asked for again.
    for file in FILES {
        let (kept, found) = shop.aws.object(&bucket, &format!("docs/{file}")).await;
        let answer = shop.stranger().get(&format!("/docs/{file}")).await.expect(200);
        assert_eq!(found.as_deref(), Some(answer.text.as_str()), "{file}");
        let header = |name: &str| {
            kept.get(name)
                .map(|value| value.to_str().unwrap_or_default().to_owned())
        };
        assert_eq!(header("cache-control").as_deref(), Some("no-cache"), "{file}");
        assert_eq!(
            header("content-type").as_deref(),
            Some(answer.header("content-type")),
            "{file}"
        );
    }
    let (_, manifest) = shop.aws.object(&bucket, ".vite/manifest.json").await;
    assert_eq!(manifest, None, "what is the builder's own stays here");
}
