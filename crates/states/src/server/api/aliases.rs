//! Operations on aliases.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::engine::{EngineError, Route};
use crate::history::seconds;
use crate::server::operation::{Operation, Outcome};
use crate::server::service::Service;

use super::pages::Page;
use super::{Answer, Refused};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RouteItem {
    state_machine_version_arn: String,
    weight: u64,
}

fn routes(items: Vec<RouteItem>) -> Vec<Route> {
    let route = |item: RouteItem| Route {
        version_arn: item.state_machine_version_arn,
        weight: item.weight,
    };
    items.into_iter().map(route).collect()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Create {
    name: String,
    description: Option<String>,
    routing_configuration: Vec<RouteItem>,
}

pub(super) async fn create(service: &Service, request: Create) -> Answer {
    let operation = Operation::CreateAlias {
        name: request.name,
        description: request.description,
        routes: routes(request.routing_configuration),
    };
    match service.perform(operation).await? {
        Outcome::Made(arn, at_ms) => {
            Ok(json!({ "stateMachineAliasArn": arn, "creationDate": seconds(at_ms) }))
        }
        _ => Err(Refused::Unavailable),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Update {
    state_machine_alias_arn: String,
    description: Option<String>,
    routing_configuration: Option<Vec<RouteItem>>,
}

pub(super) async fn update(service: &Service, request: Update) -> Answer {
    if request.description.is_none() && request.routing_configuration.is_none() {
        let message = "Either the description or the routing configuration must be specified";
        return Err(EngineError::Missing(message.to_owned()).into());
    }
    let operation = Operation::UpdateAlias {
        arn: request.state_machine_alias_arn,
        description: request.description,
        routes: request.routing_configuration.map(routes),
    };
    match service.perform(operation).await? {
        Outcome::At(at_ms) => Ok(json!({ "updateDate": seconds(at_ms) })),
        _ => Err(Refused::Unavailable),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OfAlias {
    state_machine_alias_arn: String,
}

pub(super) async fn delete(service: &Service, request: OfAlias) -> Answer {
    service
        .perform(Operation::DeleteAlias {
            arn: request.state_machine_alias_arn,
        })
        .await?;
    Ok(json!({}))
}

pub(super) fn describe(service: &Service, request: &OfAlias) -> Answer {
    service.look(|engine| {
        let alias = engine.alias(&request.state_machine_alias_arn)?;
        let route =
            |route: &Route| json!({ "stateMachineVersionArn": route.version_arn, "weight": route.weight });
        let mut described = json!({
            "stateMachineAliasArn": alias.arn,
            "name": alias.name,
            "routingConfiguration": alias.routes.iter().map(route).collect::<Vec<Value>>(),
            "creationDate": seconds(alias.created_ms),
            "updateDate": seconds(alias.updated_ms),
        });
        if let Some(description) = &alias.description {
            described["description"] = description.as_str().into();
        }
        Ok(described)
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct List {
    state_machine_arn: String,
}

pub(super) fn list(service: &Service, request: &List, page: &Page) -> Answer {
    let after = page.after_as(|number| number.parse::<u64>().ok())?;
    service.look(|engine| {
        let aliases = engine.aliases(&request.state_machine_arn)?;
        let listed = aliases
            .into_iter()
            .filter(|alias| after.is_none_or(|after| alias.number < after))
            .map(|alias| {
                let item = json!({
                    "stateMachineAliasArn": alias.arn,
                    "creationDate": seconds(alias.created_ms),
                });
                (alias.number.to_string(), item)
            });
        Ok(page.answer("stateMachineAliases", listed))
    })
}
