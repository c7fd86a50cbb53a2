//! A Step Functions server within the test, a viewer over it, and requests to the viewer.

use aws::{Account, LocalEngine, Place, SystemClock, connect_to};
use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use states::server::{Options, serve};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::sync::oneshot;
use tower::ServiceExt;
use viewer::local::{self, Local};
use viewer::queues::{self, Queues};
use viewer::{Changed, Viewer};

/// Does what its input's `do` says: `fail`, `wait` for an hour, or else succeed.
pub const OBEDIENT: &str = r#"{
  "QueryLanguage": "JSONata", "StartAt": "WhatToDo", "States": {
    "WhatToDo": { "Type": "Choice", "Default": "Done", "Choices": [
      { "Condition": "{% $states.input.do = 'fail' %}", "Next": "Broken" },
      { "Condition": "{% $states.input.do = 'wait' %}", "Next": "Rest" } ] },
    "Rest": { "Type": "Wait", "Seconds": 3600, "Next": "Done" },
    "Broken": { "Type": "Fail", "Error": "CardDeclined", "Cause": "{% $states.input.why %}" },
    "Done": { "Type": "Succeed" } } }"#;

/// Goes through a Pass state `n` times; each round leaves four events.
pub const LONG: &str = r#"{
  "QueryLanguage": "JSONata", "StartAt": "Again", "States": {
    "Again": { "Type": "Choice", "Default": "Done", "Choices": [
      { "Condition": "{% $states.input.n > 0 %}", "Next": "Less" } ] },
    "Less": { "Type": "Pass", "Output": { "n": "{% $states.input.n - 1 %}" }, "Next": "Again" },
    "Done": { "Type": "Succeed" } } }"#;

/// An answer of the viewer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
    /// What it says that was changed, to whoever writes that down.
    pub changed: Option<String>,
}

impl Answer {
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }
}

/// A folder of conditions, which goes with the last scene that has it.
struct World(PathBuf);

impl World {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("viewer-world-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _absent = std::fs::remove_dir_all(&self.0);
    }
}

/// A viewer over some account.
#[derive(Clone)]
pub struct Scene {
    pub account: Account,
    world: Arc<World>,
    routes: Router,
}

impl Scene {
    /// Over whatever answers at an address.
    pub async fn at(url: &str) -> Self {
        Self::ahead(url, 0).await
    }

    /// The same, where executions are so many milliseconds ahead of log lines.
    pub async fn ahead(url: &str, ahead_ms: i64) -> Self {
        let place = Place {
            endpoint_url: Some(url.to_owned()),
            region: Some("eu-central-1".to_owned()),
            profile: None,
        };
        let connections = connect_to(place).await;
        let account = Account::new(&connections);
        let told = format!("ship={url}/1/parcels,{url}/1/parcels-dead tell={url}/1/news");
        let queues = Queues::read(account.clone(), &told).unwrap();
        let engine = Some(LocalEngine::new(&connections, url));
        let world = Arc::new(World::new());
        let viewer = Viewer {
            account: account.clone(),
            features: &[],
            ahead_ms: Arc::new(move || ahead_ms),
        };
        Self {
            account,
            routes: contract::seal(viewer::router(viewer).merge(queues::router(queues)).merge(
                local::router(Local {
                    engine,
                    conditions: Some(laptop::conditions_file(&world.0)),
                    clock: Arc::new(SystemClock),
                }),
            )),
            world,
        }
    }

    /// Writes the file of the conditions as nobody should.
    pub fn damages_the_conditions(&self) {
        std::fs::write(self.world.0.join("conditions.json"), "{}").unwrap();
    }

    /// Over a Step Functions server of its own. It ends with the test's runtime.
    pub async fn start() -> Self {
        let (told, address) = oneshot::channel();
        let options = Options {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            aws_endpoint: "http://127.0.0.1:1".parse().unwrap(),
            journal: None,
            clock_file: None,
            place: states::engine::Place::default(),
            permissions: None,
        };
        tokio::spawn(serve(
            options,
            move |address| told.send(address).unwrap(),
            std::future::pending(),
        ));
        Self::at(&format!("http://{}", address.await.unwrap())).await
    }

    /// Asks the account itself.
    pub async fn states(&self, operation: &'static str, input: Value) -> Value {
        self.account
            .call(aws::Api::States, operation, &input)
            .await
            .unwrap_or_else(|error| panic!("{operation}: {error}"))
    }

    /// A new machine; its ARN.
    pub async fn machine(&self, name: &str, kind: &str, definition: &str) -> String {
        let input = json!({ "name": name, "type": kind, "definition": definition, "roleArn": "arn:aws:iam::0:role/r" });
        let made = self.states("CreateStateMachine", input).await;
        made["stateMachineArn"].as_str().unwrap().to_owned()
    }

    /// A new execution; its ARN.
    pub async fn execution(&self, machine: &str, name: &str, input: Value) -> String {
        let input = json!({ "stateMachineArn": machine, "name": name, "input": input.to_string() });
        let made = self.states("StartExecution", input).await;
        made["executionArn"].as_str().unwrap().to_owned()
    }

    /// Waits until an execution is in a status, which it is at once or never: nothing here waits for anybody.
    pub async fn until(&self, execution: &str, status: &str) -> Value {
        for _ in 0..1_000 {
            let described = self
                .states("DescribeExecution", json!({ "executionArn": execution }))
                .await;
            if described["status"] == status {
                return described;
            }
            tokio::task::yield_now().await;
        }
        panic!("{execution} is not {status}");
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, None, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.ask(Method::POST, path, Some(body), None).await
    }

    /// The same under an idempotency key.
    pub async fn post_as(&self, key: &str, path: &str, body: Value) -> Answer {
        self.ask(Method::POST, path, Some(body), Some(key)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.ask(Method::PUT, path, Some(body), None).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.ask(Method::DELETE, path, None, None).await
    }

    async fn ask(&self, method: Method, path: &str, body: Option<Value>, key: Option<&str>) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("/api/ops/{path}"))
            .header("content-type", "application/json");
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let request = request
            .body(body.map_or_else(Body::empty, |body| Body::from(body.to_string())))
            .unwrap();
        let response = self.routes.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let changed = response.extensions().get::<Changed>();
        let changed = changed.map(|Changed(words)| words.clone());
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        Answer {
            status,
            body: serde_json::from_slice(&bytes).unwrap_or_default(),
            changed,
        }
    }

    /// The names of all executions that a query finds, over as many pages as there are.
    pub async fn found(&self, query: &str) -> Vec<String> {
        let mut names = Vec::new();
        let mut cursor = String::new();
        for _ in 0..100 {
            let page = self.get(&format!("executions?{query}{cursor}")).await.expect(200);
            let found = page["executions"].as_array().unwrap();
            names.extend(found.iter().map(|row| row["name"].as_str().unwrap().to_owned()));
            match page["nextCursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return names,
            }
        }
        panic!("{query} has no end: {names:?}");
    }
}
