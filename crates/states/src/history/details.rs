//! The details of history events. Inputs and outputs are JSON text, as in AWS's answers.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

/// Such as `lambda`; one of the few that there are.
pub type ResourceType = &'static str;

/// What belongs to an event besides its kind.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub enum Details {
    /// Nothing.
    None,
    /// Of `ExecutionStarted`.
    ExecutionStarted {
        /// JSON text.
        #[serde(with = "crate::saved::text")]
        input: Arc<str>,
        /// The role's ARN.
        #[serde(with = "crate::saved::text")]
        role_arn: Arc<str>,
        /// The version's ARN, if it was started by a version or alias.
        version_arn: Option<String>,
        /// The alias's ARN, if it was started by one.
        alias_arn: Option<String>,
    },
    /// Of `ExecutionRedriven`.
    Redriven {
        /// How often it was redriven by now.
        count: u64,
    },
    /// Of `..StateEntered`.
    StateEntered {
        /// The state's name.
        #[serde(with = "crate::saved::text")]
        name: Arc<str>,
        /// JSON text.
        #[serde(with = "crate::saved::text")]
        input: Arc<str>,
    },
    /// Of `..StateExited`.
    StateExited {
        /// The state's name.
        #[serde(with = "crate::saved::text")]
        name: Arc<str>,
        /// JSON text.
        #[serde(with = "crate::saved::text")]
        output: Arc<str>,
        /// Variables assigned on leaving, each as JSON text.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        assigned: BTreeMap<String, String>,
    },
    /// Of `TaskScheduled`.
    TaskScheduled {
        /// Such as `lambda`.
        #[serde(with = "crate::saved::resource_type")]
        service: ResourceType,
        /// Such as `invoke`.
        #[serde(with = "crate::saved::text")]
        action: Arc<str>,
        /// Where the task runs.
        #[serde(with = "crate::saved::text")]
        region: Arc<str>,
        /// JSON text.
        #[serde(with = "crate::saved::text")]
        parameters: Arc<str>,
        /// Time limit in seconds, if one is stated.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        timeout_s: Option<u64>,
        /// Heartbeat limit in seconds, if one is stated.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        heartbeat_s: Option<u64>,
        /// The role of the state's credentials, if it states any.
        #[serde(
            default,
            with = "crate::saved::text_if_any",
            skip_serializing_if = "Option::is_none"
        )]
        credentials: Option<Arc<str>>,
    },
    /// Of `TaskStarted`.
    TaskStarted {
        /// Such as `lambda`.
        #[serde(with = "crate::saved::resource_type")]
        service: ResourceType,
        /// Such as `invoke`.
        #[serde(with = "crate::saved::text")]
        action: Arc<str>,
    },
    /// Of `TaskSubmitted` and `TaskSucceeded`.
    TaskOutput {
        /// Such as `lambda`.
        #[serde(with = "crate::saved::resource_type")]
        service: ResourceType,
        /// Such as `invoke`.
        #[serde(with = "crate::saved::text")]
        action: Arc<str>,
        /// JSON text.
        #[serde(with = "crate::saved::text")]
        output: Arc<str>,
    },
    /// Of `TaskFailed` and `TaskTimedOut`.
    TaskError {
        /// Such as `lambda`.
        #[serde(with = "crate::saved::resource_type")]
        service: ResourceType,
        /// Such as `invoke`.
        #[serde(with = "crate::saved::text")]
        action: Arc<str>,
        /// The error's name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<String>,
        /// The error's cause.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cause: Option<String>,
    },
    /// Of `LambdaFunctionScheduled` and `ActivityScheduled`.
    ResourceScheduled {
        /// The ARN of the function or activity.
        #[serde(with = "crate::saved::text")]
        resource: Arc<str>,
        /// JSON text.
        #[serde(with = "crate::saved::text")]
        input: Arc<str>,
        /// Time limit in seconds, if one is stated.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        timeout_s: Option<u64>,
        /// Heartbeat limit of an activity in seconds, if one is stated.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        heartbeat_s: Option<u64>,
        /// The role of a function's credentials, if the state states any.
        #[serde(
            default,
            with = "crate::saved::text_if_any",
            skip_serializing_if = "Option::is_none"
        )]
        credentials: Option<Arc<str>>,
    },
    /// Of `ActivityStarted`.
    ActivityStarted {
        /// The worker's name, if it has one.
        #[serde(
            default,
            with = "crate::saved::text_if_any",
            skip_serializing_if = "Option::is_none"
        )]
        worker: Option<Arc<str>>,
    },
    /// Of `LambdaFunctionSucceeded`, `ActivitySucceeded` and `ExecutionSucceeded`.
    Output {
        /// JSON text.
        #[serde(with = "crate::saved::text")]
        output: Arc<str>,
    },
    /// Of `ExecutionFailed`, `ExecutionAborted`, `ExecutionTimedOut`, `MapRunFailed` and the failures of functions and activities.
    Error {
        /// The error's name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<String>,
        /// The error's cause.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cause: Option<String>,
    },
    /// Of `EvaluationFailed`.
    Evaluation {
        /// The error's name.
        error: String,
        /// Which expression failed and why.
        cause: String,
        /// The field within the state.
        location: String,
        /// The state's name.
        #[serde(with = "crate::saved::text")]
        state: Arc<str>,
    },
    /// Of `MapStateStarted`.
    MapStarted {
        /// Number of items.
        length: usize,
    },
    /// Of `MapRunStarted`.
    MapRun {
        /// The map run's ARN.
        #[serde(with = "crate::saved::text")]
        arn: Arc<str>,
    },
    /// Of `MapRunRedriven`.
    MapRunRedriven {
        /// The map run's ARN.
        #[serde(with = "crate::saved::text")]
        arn: Arc<str>,
        /// How often it was redriven by now.
        count: u64,
    },
    /// Of `MapIteration..`.
    Iteration {
        /// The Map state's name.
        #[serde(with = "crate::saved::text")]
        name: Arc<str>,
        /// Index of the item.
        index: usize,
    },
}

impl Details {
    /// The details as the API answers them; `None` if there are none.
    pub fn to_json(&self, with_data: bool) -> Option<Value> {
        let mut members = Map::new();
        let mut put = |name: &str, value: Value| {
            members.insert(name.to_owned(), value);
        };
        let mut data: Option<(&str, &str)> = None;
        match self {
            Details::None => return None,
            Details::ExecutionStarted {
                input,
                role_arn,
                version_arn,
                alias_arn,
            } => {
                data = Some(("input", input));
                put("roleArn", json!(&**role_arn));
                put_some(&mut put, "stateMachineVersionArn", version_arn);
                put_some(&mut put, "stateMachineAliasArn", alias_arn);
            }
            Details::Redriven { count } => put("redriveCount", json!(count)),
            Details::StateEntered { name, input } => {
                data = Some(("input", input));
                put("name", json!(&**name));
            }
            Details::StateExited {
                name,
                output,
                assigned,
            } => {
                data = Some(("output", output));
                put("name", json!(&**name));
                if !assigned.is_empty() {
                    if with_data {
                        put("assignedVariables", json!(assigned));
                    }
                    put("assignedVariablesDetails", json!({ "truncated": false }));
                }
            }
            Details::TaskScheduled {
                service,
                action,
                region,
                parameters,
                timeout_s,
                heartbeat_s,
                credentials,
            } => {
                put("resourceType", json!(service));
                put("resource", json!(&**action));
                put("region", json!(&**region));
                put("parameters", json!(if with_data { &**parameters } else { "" }));
                put_some(&mut put, "timeoutInSeconds", timeout_s);
                put_some(&mut put, "heartbeatInSeconds", heartbeat_s);
                put_credentials(&mut put, credentials);
            }
            Details::TaskStarted { service, action } => {
                put("resourceType", json!(service));
                put("resource", json!(&**action));
            }
            Details::TaskOutput {
                service,
                action,
                output,
            } => {
                put("resourceType", json!(service));
                put("resource", json!(&**action));
                data = Some(("output", output));
            }
            Details::TaskError {
                service,
                action,
                error,
                cause,
            } => {
                put("resourceType", json!(service));
                put("resource", json!(&**action));
                put_some(&mut put, "error", error);
                put_some(&mut put, "cause", cause);
            }
            Details::ResourceScheduled {
                resource,
                input,
                timeout_s,
                heartbeat_s,
                credentials,
            } => {
                put("resource", json!(&**resource));
                data = Some(("input", input));
                put_some(&mut put, "timeoutInSeconds", timeout_s);
                put_some(&mut put, "heartbeatInSeconds", heartbeat_s);
                put_credentials(&mut put, credentials);
            }
            Details::ActivityStarted { worker } => put_some(&mut put, "workerName", &worker.as_deref()),
            Details::Output { output } => data = Some(("output", output)),
            Details::Error { error, cause } => {
                put_some(&mut put, "error", error);
                put_some(&mut put, "cause", cause);
            }
            Details::Evaluation {
                error,
                cause,
                location,
                state,
            } => {
                put("error", json!(error));
                put("cause", json!(cause));
                put("location", json!(location));
                put("state", json!(&**state));
            }
            Details::MapStarted { length } => put("length", json!(length)),
            Details::MapRun { arn } => put("mapRunArn", json!(&**arn)),
            Details::MapRunRedriven { arn, count } => {
                put("mapRunArn", json!(&**arn));
                put("redriveCount", json!(count));
            }
            Details::Iteration { name, index } => {
                put("name", json!(&**name));
                put("index", json!(index));
            }
        }
        if let Some((name, text)) = data {
            if with_data {
                put(name, json!(text));
            }
            put(&format!("{name}Details"), json!({ "truncated": false }));
        }
        Some(Value::Object(members))
    }
}

fn put_some<T: serde::Serialize>(put: &mut impl FnMut(&str, Value), name: &str, value: &Option<T>) {
    if let Some(value) = value {
        put(name, json!(value));
    }
}

fn put_credentials(put: &mut impl FnMut(&str, Value), role_arn: &Option<Arc<str>>) {
    if let Some(role_arn) = role_arn {
        put("taskCredentials", json!({ "roleArn": &**role_arn }));
    }
}
