//! Which fields a state may have in which language, and what is wrong with paths.

use serde_json::{Value, json};

use super::super::{Code, MachineType};
use super::{check, complaints, task};

/// A JSONPath machine of one state `A`, and a state `B` to go to, is refused with a complaint at one place.
fn check_path(state: Value, location: &str, message: &str) {
    let found = found_in_paths(state.clone());
    let hit = found
        .iter()
        .any(|(_, place, text)| place == location && text.contains(message));
    assert!(hit, "{state}\n{found:?}");
}

fn found_in_paths(mut state: Value) -> Vec<(Code, String, String)> {
    if !matches!(state["Type"].as_str(), Some("Choice" | "Succeed" | "Fail")) {
        state["Next"] = "B".into();
    }
    let definition = json!({ "StartAt": "A", "States": { "A": state, "B": { "Type": "Succeed" } } });
    let mut found = complaints(&definition, MachineType::Standard);
    // What nothing leads to is another matter.
    found.retain(|(code, ..)| *code != Code::Transition);
    found
}

fn rule(test: Value) -> Value {
    let mut rule = test;
    rule["Next"] = "B".into();
    json!({ "Type": "Choice", "Choices": [rule], "Default": "B" })
}

#[test]
fn fields_of_the_other_language_are_named() {
    for (field, value) in [
        ("ResultPath", json!("$.a")),
        ("Parameters", json!({})),
        ("InputPath", json!("$")),
    ] {
        let mut state = json!({ "Type": "Pass" });
        state[field] = value;
        let message = format!("set to 'JSONata', but field '{field}' is only supported for the 'JSONPath'");
        check(state, Code::Schema, &format!("/States/A/{field}"), &message);
    }
    check(
        task(json!({ "TimeoutSecondsPath": "$.t" })),
        Code::Schema,
        "/States/A/TimeoutSecondsPath",
        "JSONPath",
    );
    check_path(
        json!({ "Type": "Pass", "Output": 1 }),
        "/States/A/Output",
        "set to 'JSONPath', but field 'Output'",
    );
    let mut with_arguments = task(json!({}));
    with_arguments["Parameters"] = json!({ "FunctionName": "f" });
    check_path(with_arguments, "/States/A/Arguments", "JSONata");
    check_path(
        json!({ "Type": "Choice", "Choices": [{ "Condition": true, "Next": "B" }] }),
        "/States/A/Choices/0/Condition",
        "JSONata",
    );
}

#[test]
fn a_state_may_choose_jsonata_for_itself_and_not_the_other_way_round() {
    let upward = json!({ "StartAt": "A", "States": { "A": { "Type": "Succeed", "QueryLanguage": "JSONata", "Output": 1 } } });
    assert_eq!(complaints(&upward, MachineType::Standard), []);
    check(
        json!({ "Type": "Succeed", "QueryLanguage": "JSONPath" }),
        Code::Schema,
        "/States/A/QueryLanguage",
        "can not be 'JSONPath'",
    );
    let mut other = upward;
    other["QueryLanguage"] = "jsonata".into();
    assert_eq!(complaints(&other, MachineType::Standard)[0].1, "/QueryLanguage");
}

#[test]
fn a_state_inside_a_map_speaks_the_language_of_the_machine() {
    let body =
        json!({ "StartAt": "X", "States": { "X": { "Type": "Pass", "Parameters": {}, "End": true } } });
    let map = json!({
        "Type": "Map", "QueryLanguage": "JSONata", "Items": [1], "ItemProcessor": body, "End": true,
    });
    let machine = json!({ "StartAt": "A", "States": { "A": map } });
    assert_eq!(complaints(&machine, MachineType::Standard), []);
}

#[test]
fn what_paths_cannot_say_is_named() {
    for (path, reason) in [
        ("a", "\"$\" was expected"),
        ("$.", "a name was expected"),
        ("$.a.length()", "functions such as length()"),
        ("$[0:9:2]", "step"),
        ("$[(@.length-1)]", "write [-1]"),
        ("$[?(@.a =~ /x/)]", "regular expression"),
        ("$[?(@.a in ['x'])]", "\"in\""),
        ("$[?(@.a == $.b)]", "another value"),
        ("$[?(@..a)]", "only names"),
        ("$.a b", "not understood"),
        ("$['a", "not closed"),
    ] {
        check_path(
            json!({ "Type": "Pass", "InputPath": path }),
            "/States/A/InputPath",
            reason,
        );
    }
    for (path, reason) in [
        ("$.a[0]", "a place in a list"),
        ("$.a[*]", "one place"),
        ("$..a", "one place"),
        ("$$.Execution", "only a place in the state's input"),
        ("$name", "only a place in the state's input"),
    ] {
        check_path(
            json!({ "Type": "Pass", "ResultPath": path }),
            "/States/A/ResultPath",
            reason,
        );
    }
    let long = format!("${}", ".a".repeat(101));
    check_path(
        json!({ "Type": "Pass", "ResultPath": long }),
        "/States/A/ResultPath",
        "at most 100",
    );
}

#[test]
fn marked_fields_must_hold_a_path_or_a_call() {
    for (value, reason) in [
        (json!(1), "no text"),
        (json!("plain"), "\"(\" was expected"),
        (json!("States.Nothing()"), "not an intrinsic function"),
        (json!("States.MathAdd(1)"), "cannot have 1 arguments"),
        (json!("States.Format('a)"), "not closed"),
        (json!("States.Format('\\n')"), "backslash"),
        (json!("States.UUID() "), ""),
    ] {
        let state = json!({ "Type": "Pass", "Parameters": { "x": [{ "y.$": value }] } });
        if reason.is_empty() {
            assert_eq!(found_in_paths(state), []);
        } else {
            check_path(state, "/States/A/Parameters/x/0/y.$", reason);
        }
    }
    let nested = format!("{}1{}", "States.Array(".repeat(11), ")".repeat(11));
    check_path(
        json!({ "Type": "Pass", "Assign": { "x.$": nested } }),
        "/States/A/Assign/x.$",
        "at most 10",
    );
    check_path(
        json!({ "Type": "Pass", "Parameters": { "a": 1, "a.$": "$" } }),
        "/States/A/Parameters/a.$",
        "twice",
    );
    check_path(
        json!({ "Type": "Pass", "Parameters": "$.a" }),
        "/States/A/Parameters",
        "object",
    );
}

#[test]
fn a_rule_has_one_comparison_of_the_right_kind() {
    let variable = "$.a";
    check_path(
        rule(json!({ "Variable": variable })),
        "/States/A/Choices/0",
        "needs a comparison",
    );
    check_path(
        rule(json!({ "Variable": variable, "NumericEquals": 1, "StringEquals": "a" })),
        "/States/A/Choices/0",
        "one comparison",
    );
    check_path(
        rule(json!({ "NumericEquals": 1 })),
        "/States/A/Choices/0",
        "\"Variable\" is missing",
    );
    for (operator, value) in [
        ("NumericEquals", json!("1")),
        ("StringEquals", json!(1)),
        ("BooleanEquals", json!("true")),
        ("TimestampEquals", json!("2026-11-21 13:16:54Z")),
        ("IsPresent", json!("yes")),
        ("BooleanLessThan", json!(true)),
        ("NumericNearly", json!(1)),
        ("StringMatches", json!("a\\")),
        ("NumericEqualsPath", json!("b")),
    ] {
        let mut test = json!({ "Variable": variable });
        test[operator] = value;
        check_path(rule(test), &format!("/States/A/Choices/0/{operator}"), "");
    }
    check_path(
        rule(json!({ "And": [{ "Variable": variable, "IsNull": true, "Next": "B" }] })),
        "/States/A/Choices/0/And/0",
        "one comparison",
    );
    check_path(
        rule(json!({ "Or": [] })),
        "/States/A/Choices/0/Or",
        "at least one",
    );
    assert_eq!(
        found_in_paths(rule(
            json!({ "Not": { "Or": [{ "Variable": variable, "IsNull": true }] } })
        )),
        []
    );
}

#[test]
fn of_a_value_and_a_path_to_it_only_one_may_stand() {
    check_path(
        json!({ "Type": "Wait", "Seconds": 1, "SecondsPath": "$.s" }),
        "/States/A/SecondsPath",
        "not both",
    );
    check_path(
        json!({ "Type": "Fail", "Cause": "c", "CausePath": "$.c" }),
        "/States/A/CausePath",
        "not both",
    );
    check_path(json!({ "Type": "Wait" }), "/States/A", "one of Seconds");
    let body = json!({ "StartAt": "X", "States": { "X": { "Type": "Succeed" } } });
    check_path(
        json!({ "Type": "Map", "Iterator": body, "ItemProcessor": body }),
        "/States/A/Iterator",
        "old name",
    );
    assert_eq!(
        found_in_paths(json!({ "Type": "Map", "Iterator": body, "Parameters": {} })),
        []
    );
}
