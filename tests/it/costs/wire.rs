//! Counts at the wire: two small proxies, one before DynamoDB and one before Step Functions, that every function of a
//! stack speaks through.
//!
//! Before and after a write the DynamoDB proxy reads the items concerned past itself, so that units can be computed
//! from what really changed. It can also hold a transaction back until a second one has come: that makes two buyers
//! lose and win a race on every run instead of now and then.

use super::units::{self, Keys};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::{Ipv4Addr, TcpListener as StdListener};
use std::sync::Arc;
use std::sync::Mutex;
use tokio::net::TcpListener;
use tokio::sync::{Barrier, Mutex as AsyncMutex};

/// Something a function asked of AWS.
#[derive(Clone, Debug)]
pub struct Call {
    /// The operation, e.g. `PutItem`.
    pub action: String,
    /// The tables it is about; empty for Step Functions.
    pub tables: Vec<String>,
    /// The index that was asked, if one was.
    pub index: String,
    pub read_units: f64,
    /// Write units by the place where they are written: a table, one key of a table of few keys, or an index.
    pub written: Vec<(String, f64)>,
}

/// Everything that passed.
#[derive(Debug)]
pub struct Wire {
    calls: Mutex<Vec<Call>>,
    keys: Mutex<BTreeMap<String, Keys>>,
    /// Set while transactions are to wait for each other.
    race: Mutex<Option<Arc<Barrier>>>,
    // One write at a time, so that before and after are those of this write.
    turn: AsyncMutex<()>,
    http: reqwest::Client,
}

/// Where one proxy listens and what is behind it.
#[derive(Clone, Debug)]
pub struct Tap {
    pub url: String,
    listener: Arc<StdListener>,
}

impl Tap {
    /// Takes a port; nothing is answered yet.
    pub fn new() -> Self {
        let listener = StdListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
        listener.set_nonblocking(true).expect("a listener can be made so");
        let port = listener.local_addr().expect("it has an address").port();
        Self {
            url: format!("http://127.0.0.1:{port}"),
            listener: Arc::new(listener),
        }
    }
}

impl Wire {
    /// Starts counting what goes through the taps to the addresses beside them.
    pub fn start(taps: &[(&Tap, String)]) -> Arc<Self> {
        let wire = Arc::new(Self {
            calls: Mutex::default(),
            keys: Mutex::default(),
            race: Mutex::default(),
            turn: AsyncMutex::default(),
            http: reqwest::Client::builder()
                .no_proxy()
                .build()
                .expect("a client without TLS"),
        });
        for (tap, target) in taps {
            let (wire, listener, target) = (Arc::clone(&wire), Arc::clone(&tap.listener), target.clone());
            // A thread with a runtime of its own, which ends with the process: the test's own runtime may be blocked
            // while the stack starts.
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                runtime
                    .expect("a runtime")
                    .block_on(serve(wire, &listener, target));
            });
        }
        wire
    }

    /// What passed since this was called last, with whatever is passing now.
    pub async fn take(&self) -> Vec<Call> {
        let _turn = self.turn.lock().await;
        std::mem::take(&mut *self.calls.lock().expect("nobody panicked"))
    }

    /// From now on transactions wait until `size` of them are there, and then go on together.
    pub fn race(&self, size: usize) {
        *self.race.lock().expect("nobody panicked") = (size > 1).then(|| Arc::new(Barrier::new(size)));
    }

    async fn forward(&self, target: &str, head: &hyper::http::request::Parts, body: Bytes) -> (u16, Bytes) {
        let mut request = self.http.post(target).body(body);
        for name in ["content-type", "x-amz-target", "authorization", "x-amz-date"] {
            if let Some(value) = head.headers.get(name) {
                request = request.header(name, value.as_bytes());
            }
        }
        let response = request.send().await.expect("what is behind the proxy answers");
        let status = response.status().as_u16();
        (status, response.bytes().await.expect("the whole answer"))
    }

    /// Asks DynamoDB past the count.
    async fn aside(&self, target: &str, action: &str, body: Value) -> Value {
        let response = self
            .http
            .post(target)
            .header("x-amz-target", format!("DynamoDB_20120810.{action}"))
            .header("content-type", "application/x-amz-json-1.0")
            .header(
                "authorization",
                "AWS4-HMAC-SHA256 Credential=test/20260101/eu-central-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0",
            )
            .body(body.to_string())
            .send()
            .await
            .expect("DynamoDB answers");
        response.json().await.expect("DynamoDB answers in JSON")
    }

    async fn keys(&self, target: &str, table: &str) -> Keys {
        let known = self.keys.lock().expect("nobody panicked").get(table).cloned();
        if let Some(known) = known {
            return known;
        }
        let described = self
            .aside(target, "DescribeTable", json!({ "TableName": table }))
            .await;
        let keys = Keys::read(&described);
        let mut all = self.keys.lock().expect("nobody panicked");
        all.insert(table.to_owned(), keys.clone());
        keys
    }

    async fn item(&self, target: &str, write: &Write) -> Value {
        let body = json!({ "TableName": write.table, "Key": write.key, "ConsistentRead": true });
        self.aside(target, "GetItem", body).await["Item"].clone()
    }

    /// Passes one DynamoDB call on and counts it.
    async fn dynamodb(
        &self,
        target: &str,
        action: &str,
        head: &hyper::http::request::Parts,
        body: Bytes,
    ) -> (u16, Bytes) {
        let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
        let race = self.race.lock().expect("nobody panicked").clone();
        if let (Some(race), "TransactWriteItems") = (race, action) {
            race.wait().await;
        }
        let _turn = self.turn.lock().await;
        let mut writes = Vec::new();
        for (table, request) in writes_in(action, &asked) {
            let keys = self.keys(target, &table).await;
            let key = if request["Key"].is_null() {
                keys.of(&request["Item"])
            } else {
                request["Key"].clone()
            };
            let mut write = Write {
                table,
                keys,
                key,
                before: Value::Null,
            };
            write.before = self.item(target, &write).await;
            writes.push(write);
        }
        let (status, answer) = self.forward(target, head, body).await;
        let times = if action == "TransactWriteItems" { 2 } else { 1 };
        let mut written = Vec::new();
        for write in &writes {
            if status == 200 {
                let after = self.item(target, write).await;
                for (index, units) in write.keys.written(&write.before, &after, times) {
                    written.push((write.place(index), units));
                }
            } else {
                written.push((write.place(None), units::refused(&write.before, times)));
            }
        }
        let read_units = if writes.is_empty() {
            read_units(action, &asked, &answer)
        } else {
            0.0
        };
        let tables = writes.iter().map(|write| write.table.clone());
        let one = asked["TableName"].as_str().map(str::to_owned);
        let mut tables: Vec<String> = tables.chain(one).collect();
        tables.dedup();
        self.note(Call {
            action: action.to_owned(),
            tables,
            index: asked["IndexName"].as_str().unwrap_or_default().to_owned(),
            read_units,
            written,
        });
        (status, answer)
    }

    fn note(&self, call: Call) {
        self.calls.lock().expect("nobody panicked").push(call);
    }

    async fn answer(&self, target: &str, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let (head, body) = request.into_parts();
        let body = body.collect().await.expect("a whole request").to_bytes();
        let named = head
            .headers
            .get("x-amz-target")
            .and_then(|value| value.to_str().ok());
        let (service, action) = named.and_then(|named| named.split_once('.')).unwrap_or_default();
        let (status, answer) = if service.starts_with("DynamoDB") {
            self.dynamodb(target, action, &head, body).await
        } else {
            let (tables, index) = (Vec::new(), String::new());
            self.note(Call {
                action: action.to_owned(),
                tables,
                index,
                read_units: 0.0,
                written: Vec::new(),
            });
            self.forward(target, &head, body).await
        };
        let mut response = Response::new(Full::new(answer));
        *response.status_mut() = StatusCode::from_u16(status).expect("a status");
        let headers = response.headers_mut();
        headers.insert(
            "content-type",
            "application/x-amz-json-1.0".parse().expect("a header value"),
        );
        response
    }
}

/// One item that a call writes.
struct Write {
    table: String,
    keys: Keys,
    key: Value,
    before: Value,
}

impl Write {
    /// Where it writes, as docs/costs.md says it: `orders`, `orders/unfinished`, `ledgers kitchen`. The name of a table is
    /// its own between those of the stack and of the engine.
    fn place(&self, index: Option<&str>) -> String {
        let name = self.table.split('-').nth(1).unwrap_or(&self.table);
        let name = name.strip_suffix("Table").unwrap_or(name).to_lowercase();
        match (index, self.key["place"]["S"].as_str()) {
            (Some(index), _) => format!("{name}/{index}"),
            (None, Some(place)) => format!("{name} {place}"),
            (None, None) => name,
        }
    }
}

/// The table and the request of each item that a call writes; none for a read.
fn writes_in(action: &str, asked: &Value) -> Vec<(String, Value)> {
    let table = |request: &Value| request["TableName"].as_str().unwrap_or_default().to_owned();
    match action {
        "PutItem" | "UpdateItem" | "DeleteItem" => vec![(table(asked), asked.clone())],
        "TransactWriteItems" => {
            let items = asked["TransactItems"].as_array().into_iter().flatten();
            let requests = items.filter_map(|item| item.as_object()?.values().next().cloned());
            requests.map(|request| (table(&request), request)).collect()
        }
        "GetItem" | "BatchGetItem" | "Query" => Vec::new(),
        other => panic!("{other} passed: teach this module what it costs"),
    }
}

fn read_units(action: &str, asked: &Value, answer: &[u8]) -> f64 {
    let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
    let consistent = asked["ConsistentRead"] == true;
    match action {
        "GetItem" => units::read(units::size(&answer["Item"]), consistent),
        // A query is billed by the sum of what it looked at.
        "Query" => {
            let items = answer["Items"].as_array().into_iter().flatten();
            units::read(items.map(units::size).sum(), consistent)
        }
        "BatchGetItem" => {
            let tables = answer["Responses"].as_object().into_iter().flatten();
            let items = tables.flat_map(|(_, items)| items.as_array().into_iter().flatten());
            items.map(|item| units::read(units::size(item), true)).sum()
        }
        _ => 0.0,
    }
}

async fn serve(wire: Arc<Wire>, listener: &StdListener, target: String) {
    let listener = listener
        .try_clone()
        .and_then(TcpListener::from_std)
        .expect("a listener");
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        let _ = stream.set_nodelay(true);
        let (wire, target) = (Arc::clone(&wire), target.clone());
        tokio::spawn(async move {
            let answer = service_fn(move |request| {
                let (wire, target) = (Arc::clone(&wire), target.clone());
                async move { Ok::<_, Infallible>(wire.answer(&target, request).await) }
            });
            // A function that goes away takes its connection with it.
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), answer)
                .await;
        });
    }
}
