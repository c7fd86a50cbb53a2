//! Functions, by the Invoke API of Lambda.

use http::Method;
use serde_json::{Value, json};

use crate::engine::CallKind;
use crate::execution::{AwsReply, LambdaReply, function_name};

use super::{Answer, Ask, Outside, encoded};

/// A function runs 15 minutes at most; a little more for its answer.
const LAMBDA_MS_MAX: u64 = 905_000;

/// What the Invoke API takes.
struct Invocation<'a> {
    function: &'a str,
    qualifier: Option<&'a str>,
    way: Option<&'a str>,
    client_context: Option<&'a str>,
    log_type: Option<&'a str>,
    payload: String,
}

impl Outside {
    /// Calls a function as the optimized integration does: a function that fails is a failure.
    pub(super) async fn invoke(&self, kind: &CallKind) -> LambdaReply {
        let CallKind::Lambda {
            function,
            qualifier,
            payload,
            invocation_type,
            client_context,
        } = kind
        else {
            return unreachable("the call is for no function".to_owned());
        };
        let invocation = Invocation {
            function,
            qualifier: qualifier.as_deref(),
            way: invocation_type.as_deref(),
            client_context: client_context.as_deref(),
            log_type: None,
            payload: payload.to_string(),
        };
        match self.ask_lambda(invocation).await {
            Ok(answer) => understood(&answer),
            Err(cause) => unreachable(cause),
        }
    }

    /// Calls a function as `aws-sdk:lambda:invoke` does: the answer as it is, its payload as text.
    pub(super) async fn invoke_as_sdk(&self, arguments: &Value) -> Result<AwsReply, String> {
        let text = |name: &str| arguments.get(name).and_then(Value::as_str);
        let invocation = Invocation {
            function: text("FunctionName").unwrap_or_default(),
            qualifier: text("Qualifier"),
            way: text("InvocationType"),
            client_context: text("ClientContext"),
            log_type: text("LogType"),
            payload: text("Payload").unwrap_or_default().to_owned(),
        };
        let answer = self.ask_lambda(invocation).await?;
        if !answer.is_good() {
            return Ok(answer.refused_in_json());
        }
        let mut result = json!({
            "StatusCode": answer.status,
            "Payload": String::from_utf8_lossy(&answer.body),
        });
        for (member, header) in [
            ("ExecutedVersion", "X-Amz-Executed-Version"),
            ("FunctionError", "X-Amz-Function-Error"),
            ("LogResult", "X-Amz-Log-Result"),
        ] {
            if let Some(value) = answer.header(header) {
                result[member] = value.into();
            }
        }
        Ok(AwsReply::Answered { result, http: None })
    }

    async fn ask_lambda(&self, invocation: Invocation<'_>) -> Result<Answer, String> {
        let query = invocation
            .qualifier
            .map(|qualifier| format!("?Qualifier={}", encoded(qualifier)))
            .unwrap_or_default();
        let way = invocation.way.unwrap_or("RequestResponse");
        let mut headers = vec![
            ("X-Amz-Invocation-Type".to_owned(), way.to_owned()),
            ("Content-Type".to_owned(), "application/json".to_owned()),
        ];
        for (name, value) in [
            ("X-Amz-Client-Context", invocation.client_context),
            ("X-Amz-Log-Type", invocation.log_type),
        ] {
            headers.extend(value.map(|value| (name.to_owned(), value.to_owned())));
        }
        self.ask(Ask {
            method: Method::POST,
            path: format!(
                "/2015-03-31/functions/{}/invocations{query}",
                encoded(function_name(invocation.function))
            ),
            scope: "lambda",
            headers,
            body: invocation.payload.into_bytes(),
            limit_ms: LAMBDA_MS_MAX,
        })
        .await
    }
}

fn unreachable(cause: String) -> LambdaReply {
    LambdaReply::ServiceError {
        error: "Lambda.SdkClientException".to_owned(),
        cause,
    }
}

fn understood(answer: &Answer) -> LambdaReply {
    if !answer.is_good() {
        let error = match (answer.status, answer.error_name()) {
            (_, Some(name)) => format!("Lambda.{}Exception", name.trim_end_matches("Exception")),
            (429, None) => "Lambda.TooManyRequestsException".to_owned(),
            (404, None) => "Lambda.ResourceNotFoundException".to_owned(),
            (500.., None) => "Lambda.ServiceException".to_owned(),
            _ => "Lambda.AWSLambdaException".to_owned(),
        };
        let request_id = answer
            .request_id()
            .map(|id| format!(", Request ID: {id}"))
            .unwrap_or_default();
        let cause = format!(
            "{} (Service: Lambda, Status Code: {}{request_id})",
            answer.message(),
            answer.status
        );
        return LambdaReply::ServiceError { error, cause };
    }
    let text = String::from_utf8_lossy(&answer.body);
    let has_failed = answer.header("X-Amz-Function-Error").is_some();
    let payload = match text.trim() {
        "" => Ok(None),
        text => serde_json::from_str(text).map(Some),
    };
    match (payload, has_failed) {
        (Ok(payload), false) => LambdaReply::Answered {
            // Only a function that nobody waits for says nothing.
            payload: match answer.status {
                200 => Some(payload.unwrap_or_default()),
                _ => payload,
            },
            version: match answer.status {
                200 => Some(
                    answer
                        .header("X-Amz-Executed-Version")
                        .unwrap_or("$LATEST")
                        .to_owned(),
                ),
                _ => answer.header("X-Amz-Executed-Version").map(str::to_owned),
            },
            http: answer.seen(),
        },
        (Ok(payload), true) => LambdaReply::FunctionError(payload.unwrap_or_default()),
        (Err(_), true) => LambdaReply::FunctionError(json!({ "errorMessage": text })),
        (Err(reason), false) => LambdaReply::ServiceError {
            error: "Lambda.Unknown".to_owned(),
            cause: format!("The function's answer is not JSON: {reason}"),
        },
    }
}
