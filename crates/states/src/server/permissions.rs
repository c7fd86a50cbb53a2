//! Whether a caller may: asked of whoever knows the policies.
//!
//! Asked about are callers that sign with the credentials of a role, whose keys begin with `ASIA`. The signature is not
//! checked. Whoever signs with another key, or not at all, is the developer whose machine this is.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use http::{HeaderMap, header};
use serde_json::{Value, json};

use super::service::Service;

/// Who may what, as far as it was asked.
pub(super) struct Permissions {
    /// The path at the endpoint of all other services.
    path: String,
    /// What was allowed for a machine, until machines are registered, which a deployment of other policies does as well.
    allowed: Mutex<HashSet<Question>>,
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct Question {
    key: String,
    action: String,
    resource: String,
}

/// Why an operation is not done.
pub(super) enum Prevented {
    /// The policies do not allow it.
    Denied(String),
    /// Nobody answers for them.
    Unknown,
}

/// The key that a request is signed with, if it is a role's.
pub(super) fn key_of_role(headers: &HeaderMap) -> Option<String> {
    let authorization = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let credential = authorization.split("Credential=").nth(1)?;
    let key = credential.split('/').next()?;
    key.starts_with("ASIA").then(|| key.to_owned())
}

impl Permissions {
    /// Asks at this path.
    pub fn at(path: String) -> Permissions {
        Permissions {
            path,
            allowed: Mutex::default(),
        }
    }

    /// Whether whoever has this key may do what a request asks.
    pub async fn check(
        &self,
        service: &Service,
        key: String,
        operation: &str,
        body: &[u8],
    ) -> Result<(), Prevented> {
        // Of what does not read, or is nothing's token, the operation itself says so.
        let Some(resource) = resource(service, body) else {
            return Ok(());
        };
        let question = Question {
            key,
            action: format!("states:{operation}"),
            resource,
        };
        if self.known().contains(&question) {
            return Ok(());
        }
        let asked = json!({
            "accessKeyId": question.key, "action": question.action, "resource": question.resource,
        });
        match service.outside.ask_permission(&self.path, &asked).await {
            Ok(None) => {
                // Executions are too many to be remembered.
                if question.resource.contains(":stateMachine:") {
                    self.known().insert(question);
                }
                Ok(())
            }
            Ok(Some(reason)) => Err(Prevented::Denied(reason)),
            Err(reason) => {
                tracing::warn!(reason, "nobody says whether a caller may");
                Err(Prevented::Unknown)
            }
        }
    }

    /// Asks again from now on.
    pub fn forget(&self) {
        self.known().clear();
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashSet<Question>> {
        self.allowed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a request is about, as policies name it.
fn resource(service: &Service, body: &[u8]) -> Option<String> {
    let body: Value = match body {
        [] => json!({}),
        body => serde_json::from_slice(body).ok()?,
    };
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    if let Some(token) = text("taskToken") {
        return service.look(|engine| {
            let (machine, _) = engine.awaits_token(token)?;
            Some(engine.place().machine_arn(&machine))
        });
    }
    let named = [
        "stateMachineArn",
        "executionArn",
        "mapRunArn",
        "activityArn",
        "resourceArn",
    ]
    .into_iter()
    .find_map(text);
    Some(named.unwrap_or("*").to_owned())
}
