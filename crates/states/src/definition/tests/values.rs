//! Numbers, error names, expressions and variables.

use serde_json::{Value, json};

use super::super::{Code, MachineType};
use super::{check, complaints, task};

#[test]
fn limits_of_numbers_are_kept() {
    let retry = |fields: Value| {
        let mut retrier = json!({ "ErrorEquals": ["E"] });
        for (name, value) in fields.as_object().unwrap() {
            retrier[name] = value.clone();
        }
        task(json!({ "Retry": [retrier] }))
    };
    check(
        retry(json!({ "MaxAttempts": -1 })),
        Code::Schema,
        "/States/A/Retry/0/MaxAttempts",
        "whole number",
    );
    check(
        retry(json!({ "IntervalSeconds": 0 })),
        Code::Schema,
        "/States/A/Retry/0/IntervalSeconds",
        "whole number",
    );
    check(
        retry(json!({ "BackoffRate": 0.5 })),
        Code::Schema,
        "/States/A/Retry/0/BackoffRate",
        "at least 1.0",
    );
    check(
        retry(json!({ "IntervalSeconds": 9, "MaxDelaySeconds": 9 })),
        Code::Schema,
        "/States/A/Retry/0/MaxDelaySeconds",
        "greater",
    );
    check(
        retry(json!({ "JitterStrategy": "HALF" })),
        Code::Schema,
        "/States/A/Retry/0/JitterStrategy",
        "FULL",
    );
    check(
        task(json!({ "TimeoutSeconds": 0 })),
        Code::Schema,
        "/States/A/TimeoutSeconds",
        "whole number",
    );
    check(
        task(json!({ "TimeoutSeconds": 5, "HeartbeatSeconds": 5 })),
        Code::Schema,
        "/States/A/HeartbeatSeconds",
        "smaller",
    );
    check(
        json!({ "Type": "Wait", "Seconds": -1 }),
        Code::Schema,
        "/States/A/Seconds",
        "whole number",
    );
    check(
        json!({ "Type": "Wait", "Timestamp": "tomorrow" }),
        Code::Schema,
        "/States/A/Timestamp",
        "RFC 3339",
    );
    check(
        json!({ "Type": "Wait" }),
        Code::Schema,
        "/States/A",
        "either Seconds or Timestamp",
    );
}

#[test]
fn error_names_of_the_language_are_used_as_it_says() {
    let catch = |errors: Value| {
        task(
            json!({ "Catch": [{ "ErrorEquals": errors, "Next": "B" }, { "ErrorEquals": ["X"], "Next": "B" }] }),
        )
    };
    check(
        catch(json!(["States.ALL"])),
        Code::Schema,
        "/States/A/Catch/0/ErrorEquals",
        "must stand alone",
    );
    check(
        catch(json!([])),
        Code::Schema,
        "/States/A/Catch/0/ErrorEquals",
        "at least one",
    );
}

#[test]
fn what_does_not_parse_is_quoted_by_its_beginning() {
    let long = "x".repeat(100_000);
    for (language, fields) in [
        ("JSONata", json!({ "Output": format!("{{% {long} %}}") })),
        ("JSONata", json!({ "Output": format!("{{% '{long} %}}") })),
        ("JSONata", json!({ "Output": format!("{{% 1 {long} %}}") })),
        ("JSONPath", json!({ "InputPath": format!("$.a[{long}") })),
        ("JSONPath", json!({ "ResultPath": format!("$.a[{long}") })),
        ("JSONPath", json!({ "Parameters": { "a.$": format!("{long}(") } })),
    ] {
        let mut state = fields;
        state["Type"] = "Pass".into();
        state["End"] = true.into();
        let definition = json!({ "QueryLanguage": language, "StartAt": "A", "States": { "A": state } });
        let found = complaints(&definition, MachineType::Standard);
        let bytes: usize = found.iter().map(|(_, _, text)| text.len()).sum();
        assert!((1..1_000).contains(&bytes), "{language}: {bytes} bytes");
    }
}

#[test]
fn expressions_must_parse() {
    check(
        json!({ "Type": "Pass", "Output": { "a": ["{% $states. %}"] } }),
        Code::Expression,
        "/States/A/Output/a/0",
        "does not parse",
    );
    check(
        json!({ "Type": "Pass", "Output": "{% %}" }),
        Code::Expression,
        "/States/A/Output",
        "empty",
    );
    check(
        json!({ "Type": "Pass", "Output": "{% $eval('1') %}" }),
        Code::Expression,
        "/States/A/Output",
        "$parse",
    );
    for (source, reason) in [
        ("phone", "'phone' at the top level"),
        ("$", "'$' at the top level"),
        ("$$.a", "'$$' at the top level"),
        ("$states.input.a + b", "'b' at the top level"),
        ("{ 'k': $map([1], function($x) { c }) }", "'c' at the top level"),
        ("$states.errorOutput.Error", "catcher"),
    ] {
        check(
            json!({ "Type": "Pass", "Output": format!("{{% {source} %}}") }),
            Code::Expression,
            "/States/A/Output",
            reason,
        );
    }
    check(
        json!({ "Type": "Wait", "Seconds": "soon" }),
        Code::Schema,
        "/States/A/Seconds",
        "expression",
    );
}

#[test]
fn names_that_something_else_leads_to_are_no_references() {
    for source in [
        "$states.input.items[value > 3].(name & other)",
        "$states.input.items^(>price).{ 'n': name }",
        "$evaluation.total",
        "$states.input{ kind: $sum(amount) }",
        "$x[$ = 1]",
        "$map($x, function($v) { $v.a })",
    ] {
        let state = json!({ "Type": "Pass", "Output": format!("{{% {source} %}}"), "End": true });
        let machine = json!({ "QueryLanguage": "JSONata", "StartAt": "A", "States": { "A": state } });
        assert_eq!(complaints(&machine, MachineType::Standard), [], "{source}");
    }
}

#[test]
fn variables_have_plain_names_and_do_not_hide_outer_ones() {
    check(
        json!({ "Type": "Pass", "Assign": { "states": 1 } }),
        Code::Schema,
        "/States/A/Assign/states",
        "cannot be the name",
    );
    check(
        json!({ "Type": "Pass", "Assign": { "a-b": 1 } }),
        Code::Schema,
        "/States/A/Assign/a-b",
        "cannot be the name",
    );
    let parallel = json!({
        "Type": "Parallel", "Assign": { "x": 1 },
        "Branches": [{ "StartAt": "X", "States": { "X": { "Type": "Pass", "Assign": { "x": 2 }, "End": true } } }],
    });
    check(
        parallel,
        Code::Schema,
        "/States/A/Branches/0/States/X/Assign/x",
        "already set",
    );
}
