//! Operations on activities, and the poll by which workers fetch their tasks.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::engine::{Activity, Tag};
use crate::history::seconds;
use crate::server::operation::{Operation, Outcome};
use crate::server::service::Service;

use super::configurations::with_key;
use super::pages::Page;
use super::{Answer, Refused};

/// Encryption is kept, given back, and has no effect.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Create {
    name: String,
    encryption_configuration: Option<Value>,
    #[serde(default)]
    tags: Vec<Tag>,
}

pub(super) async fn create(service: &Service, request: Create) -> Answer {
    let operation = Operation::CreateActivity {
        name: request.name,
        tags: request.tags,
        // The key that everything has is the same as none that is stated.
        encryption: request
            .encryption_configuration
            .map(with_key)
            .transpose()?
            .filter(|encryption| encryption["type"] != "AWS_OWNED_KEY"),
    };
    match service.perform(operation).await? {
        Outcome::Activity(activity) => {
            Ok(json!({ "activityArn": activity.arn, "creationDate": seconds(activity.created_ms) }))
        }
        _ => Err(Refused::Unavailable),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OfActivity {
    activity_arn: String,
}

pub(super) async fn delete(service: &Service, request: OfActivity) -> Answer {
    let operation = Operation::DeleteActivity {
        arn: request.activity_arn,
    };
    service.perform(operation).await?;
    Ok(json!({}))
}

pub(super) fn describe(service: &Service, request: &OfActivity) -> Answer {
    service.look(|engine| {
        let activity = engine.activity(&request.activity_arn)?;
        let mut described = described(activity);
        let owned = || json!({ "type": "AWS_OWNED_KEY" });
        described["encryptionConfiguration"] = activity.encryption.clone().unwrap_or_else(owned);
        Ok(described)
    })
}

fn described(activity: &Activity) -> Value {
    json!({
        "activityArn": activity.arn,
        "name": activity.name,
        "creationDate": seconds(activity.created_ms),
    })
}

pub(super) fn list(service: &Service, page: &Page) -> Answer {
    service.look(|engine| {
        let after = page.after.as_deref().unwrap_or_default();
        let listed = engine
            .activities()
            .filter(|activity| activity.name.as_str() > after)
            .map(|activity| (activity.name.clone(), described(activity)));
        Ok(page.answer("activities", listed))
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetTask {
    activity_arn: String,
    worker_name: Option<String>,
}

/// "If no task is available within 60 seconds, the poll returns a taskToken with a null string" (API reference,
/// GetActivityTask).
pub(super) async fn get_task(service: &Service, request: GetTask) -> Answer {
    let taken = service
        .take_activity_task(request.activity_arn, request.worker_name)
        .await?;
    Ok(match taken {
        Some(task) => json!({ "taskToken": task.token, "input": &*task.input }),
        None => json!({ "taskToken": null }),
    })
}
