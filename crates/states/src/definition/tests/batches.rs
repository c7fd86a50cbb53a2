//! Fields that the language has for every Map state and the service for distributed ones.

use serde_json::{Value, json};

use super::super::Severity;
use super::{Code, Machine, MachineType, check};

fn map(fields: Value) -> Value {
    let mut map = json!({ "Type": "Map",
        "ItemProcessor": { "StartAt": "X", "States": { "X": { "Type": "Succeed" } } } });
    for (name, value) in fields.as_object().unwrap() {
        map[name] = value.clone();
    }
    map
}

#[test]
fn limits_that_cannot_be_are_refused() {
    for (fields, place, message) in [
        (
            json!({ "ItemBatcher": {} }),
            "ItemBatcher",
            "needs MaxItemsPerBatch",
        ),
        (
            json!({ "ItemBatcher": { "MaxItemsPerBatch": 0 } }),
            "ItemBatcher/MaxItemsPerBatch",
            "whole number from 1",
        ),
        (
            json!({ "ItemBatcher": { "MaxInputBytesPerBatch": 262_145 } }),
            "ItemBatcher/MaxInputBytesPerBatch",
            "to 262144",
        ),
        (
            json!({ "ItemBatcher": { "MaxItemsPerBatch": 1, "BatchInput": 1 } }),
            "ItemBatcher/BatchInput",
            "must be an object",
        ),
        (
            json!({ "ItemBatcher": { "MaxItemsPerBatchPath": "$.n" } }),
            "ItemBatcher/MaxItemsPerBatchPath",
            "JSONPath",
        ),
        (
            json!({ "ToleratedFailureCount": -1 }),
            "ToleratedFailureCount",
            "whole number from 0",
        ),
        (
            json!({ "ToleratedFailurePercentage": 100.5 }),
            "ToleratedFailurePercentage",
            "from 0 to 100",
        ),
    ] {
        check(map(fields), Code::Schema, &format!("/States/A/{place}"), message);
    }
}

#[test]
fn an_inline_map_has_them_with_a_warning_each() {
    let mut fields = map(
        json!({ "ItemBatcher": { "MaxItemsPerBatch": 2 }, "ToleratedFailureCount": 1,
        "ToleratedFailurePercentage": 12.5 }),
    );
    fields["End"] = true.into();
    let definition = |map: &Value| {
        json!({ "QueryLanguage": "JSONata", "StartAt": "A", "States": { "A": map } }).to_string()
    };
    assert!(Machine::parse(&definition(&fields), MachineType::Standard).is_ok());
    let warnings = Machine::look_over(&definition(&fields), MachineType::Standard);
    let places: Vec<&str> = warnings.iter().map(|warning| warning.location.as_str()).collect();
    assert_eq!(
        places,
        [
            "/States/A/ItemBatcher",
            "/States/A/ToleratedFailureCount",
            "/States/A/ToleratedFailurePercentage"
        ]
    );
    fields["End"] = false.into();
    let found = Machine::look_over(&definition(&fields), MachineType::Standard);
    let severities: Vec<Severity> = found.iter().map(|found| found.severity).collect();
    assert_eq!(
        severities,
        [
            Severity::Error,
            Severity::Warning,
            Severity::Warning,
            Severity::Warning
        ]
    );
    let refused = Machine::parse(&definition(&fields), MachineType::Standard).unwrap_err();
    assert_eq!(refused.len(), 1);
}
