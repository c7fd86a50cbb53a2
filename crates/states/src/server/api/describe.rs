//! How the API shows an execution.

use serde_json::{Value, json};

use crate::execution::{Execution, Status};
use crate::history::seconds;

/// What DescribeExecution and StartSyncExecution have in common.
pub(super) fn described(execution: &Execution) -> Value {
    let identity = execution.identity();
    let mut described = json!({
        "executionArn": identity.arn,
        "stateMachineArn": identity.machine_arn,
        "name": identity.name,
        "status": execution.status().name(),
        "startDate": seconds(execution.started_ms()),
        "input": &**execution.input_text(),
        "inputDetails": { "included": true },
    });
    let Some(ended) = execution.ended() else {
        return described;
    };
    described["stopDate"] = seconds(ended.at_ms);
    if let Some(output) = &ended.output {
        described["output"] = (&**output).into();
        described["outputDetails"] = json!({ "included": true });
    }
    if let Some(failure) = &ended.failure {
        if let Some(error) = &failure.error {
            described["error"] = error.as_str().into();
        }
        if let Some(cause) = &failure.cause {
            described["cause"] = cause.as_str().into();
        }
    }
    described
}

/// Adds what only DescribeExecution says.
pub(super) fn with_redrive(mut described: Value, status: Status) -> Value {
    described["redriveCount"] = 0.into();
    described["redriveStatus"] = "NOT_REDRIVABLE".into();
    described["redriveStatusReason"] = match status {
        Status::Running | Status::Succeeded => {
            format!("Execution is {} and cannot be redriven", status.name()).into()
        }
        _ => "Redrive is not supported by this server".into(),
    };
    described
}
