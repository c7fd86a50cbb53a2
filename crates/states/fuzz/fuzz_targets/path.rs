//! Any text as a path or a call of intrinsic functions: it leads somewhere or fails.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::json;
use states_fuzz::run;

fuzz_target!(|path: &str| {
    run(&json!({ "StartAt": "A", "States": {
        "A": { "Type": "Pass", "Parameters": { "a.$": path }, "End": true } } }));
    run(&json!({ "StartAt": "A", "States": {
        "A": { "Type": "Pass", "InputPath": path, "ResultPath": path, "OutputPath": path, "End": true } } }));
    run(&json!({ "StartAt": "A", "States": {
        "A": { "Type": "Choice", "Default": "B", "Choices": [
            { "Variable": "$.n", "StringMatches": path, "Next": "B" },
            { "Variable": path, "IsPresent": true, "Next": "B" }] },
        "B": { "Type": "Succeed" } } }));
});
