//! A function behind a WebSocket API: connections that open and close, and what is said on them.
//!
//! Only the few fields that are used are read, and header names without regard to case: engines differ in the rest.

use crate::log;
use crate::start::StartError;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use contract::Problem;
use contract::live::{SocketEvent, SocketRequest};
use domain::Fault;
use domain::live::ConnectionId;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

type Answering = Pin<Box<dyn Future<Output = Result<StatusCode, Fault>> + Send>>;
type Handler = Arc<dyn Fn(SocketRequest) -> Answering + Send + Sync>;

/// An event of a WebSocket API, as API Gateway sends it to a function.
/// Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-integration-requests.html>.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GatewayEvent {
    request_context: GatewayContext,
    /// There when a connection is to be opened.
    headers: Option<BTreeMap<String, String>>,
    multi_value_headers: Option<BTreeMap<String, Vec<String>>>,
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GatewayContext {
    event_type: String,
    connection_id: ConnectionId,
    request_id: Option<String>,
}

/// The answer: of a handshake it is the status that the client gets, of anything else nobody sees it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct GatewayAnswer {
    status_code: u16,
}

/// Serves a WebSocket API until the environment is shut down.
///
/// # Errors
/// [`StartError::Loop`] when the runtime loop ends.
pub async fn run_socket<F>(
    step: &'static str,
    handle: impl Fn(SocketRequest) -> F + Send + Sync + 'static,
) -> Result<(), StartError>
where
    F: Future<Output = Result<StatusCode, Fault>> + Send + 'static,
{
    serve(step, Arc::new(move |request| Box::pin(handle(request)))).await
}

async fn serve(step: &'static str, handler: Handler) -> Result<(), StartError> {
    lambda_runtime::run(service_fn(move |event: LambdaEvent<GatewayEvent>| {
        let handler = Arc::clone(&handler);
        async move { Ok::<_, Error>(answer(step, &handler, event.payload).await) }
    }))
    .await
    .map_err(|error| StartError::Loop(error.to_string()))
}

async fn answer(step: &'static str, handler: &Handler, event: GatewayEvent) -> GatewayAnswer {
    let began = Instant::now();
    let request_id = event.request_context.request_id.clone();
    let outcome = match request(event) {
        Ok(request) => handler(request).await,
        Err(fault) => Err(fault),
    };
    let ids = log::Ids {
        order: None,
        request: request_id.as_deref(),
    };
    log::step(step, ids, began, outcome.as_ref().err());
    let status_code = match outcome {
        Ok(status) => status.as_u16(),
        Err(fault) => Problem(fault).body().status,
    };
    GatewayAnswer { status_code }
}

fn request(event: GatewayEvent) -> Result<SocketRequest, Fault> {
    let GatewayContext {
        event_type,
        connection_id,
        ..
    } = event.request_context;
    let event = match event_type.as_str() {
        "CONNECT" => SocketEvent::Connect(headers(event.headers, event.multi_value_headers)),
        "DISCONNECT" => SocketEvent::Disconnect,
        // A binary frame says nothing that is understood here, and base64 of it is no JSON either.
        "MESSAGE" if event.is_base64_encoded => SocketEvent::Message(String::new()),
        "MESSAGE" => SocketEvent::Message(event.body.unwrap_or_default()),
        other => {
            return Err(Fault::Defect(format!(
                "a socket's event of an unknown type: {other}"
            )));
        }
    };
    Ok(SocketRequest { connection_id, event })
}

/// The headers of a handshake; each as often as it was sent, where the gateway says so.
fn headers(
    single: Option<BTreeMap<String, String>>,
    multiple: Option<BTreeMap<String, Vec<String>>>,
) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let mut add = |name: &str, value: &str| {
        // What is no header is passed over, as it would be on its way here.
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse::<HeaderValue>()) {
            headers.append(name, value);
        }
    };
    match (multiple, single) {
        (Some(multiple), _) => {
            for (name, values) in &multiple {
                values.iter().for_each(|value| add(name, value));
            }
        }
        (None, Some(single)) => single.iter().for_each(|(name, value)| add(name, value)),
        (None, None) => {}
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read(event: Value) -> Result<SocketRequest, Fault> {
        request(serde_json::from_value(event).unwrap())
    }

    fn context(event_type: &str) -> Value {
        json!({ "eventType": event_type, "connectionId": "L0SM9cOFvHcCIhw=", "routeKey": "$default", "requestId": "r1" })
    }

    #[test]
    fn a_handshake_brings_its_headers_under_whatever_case_they_were_sent() {
        for headers in [
            json!({ "headers": { "Origin": "https://a", "Cookie": "a=b" } }),
            json!({ "headers": null, "multiValueHeaders": { "ORIGIN": ["https://a"], "cookie": ["a=b"] } }),
        ] {
            let mut event = headers;
            event["requestContext"] = context("CONNECT");
            let SocketEvent::Connect(headers) = read(event).unwrap().event else {
                panic!("not a handshake");
            };
            assert_eq!(headers["origin"], "https://a");
            assert_eq!(headers["cookie"], "a=b");
        }
    }

    #[test]
    fn what_is_said_comes_as_it_was_said_and_bytes_say_nothing() {
        let said = |event: Value| match read(event).unwrap().event {
            SocketEvent::Message(text) => text,
            other => panic!("{other:?}"),
        };
        let context = context("MESSAGE");
        assert_eq!(
            said(json!({ "requestContext": context, "body": "{\"a\":1}" })),
            "{\"a\":1}"
        );
        assert_eq!(said(json!({ "requestContext": context, "body": null })), "");
        assert_eq!(
            said(json!({ "requestContext": context, "body": "e30=", "isBase64Encoded": true })),
            ""
        );
        let closed = read(json!({ "requestContext": self::context("DISCONNECT") })).unwrap();
        assert!(matches!(closed.event, SocketEvent::Disconnect));
        assert!(matches!(
            read(json!({ "requestContext": self::context("OTHER") })),
            Err(Fault::Defect(_))
        ));
    }

    #[tokio::test]
    async fn a_fault_refuses_the_handshake_with_its_own_status() {
        for (outcome, status) in [
            (Ok(StatusCode::FORBIDDEN), 403),
            (Err(Fault::Refused(domain::Refusal::NotSignedIn)), 401),
            (Err(Fault::Transient("away".to_owned())), 503),
            (Err(Fault::Defect("broken".to_owned())), 500),
        ] {
            let handler: Handler = Arc::new(move |_| {
                let outcome = outcome.clone();
                Box::pin(async move { outcome })
            });
            let event = serde_json::from_value(json!({ "requestContext": context("CONNECT") })).unwrap();
            assert_eq!(answer("test", &handler, event).await.status_code, status);
        }
    }

    proptest::proptest! {
        /// A gateway tells what a client says it is: headers and words may be anything.
        #[test]
        fn whatever_the_gateway_tells_is_read_or_a_defect(
            event in damaged::json(json!({
                "requestContext": context("CONNECT"),
                "headers": { "Cookie": "session=a", "bad name": "x" },
                "multiValueHeaders": { "Origin": ["https://a", "\r\nX: y"] },
                "body": "{\"action\":\"ping\"}", "isBase64Encoded": false,
            })),
        ) {
            let Ok(event) = serde_json::from_value::<GatewayEvent>(event) else { return Ok(()) };
            match request(event) {
                Ok(request) => if let SocketEvent::Connect(headers) = request.event {
                    let is_sound = |value: &HeaderValue| !value.as_bytes().contains(&b'\n');
                    proptest::prop_assert!(headers.values().all(is_sound));
                },
                Err(fault) => proptest::prop_assert!(matches!(fault, Fault::Defect(_))),
            }
        }
    }
}
