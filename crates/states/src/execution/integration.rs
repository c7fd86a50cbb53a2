//! Answers of services in the shape Step Functions hands on, and its names for their errors.

use md5::{Digest, Md5};
use serde_json::{Value, json};

use crate::chance::Chance;

use super::{Failure, Http};

/// A function failed without saying how.
const LAMBDA_UNKNOWN: &str = "Lambda.Unknown";

/// What came of calling a function.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum LambdaReply {
    /// It returned this.
    Returned(Value),
    /// The API answered: with what the function returned, or with no payload if nobody waited for that.
    Answered {
        /// What it returned.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        payload: Option<Value>,
        /// The version that ran.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        version: Option<String>,
        /// What was seen of the exchange.
        http: Http,
    },
    /// It failed, and this is its error payload: `{"errorType": .., "errorMessage": ..}`.
    FunctionError(Value),
    /// The call itself failed; the error is one of `Lambda.*`.
    ServiceError {
        /// Such as `Lambda.ServiceException`.
        error: String,
        /// What the service said.
        cause: String,
    },
}

/// What came of sending a message.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum SqsReply {
    /// It is in the queue.
    Sent {
        /// The queue's name for it.
        message_id: String,
        /// Hexadecimal digest of its body.
        body_md5: String,
    },
    /// It was not sent; the error is one of `SQS.*`.
    ServiceError {
        /// Such as `SQS.QueueDoesNotExistException`.
        error: String,
        /// What the service said.
        cause: String,
    },
}

impl LambdaReply {
    /// The result of a function's own ARN: what it returned.
    pub(super) fn bare(self) -> Result<Value, Failure> {
        match self {
            LambdaReply::Returned(value) => Ok(value),
            LambdaReply::Answered { payload, .. } => Ok(payload.unwrap_or_default()),
            LambdaReply::FunctionError(payload) => Err(function_failure(&payload)),
            LambdaReply::ServiceError { error, cause } => Err(Failure::new(error, cause)),
        }
    }

    /// The result of `lambda:invoke`: the answer of the Invoke API.
    pub(super) fn wrapped(self, chance: &mut Chance) -> Result<Value, Failure> {
        let LambdaReply::Answered {
            payload,
            version,
            http,
        } = self
        else {
            let payload = self.bare()?;
            let answer = json!({ "ExecutedVersion": "$LATEST", "Payload": payload, "StatusCode": 200 });
            return Ok(with_sdk_metadata(answer, chance));
        };
        let mut answer = json!({ "StatusCode": http.status });
        if let Some(payload) = payload {
            answer["Payload"] = payload;
        }
        if let Some(version) = version {
            answer["ExecutedVersion"] = version.into();
        }
        Ok(Http::describe(Some(http), answer, chance))
    }
}

impl SqsReply {
    /// A message that was sent.
    pub fn sent(message_id: impl Into<String>, body: &str) -> SqsReply {
        let body_md5 = Md5::digest(body)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        SqsReply::Sent {
            message_id: message_id.into(),
            body_md5,
        }
    }

    pub(super) fn wrapped(self, chance: &mut Chance) -> Result<Value, Failure> {
        match self {
            SqsReply::Sent { message_id, body_md5 } => Ok(with_sdk_metadata(
                json!({ "MD5OfMessageBody": body_md5, "MessageId": message_id }),
                chance,
            )),
            SqsReply::ServiceError { error, cause } => Err(Failure::new(error, cause)),
        }
    }
}

/// "Unhandled errors in Lambda are reported as `Lambda.Unknown`. These include out-of-memory errors and function
/// timeouts" (Developer Guide, "Handling errors"). Histories show the type that Lambda gives those, so that is the
/// error's name, and it answers to the documented one as well. Without a type it is only the documented one.
fn function_failure(payload: &Value) -> Failure {
    match payload.get("errorType").and_then(Value::as_str) {
        Some(name @ ("Sandbox.Timedout" | "Runtime.ExitError" | "Runtime.OutOfMemory")) => {
            Failure::new(name, payload.to_string()).also_called(LAMBDA_UNKNOWN)
        }
        Some(name) if !name.is_empty() => Failure::new(name, payload.to_string()),
        _ => Failure::new(
            LAMBDA_UNKNOWN,
            format!(
                "The cause could not be determined because Lambda did not return an error type. Returned payload: \
                 {payload}"
            ),
        ),
    }
}

/// Adds what the AWS SDK inside Step Functions says of the HTTP exchange.
pub(super) fn with_sdk_metadata(mut answer: Value, chance: &mut Chance) -> Value {
    let request_id = chance.uuid();
    let headers = json!({ "x-amzn-RequestId": request_id });
    let all_headers = json!({ "x-amzn-RequestId": [request_id] });
    answer["SdkHttpMetadata"] =
        json!({ "AllHttpHeaders": all_headers, "HttpHeaders": headers, "HttpStatusCode": 200 });
    answer["SdkResponseMetadata"] = json!({ "RequestId": request_id });
    answer
}

/// A function's name from its name, partial ARN or ARN, without a version or alias.
pub fn function_name(function: &str) -> &str {
    let mut parts = function.split(':');
    match function.split_once(":function:") {
        Some((_, rest)) => rest.split(':').next().unwrap_or(rest),
        None => parts.next().unwrap_or(function),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_named_by_arn_partial_arn_or_name() {
        assert_eq!(
            function_name("arn:aws:lambda:us-east-1:0:function:lock-ticket"),
            "lock-ticket"
        );
        assert_eq!(
            function_name("arn:aws:lambda:us-east-1:0:function:lock-ticket:live"),
            "lock-ticket"
        );
        assert_eq!(function_name("lock-ticket"), "lock-ticket");
        assert_eq!(function_name("lock-ticket:live"), "lock-ticket");
    }

    #[test]
    fn a_function_error_keeps_its_type_and_one_without_is_unknown() {
        let refused = json!({ "errorType": "TicketAlreadyHeld", "errorMessage": "held" });
        let failure = LambdaReply::FunctionError(refused.clone()).bare().unwrap_err();
        assert_eq!(failure.error.as_deref(), Some("TicketAlreadyHeld"));
        assert_eq!(failure.cause, Some(refused.to_string()));
        let crashed = json!({ "errorType": "Sandbox.Timedout", "errorMessage": "after 3 s" });
        let failure = LambdaReply::FunctionError(crashed).bare().unwrap_err();
        assert_eq!(failure.error.as_deref(), Some("Sandbox.Timedout"));
        let failure = LambdaReply::FunctionError(json!({ "errorMessage": "no" }))
            .bare()
            .unwrap_err();
        assert_eq!(failure.error.as_deref(), Some("Lambda.Unknown"));
        assert!(
            failure
                .cause
                .is_some_and(|cause| cause.ends_with(r#"payload: {"errorMessage":"no"}"#))
        );
    }
}
