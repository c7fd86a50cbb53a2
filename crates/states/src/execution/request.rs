//! What evaluated arguments ask for.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::definition::Resource;
use crate::definition::integrations::Does;

use super::casing;
use super::strand::TaskId;
use super::{Effect, Identity};

/// What a task's evaluated arguments ask for; the error is a sentence.
pub(super) fn effect_of(
    task: TaskId,
    resource: &Resource,
    arguments: Value,
    identity: &Identity,
) -> Result<Effect, String> {
    resource.check(&arguments)?;
    let does = match resource {
        Resource::Function(arn) => {
            return Ok(Effect::Invoke {
                task,
                function: arn.clone(),
                qualifier: None,
                payload: arguments,
                invocation_type: None,
                client_context: None,
            });
        }
        Resource::Activity(arn) => {
            return Ok(Effect::Offer {
                task,
                activity: arn.clone(),
            });
        }
        Resource::Sdk {
            service, api_action, ..
        } => {
            return Ok(Effect::Ask {
                task,
                service,
                action: Arc::clone(api_action),
                arguments: casing::to_api(service, arguments)?,
            });
        }
        Resource::Optimized { integration, .. } => integration.does,
    };
    let Value::Object(mut members) = arguments else {
        return Err("The arguments must be an object".to_owned());
    };
    match does {
        Does::Invoke => Ok(Effect::Invoke {
            task,
            function: needed_text(&mut members, "FunctionName")?,
            qualifier: optional_text(&mut members, "Qualifier")?,
            // Recorded: a function that is called with the payload `null` is given `{}`.
            payload: match members.remove("Payload") {
                None | Some(Value::Null) => json!({}),
                Some(payload) => payload,
            },
            invocation_type: optional_text(&mut members, "InvocationType")?,
            client_context: optional_text(&mut members, "ClientContext")?,
        }),
        Does::Send => Ok(Effect::Send {
            task,
            queue_url: needed_text(&mut members, "QueueUrl")?,
            body: as_text(members.remove("MessageBody").unwrap_or_default()),
            options: Value::Object(members),
        }),
        Does::Start => Ok(Effect::Start {
            task,
            waits: resource.waits(),
            machine_arn: needed_text(&mut members, "StateMachineArn")?,
            name: optional_text(&mut members, "Name")?,
            input: members.remove("Input").map_or_else(|| "{}".to_owned(), as_text),
        }),
        Does::Ask => {
            let Resource::Optimized { integration, .. } = resource else {
                return Err("The resource asks no service".to_owned());
            };
            let mut arguments = casing::to_api(integration.service, Value::Object(members))?;
            if integration.resource_type == "events" {
                add_origin(&mut arguments, identity);
            }
            let action = integration.action;
            Ok(Effect::Ask {
                task,
                service: integration.service,
                action: Arc::from(format!("{}{}", action[..1].to_ascii_uppercase(), &action[1..])),
                arguments,
            })
        }
    }
}

/// "The execution ARN and the state machine ARN are automatically appended to the Resources field of each
/// PutEventsRequestEntry" (Developer Guide, "Add EventBridge events"); recorded events have the machine's first.
fn add_origin(arguments: &mut Value, identity: &Identity) {
    let entries = arguments.get_mut("Entries").and_then(Value::as_array_mut);
    for entry in entries.into_iter().flatten().filter_map(Value::as_object_mut) {
        let resources = entry.entry("Resources").or_insert_with(|| json!([]));
        if let Some(resources) = resources.as_array_mut() {
            resources.extend([json!(identity.machine_arn), json!(identity.arn)]);
        }
    }
}

fn needed_text(members: &mut Map<String, Value>, name: &str) -> Result<String, String> {
    match members.remove(name) {
        Some(Value::String(text)) if !text.is_empty() => Ok(text),
        _ => Err(format!("The value for the field '{name}' must be a STRING")),
    }
}

fn optional_text(members: &mut Map<String, Value>, name: &str) -> Result<Option<String>, String> {
    match members.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(format!("The value for the field '{name}' must be a STRING")),
    }
}

/// Text stays as it is; anything else becomes JSON text.
fn as_text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        value => value.to_string(),
    }
}
