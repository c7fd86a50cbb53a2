//! What is refused at registration, by which name and at which place.

use serde_json::{Value, json};

use super::{Code, Machine, MachineType};

mod batches;
mod distributed;
mod languages;
mod outside_items;
mod values;

fn complaints(definition: &Value, machine_type: MachineType) -> Vec<(Code, String, String)> {
    let parsed = Machine::parse(&definition.to_string(), machine_type);
    let diagnostics = parsed.err().unwrap_or_default();
    diagnostics
        .into_iter()
        .map(|found| (found.code, found.location, found.message))
        .collect()
}

/// A machine of one state `A`, and a state `B` to go to, is refused with one complaint at one place.
fn check(state: Value, code: Code, location: &str, message: &str) {
    let mut state = state;
    if state.get("Next").is_none() && !matches!(state["Type"].as_str(), Some("Choice" | "Succeed" | "Fail")) {
        state["Next"] = "B".into();
    }
    let definition = json!({
        "QueryLanguage": "JSONata", "StartAt": "A",
        "States": { "A": state, "B": { "Type": "Succeed" } },
    });
    let found = complaints(&definition, MachineType::Standard);
    let hit = found
        .iter()
        .any(|(found_code, place, text)| *found_code == code && place == location && text.contains(message));
    assert!(hit, "{definition}\n{found:?}");
}

fn task(fields: Value) -> Value {
    let mut task = json!({
        "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Arguments": { "FunctionName": "f" },
    });
    for (name, value) in fields.as_object().unwrap() {
        task[name] = value.clone();
    }
    task
}

#[test]
fn transitions_must_lead_to_a_state_of_the_same_flow() {
    check(
        json!({ "Type": "Pass", "Next": "C" }),
        Code::Transition,
        "/States/A/Next",
        "does not exist",
    );
    check(
        task(json!({ "Catch": [{ "ErrorEquals": ["E"], "Next": "C" }] })),
        Code::Transition,
        "/States/A/Catch/0/Next",
        "does not exist",
    );
    let choice =
        json!({ "Type": "Choice", "Choices": [{ "Condition": "{% true %}", "Next": "C" }], "Default": "D" });
    check(
        choice.clone(),
        Code::Transition,
        "/States/A/Choices/0/Next",
        "does not exist",
    );
    check(choice, Code::Transition, "/States/A/Default", "does not exist");
    let parallel = json!({ "Type": "Parallel", "Branches": [{ "StartAt": "X", "States": { "X": { "Type": "Pass", "Next": "B" } } }] });
    check(
        parallel,
        Code::Transition,
        "/States/A/Branches/0/States/X/Next",
        "does not exist",
    );
    let lost = json!({ "QueryLanguage": "JSONata", "StartAt": "A", "States": { "A": { "Type": "Succeed" }, "B": { "Type": "Succeed" } } });
    let found = complaints(&lost, MachineType::Standard);
    assert_eq!((found[0].0, found[0].1.as_str()), (Code::Transition, "/States/B"));
    let start =
        json!({ "QueryLanguage": "JSONata", "StartAt": "Z", "States": { "A": { "Type": "Succeed" } } });
    assert_eq!(complaints(&start, MachineType::Standard)[0].1, "/StartAt");
}

#[test]
fn every_flow_has_an_end() {
    let endless = json!({ "QueryLanguage": "JSONata", "StartAt": "A", "States": {
        "A": { "Type": "Choice", "Choices": [{ "Condition": true, "Next": "B" }] },
        "B": { "Type": "Pass", "Next": "A" },
    } });
    let found = complaints(&endless, MachineType::Standard);
    assert_eq!((found[0].0, found[0].1.as_str()), (Code::EndState, "/"));
}

#[test]
fn a_state_ends_or_goes_on_and_not_both() {
    check(
        json!({ "Type": "Pass", "Next": "B", "End": true }),
        Code::Schema,
        "/States/A",
        "either Next",
    );
    check(
        json!({ "Type": "Succeed", "Next": "B" }),
        Code::Schema,
        "/States/A/Next",
        "not known",
    );
}

#[test]
fn names_of_states_are_unique_in_the_whole_machine() {
    let branches = json!([{ "StartAt": "B", "States": { "B": { "Type": "Succeed" } } }]);
    let parallel = json!({ "Type": "Parallel", "Branches": branches });
    check(parallel, Code::Schema, "/States/B", "stands twice");
}

#[test]
fn unknown_fields_types_and_resources_are_named() {
    check(
        json!({ "Type": "Pass", "Colour": "red" }),
        Code::Schema,
        "/States/A/Colour",
        "not known",
    );
    check(
        json!({ "Type": "Sleep" }),
        Code::Schema,
        "/States/A/Type",
        "not a type",
    );
    check(
        task(json!({ "Resource": "arn:aws:states:::batch:submitJob.sync" })),
        Code::NotSupported,
        "/States/A/Resource",
        "batch:submitJob",
    );
    check(
        task(json!({ "Resource": "lock-ticket" })),
        Code::NotSupported,
        "/States/A/Resource",
        "neither",
    );
    check(
        task(json!({ "Arguments": { "FunctionName": "f", "LogType": "Tail" } })),
        Code::NotSupported,
        "/States/A/Arguments/LogType",
        "not supported by Step Functions",
    );
    check(
        task(json!({ "Arguments": { "Payload": 1 } })),
        Code::Schema,
        "/States/A/Arguments",
        "FunctionName",
    );
    check(
        task(json!({ "Credentials": {} })),
        Code::Schema,
        "/States/A/Credentials",
        "RoleArn",
    );
}

#[test]
fn an_unknown_integration_is_refused_with_what_is_near_it() {
    for (resource, hint) in [
        (
            "dynamodb:query",
            "supported are dynamodb:getItem, dynamodb:putItem",
        ),
        (
            "dynamodb:putItem.waitForTaskToken",
            "cannot end with .waitForTaskToken; it only waits",
        ),
        (
            "sns:publish.sync",
            "sns:publish cannot end with .sync; it may end with .waitForTaskToken",
        ),
        ("http:invoke", "call a function that makes the request"),
        (
            "aws-sdk:ec2:describeInstances",
            "supported are cloudwatchlogs, dynamodb",
        ),
        ("aws-sdk:dynamodb:PutItem", "begin with a small letter"),
        ("aws-sdk:s3:listBuckets", "supported are deleteObject, getObject"),
        ("aws-sdk:sqs:sendMessage.sync", "cannot end with .sync"),
        ("lambda:invoke.wait", "ends with no known pattern"),
    ] {
        let resource = format!("arn:aws:states:::{resource}");
        check(
            task(json!({ "Resource": resource })),
            Code::NotSupported,
            "/States/A/Resource",
            hint,
        );
    }
}

#[test]
fn an_activity_has_no_credentials() {
    check(
        json!({
            "Type": "Task",
            "Resource": "arn:aws:states:us-east-1:0:activity:a",
            "Credentials": { "RoleArn": "arn:aws:iam::0:role/r" },
            "End": true,
        }),
        Code::Schema,
        "/States/A/Credentials",
        "worker",
    );
}

#[test]
fn an_express_machine_waits_for_nobody() {
    for resource in [
        "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "arn:aws:states:::states:startExecution.sync:2",
        "arn:aws:states:us-east-1:000000000000:activity:a",
    ] {
        let definition = json!({ "QueryLanguage": "JSONata", "StartAt": "A", "States": { "A": { "Type": "Task", "Resource": resource, "End": true } } });
        let found = complaints(&definition, MachineType::Express);
        assert_eq!(found[0].1, "/States/A/Resource");
        assert_eq!(complaints(&definition, MachineType::Standard), []);
    }
}

#[test]
fn a_placeholder_nobody_filled_in_is_named() {
    let definition = json!({ "QueryLanguage": "JSONata", "StartAt": "A", "States": { "A": { "Type": "Pass", "Output": "${Name}", "End": true } } });
    let found = complaints(&definition, MachineType::Standard);
    assert!(found[0].2.contains("${Name}"), "{found:?}");
}

#[test]
fn what_is_no_machine_at_all_is_refused_and_every_mistake_is_told_at_once() {
    for text in [
        "",
        "{",
        "[]",
        "1",
        "{}",
        "{\"QueryLanguage\":\"JSONata\",\"StartAt\":\"A\",\"States\":{\"A\":1}}",
    ] {
        assert!(
            !Machine::parse(text, MachineType::Standard)
                .unwrap_err()
                .is_empty(),
            "{text}"
        );
    }
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(
        Machine::parse(&deep, MachineType::Standard).unwrap_err()[0].code,
        Code::InvalidJson
    );
    let two = json!({ "QueryLanguage": "JSONata", "StartAt": "A", "States": { "A": { "Type": "Pass", "Next": "Z", "Hue": 1 } } });
    assert_eq!(complaints(&two, MachineType::Standard).len(), 2);
}
