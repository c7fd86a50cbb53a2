//! What a request must look like, whatever it asks for.

use serde_json::{Value, json};

use crate::http::{Server, folder};
use crate::scenes::{MACHINE, create, nobody, one_state, start};

#[test]
fn fields_beyond_their_limits_are_refused_in_the_services_words() {
    let (aws, journal) = (nobody(), folder("limits"));
    let server = Server::start(&journal, aws.address);
    let long = "a".repeat(81);
    for (operation, request, message) in [
        (
            "ListExecutions",
            json!({ "stateMachineArn": MACHINE, "statusFilter": "succeeded" }),
            "1 validation error detected: Value 'succeeded' at 'statusFilter' failed to satisfy constraint: Member \
             must satisfy enum value set: [SUCCEEDED, TIMED_OUT, PENDING_REDRIVE, ABORTED, FAILED, RUNNING]"
                .to_owned(),
        ),
        (
            "ListStateMachines",
            json!({ "maxResults": 1001 }),
            "1 validation error detected: Value '1001' at 'maxResults' failed to satisfy constraint: Member must \
             have value less than or equal to 1000"
                .to_owned(),
        ),
        (
            "StartExecution",
            json!({ "stateMachineArn": MACHINE, "name": long }),
            format!(
                "1 validation error detected: Value '{long}' at 'name' failed to satisfy constraint: Member must \
                 have length less than or equal to 80"
            ),
        ),
        (
            "SendTaskSuccess",
            json!({}),
            "2 validation errors detected: Value null at 'taskToken' failed to satisfy constraint: Member must not \
             be null; Value null at 'output' failed to satisfy constraint: Member must not be null"
                .to_owned(),
        ),
        (
            "CreateStateMachineAlias",
            json!({ "name": "1", "routingConfiguration": [{ "stateMachineVersionArn": "a", "weight": 101 }] }),
            "2 validation errors detected: Value '1' at 'name' failed to satisfy constraint: Member must satisfy \
             regular expression pattern: ^(?=.*[a-zA-Z_\\-\\.])[a-zA-Z0-9_\\-\\.]+$; Value '101' at \
             'routingConfiguration.1.member.weight' failed to satisfy constraint: Member must have value less than \
             or equal to 100"
                .to_owned(),
        ),
        (
            "RedriveExecution",
            json!({ "executionArn": "x", "clientToken": "with space" }),
            "1 validation error detected: Value 'with space' at 'clientToken' failed to satisfy constraint: Member \
             must satisfy regular expression pattern: [!-~]+"
                .to_owned(),
        ),
    ] {
        let (status, refused) = server.raw(operation, &request.to_string());
        assert_eq!(
            (status, &refused["__type"]),
            (400, &json!("ValidationException")),
            "{operation}"
        );
        assert_eq!(refused["message"], message);
    }
}

#[test]
fn arns_of_other_things_are_refused_by_what_they_are() {
    let (aws, journal) = (nobody(), folder("arns"));
    let server = Server::start(&journal, aws.address);
    let express = "arn:aws:states:us-east-1:000000000000:express:m:e:1";
    for (operation, field, arn, error, message) in [
        (
            "DescribeExecution",
            "executionArn",
            "nonsense",
            "InvalidArn",
            "Invalid Arn: 'Invalid ARN prefix: nonsense'",
        ),
        (
            "StopExecution",
            "executionArn",
            express,
            "InvalidArn",
            "Invalid Arn: 'Resource type not valid in this context: express'",
        ),
        (
            "DescribeExecution",
            "executionArn",
            express,
            "InvalidArn",
            "Invalid Arn: 'Resource type not valid in this context: express'",
        ),
        (
            "GetExecutionHistory",
            "executionArn",
            express,
            "InvalidArn",
            "Invalid Arn: 'Resource type not valid in this context: express'",
        ),
        (
            "DescribeStateMachineForExecution",
            "executionArn",
            express,
            "InvalidArn",
            "Invalid Arn: 'Resource type not valid in this context: express'",
        ),
        (
            "RedriveExecution",
            "executionArn",
            express,
            "InvalidArn",
            "Invalid Arn: 'Resource type not valid in this context: express'",
        ),
        (
            "DescribeStateMachine",
            "stateMachineArn",
            MACHINE,
            "StateMachineDoesNotExist",
            "State Machine Does Not Exist: 'arn:aws:states:us-east-1:000000000000:stateMachine:m'",
        ),
        (
            "DeleteStateMachineVersion",
            "stateMachineVersionArn",
            MACHINE,
            "ValidationException",
            "arn:aws:states:us-east-1:000000000000:stateMachine:m is not the ARN of a version",
        ),
    ] {
        let (_, refused) = server.raw(operation, &json!({ field: arn }).to_string());
        assert_eq!(
            (&refused["__type"], &refused["message"]),
            (&json!(error), &json!(message)),
            "{operation}"
        );
    }
    let labelled = json!({ "stateMachineArn": format!("{MACHINE}/label") });
    let (_, refused) = server.raw("StartExecution", &labelled.to_string());
    assert_eq!(refused["reason"], "API_DOES_NOT_SUPPORT_LABELED_ARNS");
}

#[test]
fn a_page_token_is_good_for_the_request_it_came_from() {
    let (aws, journal) = (nobody(), folder("page-tokens"));
    let server = Server::start(&journal, aws.address);
    create(&server, &one_state(json!({ "Type": "Succeed" })));
    for name in ["a", "b", "c"] {
        start(&server, name, json!({}));
    }
    let request = json!({ "stateMachineArn": MACHINE, "maxResults": 1 });
    let token = server.tell("ListExecutions", request)["nextToken"].clone();
    let page = |operation: &str, request: Value| {
        let mut request = request;
        request["nextToken"] = token.clone();
        server.ask(operation, request)
    };
    let next = page("ListExecutions", json!({ "stateMachineArn": MACHINE })).unwrap();
    assert_eq!(next["executions"].as_array().unwrap().len(), 2);
    let other = json!({ "stateMachineArn": MACHINE, "statusFilter": "FAILED" });
    assert_eq!(page("ListExecutions", other).unwrap_err(), "InvalidToken");
    assert_eq!(page("ListStateMachines", json!({})).unwrap_err(), "InvalidToken");
    let nonsense = json!({ "nextToken": "nonsense" });
    assert_eq!(
        server.ask("ListStateMachines", nonsense).unwrap_err(),
        "InvalidToken"
    );
}

#[test]
fn diagnostics_are_cut_where_the_request_says() {
    let (aws, journal) = (nobody(), folder("diagnostics"));
    let server = Server::start(&journal, aws.address);
    let definition = json!({ "QueryLanguage": "JSONata", "StartAt": "Z", "States": {
        "A": { "Type": "Pass", "Next": "Q" }, "B": { "Type": "Nothing" } } })
    .to_string();
    let all = server.tell(
        "ValidateStateMachineDefinition",
        json!({ "definition": definition }),
    );
    assert_eq!(
        (&all["result"], &all["truncated"]),
        (&json!("FAIL"), &json!(false))
    );
    assert!(all["diagnostics"].as_array().unwrap().len() > 1, "{all}");
    let one = server.tell(
        "ValidateStateMachineDefinition",
        json!({ "definition": definition, "maxResults": 1, "severity": "WARNING" }),
    );
    assert_eq!(one["diagnostics"].as_array().unwrap().len(), 1);
    assert_eq!(one["truncated"], true);
    let empty = server.tell("ValidateStateMachineDefinition", json!({ "definition": "[" }));
    assert_eq!(
        (&empty["result"], &empty["diagnostics"][0]["location"]),
        (&json!("FAIL"), &json!("/"))
    );
}

#[test]
fn what_aws_takes_in_distributed_maps_only_is_a_warning_for_those_who_ask() {
    let (aws, journal) = (nobody(), folder("warnings"));
    let server = Server::start(&journal, aws.address);
    let map = json!({ "Type": "Map", "ToleratedFailureCountPath": "$.n", "End": true,
        "ItemProcessor": { "StartAt": "T", "States": { "T": { "Type": "Succeed" } } } });
    let definition = json!({ "StartAt": "M", "States": { "M": map } }).to_string();
    let told = |more: Value| {
        let mut request = json!({ "definition": definition });
        request
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        server.tell("ValidateStateMachineDefinition", request)
    };
    let silent = told(json!({}));
    assert_eq!(
        silent,
        json!({ "result": "OK", "diagnostics": [], "truncated": false })
    );
    let warned = told(json!({ "severity": "WARNING" }));
    assert_eq!(warned["result"], "OK");
    let [found] = &warned["diagnostics"].as_array().unwrap()[..] else {
        panic!("{warned}");
    };
    assert_eq!(
        [&found["severity"], &found["location"]],
        ["WARNING", "/States/M/ToleratedFailureCountPath"]
    );
}

#[test]
fn data_is_left_out_where_only_the_rest_is_asked_for() {
    let (aws, journal) = (nobody(), folder("metadata"));
    let server = Server::start(&journal, aws.address);
    create(&server, &one_state(json!({ "Type": "Succeed" })));
    let request =
        json!({ "stateMachineArn": MACHINE, "name": "e", "input": "{\"a\":1}", "traceHeader": "Root=1" });
    let started = server.tell("StartExecution", request);
    let described = server.ended(started["executionArn"].as_str().unwrap());
    assert_eq!(
        [&described["traceHeader"], &described["inputDetails"]],
        [&json!("Root=1"), &json!({ "included": true })]
    );
    let bare = server.tell(
        "DescribeExecution",
        json!({ "executionArn": started["executionArn"], "includedData": "METADATA_ONLY" }),
    );
    assert!(bare.get("input").is_none() && bare.get("output").is_none());
    assert_eq!(bare["outputDetails"], json!({ "included": false }));
}
