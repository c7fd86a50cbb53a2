//! A machine's `loggingConfiguration` as requests state it.

use serde_json::Value;

use crate::engine::{EngineError, log_group};
use crate::server::service::Service;

/// Reads a configuration that was found to be of the right types: the API fills in what it does not say, and demands one log group that is there, unless the
/// level is `OFF`. The sentences are recorded ones.
///
/// # Errors
///
/// [`EngineError::InvalidLoggingConfiguration`] or [`EngineError::Serialization`].
pub(super) async fn checked(service: &Service, stated: Option<Value>) -> Result<Option<Value>, EngineError> {
    let Some(mut logging) = stated else {
        return Ok(None);
    };
    let Some(members) = logging.as_object_mut() else {
        return Ok(None);
    };
    members.retain(|_, value| !value.is_null());
    members.entry("level").or_insert_with(|| "OFF".into());
    members
        .entry("includeExecutionData")
        .or_insert_with(|| false.into());
    let invalid = |reason: &str| Err(EngineError::InvalidLoggingConfiguration(reason.to_owned()));
    let is_off = members["level"] == "OFF";
    let destinations = match members.get("destinations") {
        Some(Value::Array(destinations)) => destinations.as_slice(),
        None => &[],
        Some(_) => {
            return Err(EngineError::Serialization(
                "destinations must be a list".to_owned(),
            ));
        }
    };
    let arn = match destinations {
        [] if is_off => return Ok(Some(logging)),
        [destination] => destination.pointer("/cloudWatchLogsLogGroup/logGroupArn"),
        _ => None,
    };
    let Some(Value::String(arn)) = arn else {
        return invalid("Must specify exactly one Log Destination.");
    };
    if !arn.ends_with(":*") {
        return invalid("Log Group ARN must be provided with '*' qualifier.");
    }
    let Some(group) = log_group(arn) else {
        return invalid("Log Destination not found.");
    };
    if !is_off && service.lacks_log_group(group).await {
        return invalid("Log Destination not found.");
    }
    Ok(Some(logging))
}
