//! Services, reached over plain HTTP at another engine's endpoint, each by its own protocol.
//!
//! - [`functions`]: Lambda. [`queries`]: forms answered in XML. [`objects`]: S3. AWS JSON is short enough for here.

mod functions;
mod object_lists;
mod objects;
mod queries;
mod xml;

use std::collections::BTreeMap;
use std::time::Duration;

use http::{Method, Request, Uri, header};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::definition::integrations::SERVICES;
use crate::definition::services::{Protocol, Service};
use crate::engine::{Call, CallKind, Place, Reply};
use crate::execution::{AwsReply, Http};

/// A service answers at once or not at all.
const ANSWER_MS_MAX: u64 = 30_000;
/// Calls at work at the same time; the others wait for their turn.
const CALLS_MAX: usize = 256;
/// Answers are at most 6 MB, Lambda's own limit.
const ANSWER_BYTES_MAX: usize = 6_291_556;
/// What becomes of a larger one.
const TOO_LARGE: &str = "the answer is larger than 6 MB, which is as much as this server reads";

/// The services.
pub(super) struct Outside {
    client: Client<HttpConnector, Full<Bytes>>,
    endpoint: String,
    region: String,
    turns: Semaphore,
}

/// An HTTP request.
struct Ask<'a> {
    method: Method,
    /// With its query, beginning with `/`.
    path: String,
    /// The service in the credential's scope.
    scope: &'a str,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    limit_ms: u64,
}

/// An HTTP answer.
struct Answer {
    status: u16,
    /// Names as AWS spells them.
    headers: BTreeMap<String, String>,
    body: Bytes,
}

impl Outside {
    /// Whoever answers at this endpoint.
    pub fn new(endpoint: Uri, place: Place) -> Outside {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(Duration::from_secs(5)));
        Outside {
            client: Client::builder(TokioExecutor::new()).build(connector),
            endpoint: endpoint.to_string().trim_end_matches('/').to_owned(),
            region: place.region,
            turns: Semaphore::new(CALLS_MAX),
        }
    }

    /// Performs a call and returns what came of it; every trouble on the way is an answer too.
    pub async fn perform(&self, call: &Call) -> Reply {
        // The semaphore is never closed.
        let _turn = self.turns.acquire().await.ok();
        match &call.kind {
            CallKind::Lambda { .. } => Reply::Lambda(self.invoke(&call.kind).await),
            CallKind::Sqs {
                queue_url,
                body,
                options,
            } => {
                let mut message = options.clone();
                message["QueueUrl"] = queue_url.as_str().into();
                message["MessageBody"] = body.as_str().into();
                match SERVICES.iter().find(|service| service.name == "sqs") {
                    Some(service) => Reply::Aws(self.ask_service(service, "SendMessage", &message).await),
                    None => Reply::Aws(unreachable("there is no service of this name")),
                }
            }
            CallKind::Aws {
                service,
                action,
                arguments,
            } => Reply::Aws(self.ask_service(service, action, arguments).await),
        }
    }

    /// Asks CloudWatch Logs, without waiting for a turn among the tasks' calls.
    pub async fn ask_logs(&self, action: &str, request: &Value) -> AwsReply {
        match SERVICES.iter().find(|service| service.name == "cloudwatchlogs") {
            Some(service) => self.ask_service(service, action, request).await,
            None => unreachable("there is no service of this name"),
        }
    }

    /// Asks at this path whether a caller may; the answer is the reason why not.
    pub async fn ask_permission(&self, path: &str, question: &Value) -> Result<Option<String>, String> {
        let ask = Ask {
            method: Method::POST,
            path: path.to_owned(),
            scope: "states",
            headers: vec![("Content-Type".to_owned(), "application/json".to_owned())],
            body: question.to_string().into_bytes(),
            limit_ms: ANSWER_MS_MAX,
        };
        let answer = self.ask(ask).await?;
        match answer.status {
            200 => Ok(None),
            403 => Ok(Some(answer.message())),
            status => Err(format!("HTTP {status}")),
        }
    }

    async fn ask_service(&self, service: &Service, action: &str, arguments: &Value) -> AwsReply {
        let answered = match service.protocol {
            Protocol::Json { version, target } => {
                self.ask_json(service, version, &format!("{target}.{action}"), arguments)
                    .await
            }
            Protocol::Query { version } => self.ask_query(service, version, action, arguments).await,
            Protocol::Lambda => self.invoke_as_sdk(arguments).await,
            Protocol::S3 => self.ask_objects(action, arguments).await,
            Protocol::Here => Err("this service is not outside".to_owned()),
        };
        answered.unwrap_or_else(|reason| unreachable(&reason))
    }

    async fn ask_json(
        &self,
        service: &Service,
        version: &str,
        target: &str,
        arguments: &Value,
    ) -> Result<AwsReply, String> {
        let ask = Ask {
            method: Method::POST,
            path: "/".to_owned(),
            scope: service.scope,
            headers: vec![
                ("X-Amz-Target".to_owned(), target.to_owned()),
                (
                    "Content-Type".to_owned(),
                    format!("application/x-amz-json-{version}"),
                ),
            ],
            body: arguments.to_string().into_bytes(),
            limit_ms: ANSWER_MS_MAX,
        };
        let answer = self.ask(ask).await?;
        if !answer.is_good() {
            return Ok(answer.refused_in_json());
        }
        let result = match answer.body.is_empty() {
            true => json!({}),
            false => serde_json::from_slice(&answer.body)
                .map_err(|reason| format!("the answer is not JSON: {reason}"))?,
        };
        Ok(AwsReply::Answered {
            result,
            http: Some(answer.seen()),
        })
    }

    async fn ask(&self, ask: Ask<'_>) -> Result<Answer, String> {
        // The other engine reads region and account from the scope and checks no signature.
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential=test/20260101/{}/{}/aws4_request, SignedHeaders=host, Signature=0",
            self.region, ask.scope
        );
        let mut request = Request::builder()
            .method(ask.method)
            .uri(format!("{}{}", self.endpoint, ask.path))
            .header(header::AUTHORIZATION, authorization)
            .header("X-Amz-Date", "20260101T000000Z");
        for (name, value) in ask.headers {
            request = request.header(name, value);
        }
        let request = request
            .body(Full::new(Bytes::from(ask.body)))
            .map_err(|reason| reason.to_string())?;
        let exchange = async {
            let response = self
                .client
                .request(request)
                .await
                .map_err(|reason| reason.to_string())?;
            let (parts, body) = response.into_parts();
            let body = Limited::new(body, ANSWER_BYTES_MAX)
                .collect()
                .await
                .map_err(|reason| match reason.is::<LengthLimitError>() {
                    true => TOO_LARGE.to_owned(),
                    false => reason.to_string(),
                })?;
            let seen = |(name, value): (&header::HeaderName, &header::HeaderValue)| {
                let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
                (spelled(name.as_str()), text)
            };
            Ok(Answer {
                status: parts.status.as_u16(),
                headers: parts.headers.iter().map(seen).collect(),
                body: body.to_bytes(),
            })
        };
        let limit = Duration::from_millis(ask.limit_ms);
        tokio::time::timeout(limit, exchange)
            .await
            .map_err(|_| format!("no answer within {} ms", ask.limit_ms))?
    }
}

fn unreachable(reason: &str) -> AwsReply {
    AwsReply::Unreachable {
        reason: reason.to_owned(),
    }
}

/// A header's name as recorded results have it; on the wire capitals mean nothing.
fn spelled(name: &str) -> String {
    match name {
        "x-amzn-requestid" => "x-amzn-RequestId".to_owned(),
        "x-amzn-remapped-content-length" => "x-amzn-Remapped-Content-Length".to_owned(),
        "x-amz-crc32" | "x-amz-request-id" | "x-amz-id-2" => name.to_owned(),
        _ => {
            let word = |word: &str| {
                let (first, rest) = word.split_at(word.len().min(1));
                first.to_ascii_uppercase() + rest
            };
            name.split('-').map(word).collect::<Vec<_>>().join("-")
        }
    }
}

impl Answer {
    fn is_good(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// A header by its name as AWS spells it.
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    fn seen(&self) -> Http {
        Http {
            status: self.status,
            headers: self.headers.clone(),
        }
    }

    fn request_id(&self) -> Option<String> {
        let id = self
            .header("x-amzn-RequestId")
            .or(self.header("x-amz-request-id"));
        id.map(str::to_owned)
    }

    /// A refused request, answered in JSON.
    fn refused_in_json(&self) -> AwsReply {
        AwsReply::Refused {
            // Whoever names no error has none of the service's own.
            code: self.error_name().unwrap_or_else(|| "InternalFailure".to_owned()),
            message: self.message(),
            status: self.status,
            request_id: self.request_id(),
            extended_request_id: None,
        }
    }

    fn message(&self) -> String {
        let told: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        let message = ["message", "Message"]
            .iter()
            .find_map(|name| told.get(name)?.as_str().map(str::to_owned));
        message.unwrap_or_else(|| String::from_utf8_lossy(&self.body).into_owned())
    }

    /// The refused request's error as its API names it, such as `QueueDoesNotExist`.
    fn error_name(&self) -> Option<String> {
        let told: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        let stated = self
            .header("X-Amzn-Errortype")
            .or_else(|| told.get("__type").and_then(Value::as_str))?;
        // `com.amazonaws.sqs#QueueDoesNotExist`, or `Name:http://...`.
        let name = stated.rsplit('#').next()?.split(':').next()?;
        let is_plain = !name.is_empty() && name.chars().all(|letter| letter.is_ascii_alphanumeric());
        is_plain.then(|| name.to_owned())
    }
}

/// A path segment or query value.
fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => encoded.push(byte.into()),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}
