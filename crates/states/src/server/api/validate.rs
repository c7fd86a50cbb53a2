//! Looking a definition over without registering it.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::definition::{Diagnostic, Machine, MachineType, Severity};

use super::Answer;

/// Diagnostics in one answer.
const RESULTS_MAX: usize = 100;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Validate {
    definition: String,
    #[serde(default, rename = "type")]
    machine_type: Option<MachineType>,
    max_results: Option<usize>,
    /// The least severity that is shown.
    severity: Option<Severity>,
}

pub(super) fn validate(request: &Validate) -> Answer {
    let machine_type = request.machine_type.unwrap_or(MachineType::Standard);
    let mut complaints = Machine::look_over(&request.definition, machine_type);
    let is_error = |complaint: &Diagnostic| complaint.severity == Severity::Error;
    let result = match complaints.iter().any(is_error) {
        true => "FAIL",
        false => "OK",
    };
    complaints.retain(|complaint| is_error(complaint) || request.severity == Some(Severity::Warning));
    let size = request
        .max_results
        .filter(|size| *size > 0)
        .unwrap_or(RESULTS_MAX);
    let diagnostics: Vec<Value> = complaints
        .iter()
        .take(size)
        .map(|complaint| {
            let location = match complaint.location.as_str() {
                "" => "/",
                location => location,
            };
            json!({
                "severity": complaint.severity.name(),
                "code": complaint.code.name(),
                "message": complaint.message,
                "location": location,
            })
        })
        .collect();
    let truncated = complaints.len() > diagnostics.len();
    Ok(json!({ "result": result, "diagnostics": diagnostics, "truncated": truncated }))
}
