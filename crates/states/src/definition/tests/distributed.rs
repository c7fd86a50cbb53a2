//! What only a Map state in distributed mode may have, and what it may not.

use serde_json::{Value, json};

use super::super::{Code, MachineType};
use super::{check, complaints};

fn distributed(fields: Value) -> Value {
    let mut map = json!({ "Type": "Map", "ItemProcessor": {
        "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
        "StartAt": "X", "States": { "X": { "Type": "Succeed" } } } });
    for (name, value) in fields.as_object().unwrap() {
        map[name] = value.clone();
    }
    map
}

fn machine(states: Value) -> Value {
    json!({ "QueryLanguage": "JSONata", "StartAt": "A", "States": states })
}

#[test]
fn a_distributed_map_says_what_its_executions_are() {
    let mut map = distributed(json!({ "Label": "a", "End": true }));
    assert_eq!(
        complaints(&machine(json!({ "A": map })), MachineType::Standard),
        []
    );
    map["ItemProcessor"]["ProcessorConfig"] = json!({ "Mode": "DISTRIBUTED" });
    let config = "/States/A/ItemProcessor/ProcessorConfig";
    let mut next = map.clone();
    next.as_object_mut().unwrap().remove("End");
    check(next.clone(), Code::Schema, config, "ExecutionType");
    next["ItemProcessor"]["ProcessorConfig"]["ExecutionType"] = "FAST".into();
    check(
        next.clone(),
        Code::Schema,
        &format!("{config}/ExecutionType"),
        "STANDARD or EXPRESS",
    );
    next["ItemProcessor"]["ProcessorConfig"] = json!({ "Mode": "ELSEWHERE" });
    check(next, Code::Schema, &format!("{config}/Mode"), "ELSEWHERE");
}

#[test]
fn an_inline_map_has_none_of_what_a_distributed_one_has() {
    for (name, value) in [
        ("ItemReader", json!({})),
        ("ResultWriter", json!({})),
        ("Label", json!("a")),
    ] {
        let mut map = distributed(json!({}));
        map[name] = value;
        map["ItemProcessor"]
            .as_object_mut()
            .unwrap()
            .remove("ProcessorConfig");
        check(map, Code::Schema, &format!("/States/A/{name}"), "DISTRIBUTED");
    }
    let mut map = distributed(json!({}));
    map["ItemProcessor"]["ProcessorConfig"]["Mode"] = "INLINE".into();
    let place = "/States/A/ItemProcessor/ProcessorConfig/ExecutionType";
    check(map, Code::Schema, place, "DISTRIBUTED");
}

#[test]
fn a_label_is_short_plain_and_used_once() {
    for label in ["", "two words", "a:b", "a/b", "ä", &"x".repeat(41)] {
        check(
            distributed(json!({ "Label": label })),
            Code::Schema,
            "/States/A/Label",
            "1 to 40",
        );
    }
    let mut second = distributed(json!({ "Label": "a", "End": true }));
    second["ItemProcessor"]["StartAt"] = "Y".into();
    second["ItemProcessor"]["States"] = json!({ "Y": { "Type": "Succeed" } });
    let states = json!({ "A": distributed(json!({ "Label": "a", "Next": "B" })), "B": second });
    let found = complaints(&machine(states), MachineType::Standard);
    assert_eq!(found[0].1, "/States/B/Label");
    assert!(found[0].2.contains("twice"), "{found:?}");
}

#[test]
fn items_come_from_one_place() {
    let reader = json!({ "Resource": "arn:aws:states:::s3:listObjectsV2", "Arguments": { "Bucket": "b" } });
    check(
        distributed(json!({ "ItemReader": reader, "Items": [1] })),
        Code::Schema,
        "/States/A/Items",
        "not both",
    );
}

#[test]
fn an_express_machine_has_no_distributed_map_and_express_iterations_wait_for_nobody() {
    let map = distributed(json!({ "End": true }));
    let found = complaints(&machine(json!({ "A": map.clone() })), MachineType::Express);
    assert_eq!(found[0].1, "/States/A/ItemProcessor/ProcessorConfig/Mode");
    let waiting = json!({ "X": { "Type": "Task", "End": true,
        "Resource": "arn:aws:states:us-east-1:000000000000:activity:a" } });
    let mut map = map;
    map["ItemProcessor"]["States"] = waiting;
    assert_eq!(
        complaints(&machine(json!({ "A": map.clone() })), MachineType::Standard),
        []
    );
    map["ItemProcessor"]["ProcessorConfig"]["ExecutionType"] = "EXPRESS".into();
    let found = complaints(&machine(json!({ "A": map })), MachineType::Standard);
    assert_eq!(found[0].1, "/States/A/ItemProcessor/States/X/Resource");
}

#[test]
fn iterations_may_use_names_of_outer_variables() {
    let mut map = distributed(json!({ "End": true }));
    map["ItemProcessor"]["States"] = json!({ "X": { "Type": "Pass", "Assign": { "n": 2 }, "End": true } });
    let states = json!({ "A": { "Type": "Pass", "Assign": { "n": 1 }, "Next": "B" }, "B": map });
    assert_eq!(complaints(&machine(states), MachineType::Standard), []);
}
