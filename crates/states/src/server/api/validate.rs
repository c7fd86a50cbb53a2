//! Looking a definition over without registering it.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::definition::{Machine, MachineType};

use super::Answer;

/// Diagnostics in one answer.
const RESULTS_MAX: usize = 100;

/// `severity` is taken and has no effect: what is wrong is always an error here.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Validate {
    definition: String,
    #[serde(default, rename = "type")]
    machine_type: Option<MachineType>,
    max_results: Option<usize>,
}

pub(super) fn validate(request: &Validate) -> Answer {
    let machine_type = request.machine_type.unwrap_or(MachineType::Standard);
    let complaints = Machine::parse(&request.definition, machine_type)
        .err()
        .unwrap_or_default();
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
                "severity": "ERROR",
                "code": complaint.code.name(),
                "message": complaint.message,
                "location": location,
            })
        })
        .collect();
    let result = if complaints.is_empty() { "OK" } else { "FAIL" };
    let truncated = complaints.len() > diagnostics.len();
    Ok(json!({ "result": result, "diagnostics": diagnostics, "truncated": truncated }))
}
