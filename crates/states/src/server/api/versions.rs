//! Operations on versions.

use serde::Deserialize;
use serde_json::json;

use crate::history::seconds;
use crate::server::operation::{Operation, Outcome};
use crate::server::service::Service;

use super::pages::Page;
use super::{Answer, Refused};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Publish {
    state_machine_arn: String,
    revision_id: Option<String>,
    description: Option<String>,
}

pub(super) async fn publish(service: &Service, request: Publish) -> Answer {
    let operation = Operation::PublishVersion {
        arn: request.state_machine_arn,
        revision: request.revision_id,
        description: request.description,
    };
    match service.perform(operation).await? {
        Outcome::Made(arn, at_ms) => {
            Ok(json!({ "stateMachineVersionArn": arn, "creationDate": seconds(at_ms) }))
        }
        _ => Err(Refused::Unavailable),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OfVersion {
    state_machine_version_arn: String,
}

pub(super) async fn delete(service: &Service, request: OfVersion) -> Answer {
    service
        .perform(Operation::DeleteVersion {
            arn: request.state_machine_version_arn,
        })
        .await?;
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct List {
    state_machine_arn: String,
}

pub(super) fn list(service: &Service, request: &List, page: &Page) -> Answer {
    let after = page.after_as(|number| number.parse::<u64>().ok())?;
    service.look(|engine| {
        let listed = engine
            .versions(&request.state_machine_arn)?
            .filter(|(number, _)| after.is_none_or(|after| *number < after))
            .map(|(number, version)| {
                let item = json!({
                    "stateMachineVersionArn": version.arn,
                    "creationDate": seconds(version.created_ms),
                });
                (number.to_string(), item)
            });
        Ok(page.answer("stateMachineVersions", listed))
    })
}
