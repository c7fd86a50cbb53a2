//! An engine at an endpoint, asked in AWS's JSON protocols.

use std::net::SocketAddr;

use serde_json::{Value, json};

use super::wire::exchange;

/// An engine, spoken to as one account.
#[derive(Clone)]
pub struct Endpoint {
    pub address: SocketAddr,
    pub account: String,
}

/// The name of the error, and what it says.
pub type Refused = (String, String);

impl Endpoint {
    /// One request to Step Functions.
    pub fn states(&self, action: &str, body: &Value) -> Result<Value, Refused> {
        self.ask("states", "1.0", &format!("AWSStepFunctions.{action}"), body)
    }

    /// One request to SQS.
    pub fn queues(&self, action: &str, body: &Value) -> Result<Value, Refused> {
        self.ask("sqs", "1.0", &format!("AmazonSQS.{action}"), body)
    }

    /// Makes something among the functions.
    pub fn functions(&self, path: &str, body: &Value) -> Result<Value, Refused> {
        let authorization = self.authorization("lambda");
        let headers = [
            ("Authorization", authorization.as_str()),
            ("Content-Type", "application/json"),
        ];
        self.exchange(&format!("/2015-03-31/functions{path}"), &headers, body)
    }

    /// Lets the hurried clock of our own server pass.
    pub fn pass(&self, seconds: u64) -> Result<Value, Refused> {
        self.exchange("/_local/clock", &[], &json!({ "pass_s": seconds }))
    }

    /// An execution of our own server and its events, also an Express one.
    pub fn shown(&self, execution_arn: &str) -> Result<Value, Refused> {
        let asked = json!({ "executionArn": execution_arn });
        self.exchange("/_local/execution", &[], &asked)
    }

    fn ask(&self, scope: &str, version: &str, target: &str, body: &Value) -> Result<Value, Refused> {
        let (authorization, kind) = (
            self.authorization(scope),
            format!("application/x-amz-json-{version}"),
        );
        let headers = [
            ("Authorization", authorization.as_str()),
            ("Content-Type", kind.as_str()),
            ("X-Amz-Target", target),
        ];
        self.exchange("/", &headers, body)
    }

    /// Nothing checks the signature; engines read from it who asks which service.
    fn authorization(&self, scope: &str) -> String {
        format!(
            "AWS4-HMAC-SHA256 Credential={}/20260101/us-east-1/{scope}/aws4_request, SignedHeaders=host, \
             Signature=0",
            self.account
        )
    }

    fn exchange(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> Result<Value, Refused> {
        let answered = exchange(self.address, "POST", path, headers, body.to_string().as_bytes());
        let (status, body) = answered.map_err(|reason| ("NoAnswer".to_owned(), reason.to_string()))?;
        let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
        if status < 300 {
            return Ok(answer);
        }
        let kind = answer["__type"].as_str().unwrap_or("?");
        let message = ["message", "Message"].map(|name| answer[name].as_str());
        let message = message
            .into_iter()
            .flatten()
            .next()
            .map_or_else(|| String::from_utf8_lossy(&body).into_owned(), str::to_owned);
        Err((kind.rsplit('#').next().unwrap_or(kind).to_owned(), message))
    }
}
