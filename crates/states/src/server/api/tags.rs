//! Operations on tags.

use serde::Deserialize;
use serde_json::json;

use crate::engine::Tag;
use crate::server::operation::Operation;
use crate::server::service::Service;

use super::Answer;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Add {
    resource_arn: String,
    tags: Vec<Tag>,
}

pub(super) async fn tag(service: &Service, request: Add) -> Answer {
    let operation = Operation::Tag {
        arn: request.resource_arn,
        tags: request.tags,
    };
    service.perform(operation).await?;
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Remove {
    resource_arn: String,
    tag_keys: Vec<String>,
}

pub(super) async fn untag(service: &Service, request: Remove) -> Answer {
    let operation = Operation::Untag {
        arn: request.resource_arn,
        keys: request.tag_keys,
    };
    service.perform(operation).await?;
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OfResource {
    resource_arn: String,
}

pub(super) fn list(service: &Service, request: &OfResource) -> Answer {
    service.look(|engine| Ok(json!({ "tags": engine.tags(&request.resource_arn)? })))
}
