//! A person at the HTTP API: one base address, perhaps one session.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use ureq::Agent;
use ureq::http::Method;

use crate::deployment::{ACCOUNT, REGION};
use crate::failure::{Failure, Result, While};

/// Longer than the longest `?wait`, which is 25 s.
const ANSWER_MAX: Duration = Duration::from_secs(40);
static KEYS: AtomicU32 = AtomicU32::new(0);

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body; null when there is none.
    pub body: Value,
}

impl Answer {
    /// A field of the body as text; empty when it is missing.
    pub fn text(&self, pointer: &str) -> &str {
        self.body
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// The answer, if it has the status that was expected.
    pub fn expect(self, status: u16, doing: &str) -> Result<Self> {
        if self.status == status {
            return Ok(self);
        }
        Err(Failure::new(format!(
            "{doing}: expected {status}, got {} {}",
            self.status, self.body
        )))
    }
}

/// Someone who speaks to the API.
#[derive(Clone, Debug)]
pub struct Person {
    agent: Agent,
    base: String,
    token: Option<String>,
}

impl Person {
    /// Somebody unknown.
    pub fn at(base: &str) -> Self {
        let agent = Agent::config_builder()
            .timeout_global(Some(ANSWER_MAX))
            .http_status_as_error(false)
            .build()
            .new_agent();
        Self {
            agent,
            base: base.to_owned(),
            token: None,
        }
    }

    /// The same person, with the session that signing up or in gave.
    pub fn with_session_of(mut self, answer: &Answer) -> Self {
        self.token = Some(answer.text("/token").to_owned());
        self
    }

    /// Reads `path`.
    pub fn get(&self, path: &str) -> Result<Answer> {
        self.send(Method::GET, path, None, None)
    }

    /// Sends `body` to `path`, under a fresh idempotency key.
    pub fn post(&self, path: &str, body: &Value) -> Result<Answer> {
        self.send(Method::POST, path, Some(body), None)
    }

    /// Sends `body` to `path` under this idempotency key: however often it is sent, it is done once.
    pub fn post_once(&self, path: &str, key: &str, body: &Value) -> Result<Answer> {
        self.send(Method::POST, path, Some(body), Some(key))
    }

    /// Puts `body` at `path` under this idempotency key.
    pub fn put_once(&self, path: &str, key: &str, body: &Value) -> Result<Answer> {
        self.send(Method::PUT, path, Some(body), Some(key))
    }

    /// Invokes a function through the Lambda API of an engine on this machine, which checks no signature.
    pub fn invoke(&self, function: &str, payload: &Value) -> Result<Answer> {
        let doing = format!("invoke {function} at {}", self.base);
        let request = self
            .to_lambda(Method::POST, &format!("/{function}/invocations"))
            .body(payload.to_string())
            .while_doing(&doing)?;
        let mut answer = self.agent.run(request).while_doing(&doing)?;
        let failed = answer.headers().contains_key("x-amz-function-error");
        let status = answer.status().as_u16();
        let text = answer.body_mut().read_to_string().while_doing(&doing)?;
        if failed || status != 200 {
            return Err(Failure::new(format!("{doing}: {status} {text}")));
        }
        Ok(Answer {
            status,
            body: serde_json::from_str(&text).while_doing(&doing)?,
        })
    }

    /// What the Lambda API of such an engine tells of its functions.
    pub fn list_functions(&self) -> Result<Value> {
        let doing = format!("list the functions at {}", self.base);
        let request = self.to_lambda(Method::GET, "/?MaxItems=200").body(String::new());
        let answer = self.agent.run(request.while_doing(&doing)?);
        let text = answer.while_doing(&doing)?.body_mut().read_to_string();
        serde_json::from_str(&text.while_doing(&doing)?).while_doing(&doing)
    }

    fn to_lambda(&self, method: Method, path: &str) -> ureq::http::request::Builder {
        let scope = format!("{ACCOUNT}/20260101/{REGION}/lambda/aws4_request");
        ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}/2015-03-31/functions{path}", self.base))
            .header(
                "authorization",
                format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"),
            )
    }

    fn send(&self, method: Method, path: &str, body: Option<&Value>, key: Option<&str>) -> Result<Answer> {
        let doing = format!("{method} {}{path}", self.base);
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base));
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        if body.is_some() {
            let key = key.map_or_else(fresh_key, str::to_owned);
            request = request
                .header("content-type", "application/json")
                .header("idempotency-key", key);
        }
        let text = body.map(Value::to_string).unwrap_or_default();
        let request = request.body(text).while_doing(&doing)?;
        let mut answer = self.agent.run(request).while_doing(&doing)?;
        let text = answer.body_mut().read_to_string().while_doing(&doing)?;
        let body = if text.is_empty() {
            Value::Null
        } else {
            serde_json::from_str(&text).while_doing(&doing)?
        };
        Ok(Answer {
            status: answer.status().as_u16(),
            body,
        })
    }
}

/// Text that no earlier run used: for idempotency keys and e-mail addresses.
pub fn fresh_key() -> String {
    let now_us = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_micros();
    format!("{now_us:x}-{}", KEYS.fetch_add(1, Ordering::Relaxed))
}
