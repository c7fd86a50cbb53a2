//! How the API shows an execution.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::engine::{Engine, EngineError};
use crate::execution::Execution;
use crate::history::seconds;

/// Whether definitions, inputs and outputs are to be shown.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum IncludedData {
    #[default]
    AllData,
    MetadataOnly,
}

impl IncludedData {
    pub fn with_data(self) -> bool {
        matches!(self, IncludedData::AllData)
    }
}

/// What DescribeExecution and StartSyncExecution have in common.
pub(super) fn described(
    engine: &Engine,
    execution: &Execution,
    included: IncludedData,
) -> Result<Value, EngineError> {
    let identity = execution.identity();
    let with_data = included.with_data();
    let mut described = json!({
        "executionArn": identity.arn,
        "stateMachineArn": identity.machine_arn,
        "name": identity.name,
        "status": engine.status_name(execution),
        "startDate": seconds(execution.started_ms()),
        "inputDetails": { "included": with_data },
    });
    let mut put = |name: &str, text: Option<&str>| {
        if let Some(text) = text {
            described[name] = text.into();
        }
    };
    put("input", with_data.then_some(&**execution.input_text()));
    put("traceHeader", engine.trace_header(&identity.arn)?);
    let Some(ended) = execution.ended() else {
        return Ok(described);
    };
    if with_data {
        put("output", ended.output.as_deref());
        let failure = ended.failure.as_ref();
        put("error", failure.and_then(|failure| failure.error.as_deref()));
        put("cause", failure.and_then(|failure| failure.cause.as_deref()));
    }
    described["stopDate"] = seconds(ended.at_ms);
    if ended.output.is_some() {
        described["outputDetails"] = json!({ "included": with_data });
    }
    Ok(described)
}

/// Adds what only DescribeExecution says.
pub(super) fn with_redrive(
    engine: &Engine,
    execution: &Execution,
    mut described: Value,
    now_ms: u64,
) -> Result<Value, EngineError> {
    add_redrives(execution, &mut described);
    let arn = &execution.identity().arn;
    if engine.is_redrivable_by_map_run(arn, now_ms)? {
        described["redriveStatus"] = "REDRIVABLE_BY_MAP_RUN".into();
        return Ok(described);
    }
    match engine.redrive_obstacle(arn, now_ms)? {
        None => described["redriveStatus"] = "REDRIVABLE".into(),
        Some(reason) => {
            described["redriveStatus"] = "NOT_REDRIVABLE".into();
            described["redriveStatusReason"] = reason.into();
        }
    }
    Ok(described)
}

/// What lists say of an execution.
pub(super) fn listed(engine: &Engine, execution: &Execution) -> Value {
    let identity = execution.identity();
    let mut listed = json!({
        "executionArn": identity.arn,
        "stateMachineArn": identity.machine_arn,
        "name": identity.name,
        "status": engine.status_name(execution),
        "startDate": seconds(execution.started_ms()),
    });
    if let Some(ended) = execution.ended() {
        listed["stopDate"] = seconds(ended.at_ms);
    }
    add_redrives(execution, &mut listed);
    listed
}

/// Adds how often and when it was redriven, and the version, alias or map run it was started by.
fn add_redrives(execution: &Execution, shown: &mut Value) {
    shown["redriveCount"] = execution.redrive_count().into();
    if let Some(redriven_ms) = execution.redriven_ms() {
        shown["redriveDate"] = seconds(redriven_ms);
    }
    let identity = execution.identity();
    if let Some(arn) = &identity.version_arn {
        shown["stateMachineVersionArn"] = arn.as_str().into();
    }
    if let Some(arn) = &identity.alias_arn {
        shown["stateMachineAliasArn"] = arn.as_str().into();
    }
    if let Some(arn) = &identity.map_run_arn {
        shown["mapRunArn"] = arn.as_str().into();
    }
}
