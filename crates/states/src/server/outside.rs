//! Functions and queues, reached over plain HTTP at another engine's endpoint.

use std::time::Duration;

use http::{Method, Request, Uri, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use tokio::sync::Semaphore;

use crate::engine::{Call, CallKind, Place, Reply};
use crate::execution::{LambdaReply, SqsReply, function_name};

/// A function runs 15 minutes at most; a little more for its answer.
const LAMBDA_MS_MAX: u64 = 905_000;
/// A queue answers at once or not at all.
const SQS_MS_MAX: u64 = 30_000;
/// Calls at work at the same time; the others wait for their turn.
const CALLS_MAX: usize = 256;
/// Answers are at most 6 MB, Lambda's own limit.
const ANSWER_BYTES_MAX: usize = 6_291_556;

/// Functions and queues.
pub(super) struct Outside {
    client: Client<HttpConnector, Full<Bytes>>,
    endpoint: String,
    region: String,
    turns: Semaphore,
}

/// An HTTP answer.
struct Answer {
    status: u16,
    /// Lambda's mark of a function that failed.
    function_error: bool,
    /// Names the error of a refused request.
    error_type: Option<String>,
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
            CallKind::Lambda {
                function,
                qualifier,
                payload,
            } => Reply::Lambda(self.invoke(function, qualifier.as_deref(), payload).await),
            CallKind::Sqs {
                queue_url,
                body,
                options,
            } => Reply::Sqs(self.send(queue_url, body, options).await),
        }
    }

    async fn invoke(&self, function: &str, qualifier: Option<&str>, payload: &Value) -> LambdaReply {
        let query = qualifier
            .map(|qualifier| format!("?Qualifier={}", encoded(qualifier)))
            .unwrap_or_default();
        let path = format!(
            "/2015-03-31/functions/{}/invocations{query}",
            encoded(function_name(function))
        );
        let headers = [
            ("X-Amz-Invocation-Type", "RequestResponse"),
            ("Content-Type", "application/json"),
        ];
        let asked = self
            .ask(&path, "lambda", &headers, payload.to_string(), LAMBDA_MS_MAX)
            .await;
        let answer = match asked {
            Ok(answer) => answer,
            Err(cause) => {
                return LambdaReply::ServiceError {
                    error: "Lambda.SdkClientException".to_owned(),
                    cause,
                };
            }
        };
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        if !(200..300).contains(&answer.status) {
            let error = match (answer.status, answer.error_name()) {
                (_, Some(name)) => format!("Lambda.{name}"),
                (429, None) => "Lambda.TooManyRequestsException".to_owned(),
                (404, None) => "Lambda.ResourceNotFoundException".to_owned(),
                (500.., None) => "Lambda.ServiceException".to_owned(),
                _ => "Lambda.AWSLambdaException".to_owned(),
            };
            return LambdaReply::ServiceError {
                error,
                cause: answer.cause("Lambda"),
            };
        }
        let payload = match text.trim() {
            "" => Ok(Value::Null),
            text => serde_json::from_str(text),
        };
        match (payload, answer.function_error) {
            (Ok(payload), false) => LambdaReply::Returned(payload),
            (Ok(payload), true) => LambdaReply::FunctionError(payload),
            (Err(_), true) => LambdaReply::FunctionError(serde_json::json!({ "errorMessage": text })),
            (Err(reason), false) => LambdaReply::ServiceError {
                error: "Lambda.Unknown".to_owned(),
                cause: format!("The function's answer is not JSON: {reason}"),
            },
        }
    }

    async fn send(&self, queue_url: &str, body: &str, options: &Value) -> SqsReply {
        let mut message = options.clone();
        message["QueueUrl"] = queue_url.into();
        message["MessageBody"] = body.into();
        let headers = [
            ("X-Amz-Target", "AmazonSQS.SendMessage"),
            ("Content-Type", "application/x-amz-json-1.0"),
        ];
        let asked = self
            .ask("/", "sqs", &headers, message.to_string(), SQS_MS_MAX)
            .await;
        let answer = match asked {
            Ok(answer) => answer,
            Err(cause) => {
                return SqsReply::ServiceError {
                    error: "SQS.SdkClientException".to_owned(),
                    cause,
                };
            }
        };
        let told: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let text = |name: &str| told.get(name).and_then(Value::as_str).map(str::to_owned);
        match (answer.status, text("MessageId"), text("MD5OfMessageBody")) {
            (200, Some(message_id), Some(body_md5)) => SqsReply::Sent { message_id, body_md5 },
            _ => SqsReply::ServiceError {
                error: format!(
                    "SQS.{}",
                    answer.error_name().unwrap_or_else(|| "SqsException".to_owned())
                ),
                cause: answer.cause("Sqs"),
            },
        }
    }

    async fn ask(
        &self,
        path: &str,
        service: &str,
        headers: &[(&str, &str)],
        body: String,
        limit_ms: u64,
    ) -> Result<Answer, String> {
        // The other engine reads region and account from the scope and checks no signature.
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential=test/20260101/{}/{service}/aws4_request, SignedHeaders=host, Signature=0",
            self.region
        );
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(format!("{}{path}", self.endpoint))
            .header(header::AUTHORIZATION, authorization)
            .header("X-Amz-Date", "20260101T000000Z");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request
            .body(Full::new(Bytes::from(body)))
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
                .map_err(|reason| reason.to_string())?;
            let text = |name: &str| {
                parts
                    .headers
                    .get(name)
                    .and_then(|value| value.to_str().ok())
                    .map(str::to_owned)
            };
            Ok(Answer {
                status: parts.status.as_u16(),
                function_error: parts.headers.contains_key("X-Amz-Function-Error"),
                error_type: text("X-Amzn-ErrorType"),
                body: body.to_bytes(),
            })
        };
        let limit = Duration::from_millis(limit_ms);
        tokio::time::timeout(limit, exchange)
            .await
            .map_err(|_| format!("no answer within {limit_ms} ms"))?
    }
}

impl Answer {
    /// What a refused request's cause looks like in Step Functions.
    fn cause(&self, service: &str) -> String {
        let told: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        let message = ["message", "Message"]
            .iter()
            .find_map(|name| told.get(name)?.as_str().map(str::to_owned));
        let message = message.unwrap_or_else(|| String::from_utf8_lossy(&self.body).into_owned());
        format!("{message} (Service: {service}, Status Code: {})", self.status)
    }

    /// The refused request's error as Step Functions names it, such as `QueueDoesNotExistException`.
    fn error_name(&self) -> Option<String> {
        let told: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        let stated = self
            .error_type
            .as_deref()
            .or_else(|| told.get("__type").and_then(Value::as_str))?;
        // `com.amazonaws.sqs#QueueDoesNotExist`, or `Name:http://...`.
        let name = stated.rsplit('#').next()?.split(':').next()?;
        let plain = !name.is_empty() && name.chars().all(|letter| letter.is_ascii_alphanumeric());
        plain.then(|| format!("{}Exception", name.trim_end_matches("Exception")))
    }
}

/// A path segment or query value; names of functions and versions need little, but may hold `$LATEST`.
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
