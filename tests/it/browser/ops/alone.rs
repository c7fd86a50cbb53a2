//! The viewer by itself, as `cargo xtask viewer` runs it: a process of its own over Step Functions of its own, without a stack.

use crate::browser::play::play;
use crate::engine::{Shop, prepared_programs, prepared_web, until};
use crate::project::root;
use axum::http::HeaderMap;
use axum::{Json, Router};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use xtask::ports::Port;
use xtask::processes::{Group, Guard};
use xtask::stack::Addresses;
use xtask::web::BUILT;

/// A program that runs until this is dropped, however this process ends.
struct Running {
    group: Group,
    _guard: Guard,
}

impl Running {
    fn start(name: &'static str, command: Command, log: &Path) -> Self {
        let group = Group::start(name, command, log).unwrap_or_else(|failure| panic!("{failure}"));
        let guard = Guard::over(group.id()).unwrap_or_else(|failure| panic!("{failure}"));
        Self { group, _guard: guard }
    }

    /// Waits until it answers at `url`.
    async fn answers(&mut self, http: &reqwest::Client, url: &str) {
        until(url, || {
            let ended = self.group.ended();
            let asked = http.get(url).send();
            async move {
                assert!(
                    ended.is_none(),
                    "{}",
                    ended.map(|failure| failure.to_string()).unwrap_or_default()
                );
                asked.await.map(drop).map_err(|error| error.to_string())
            }
        })
        .await;
    }

    /// What somebody at a terminal does with Ctrl-C, here to the process alone.
    fn interrupt(&self) {
        signal("-INT", &self.group.id().to_string());
    }

    /// Whether any process of it is left, once it has ended itself.
    fn has_left_something(&self) -> bool {
        signal("-0", &format!("-{}", self.group.id()))
    }
}

fn signal(which: &str, whom: &str) -> bool {
    let sent = Command::new("kill").args([which, "--", whom]).output();
    sent.expect("kill is there").status.success()
}

/// A folder for what the programs of a test write down.
fn folder(name: &str) -> PathBuf {
    let folder = root().join(".local/tests/viewer").join(name);
    std::fs::create_dir_all(&folder).expect("a folder for logs");
    folder
}

fn free_port() -> u16 {
    Port::Any.choose().expect("a free port")
}

/// Step Functions that know nothing of any project; there is nobody who would answer for functions.
async fn step_functions(http: &reqwest::Client, log: &Path) -> (Running, String) {
    let url = format!("http://127.0.0.1:{}", free_port());
    let mut serve = Command::new(prepared_programs().await.join("states"));
    let port = url.rsplit(':').next().unwrap_or_default();
    serve.args(["serve", "--port", port, "--aws-endpoint", "http://127.0.0.1:9"]);
    let mut running = Running::start("Step Functions", serve, &log.join("states.log"));
    running.answers(http, &format!("{url}/health")).await;
    (running, url)
}

#[tokio::test]
async fn the_viewer_by_itself_needs_no_shop_and_no_sign_in_and_ends_with_its_command() {
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let log = folder("endpoint");
    let (_states, states_url) = step_functions(&http, &log).await;
    // The programs are built by now; so are the pages, which may take as long as it takes.
    prepared_web().await;
    let front = format!("http://localhost:{}", free_port());
    let port = front.rsplit(':').next().unwrap_or_default();
    let mut command = Command::new("cargo");
    command
        .args(["xtask", "viewer", "--endpoint-url", &states_url, "--port", port])
        .current_dir(root());
    let mut viewer = Running::start("viewer", command, &log.join("viewer.log"));
    viewer.answers(&http, &format!("{front}/api/ops/viewer")).await;

    let shop = Shop::at(&Addresses {
        front: front.clone(),
        engine: states_url.clone(),
        states: Some(states_url.clone()),
    });
    play("ops-alone", &shop, json!({ "states": states_url })).await;

    // A page of another site, and a name that was made to lead here.
    for (name, value, code) in [
        ("origin", "https://elsewhere.example", "ForeignOrigin"),
        ("host", "elsewhere.example", "ForeignHost"),
    ] {
        for path in ["/api/ops/machines", "/ops"] {
            let asked = http.get(format!("{front}{path}")).header(name, value);
            let answer = asked.send().await.expect("it answers");
            assert_eq!(answer.status(), 403, "{name} {path}");
            let told: Value = answer.json().await.expect("it says why");
            assert_eq!(told["code"], code, "{path}");
        }
    }
    // What only the shop has is not there.
    for path in [
        "/api/ops/queues",
        "/api/ops/local/clock",
        "/api/ops/execution/effects",
        "/api/orders",
    ] {
        let answer = http
            .get(format!("{front}{path}"))
            .send()
            .await
            .expect("it answers");
        assert_eq!(answer.status(), 404, "{path}");
    }

    viewer.interrupt();
    until("the viewer to end", || {
        let ended = viewer.group.ended().is_some();
        async move { ended.then_some(()).ok_or_else(|| "it still runs".to_owned()) }
    })
    .await;
    assert!(!viewer.has_left_something(), "it has left processes behind");
    let gone = http.get(format!("{front}/api/ops/viewer")).send().await;
    assert!(gone.is_err(), "somebody still answers: {gone:?}");
}

/// What an account was asked: each request's headers.
#[derive(Clone, Debug, Default)]
struct Asked(Arc<Mutex<Vec<HeaderMap>>>);

/// An account that has no machines, and remembers who asked.
async fn account() -> (String, Asked) {
    let asked = Asked::default();
    let remembering = asked.clone();
    let app = Router::new().fallback(move |headers: HeaderMap| {
        remembering.0.lock().expect("nobody panics here").push(headers);
        async { Json(json!({ "stateMachines": [] })) }
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("its address"));
    tokio::spawn(async move { axum::serve(listener, app).await });
    (url, asked)
}

#[tokio::test]
async fn the_viewer_by_itself_asks_the_account_of_a_profile_with_the_profiles_keys() {
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let log = folder("profile");
    let (account_url, asked) = account().await;
    let config = log.join("config");
    std::fs::write(
        &config,
        format!(
            "[profile kitchen]\nregion = ap-south-2\nendpoint_url = {account_url}\n\
             aws_access_key_id = AKIAKITCHEN\naws_secret_access_key = a-secret-of-the-kitchen\n"
        ),
    )
    .expect("a profile");
    let front = format!("http://localhost:{}", free_port());
    let mut command = Command::new(prepared_programs().await.join("viewer"));
    command
        .args([
            "--profile",
            "kitchen",
            "--port",
            front.rsplit(':').next().unwrap_or_default(),
        ])
        .arg("--pages")
        .arg(root().join(BUILT))
        .env("AWS_CONFIG_FILE", &config)
        .env("AWS_SHARED_CREDENTIALS_FILE", log.join("none"));
    for name in [
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_SFN",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_PROFILE",
    ] {
        command.env_remove(name);
    }
    let mut viewer = Running::start("viewer", command, &log.join("viewer.log"));
    viewer.answers(&http, &format!("{front}/api/ops/viewer")).await;
    let get = async |path: &str| -> Value {
        let answer = http
            .get(format!("{front}{path}"))
            .send()
            .await
            .expect("it answers");
        assert_eq!(answer.status(), 200, "{path}");
        answer.json().await.expect("JSON")
    };
    let told = get("/api/ops/viewer").await;
    assert_eq!(told["account"]["region"], "ap-south-2", "{told}");
    assert_eq!(told["account"]["endpoint"], account_url.as_str(), "{told}");
    assert_eq!(get("/api/ops/machines").await["machines"], json!([]));
    let asked = asked.0.lock().expect("nobody panics here").clone();
    let [headers] = asked.as_slice() else {
        panic!("one question, not {asked:?}");
    };
    let signature = headers["authorization"].to_str().unwrap_or_default();
    assert!(signature.contains("Credential=AKIAKITCHEN/"), "{signature}");
    assert!(
        signature.contains("/ap-south-2/states/aws4_request"),
        "{signature}"
    );
    assert!(
        !format!("{headers:?}").contains("a-secret-of-the-kitchen"),
        "{headers:?}"
    );
}
