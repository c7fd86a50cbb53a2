//! Execution logs, as a log service receives them.

use std::collections::BTreeSet;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::http::{Asked, Aws, Server, Told, folder, until};
use crate::scenes::{MACHINE, invoke, one_state, returned, wait_for_token};

const GROUP: &str = "/aws/vendedlogs/states/m";

fn to(group: &str) -> Value {
    let arn = format!("arn:aws:logs:us-east-1:000000000000:log-group:{group}:*");
    json!([{ "cloudWatchLogsLogGroup": { "logGroupArn": arn } }])
}

fn logging(level: &str, with_data: bool) -> Value {
    json!({ "level": level, "includeExecutionData": with_data, "destinations": to(GROUP) })
}

fn create(server: &Server, machine_type: &str, definition: &str, logging: Value) {
    let request = json!({ "name": "m", "definition": definition, "roleArn": "arn:aws:iam::0:role/r",
        "type": machine_type, "loggingConfiguration": logging });
    server.tell("CreateStateMachine", request);
}

fn asks(asked: &Asked, action: &str) -> bool {
    let target = format!("x-amz-target: logs_20140328.{action}");
    asked.headers.contains(&target.to_ascii_lowercase())
}

/// A log service that takes everything for groups that are not called `gone`, and whatever else a queue or function is.
fn takes_all(asked: &Asked) -> Told {
    if asked.body["logGroupName"] == "gone" {
        let refusal = json!({ "__type": "ResourceNotFoundException", "message": "The specified log group does not exist." });
        return Some((400, "", refusal));
    }
    match asks(asked, "PutLogEvents") || asks(asked, "CreateLogStream") {
        true => returned(json!({})),
        false => returned(json!({ "MessageId": "1", "MD5OfMessageBody": "0" })),
    }
}

/// Every line that was delivered so far, in the order of delivery, as JSON.
fn lines(aws: &Aws) -> Vec<Value> {
    let asked = aws.asked();
    let put = asked.iter().filter(|asked| asks(asked, "PutLogEvents"));
    let message = |event: &Value| serde_json::from_str(event["message"].as_str().unwrap()).unwrap();
    put.flat_map(|asked| asked.body["logEvents"].as_array().unwrap().clone())
        .map(|event| {
            let line: Value = message(&event);
            assert_eq!(line["event_timestamp"], event["timestamp"].to_string());
            line
        })
        .collect()
}

fn types(lines: &[Value]) -> Vec<String> {
    let name = |line: &Value| line["type"].as_str().unwrap().to_owned();
    lines.iter().map(name).collect()
}

fn lines_until(aws: &Aws, last: &str) -> Vec<Value> {
    until(|| {
        let lines = lines(aws);
        lines.iter().any(|line| line["type"] == last).then_some(lines)
    })
}

#[test]
fn an_express_execution_is_logged_event_by_event() {
    let aws = Aws::start(|asked| match asked.path.contains("/functions/") {
        true => returned(json!({ "ok": true })),
        false => takes_all(asked),
    });
    let server = Server::without_journal(aws.address);
    create(&server, "EXPRESS", &one_state(invoke("f")), logging("ALL", true));
    let request = json!({ "stateMachineArn": MACHINE, "name": "e", "input": "{\"a\":1}" });
    let ended = server.tell("StartSyncExecution", request);
    assert_eq!(ended["status"], "SUCCEEDED");
    let lines = lines_until(&aws, "ExecutionSucceeded");
    let request = json!({ "executionArn": ended["executionArn"] });
    let (_, history) = server.local("POST", "execution", request);
    // Everything that a history says is in the lines.
    let events = history["events"].as_array().unwrap();
    assert_eq!(lines.len(), events.len());
    for (line, event) in lines.iter().zip(events) {
        assert_eq!(line["id"], event["id"].to_string());
        assert_eq!(line["previous_event_id"], event["previousEventId"].to_string());
        assert_eq!(line["type"], event["type"]);
        assert_eq!(line["execution_arn"], ended["executionArn"]);
        assert_eq!(line["redrive_count"], "0");
        let at_s = event["timestamp"].as_f64().unwrap();
        let at_ms: f64 = line["event_timestamp"].as_str().unwrap().parse().unwrap();
        assert!((at_s * 1000.0 - at_ms).abs() < 0.5, "{line} {event}");
        let details = event.as_object().unwrap().iter();
        let details = details.filter(|(name, _)| name.ends_with("EventDetails"));
        assert_eq!(line.get("details"), details.map(|(_, details)| details).next());
    }
    assert_eq!(lines[0]["details"]["input"], "{\"a\":1}");
    assert_eq!(lines[0]["details"]["inputDetails"], json!({ "truncated": false }));
    // The stream is made once, and named as AWS names it.
    let asked = aws.asked();
    let made: Vec<&Asked> = asked
        .iter()
        .filter(|asked| asks(asked, "CreateLogStream"))
        .collect();
    let [probe, made] = made[..] else {
        panic!("{made:?}");
    };
    assert_eq!(
        probe.body["logStreamName"],
        "log_stream_created_by_aws_to_validate_log_delivery_subscriptions"
    );
    assert_eq!(made.body["logGroupName"], GROUP);
    let name = made.body["logStreamName"].as_str().unwrap();
    let parts: Vec<&str> = name.split('/').collect();
    assert!(
        matches!(parts[..], ["states", "m", minute, digits] if minute.len() == 16 && digits.len() == 8),
        "{name}"
    );
    let put = asked.iter().find(|asked| asks(asked, "PutLogEvents")).unwrap();
    assert_eq!(put.body["logStreamName"], name);
    assert!(put.headers.contains("application/x-amz-json-1.1"));
}

#[test]
fn a_level_decides_what_is_logged_and_data_can_be_left_out() {
    let failing = r#"{"StartAt":"P","States":{"P":{"Type":"Pass","Next":"F"},
        "F":{"Type":"Fail","Error":"Wrong","Cause":"as meant"}}}"#;
    for (level, expected) in [
        ("ERROR", &["FailStateEntered", "ExecutionFailed"][..]),
        ("FATAL", &["ExecutionFailed"]),
    ] {
        let aws = Aws::start(takes_all);
        let server = Server::without_journal(aws.address);
        create(&server, "STANDARD", failing, logging(level, false));
        let request = json!({ "stateMachineArn": MACHINE, "input": "{\"secret\":1}" });
        server.tell("StartExecution", request);
        let lines = lines_until(&aws, "ExecutionFailed");
        assert_eq!(types(&lines), expected);
        let last = lines.last().unwrap();
        assert_eq!(last["details"], json!({ "error": "Wrong", "cause": "as meant" }));
        assert!(!aws.asked().iter().any(|asked| asked.text.contains("secret")));
    }
}

#[test]
fn nothing_is_logged_twice_after_a_crash() {
    let aws = Aws::start(takes_all);
    let journal = folder("logging-crash");
    let server = Server::start(&journal, aws.address);
    create(
        &server,
        "STANDARD",
        &one_state(wait_for_token()),
        logging("ALL", true),
    );
    let arn = server.tell("StartExecution", json!({ "stateMachineArn": MACHINE }))["executionArn"].clone();
    lines_until(&aws, "TaskSubmitted");
    server.kill();
    let server = Server::start(&journal, aws.address);
    let asked = aws.asked();
    let sent = asked
        .iter()
        .rfind(|asked| asked.body.get("MessageBody").is_some());
    let token = sent.unwrap().body["MessageBody"].clone();
    server.tell("SendTaskSuccess", json!({ "taskToken": token, "output": "1" }));
    let lines = lines_until(&aws, "ExecutionSucceeded");
    let ids: Vec<u64> = lines
        .iter()
        .map(|line| line["id"].as_str().unwrap().parse().unwrap())
        .collect();
    assert_eq!(ids, (1..=ids.len() as u64).collect::<Vec<_>>());
    assert_eq!(server.event_types(arn.as_str().unwrap()), types(&lines));
    // Each life has a stream of its own.
    let asked = aws.asked();
    let streams: BTreeSet<String> = asked
        .iter()
        .filter(|asked| asks(asked, "PutLogEvents"))
        .map(|asked| asked.body["logStreamName"].to_string())
        .collect();
    assert_eq!(streams.len(), 2, "{streams:?}");
}

#[test]
fn a_log_service_that_hangs_delays_nobody_and_a_stop_delivers_what_is_left() {
    let gate = Arc::new((Mutex::new(false), Condvar::new()));
    let closed = Arc::clone(&gate);
    let aws = Aws::start(move |asked| {
        if asks(asked, "PutLogEvents") || asks(asked, "CreateLogStream") {
            let (open, opened) = &*closed;
            let mut open = open.lock().unwrap();
            while !*open {
                open = opened.wait(open).unwrap();
            }
        }
        takes_all(asked)
    });
    let server = Server::without_journal(aws.address);
    let pass = r#"{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}"#;
    // A call to the log service gives up after 30 seconds; whoever registers a machine does not wait for that.
    let begun = Instant::now();
    create(&server, "EXPRESS", pass, logging("ALL", true));
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    for _ in 0..50 {
        let ended = server.tell("StartSyncExecution", json!({ "stateMachineArn": MACHINE }));
        assert_eq!(ended["status"], "SUCCEEDED");
    }
    let (open, opened) = &*gate;
    *open.lock().unwrap() = true;
    opened.notify_all();
    assert_eq!(server.terminate(), Some(0));
    assert_eq!(lines(&aws).len(), 50 * 4);
}

#[test]
fn a_log_service_that_is_not_there_hinders_nothing() {
    let aws = Aws::start(
        |asked| match asks(asked, "PutLogEvents") || asks(asked, "CreateLogStream") {
            true => None,
            false => takes_all(asked),
        },
    );
    let server = Server::without_journal(aws.address);
    create(
        &server,
        "STANDARD",
        &one_state(wait_for_token()),
        logging("ALL", true),
    );
    let arn = server.tell("StartExecution", json!({ "stateMachineArn": MACHINE }))["executionArn"].clone();
    let token = until(|| {
        let asked = aws.asked();
        let sent = asked.iter().find_map(|asked| asked.body.get("MessageBody"));
        sent.cloned()
    });
    server.tell("SendTaskSuccess", json!({ "taskToken": token, "output": "1" }));
    assert_eq!(server.ended(arn.as_str().unwrap())["status"], "SUCCEEDED");
}

/// What is said when lines are lost to a log service that answers PutLogEvents like this: how many, and why.
fn said_of_lost_lines(answer: impl Fn() -> Told + Send + Sync + 'static) -> (Value, Value) {
    let aws = Aws::start(move |asked| match asks(asked, "PutLogEvents") {
        true => answer(),
        false => takes_all(asked),
    });
    let (server, log) = Server::with_log(aws.address);
    let pass = r#"{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}"#;
    create(&server, "STANDARD", pass, logging("ALL", true));
    server.tell("StartExecution", json!({ "stateMachineArn": MACHINE }));
    let said = log
        .map(|line| line["fields"].clone())
        .find(|fields| fields["message"] == "lines of execution logs were not delivered")
        .unwrap();
    (said["lines"].clone(), said["reason"].clone())
}

#[test]
fn lines_that_get_lost_are_counted_and_said() {
    let denied = || {
        let why = json!({ "__type": "AccessDeniedException", "message": "not you" });
        Some((400, "", why))
    };
    assert_eq!(
        said_of_lost_lines(denied),
        (json!(4), json!("AccessDeniedException: not you"))
    );
}

#[test]
fn lines_that_the_log_service_rejects_are_counted_with_their_reason() {
    let rejected = || returned(json!({ "rejectedLogEventsInfo": { "tooNewLogEventStartIndex": 1 } }));
    assert_eq!(
        said_of_lost_lines(rejected),
        (
            json!(3),
            json!("rejected: too old for the log service, or too far ahead of its clock")
        )
    );
}

#[test]
fn a_log_group_that_hangs_delays_no_other() {
    let gate = Arc::new((Mutex::new(false), Condvar::new()));
    let closed = Arc::clone(&gate);
    let aws = Aws::start(move |asked| {
        if asks(asked, "PutLogEvents") && asked.body["logGroupName"] == "hangs" {
            let (open, opened) = &*closed;
            let mut open = open.lock().unwrap();
            while !*open {
                open = opened.wait(open).unwrap();
            }
        }
        takes_all(asked)
    });
    let server = Server::without_journal(aws.address);
    let pass = r#"{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}"#;
    let run = |machine: &str| {
        let arn = MACHINE.replace(":m", &format!(":{machine}"));
        server.tell("StartExecution", json!({ "stateMachineArn": arn }));
    };
    for group in ["hangs", "other"] {
        let logging = json!({ "level": "ALL", "destinations": to(group) });
        let request = json!({ "name": group, "definition": pass, "roleArn": "arn:aws:iam::0:role/r",
            "loggingConfiguration": logging });
        server.tell("CreateStateMachine", request);
    }
    let put = |group: &str| {
        let asked = aws.asked();
        let put = asked.iter().filter(|asked| asks(asked, "PutLogEvents"));
        put.filter(|asked| asked.body["logGroupName"] == group).count()
    };
    run("hangs");
    until(|| (put("hangs") == 1).then_some(()));
    run("hangs");
    run("other");
    until(|| (put("other") > 0).then_some(()));
    assert_eq!(put("hangs"), 1, "the call to the group that hangs was over");
    let (open, opened) = &*gate;
    *open.lock().unwrap() = true;
    opened.notify_all();
    assert_eq!(server.terminate(), Some(0));
}

#[test]
fn a_stream_that_someone_removed_is_made_again() {
    let removed = Mutex::new(false);
    let aws = Aws::start(move |asked| {
        // The second delivery finds no stream.
        let is_second = asks(asked, "PutLogEvents") && asked.text.contains("ExecutionSucceeded");
        if is_second && !std::mem::replace(&mut *removed.lock().unwrap(), true) {
            let refusal = json!({ "__type": "ResourceNotFoundException", "message": "no stream" });
            return Some((400, "", refusal));
        }
        takes_all(asked)
    });
    let server = Server::without_journal(aws.address);
    create(
        &server,
        "STANDARD",
        &one_state(wait_for_token()),
        logging("ALL", true),
    );
    server.tell("StartExecution", json!({ "stateMachineArn": MACHINE }));
    lines_until(&aws, "TaskSubmitted");
    let asked = aws.asked();
    let sent = asked.iter().find_map(|asked| asked.body.get("MessageBody"));
    server.tell("SendTaskSuccess", json!({ "taskToken": sent, "output": "1" }));
    until(|| {
        let asked = aws.asked();
        let put = asked.iter().filter(|asked| asks(asked, "PutLogEvents"));
        let last = put.filter(|asked| asked.text.contains("ExecutionSucceeded"));
        (last.count() == 2).then_some(())
    });
    let asked = aws.asked();
    let made = asked.iter().filter(|asked| asks(asked, "CreateLogStream"));
    assert_eq!(made.count(), 3, "one to see that the group is there, and two");
}

#[test]
fn a_configuration_that_cannot_log_is_refused() {
    let aws = Aws::start(takes_all);
    let server = Server::without_journal(aws.address);
    let pass = r#"{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}"#;
    let request = |logging: &Value| json!({ "name": "m", "definition": pass, "roleArn": "arn:aws:iam::0:role/r", "loggingConfiguration": logging });
    let two = [to("a")[0].clone(), to("b")[0].clone()];
    let bare =
        json!([{ "cloudWatchLogsLogGroup": { "logGroupArn": "arn:aws:logs:us-east-1:0:log-group:g" } }]);
    let odd = json!([{ "cloudWatchLogsLogGroup": { "logGroupArn": "arn:aws:s3:::g:*" } }]);
    let exactly_one = "Invalid Logging Configuration: Must specify exactly one Log Destination.";
    let not_found = "Invalid Logging Configuration: Log Destination not found.";
    let qualifier = "Invalid Logging Configuration: Log Group ARN must be provided with '*' qualifier.";
    for (logging, sentence) in [
        (json!({ "level": "ALL" }), exactly_one),
        (json!({ "level": "FATAL", "destinations": [] }), exactly_one),
        (json!({ "level": "ERROR", "destinations": two }), exactly_one),
        (json!({ "level": "OFF", "destinations": two }), exactly_one),
        (json!({ "level": "ALL", "destinations": [{}] }), exactly_one),
        (json!({ "level": "ALL", "destinations": bare }), qualifier),
        (json!({ "level": "ALL", "destinations": odd }), not_found),
        (json!({ "level": "ALL", "destinations": to("gone") }), not_found),
    ] {
        let (status, answer) = server.raw("CreateStateMachine", &request(&logging).to_string());
        assert_eq!(status, 400, "{logging}");
        assert_eq!(
            [&answer["__type"], &answer["message"]],
            [&json!("InvalidLoggingConfiguration"), &json!(sentence)],
            "{logging}"
        );
    }
    let loud = server.ask("CreateStateMachine", request(&json!({ "level": "LOUD" })));
    assert_eq!(loud, Err("ValidationException".to_owned()));
    for fine in [
        json!({}),
        json!({ "destinations": [] }),
        json!({ "destinations": to("gone") }),
    ] {
        server.tell("CreateStateMachine", request(&fine));
        let described = server.tell("DescribeStateMachine", json!({ "stateMachineArn": MACHINE }));
        assert_eq!(described["loggingConfiguration"]["level"], "OFF");
        server.tell("DeleteStateMachine", json!({ "stateMachineArn": MACHINE }));
        until(|| {
            server
                .ask("DescribeStateMachine", json!({ "stateMachineArn": MACHINE }))
                .err()
        });
    }
    server.tell("CreateStateMachine", request(&logging("ALL", true)));
    let update = json!({ "stateMachineArn": MACHINE, "loggingConfiguration": { "level": "ALL" } });
    let refused = server.ask("UpdateStateMachine", update);
    assert_eq!(refused, Err("InvalidLoggingConfiguration".to_owned()));
}

#[test]
fn an_execution_logs_as_its_machine_did_when_it_started() {
    let aws = Aws::start(takes_all);
    let server = Server::without_journal(aws.address);
    create(
        &server,
        "STANDARD",
        &one_state(wait_for_token()),
        logging("ALL", false),
    );
    server.tell("StartExecution", json!({ "stateMachineArn": MACHINE }));
    lines_until(&aws, "TaskSubmitted");
    let token = {
        let asked = aws.asked();
        let sent = asked.iter().find_map(|asked| asked.body.get("MessageBody"));
        sent.cloned().unwrap()
    };
    let off = json!({ "stateMachineArn": MACHINE, "loggingConfiguration": { "level": "OFF" } });
    server.tell("UpdateStateMachine", off);
    server.tell("SendTaskSuccess", json!({ "taskToken": token, "output": "1" }));
    lines_until(&aws, "ExecutionSucceeded");
}
