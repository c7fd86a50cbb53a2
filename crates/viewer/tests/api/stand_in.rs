//! A stand-in for an account's APIs: plain answers to requests as they come over the wire.

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

/// What it answers to an operation with an input: a body, or an error's name.
pub type Answering = fn(&str, &Value) -> Result<Value, &'static str>;

/// What it was asked, in order: target, headers and body.
pub type Asked = Arc<Mutex<Vec<(String, HeaderMap, Value)>>>;

#[derive(Clone)]
struct StandIn {
    answer: Answering,
    asked: Asked,
}

/// Starts one. It ends with the test's runtime.
pub async fn stand_in(answer: Answering) -> (String, Asked) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = Asked::default();
    let state = StandIn {
        answer,
        asked: Arc::clone(&asked),
    };
    let routes = Router::new().route("/", post(answered)).with_state(state);
    tokio::spawn(async move { axum::serve(listener, routes).await });
    (url, asked)
}

async fn answered(State(stand_in): State<StandIn>, headers: HeaderMap, body: String) -> Response {
    let target = headers["x-amz-target"].to_str().unwrap().to_owned();
    let input: Value = serde_json::from_str(&body).unwrap();
    let operation = target.rsplit('.').next().unwrap();
    let answer = (stand_in.answer)(operation, &input);
    stand_in
        .asked
        .lock()
        .unwrap()
        .push((target.clone(), headers, input));
    match answer {
        Ok(body) => axum::Json(body).into_response(),
        Err(name) => {
            let body = json!({ "__type": format!("com.amazonaws#{name}"), "message": "no" });
            (StatusCode::BAD_REQUEST, axum::Json(body)).into_response()
        }
    }
}
