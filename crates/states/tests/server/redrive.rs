//! Going on with executions that ended badly.

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use crate::http::{Aws, Server, folder};
use crate::scenes::{MACHINE, create, invoke, nobody, one_state, returned, start};

static MENDED: AtomicBool = AtomicBool::new(false);

/// A function that fails until it is mended.
fn broken() -> Aws {
    Aws::start(|asked| match MENDED.load(Ordering::SeqCst) {
        true => returned(asked.body.clone()),
        false => Some((
            200,
            "X-Amz-Function-Error: Unhandled\r\n",
            json!({ "errorType": "Broken" }),
        )),
    })
}

#[test]
fn a_redrive_is_done_once_for_its_token_and_survives_a_crash() {
    let (aws, journal) = (broken(), folder("redrive"));
    let server = Server::start(&journal, aws.address);
    create(&server, &one_state(invoke("f")));
    let arn = start(&server, "e", json!({ "n": 1 }));
    let failed = server.ended(&arn);
    assert_eq!(
        [
            &failed["status"],
            &failed["redriveStatus"],
            &failed["redriveCount"]
        ],
        [&json!("FAILED"), &json!("REDRIVABLE"), &json!(0)]
    );
    assert!(failed.get("redriveStatusReason").is_none() && failed.get("redriveDate").is_none());
    // It fails again, and the history goes on.
    let redrive = |token: &str| json!({ "executionArn": arn, "clientToken": token });
    let first = server.tell("RedriveExecution", redrive("one"));
    let again = server.ended(&arn);
    assert_eq!(
        (&again["status"], &again["redriveCount"]),
        (&json!("FAILED"), &json!(1))
    );
    MENDED.store(true, Ordering::SeqCst);
    server.tell("RedriveExecution", redrive("two"));
    assert_eq!(server.ended(&arn)["status"], "SUCCEEDED");
    server.kill();
    let server = Server::start(&journal, aws.address);
    // The same token is the same request, whatever came of it.
    assert_eq!(server.tell("RedriveExecution", redrive("one")), first);
    let described = server.ended(&arn);
    assert_eq!(
        [
            &described["redriveCount"],
            &described["output"],
            &described["redriveStatus"]
        ],
        [&json!(2), &json!("{\"n\":1}"), &json!("NOT_REDRIVABLE")]
    );
    assert_eq!(
        described["redriveStatusReason"],
        "Execution is SUCCEEDED and cannot be redriven"
    );
    let (status, refused) = server.raw("RedriveExecution", &redrive("three").to_string());
    assert_eq!(
        (status, &refused["__type"]),
        (400, &json!("ExecutionNotRedrivable"))
    );
    let types = server.event_types(&arn);
    let redrives = types.iter().filter(|name| *name == "ExecutionRedriven");
    assert_eq!(redrives.count(), 2);
    assert_eq!(types.iter().filter(|name| *name == "TaskStateEntered").count(), 1);
    let history = server.tell(
        "GetExecutionHistory",
        json!({ "executionArn": arn, "reverseOrder": true }),
    );
    let counts: Vec<&Value> = history["events"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|event| event.get("executionRedrivenEventDetails"))
        .collect();
    assert_eq!(
        counts,
        [&json!({ "redriveCount": 2 }), &json!({ "redriveCount": 1 })]
    );
}

#[test]
fn lists_tell_redriven_executions_from_others_and_put_the_latest_first() {
    let (aws, journal) = (nobody(), folder("redriven-lists"));
    let server = Server::start(&journal, aws.address);
    create(&server, &one_state(json!({ "Type": "Fail", "Error": "E" })));
    let [first, second] = ["first", "second"].map(|name| start(&server, name, json!({})));
    let names = |filter: Value| {
        let mut request = json!({ "stateMachineArn": MACHINE });
        request
            .as_object_mut()
            .unwrap()
            .extend(filter.as_object().unwrap().clone());
        let listed = server.tell("ListExecutions", request);
        let name = |one: &Value| one["name"].as_str().unwrap().to_owned();
        listed["executions"]
            .as_array()
            .unwrap()
            .iter()
            .map(name)
            .collect::<Vec<_>>()
    };
    assert_eq!(names(json!({})), ["second", "first"]);
    server.tell("RedriveExecution", json!({ "executionArn": first }));
    assert_eq!(names(json!({})), ["first", "second"]);
    assert_eq!(names(json!({ "redriveFilter": "REDRIVEN" })), ["first"]);
    assert_eq!(names(json!({ "redriveFilter": "NOT_REDRIVEN" })), ["second"]);
    let pending = json!({ "stateMachineArn": MACHINE, "statusFilter": "PENDING_REDRIVE" });
    assert_eq!(
        server.ask("ListExecutions", pending).unwrap_err(),
        "ValidationException"
    );
    server.tell("DeleteStateMachine", json!({ "stateMachineArn": MACHINE }));
    let orphan = server.ended(&second);
    assert_eq!(orphan["redriveStatus"], "NOT_REDRIVABLE");
}
