//! Starting, watching, listing and answering executions.

use serde_json::{Value, json};

use crate::http::{Aws, Server, folder};
use crate::scenes::{
    MACHINE, create, invoke, nobody, one_state, queue, returned, start, token_sent, wait_for_token,
};

#[test]
fn an_execution_calls_its_function_and_tells_its_history() {
    let aws = Aws::start(|asked| returned(json!({ "doubled": asked.body["n"].as_i64().unwrap() * 2 })));
    let journal = folder("runs");
    let server = Server::start(&journal, aws.address);
    assert_eq!(server.health(), 200);
    assert_eq!(
        create(
            &server,
            &one_state(invoke("arn:aws:lambda:us-east-1:0:function:double"))
        )["stateMachineArn"],
        MACHINE
    );
    let arn = start(&server, "first", json!({ "n": 21 }));
    assert_eq!(arn, "arn:aws:states:us-east-1:000000000000:execution:m:first");
    let described = server.ended(&arn);
    assert_eq!(described["status"], "SUCCEEDED");
    assert_eq!(described["output"], "{\"doubled\":42}");
    assert_eq!(described["input"], "{\"n\":21}");
    let asked = &aws.asked()[0];
    assert_eq!(asked.path, "/2015-03-31/functions/double/invocations");
    assert!(
        asked
            .headers
            .contains("credential=test/20260101/us-east-1/lambda/aws4_request"),
        "{}",
        asked.headers
    );
    let history = server.tell("GetExecutionHistory", json!({ "executionArn": arn }));
    assert_eq!(history["events"].as_array().unwrap().len(), 7);
    assert_eq!(history["events"][4]["type"], "TaskSucceeded");
    assert!(history["events"][0]["timestamp"].as_f64().unwrap() > 1.7e9);
    let bare = server.tell(
        "GetExecutionHistory",
        json!({ "executionArn": arn, "includeExecutionData": false }),
    );
    assert!(
        bare["events"][1]["stateEnteredEventDetails"]
            .get("input")
            .is_none()
    );
    let machine = server.tell("DescribeStateMachineForExecution", json!({ "executionArn": arn }));
    assert_eq!(machine["name"], "m");
}

#[test]
fn an_express_machine_is_answered_when_it_is_over() {
    let aws = Aws::start(|asked| match asked.body["fail"].as_bool() {
        Some(true) => Some((
            200,
            "X-Amz-Function-Error: Unhandled\r\n",
            json!({ "errorType": "Refused" }),
        )),
        _ => returned(json!("yes")),
    });
    let journal = folder("express");
    let server = Server::start(&journal, aws.address);
    let request =
        json!({ "name": "m", "definition": one_state(invoke("f")), "roleArn": "r", "type": "EXPRESS" });
    server.tell("CreateStateMachine", request);
    let good = server.tell(
        "StartSyncExecution",
        json!({ "stateMachineArn": MACHINE, "name": "e", "input": "{}" }),
    );
    assert_eq!(
        (good["status"].as_str(), good["output"].as_str()),
        (Some("SUCCEEDED"), Some("\"yes\""))
    );
    assert!(
        good["executionArn"]
            .as_str()
            .unwrap()
            .starts_with("arn:aws:states:us-east-1:000000000000:express:m:e:")
    );
    assert_eq!(good["billingDetails"]["billedMemoryUsedInMB"], 64);
    let bad = server.tell(
        "StartSyncExecution",
        json!({ "stateMachineArn": MACHINE, "input": "{\"fail\":true}" }),
    );
    assert_eq!(
        (bad["status"].as_str(), bad["error"].as_str()),
        (Some("FAILED"), Some("Refused"))
    );
    assert_eq!(bad["cause"], "{\"errorType\":\"Refused\"}");
    let refused = server.ask("ListExecutions", json!({ "stateMachineArn": MACHINE }));
    assert_eq!(refused.unwrap_err(), "StateMachineTypeNotSupported");
}

#[test]
fn a_standard_machine_cannot_be_started_synchronously() {
    let aws = nobody();
    let journal = folder("standard");
    let server = Server::start(&journal, aws.address);
    create(&server, &one_state(json!({ "Type": "Succeed" })));
    let refused = server.ask("StartSyncExecution", json!({ "stateMachineArn": MACHINE }));
    assert_eq!(refused.unwrap_err(), "StateMachineTypeNotSupported");
}

#[test]
fn a_name_stands_for_one_execution() {
    let aws = queue();
    let journal = folder("names");
    let server = Server::start(&journal, aws.address);
    create(&server, &one_state(wait_for_token()));
    let arn = start(&server, "order-1", json!({ "a": 1, "b": 2 }));
    assert_eq!(start(&server, "order-1", json!({ "b": 2, "a": 1 })), arn);
    let other = json!({ "stateMachineArn": MACHINE, "name": "order-1", "input": "{\"a\":2}" });
    assert_eq!(
        server.ask("StartExecution", other).unwrap_err(),
        "ExecutionAlreadyExists"
    );
    server.tell(
        "StopExecution",
        json!({ "executionArn": arn, "error": "Why", "cause": "because" }),
    );
    let stopped = server.ended(&arn);
    assert_eq!(
        (stopped["status"].as_str(), stopped["error"].as_str()),
        (Some("ABORTED"), Some("Why"))
    );
    let same = json!({ "stateMachineArn": MACHINE, "name": "order-1", "input": "{\"a\":1,\"b\":2}" });
    assert_eq!(
        server.ask("StartExecution", same).unwrap_err(),
        "ExecutionAlreadyExists"
    );
    let bad = json!({ "stateMachineArn": MACHINE, "name": "no spaces please" });
    assert_eq!(server.ask("StartExecution", bad).unwrap_err(), "InvalidName");
    let bad = json!({ "stateMachineArn": MACHINE, "input": "{" });
    assert_eq!(
        server.ask("StartExecution", bad).unwrap_err(),
        "InvalidExecutionInput"
    );
}

#[test]
fn lists_and_histories_come_in_pages() {
    let aws = nobody();
    let journal = folder("pages");
    let server = Server::start(&journal, aws.address);
    create(&server, &one_state(json!({ "Type": "Succeed" })));
    let arns: Vec<String> = (0..5)
        .map(|number| start(&server, &format!("e{number}"), json!({})))
        .collect();
    let mut listed = Vec::new();
    let mut token = Value::Null;
    loop {
        let request = json!({ "stateMachineArn": MACHINE, "statusFilter": "SUCCEEDED", "maxResults": 2, "nextToken": token });
        let page = server.tell("ListExecutions", request);
        listed.extend(
            page["executions"]
                .as_array()
                .unwrap()
                .iter()
                .map(|one| one["executionArn"].clone()),
        );
        token = page["nextToken"].clone();
        if token.is_null() {
            break;
        }
    }
    // The latest first.
    assert_eq!(
        listed,
        arns.iter().rev().map(|arn| json!(arn)).collect::<Vec<_>>()
    );
    let none = server.tell(
        "ListExecutions",
        json!({ "stateMachineArn": MACHINE, "statusFilter": "FAILED" }),
    );
    assert_eq!(none["executions"], json!([]));
    let ids = |reverse: bool| {
        let mut ids = Vec::new();
        let mut token = Value::Null;
        loop {
            let request = json!({ "executionArn": arns[0], "maxResults": 3, "reverseOrder": reverse, "nextToken": token });
            let page = server.tell("GetExecutionHistory", request);
            ids.extend(
                page["events"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|event| event["id"].as_u64().unwrap()),
            );
            token = page["nextToken"].clone();
            if token.is_null() {
                return ids;
            }
        }
    };
    assert_eq!(ids(false), [1, 2, 3, 4]);
    assert_eq!(ids(true), [4, 3, 2, 1]);
}

#[test]
fn a_token_answers_its_task_once() {
    let aws = queue();
    let journal = folder("token");
    let server = Server::start(&journal, aws.address);
    create(&server, &one_state(wait_for_token()));
    let arn = start(&server, "e", json!({}));
    let token = token_sent(&aws);
    let sent = &aws.asked()[0];
    assert!(
        sent.headers.contains("x-amz-target: amazonsqs.sendmessage"),
        "{}",
        sent.headers
    );
    assert_eq!(sent.body["QueueUrl"], "http://q/1");
    server.tell("SendTaskHeartbeat", json!({ "taskToken": token }));
    let bad = server.ask("SendTaskSuccess", json!({ "taskToken": token, "output": "{" }));
    assert_eq!(bad.unwrap_err(), "InvalidOutput");
    server.tell(
        "SendTaskSuccess",
        json!({ "taskToken": token, "output": "{\"paid\":true}" }),
    );
    assert_eq!(server.ended(&arn)["output"], "{\"paid\":true}");
    let late = server.ask("SendTaskFailure", json!({ "taskToken": token, "error": "E" }));
    assert_eq!(late.unwrap_err(), "TaskTimedOut");
    let wrong = server.ask(
        "SendTaskSuccess",
        json!({ "taskToken": "no-token", "output": "1" }),
    );
    assert_eq!(wrong.unwrap_err(), "InvalidToken");
}

#[test]
fn troubles_of_a_call_have_the_names_aws_gives_them() {
    let aws = Aws::start(|asked| match asked.path.as_str() {
        path if path.contains("busy") => Some((429, "", json!({}))),
        path if path.contains("absent") => {
            Some((404, "X-Amzn-ErrorType: ResourceNotFoundException\r\n", json!({})))
        }
        path if path.contains("broken") => Some((500, "", json!({}))),
        _ => None,
    });
    let journal = folder("troubles");
    let server = Server::start(&journal, aws.address);
    let mut call = invoke("");
    call["Arguments"]["FunctionName"] = "{% $states.input %}".into();
    create(&server, &one_state(call));
    for (function, error) in [
        ("busy", "Lambda.TooManyRequestsException"),
        ("absent", "Lambda.ResourceNotFoundException"),
        ("broken", "Lambda.ServiceException"),
        ("silent", "Lambda.SdkClientException"),
    ] {
        let arn = start(&server, function, json!(function));
        assert_eq!(server.ended(&arn)["error"], error);
    }
}

#[test]
fn strange_requests_are_refused_and_the_server_lives_on() {
    let aws = nobody();
    let journal = folder("strange");
    let server = Server::start(&journal, aws.address);
    for (operation, body) in [
        ("CreateStateMachine", "not json"),
        ("CreateStateMachine", "[]"),
        ("StartExecution", "{}"),
        ("DescribeExecution", "{\"executionArn\":\"nonsense\"}"),
        ("ListStateMachines", "{\"maxResults\":100000}"),
        (
            "GetExecutionHistory",
            "{\"executionArn\":\"arn:aws:states:us-east-1:000000000000:execution:m:e\"}",
        ),
        ("RedriveExecution", "{}"),
        ("", ""),
    ] {
        let (status, answer) = server.raw(operation, body);
        assert_eq!(status, 400, "{operation} {body}: {answer}");
        assert!(answer["__type"].is_string(), "{operation} {body}: {answer}");
    }
    assert_eq!(server.health(), 200);
}
