//! Whom a Task state asks: the `Resource` field and the arguments each resource takes.

use std::sync::Arc;

use serde_json::Value;

use super::integrations::{Does, ErrorNames, INTEGRATIONS, Integration, SERVICES};
use super::services::Service;

/// Whether a task is done when the service has answered, or later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waits {
    /// Done with the service's answer.
    ForAnswer,
    /// Done when someone sends the task token back (`.waitForTaskToken`).
    ForToken,
    /// Done when the started job ends; its output stays text (`.sync`).
    ForJob,
    /// Done when the started job ends; its output is JSON (`.sync:2`).
    ForJobJson,
}

impl Waits {
    const ALL: [Waits; 4] = [
        Waits::ForAnswer,
        Waits::ForToken,
        Waits::ForJob,
        Waits::ForJobJson,
    ];

    fn suffix(self) -> &'static str {
        match self {
            Waits::ForAnswer => "",
            Waits::ForToken => ".waitForTaskToken",
            Waits::ForJob => ".sync",
            Waits::ForJobJson => ".sync:2",
        }
    }
}

/// Whom a Task state asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resource {
    /// A function's own ARN.
    Function(String),
    /// An activity's ARN: a worker fetches the task.
    Activity(String),
    /// An integration with a name of its own, such as `arn:aws:states:::lambda:invoke`.
    Optimized {
        /// Which one.
        integration: &'static Integration,
        /// When the task is done.
        waits: Waits,
        /// The action with its suffix, as events name it.
        action: Arc<str>,
    },
    /// Any action of a service, `arn:aws:states:::aws-sdk:SERVICE:ACTION`.
    Sdk {
        /// Whose.
        service: &'static Service,
        /// When the task is done.
        waits: Waits,
        /// The action as the API names it, such as `PutItem`.
        api_action: Arc<str>,
        /// The action with its suffix, as events name it.
        action: Arc<str>,
    },
}

impl Resource {
    /// Reads a `Resource` field; the error is a sentence.
    pub fn parse(text: &str) -> Result<Resource, String> {
        let parts: Vec<&str> = text.split(':').collect();
        match parts.as_slice() {
            ["arn", _, "states", "", "", "aws-sdk", service, action @ ..] => {
                read_sdk(service, &action.join(":"))
            }
            ["arn", _, "states", "", "", service, action @ ..] => read_optimized(service, &action.join(":")),
            ["arn", _, "lambda", _, _, "function", name]
            | ["arn", _, "lambda", _, _, "function", name, _]
                if !name.is_empty() =>
            {
                Ok(Resource::Function(text.to_owned()))
            }
            ["arn", _, "states", _, _, "activity", name] if !name.is_empty() => {
                Ok(Resource::Activity(text.to_owned()))
            }
            _ => Err(format!(
                "The resource {text:?} is neither a supported integration nor the ARN of a function or an activity"
            )),
        }
    }

    /// When a task of this resource is done.
    pub fn waits(&self) -> Waits {
        match self {
            Resource::Optimized { waits, .. } | Resource::Sdk { waits, .. } => *waits,
            Resource::Function(_) => Waits::ForAnswer,
            Resource::Activity(_) => Waits::ForToken,
        }
    }

    /// What it does; `None` for an activity, whose worker comes by itself.
    pub fn does(&self) -> Option<Does> {
        match self {
            Resource::Function(_) => Some(Does::Invoke),
            Resource::Optimized { integration, .. } => Some(integration.does),
            Resource::Sdk { .. } => Some(Does::Ask),
            Resource::Activity(_) => None,
        }
    }

    /// `resourceType` in task events.
    pub fn service(&self) -> &'static str {
        match self {
            Resource::Function(_) => "lambda",
            Resource::Activity(_) => "activity",
            Resource::Optimized { integration, .. } => integration.resource_type,
            Resource::Sdk { service, .. } => service.resource_type,
        }
    }

    /// `resource` in task events.
    pub fn action(&self) -> &str {
        match self {
            Resource::Function(arn) | Resource::Activity(arn) => arn,
            Resource::Optimized { action, .. } | Resource::Sdk { action, .. } => action,
        }
    }

    /// Whose requests it writes, and how errors are called; `None` for an ARN.
    pub fn asks(&self) -> Option<(&'static Service, &'static ErrorNames)> {
        match self {
            Resource::Function(_) | Resource::Activity(_) => None,
            Resource::Optimized { integration, .. } => Some((integration.service, &integration.errors)),
            Resource::Sdk { service, .. } => Some((service, &service.errors)),
        }
    }

    /// The argument names it takes and, of those, the ones it cannot do without. `None`: any value goes.
    pub fn arguments(&self) -> Option<(&'static [&'static str], &'static [&'static str])> {
        match self {
            Resource::Optimized { integration, .. } => Some((integration.known, integration.required)),
            // Only the service knows.
            Resource::Sdk { .. } | Resource::Function(_) | Resource::Activity(_) => None,
        }
    }

    /// Checks evaluated arguments; the error is a sentence.
    pub fn check(&self, arguments: &Value) -> Result<(), String> {
        if matches!(self, Resource::Function(_) | Resource::Activity(_)) {
            return Ok(());
        }
        let Some(given) = arguments.as_object() else {
            return Err(format!("The arguments of {} must be an object", self.action()));
        };
        let Some((known, required)) = self.arguments() else {
            return Ok(());
        };
        if let Some(name) = given.keys().find(|name| !known.contains(&name.as_str())) {
            return Err(not_supported(name, self));
        }
        match required.iter().find(|name| !given.contains_key(**name)) {
            Some(name) => Err(missing(name)),
            None => Ok(()),
        }
    }
}

/// Why an argument is refused.
pub(super) fn not_supported(name: &str, resource: &Resource) -> String {
    let known = resource.arguments().map(|(known, _)| known.join(", "));
    format!(
        "The field \"{name}\" is not supported by Step Functions; {} takes {}",
        resource.action(),
        known.unwrap_or_default()
    )
}

/// Why arguments are not enough.
pub(super) fn missing(name: &str) -> String {
    format!("The field '{name}' is required but was missing")
}

/// `ACTION` or `ACTION.pattern`.
fn split(text: &str) -> Option<(&str, Waits)> {
    match text.find('.') {
        None => Some((text, Waits::ForAnswer)),
        Some(at) => {
            let waits = Waits::ALL
                .into_iter()
                .find(|waits| waits.suffix() == &text[at..])?;
            Some((&text[..at], waits))
        }
    }
}

fn read_optimized(service: &str, text: &str) -> Result<Resource, String> {
    if service == "http" {
        return Err(
            "HTTP tasks (http:invoke) are not supported; call a function that makes the request".to_owned(),
        );
    }
    let Some((action, waits)) = split(text) else {
        return Err(unknown_pattern(text));
    };
    let siblings: Vec<&Integration> = INTEGRATIONS
        .iter()
        .filter(|one| one.resource_type == service)
        .collect();
    let Some(integration) = siblings.iter().find(|one| one.action == action) else {
        let near: Vec<String> = match siblings.is_empty() {
            true => INTEGRATIONS.iter().map(name_of).collect(),
            false => siblings.into_iter().map(name_of).collect(),
        };
        let services: Vec<&str> = SERVICES.iter().map(|service| service.name).collect();
        return Err(format!(
            "The integration \"{service}:{action}\" is not supported; supported are {}, and aws-sdk: with {}",
            near.join(", "),
            services.join(", ")
        ));
    };
    if !integration.waits.contains(&waits) {
        return Err(unsupported_pattern(
            &name_of(integration),
            waits,
            integration.waits,
        ));
    }
    Ok(Resource::Optimized {
        integration,
        waits,
        action: Arc::from(text),
    })
}

fn read_sdk(name: &str, text: &str) -> Result<Resource, String> {
    let Some(service) = SERVICES.iter().find(|service| service.name == name) else {
        let services: Vec<&str> = SERVICES.iter().map(|service| service.name).collect();
        return Err(format!(
            "The service \"aws-sdk:{name}\" is not supported; supported are {}",
            services.join(", ")
        ));
    };
    let Some((action, waits)) = split(text) else {
        return Err(unknown_pattern(text));
    };
    if !matches!(waits, Waits::ForAnswer | Waits::ForToken) {
        let allowed = [Waits::ForAnswer, Waits::ForToken];
        return Err(unsupported_pattern(
            &format!("aws-sdk:{name}:{action}"),
            waits,
            &allowed,
        ));
    }
    let is_name = action.starts_with(|letter: char| letter.is_ascii_lowercase())
        && action.chars().all(|letter| letter.is_ascii_alphanumeric());
    if !is_name {
        return Err(format!(
            "{action:?} cannot be an action; actions begin with a small letter, such as putItem"
        ));
    }
    if !service.actions.is_empty() && !service.actions.contains(&action) {
        return Err(format!(
            "The action \"aws-sdk:{name}:{action}\" is not supported; supported are {}",
            service.actions.join(", ")
        ));
    }
    Ok(Resource::Sdk {
        service,
        waits,
        api_action: Arc::from(format!("{}{}", action[..1].to_ascii_uppercase(), &action[1..])),
        action: Arc::from(text),
    })
}

fn name_of(integration: &Integration) -> String {
    format!("{}:{}", integration.resource_type, integration.action)
}

fn unknown_pattern(text: &str) -> String {
    format!("{text:?} ends with no known pattern; there are .waitForTaskToken, .sync and .sync:2")
}

fn unsupported_pattern(name: &str, waits: Waits, allowed: &[Waits]) -> String {
    let allowed: Vec<&str> = allowed
        .iter()
        .map(|waits| waits.suffix())
        .filter(|suffix| !suffix.is_empty())
        .collect();
    let instead = match allowed.as_slice() {
        [] => "only waits for its answer".to_owned(),
        _ => format!("may end with {}", allowed.join(", ")),
    };
    format!("{name} cannot end with {}; it {instead}", waits.suffix())
}
