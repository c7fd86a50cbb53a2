//! What survives when the process is gone from one moment to the next, or stops.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::http::{Aws, Server, folder, until};
use crate::scenes::{create, invoke, nobody, one_state, queue, returned, start, token_sent, wait_for_token};

fn status(server: &Server, arn: &str) -> Value {
    server.tell("DescribeExecution", json!({ "executionArn": arn }))["status"].clone()
}

fn now_s() -> f64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs_f64()
}

#[test]
fn a_waiting_execution_goes_on_after_a_crash_with_its_token() {
    let (aws, journal) = (queue(), folder("crash"));
    let server = Server::start(&journal, aws.address);
    create(&server, &one_state(wait_for_token()));
    let arn = start(&server, "e", json!({ "n": 1 }));
    let token = token_sent(&aws);
    until(|| {
        server
            .event_types(&arn)
            .contains(&"TaskSubmitted".to_owned())
            .then_some(())
    });
    let before = server.tell("GetExecutionHistory", json!({ "executionArn": arn }));
    server.kill();
    let server = Server::start(&journal, aws.address);
    assert_eq!(
        server.tell("GetExecutionHistory", json!({ "executionArn": arn })),
        before
    );
    server.tell("SendTaskSuccess", json!({ "taskToken": token, "output": "2" }));
    assert_eq!(server.ended(&arn)["output"], "2");
    assert_eq!(aws.asked().len(), 1, "the message was sent again");
    server.kill();
    let server = Server::start(&journal, aws.address);
    assert_eq!(server.ended(&arn)["output"], "2");
    assert_eq!(server.event_types(&arn).last().unwrap(), "ExecutionSucceeded");
}

#[test]
fn a_timer_that_came_due_while_the_server_was_down_fires_once() {
    let (aws, journal) = (nobody(), folder("timer"));
    let server = Server::start(&journal, aws.address);
    create(
        &server,
        &one_state(json!({ "Type": "Wait", "Seconds": 5, "End": true })),
    );
    let arn = start(&server, "e", json!({}));
    assert_eq!(status(&server, &arn), "RUNNING");
    server.kill();
    let (killed_s, begun) = (now_s(), Instant::now());
    until(|| (begun.elapsed().as_millis() > 5_100).then_some(()));
    let server = Server::start(&journal, aws.address);
    let ended = server.ended(&arn);
    assert_eq!(ended["status"], "SUCCEEDED");
    assert!(
        ended["stopDate"].as_f64().unwrap() > killed_s,
        "it ended before the crash"
    );
    let expected = [
        "ExecutionStarted",
        "WaitStateEntered",
        "WaitStateExited",
        "ExecutionSucceeded",
    ];
    assert_eq!(server.event_types(&arn), expected);
}

#[test]
fn a_call_in_flight_at_a_crash_is_made_again() {
    let calls = Arc::new(AtomicUsize::new(0));
    let (first_begun, begun) = mpsc::channel();
    let (hold, held) = mpsc::channel::<()>();
    let held = std::sync::Mutex::new(held);
    let counted = Arc::clone(&calls);
    let aws = Aws::start(move |_| match counted.fetch_add(1, Ordering::SeqCst) {
        0 => {
            first_begun.send(()).unwrap();
            // The function is still at work when the server goes down.
            let _never = held.lock().unwrap().recv();
            None
        }
        _ => returned(json!("second")),
    });
    let journal = folder("flight");
    let server = Server::start(&journal, aws.address);
    create(&server, &one_state(invoke("f")));
    let arn = start(&server, "e", json!({}));
    begun.recv().unwrap();
    server.kill();
    let server = Server::start(&journal, aws.address);
    assert_eq!(server.ended(&arn)["output"], "\"second\"");
    assert_eq!(calls.load(Ordering::SeqCst), 2);
    drop(hold);
}

#[test]
fn a_child_is_started_and_awaited_through_a_crash() {
    let (aws, journal) = (nobody(), folder("child"));
    let server = Server::start(&journal, aws.address);
    let child = one_state(json!({ "Type": "Wait", "Seconds": 3600, "Output": "done", "End": true }));
    server.tell(
        "CreateStateMachine",
        json!({ "name": "child", "definition": child, "roleArn": "r" }),
    );
    create(
        &server,
        &one_state(json!({
            "Type": "Task",
            "Resource": "arn:aws:states:::states:startExecution.sync:2",
            "Arguments": { "StateMachineArn": "arn:aws:states:us-east-1:000000000000:stateMachine:child" },
            "Output": "{% $states.result.Output %}",
            "End": true,
        })),
    );
    let arn = start(&server, "e", json!({}));
    let of_child = json!({ "stateMachineArn": "arn:aws:states:us-east-1:000000000000:stateMachine:child" });
    let children = |server: &Server| {
        let listed = server.tell("ListExecutions", of_child.clone());
        listed["executions"].as_array().unwrap().clone()
    };
    let begun = until(|| children(&server).pop());
    assert_eq!(begun["status"], "RUNNING");
    server.kill();
    let server = Server::start(&journal, aws.address);
    assert_eq!(status(&server, &arn), "RUNNING");
    server.local("POST", "clock", json!({ "pass_s": 3600 }));
    assert_eq!(server.ended(&arn)["output"], "\"done\"");
    let all = children(&server);
    assert_eq!(all.len(), 1, "the child was started again: {all:?}");
    assert_eq!(all[0]["executionArn"], begun["executionArn"]);
}

#[test]
fn a_stop_is_clean_and_loses_nothing() {
    let (aws, journal) = (nobody(), folder("stop"));
    let server = Server::start(&journal, aws.address);
    create(
        &server,
        &one_state(json!({ "Type": "Wait", "Seconds": 3600, "End": true })),
    );
    let arn = start(&server, "e", json!({}));
    assert_eq!(server.terminate(), Some(0));
    let server = Server::start(&journal, aws.address);
    assert_eq!(status(&server, &arn), "RUNNING");
}
