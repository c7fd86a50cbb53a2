//! Testing one state.

use serde_json::{Value, json};

use crate::http::{Aws, Server, folder};
use crate::scenes::{invoke, nobody, returned, wait_for_token};

fn alone(mut state: Value) -> Value {
    state["QueryLanguage"] = "JSONata".into();
    state
}

fn ask(server: &Server, state: &Value, more: Value) -> Result<Value, String> {
    let mut request = json!({ "definition": state.to_string() });
    request
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    server.ask("TestState", request)
}

fn test(server: &Server, state: &Value, more: Value) -> Value {
    ask(server, state, more).unwrap()
}

fn error(name: &str) -> Value {
    json!({ "errorOutput": { "error": name, "cause": "why" } })
}

#[test]
fn states_that_need_nobody_outside_are_run() {
    let (aws, journal) = (nobody(), folder("test-plain"));
    let server = Server::start(&journal, aws.address);
    let choice = alone(json!({ "Type": "Choice", "Default": "No",
        "Choices": [{ "Condition": "{% $states.input.n = 2 %}", "Next": "Two" }] }));
    let chosen = test(&server, &choice, json!({ "input": "{\"n\": 2}" }));
    assert_eq!(
        chosen,
        json!({ "status": "SUCCEEDED", "output": "{\"n\":2}", "nextState": "Two" })
    );
    let pass = alone(json!({ "Type": "Pass", "Output": "{% $a + 1 %}", "Assign": { "b": 2 }, "End": true }));
    let passed = test(
        &server,
        &pass,
        json!({ "variables": "{\"a\":1}", "inspectionLevel": "DEBUG" }),
    );
    assert_eq!(
        passed,
        json!({ "status": "SUCCEEDED", "output": "2",
            "inspectionData": { "input": "{}", "variables": "{\"a\":1,\"b\":2}" } })
    );
    let failing = alone(json!({ "Type": "Fail", "Error": "E", "Cause": "c" }));
    assert_eq!(
        test(&server, &failing, json!({})),
        json!({ "status": "FAILED", "error": "E", "cause": "c" })
    );
    // Its time passes at once, unless it is more than a test may take.
    for (seconds, status) in [(300, "SUCCEEDED"), (301, "FAILED")] {
        let wait = alone(json!({ "Type": "Wait", "Seconds": seconds, "Next": "X" }));
        assert_eq!(test(&server, &wait, json!({}))["status"], status);
    }
    let itself = alone(json!({ "Type": "Pass", "Next": "StateName" }));
    assert_eq!(test(&server, &itself, json!({}))["nextState"], "StateName");
}

#[test]
fn a_task_calls_its_function_unless_it_is_mocked() {
    let (aws, journal) = (
        Aws::start(|asked| returned(json!({ "doubled": asked.body["n"].as_i64().unwrap() * 2 }))),
        folder("test-task"),
    );
    let server = Server::start(&journal, aws.address);
    let state = alone(invoke("f"));
    let called = test(
        &server,
        &state,
        json!({ "input": "{\"n\":21}", "inspectionLevel": "TRACE" }),
    );
    assert_eq!(called["output"], "{\"doubled\":42}");
    let data = &called["inspectionData"];
    let arguments: Value = serde_json::from_str(data["afterArguments"].as_str().unwrap()).unwrap();
    assert_eq!(arguments, json!({ "FunctionName": "f", "Payload": { "n": 21 } }));
    assert!(data["result"].as_str().unwrap().contains("ExecutedVersion"));
    let mocked = test(
        &server,
        &state,
        json!({ "mock": { "result": "{\"Payload\":1}" } }),
    );
    assert_eq!(mocked, json!({ "status": "SUCCEEDED", "output": "1" }));
    assert_eq!(aws.asked().len(), 1);
    let listed = server.tell("ListStateMachines", json!({}));
    assert_eq!(listed["stateMachines"], json!([]));
}

#[test]
fn a_task_may_ask_this_server_and_an_activity_needs_a_mock() {
    let (aws, journal) = (nobody(), folder("test-here"));
    let server = Server::start(&journal, aws.address);
    let made = server.tell("CreateActivity", json!({ "name": "work" }));
    let described = json!({ "Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sfn:describeActivity",
        "Parameters": { "ActivityArn": made["activityArn"] }, "OutputPath": "$.Name", "End": true });
    let asked = test(&server, &described, json!({}));
    assert_eq!(asked, json!({ "status": "SUCCEEDED", "output": "\"work\"" }));
    // It may even ask for a test.
    let inner = json!({ "Type": "Pass", "Result": 7, "End": true });
    let nested = json!({ "Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sfn:testState",
        "Parameters": { "Definition": inner }, "OutputPath": "$.Output", "End": true });
    assert_eq!(test(&server, &nested, json!({}))["output"], "\"7\"");
    let work = json!({ "Type": "Task", "Resource": made["activityArn"], "Next": "X" });
    assert_eq!(ask(&server, &work, json!({})).unwrap_err(), "InvalidDefinition");
    let mocked = test(&server, &work, json!({ "mock": { "result": "{\"n\":1}" } }));
    assert_eq!(
        mocked,
        json!({ "status": "SUCCEEDED", "output": "{\"n\":1}", "nextState": "X" })
    );
}

#[test]
fn a_mocked_error_is_retried_then_caught_then_fatal() {
    let (aws, journal) = (nobody(), folder("test-errors"));
    let server = Server::start(&journal, aws.address);
    let mut state = alone(invoke("f"));
    state["Retry"] = json!([
        { "ErrorEquals": ["Other"] },
        { "ErrorEquals": ["Lambda.ServiceException"], "IntervalSeconds": 2, "MaxAttempts": 3, "BackoffRate": 2.0 }]);
    state["Catch"] = json!([{ "ErrorEquals": ["Lambda.ServiceException"], "Next": "Handle",
        "Output": "{% $states.errorOutput.Error %}" }]);
    let mocked = |name: &str, retries: u64| {
        json!({ "mock": error(name), "inspectionLevel": "DEBUG",
            "stateConfiguration": { "retrierRetryCount": retries } })
    };
    // The example of the Developer Guide, "Simulating retry attempts".
    let retried = test(&server, &state, mocked("Lambda.ServiceException", 1));
    assert_eq!(retried["status"], "RETRIABLE");
    assert_eq!(
        retried["inspectionData"]["errorDetails"],
        json!({ "retryBackoffIntervalSeconds": 4, "retryIndex": 1 })
    );
    let caught = test(&server, &state, mocked("Lambda.ServiceException", 3));
    assert_eq!(
        [
            &caught["status"],
            &caught["nextState"],
            &caught["output"],
            &caught["error"],
            &caught["cause"]
        ],
        [
            "CAUGHT_ERROR",
            "Handle",
            "\"Lambda.ServiceException\"",
            "Lambda.ServiceException",
            "why"
        ]
    );
    assert_eq!(
        caught["inspectionData"]["errorDetails"],
        json!({ "catchIndex": 0 })
    );
    let fatal = test(&server, &state, mocked("Unknown", 0));
    assert_eq!(
        (&fatal["status"], &fatal["error"]),
        (&json!("FAILED"), &json!("Unknown"))
    );
}

#[test]
fn a_state_is_tested_where_it_stands_in_its_machine() {
    let (aws, journal) = (nobody(), folder("test-machine"));
    let server = Server::start(&journal, aws.address);
    let machine = json!({ "QueryLanguage": "JSONata", "StartAt": "M", "States": {
        "M": { "Type": "Map", "Items": "{% $states.input.items %}", "MaxConcurrency": 3,
            "ItemSelector": { "v": "{% $states.context.Map.Item.Value %}" },
            "ItemProcessor": { "StartAt": "T", "States": { "T": {
                "Type": "Pass", "Output": "{% [$states.context.Map.Item.Index, $states.input] %}", "End": true } } },
            "Catch": [{ "ErrorEquals": ["States.TaskFailed"], "Next": "D" }], "Next": "P" },
        "P": { "Type": "Parallel", "Branches": [
            { "StartAt": "A", "States": { "A": { "Type": "Succeed" } } },
            { "StartAt": "B", "States": { "B": { "Type": "Succeed" } } }], "Next": "D" },
        "D": { "Type": "Succeed" } } });
    let map = |more: Value| {
        let mut request =
            json!({ "stateName": "M", "input": "{\"items\":[1,2]}", "inspectionLevel": "DEBUG" });
        request
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        ask(&server, &machine, request)
    };
    let mapped = map(json!({ "mock": { "result": "[10,20]" } })).unwrap();
    assert_eq!(
        [&mapped["output"], &mapped["nextState"]],
        [&json!("[10,20]"), &json!("P")]
    );
    let data = &mapped["inspectionData"];
    assert_eq!(
        [&data["afterItemSelector"], &data["maxConcurrency"]],
        [&json!("[{\"v\":1},{\"v\":2}]"), &json!(3)]
    );
    let caught = map(json!({ "mock": error("Any"), "stateConfiguration": { "errorCausedByState": "T" } }));
    assert_eq!(caught.unwrap()["status"], "CAUGHT_ERROR");
    for (refused, more) in [
        ("InvalidDefinition", json!({})),
        ("ValidationException", json!({ "mock": { "result": "{}" } })),
        (
            "ValidationException",
            json!({ "mock": error("Any"), "stateConfiguration": { "errorCausedByState": "D" } }),
        ),
        ("ValidationException", json!({ "stateName": "Nowhere" })),
        (
            "ValidationException",
            json!({ "stateName": "P", "mock": { "result": "[1]" } }),
        ),
    ] {
        assert_eq!(map(more.clone()).unwrap_err(), refused, "{more}");
    }
    let inner = ask(&server, &machine, json!({ "stateName": "T", "input": "7" })).unwrap();
    assert_eq!(inner["output"], "[0,7]");
    let unnamed = ask(&server, &machine, json!({}));
    assert_eq!(unnamed.unwrap_err(), "ValidationException");
}

/// As recorded of a map with `ToleratedFailureCount` 1 and of one without any threshold.
#[test]
fn a_map_fails_if_more_iterations_are_said_to_have_failed_than_it_tolerates() {
    let (aws, journal) = (nobody(), folder("test-tolerance"));
    let server = Server::start(&journal, aws.address);
    let mut map = alone(
        json!({ "Type": "Map", "Items": "{% $states.input %}", "End": true,
        "ItemProcessor": { "StartAt": "T", "States": { "T": invoke("f") } } }),
    );
    let failed = |map: &Value, count: u64| {
        test(
            &server,
            map,
            json!({ "input": "[1,2,3]", "mock": { "result": "[0,0,1]" }, "inspectionLevel": "DEBUG",
                "stateConfiguration": { "mapIterationFailureCount": count } }),
        )
    };
    assert_eq!(failed(&map, 2)["output"], "[0,0,1]");
    map["ToleratedFailureCount"] = 1.into();
    let below = failed(&map, 1);
    assert_eq!(
        (
            &below["output"],
            &below["inspectionData"]["toleratedFailureCount"]
        ),
        (&json!("[0,0,1]"), &json!(1))
    );
    let fatal = failed(&map, 2);
    assert_eq!(
        [&fatal["status"], &fatal["error"], &fatal["cause"]],
        [
            "FAILED",
            "States.ExceedToleratedFailureThreshold",
            "The specified tolerated failure threshold was exceeded"
        ]
    );
    map["Catch"] = json!([{ "ErrorEquals": ["Other"], "Next": "X" },
        { "ErrorEquals": ["States.ExceedToleratedFailureThreshold"], "Next": "Handle" }]);
    let caught = failed(&map, 2);
    assert_eq!(
        [
            &caught["status"],
            &caught["nextState"],
            &caught["inspectionData"]["errorDetails"]
        ],
        [
            &json!("CAUGHT_ERROR"),
            &json!("Handle"),
            &json!({ "catchIndex": 1 })
        ]
    );
    map["Retry"] = json!([{ "ErrorEquals": ["States.ExceedToleratedFailureThreshold"] }]);
    assert_eq!(failed(&map, 2)["status"], "RETRIABLE");
}

#[test]
fn a_context_is_what_the_test_says_and_the_rest_is_made_up() {
    let (aws, journal) = (nobody(), folder("test-context"));
    let server = Server::start(&journal, aws.address);
    let mut state = alone(wait_for_token());
    state["Output"] = json!({ "context": "{% $states.context %}", "result": "{% $states.result %}" });
    let context = |context: Value| json!({ "context": context.to_string(), "mock": { "result": "{}" } });
    let told = test(
        &server,
        &state,
        context(json!({ "Execution": { "Name": "mine" }, "Task": { "Token": "abcd" } })),
    );
    let output: Value = serde_json::from_str(told["output"].as_str().unwrap()).unwrap();
    assert_eq!(output["context"]["Execution"]["Name"], "mine");
    assert_eq!(output["context"]["Task"]["Token"], "abcd");
    assert_eq!(output["context"]["State"]["Name"], "StateName");
    for wrong in [
        json!({ "Execution": { "Id": 1 } }),
        json!({ "Execution": { "pokemon": 1 } }),
        json!({ "Map": {} }),
        json!({ "Other": {} }),
        json!([]),
    ] {
        assert_eq!(
            ask(&server, &state, context(wrong.clone())).unwrap_err(),
            "ValidationException",
            "{wrong}"
        );
    }
    let pass = alone(json!({ "Type": "Pass", "End": true }));
    for refused in [
        json!({ "mock": { "result": "1" } }),
        json!({ "mock": { "result": "1", "errorOutput": { "error": "E" } } }),
        json!({ "mock": {} }),
        json!({ "context": "{}" }),
        json!({ "variables": "[]" }),
        json!({ "inspectionLevel": "ALL" }),
        json!({ "stateConfiguration": { "mapIterationFailureCount": 1 } }),
    ] {
        assert_eq!(
            ask(&server, &pass, refused.clone()).unwrap_err(),
            "ValidationException",
            "{refused}"
        );
    }
    assert_eq!(ask(&server, &state, json!({})).unwrap_err(), "InvalidDefinition");
}

/// The inspection data with its texts read.
fn inspected(answer: &Value) -> Value {
    let read = |value: &Value| match value.as_str() {
        Some(text) => serde_json::from_str(text).unwrap(),
        None => value.clone(),
    };
    let data = answer["inspectionData"].as_object().unwrap();
    data.iter()
        .map(|(name, value)| (name.clone(), read(value)))
        .collect()
}

#[test]
fn inspection_shows_what_each_field_of_a_jsonpath_state_yields() {
    // As recorded against AWS by the LocalStack project (stepfunctions/v2/test_state).
    let (aws, journal) = (nobody(), folder("test-inspect"));
    let server = Server::start(&journal, aws.address);
    let input = json!({ "initial": { "field": "v" }, "other": 1 });
    let look = |state: Value, mut more: Value| {
        more["input"] = input.to_string().into();
        more["inspectionLevel"] = "DEBUG".into();
        inspected(&test(&server, &state, more))
    };
    let placed = json!({ "initial": { "field": "v" }, "other": 1, "made": { "copy": "v" } });
    let pass = json!({ "Type": "Pass", "InputPath": "$.initial", "Parameters": { "copy.$": "$.field" },
        "ResultPath": "$.made", "End": true });
    assert_eq!(
        look(pass, json!({})),
        json!({ "input": input, "afterInputPath": { "field": "v" }, "afterParameters": { "copy": "v" },
            "afterResultSelector": { "copy": "v" }, "afterResultPath": placed })
    );
    let stated = json!({ "Type": "Pass", "Result": { "copy": "v" }, "ResultPath": "$.made", "End": true });
    assert_eq!(
        look(stated, json!({})),
        json!({ "input": input, "result": { "copy": "v" }, "afterResultSelector": { "copy": "v" },
            "afterResultPath": placed })
    );
    let failing = json!({ "Type": "Fail", "Error": "E" });
    assert_eq!(
        look(failing, json!({})),
        json!({ "input": input, "afterInputPath": input })
    );
    let mut task = invoke("f");
    task.as_object_mut()
        .unwrap()
        .retain(|name, _| name != "Output" && name != "Arguments");
    task["Parameters"] = json!({ "FunctionName": "f", "Payload.$": "$.other" });
    task["ResultSelector"] = json!({ "copy.$": "$.Payload" });
    task["ResultPath"] = "$.made".into();
    assert_eq!(
        look(
            task,
            json!({ "mock": { "result": "{\"Payload\":\"v\",\"StatusCode\":200}" } })
        ),
        json!({ "input": input, "afterInputPath": input,
            "afterParameters": { "FunctionName": "f", "Payload": 1 },
            "result": { "Payload": "v", "StatusCode": 200 }, "afterResultSelector": { "copy": "v" },
            "afterResultPath": placed })
    );
    let map = json!({ "Type": "Map", "ItemsPath": "$.items", "End": true,
        "ItemProcessor": { "StartAt": "A", "States": { "A": { "Type": "Pass", "End": true } } } });
    let mapped = test(
        &server,
        &map,
        json!({ "input": "{\"items\":[1,2]}", "inspectionLevel": "DEBUG", "mock": error("E") }),
    );
    assert_eq!(
        inspected(&mapped),
        json!({ "input": { "items": [1, 2] }, "afterInputPath": { "items": [1, 2] }, "afterItemsPath": [1, 2],
            "maxConcurrency": 0 })
    );
}

#[test]
fn a_mocked_result_is_held_to_what_the_service_answers() {
    // As recorded against AWS by the LocalStack project (test_field_validation_mode).
    let (aws, journal) = (nobody(), folder("test-fields"));
    let server = Server::start(&journal, aws.address);
    let task = |resource: &str, parameters: Value| {
        json!({ "Type": "Task", "Resource": format!("arn:aws:states:::{resource}"), "Parameters": parameters,
            "End": true })
    };
    let events = task("events:putEvents", json!({ "Entries": [] }));
    let machine = "arn:aws:states:us-east-1:000000000000:stateMachine:m";
    let start = task("states:startExecution", json!({ "StateMachineArn": machine }));
    let function = task("lambda:invoke", json!({ "FunctionName": "f" }));
    let entries = |second: Value| json!({ "Entries": [{ "EventId": "1" }, { "EventId": second }] });
    for (state, result, strict, present) in [
        (&events, json!({ "random": "json" }), true, true),
        (&events, json!({}), true, true),
        (&events, json!({ "Entries": "no list" }), false, false),
        (&events, entries(json!("2")), true, true),
        (&events, entries(json!(["2"])), false, false),
        (&start, json!({}), false, true),
        (
            &start,
            json!({ "executionArn": "a", "startDate": "d" }),
            false,
            true,
        ),
        (
            &start,
            json!({ "ExecutionArn": "a", "StartDate": true }),
            false,
            false,
        ),
        (
            &start,
            json!({ "ExecutionArn": "a", "StartDate": "d" }),
            true,
            true,
        ),
        (&function, json!({ "StatusCode": "200" }), false, false),
        (&function, json!({ "StatusCode": 200, "Payload": 1 }), true, true),
    ] {
        let passes = |mode: Option<&str>| {
            let mut mock = json!({ "result": result.to_string() });
            if let Some(mode) = mode {
                mock["fieldValidationMode"] = mode.into();
            }
            match ask(&server, state, json!({ "mock": mock })) {
                Ok(answer) => answer["status"] == "SUCCEEDED",
                Err(name) => {
                    assert_eq!(name, "ValidationException");
                    false
                }
            }
        };
        let outcomes = [
            passes(None),
            passes(Some("STRICT")),
            passes(Some("PRESENT")),
            passes(Some("NONE")),
        ];
        assert_eq!(outcomes, [strict, strict, present, true], "{result}");
        assert!(!passes(Some("LOOSE")), "{result}");
    }
}
