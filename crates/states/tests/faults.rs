//! Faults on purpose on the virtual clock.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use states::definition::MachineType;
use states::engine::{Call, CallKind, EngineError, Reply};
use states::execution::{AwsReply, LambdaReply, SqsReply, Status};
use states::{Answer, Fault, Outside, World};

const START_MS: u64 = 1_700_000_000_000;

/// Answers with the payload at once, or later, and remembers when it was asked.
#[derive(Default)]
struct Echo {
    asked_ms: Vec<u64>,
    tokens: Vec<String>,
    later: bool,
    calls: Vec<Call>,
}

impl Outside for Echo {
    fn call(&mut self, call: Call, world: &mut World) -> Answer {
        self.asked_ms.push(world.now_ms() - START_MS);
        self.tokens.extend(call.token.clone());
        self.calls.push(call.clone());
        match call.kind {
            _ if self.later => Answer::Later,
            CallKind::Lambda { payload, .. } => Answer::Now(returned(payload)),
            CallKind::Sqs { body, .. } => Answer::Now(Reply::Sqs(SqsReply::sent(
                format!("message-{}", self.calls.len()),
                &body,
            ))),
            CallKind::Aws { .. } => Answer::Now(Reply::Aws(AwsReply::Answered {
                result: json!({ "FailedEntryCount": 0, "Entries": [{ "EventId": "1" }] }),
                http: None,
            })),
        }
    }
}

fn returned(payload: Value) -> Reply {
    Reply::Lambda(LambdaReply::Returned(payload))
}

fn scene(fields: Value, action: Value) -> (World, String) {
    let mut state = json!({
        "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Arguments": { "FunctionName": "f", "Payload": 1 },
        "Output": "{% $states.result.Payload %}", "End": true,
    });
    for (name, value) in fields.as_object().unwrap() {
        state[name] = value.clone();
    }
    let definition = json!({ "QueryLanguage": "JSONata", "StartAt": "A", "States": { "A": state } });
    let mut world = World::new(START_MS, 1);
    let machine = world
        .create_machine("m", &definition.to_string(), MachineType::Standard)
        .unwrap();
    let fault = json!({ "machine": "m", "state": "A", "do": action, "times": 1 });
    let fault: Fault = serde_json::from_value(fault).unwrap();
    fault.check(world.engine()).unwrap();
    world.faults().set(fault).unwrap();
    let arn = world.start_execution(&machine, Some("e"), &json!({})).unwrap();
    (world, arn)
}

fn error(world: &World, arn: &str) -> String {
    let ended = world.execution(arn).unwrap().ended().unwrap();
    ended.failure.as_ref().unwrap().error.clone().unwrap()
}

fn retrying() -> Value {
    json!({ "Retry": [{ "ErrorEquals": ["States.ALL"], "IntervalSeconds": 2, "MaxAttempts": 1 }] })
}

#[test]
fn a_failed_call_was_not_made_and_is_retried_as_any_other() {
    let action = json!({ "fail": { "error": "Lambda.ServiceException" } });
    let (mut world, arn) = scene(retrying(), action);
    let mut outside = Echo::default();
    world.run_until_idle(&mut outside);
    assert_eq!(world.status(&arn), Some(Status::Succeeded));
    assert_eq!(outside.asked_ms, [2_000]);
}

#[test]
fn a_held_back_call_is_made_later_even_when_nobody_waits_any_more() {
    let (mut world, arn) = scene(
        json!({ "TimeoutSeconds": 3 }),
        json!({ "delay": { "seconds": 5 } }),
    );
    let mut outside = Echo::default();
    world.run_until_idle(&mut outside);
    assert_eq!(error(&world, &arn), "States.Timeout");
    assert_eq!(outside.asked_ms, [5_000]);
}

#[test]
fn a_lost_answer_ends_in_the_time_limit_of_the_task_or_in_the_clients() {
    let mut limited = retrying();
    limited["TimeoutSeconds"] = 30.into();
    let (mut world, arn) = scene(limited, json!("lose_answer"));
    let mut outside = Echo::default();
    world.run_until_idle(&mut outside);
    assert_eq!(world.status(&arn), Some(Status::Succeeded));
    assert_eq!(outside.asked_ms, [0, 32_000], "the effect happened twice");

    let (mut world, arn) = scene(json!({}), json!("lose_answer"));
    world.run_until_idle(&mut outside);
    assert_eq!(error(&world, &arn), "Lambda.ClientExecutionTimeoutException");

    let (mut world, arn) = scene(json!({ "TimeoutSeconds": 30 }), json!("lose_answer"));
    let mut outside = Echo {
        later: true,
        ..Echo::default()
    };
    world.run_until(START_MS + 1, &mut outside);
    assert!(!world.complete(outside.calls[0].id, returned(json!(1))));
    world.run_until_idle(&mut outside);
    assert_eq!(error(&world, &arn), "States.Timeout");
}

#[test]
fn an_aborted_execution_is_caught_by_nobody() {
    let mut catching = retrying();
    catching["Catch"] = json!([{ "ErrorEquals": ["States.ALL"], "Next": "A" }]);
    let (mut world, arn) = scene(catching, json!("abort"));
    let mut outside = Echo::default();
    world.run_until_idle(&mut outside);
    assert_eq!(error(&world, &arn), "States.Runtime");
    assert!(outside.asked_ms.is_empty());
}

#[test]
fn a_token_is_lost_in_silence_or_comes_back_twice() {
    let waiting = json!({
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Arguments": { "FunctionName": "f", "Payload": "{% $states.context.Task.Token %}" },
        "Output": "{% $states.result %}",
    });
    for (action, told, status) in [
        ("lose_callback", Ok(()), Status::Running),
        (
            "double_callback",
            Err(EngineError::TaskTimedOut),
            Status::Succeeded,
        ),
    ] {
        let (mut world, arn) = scene(waiting.clone(), json!(action));
        let mut outside = Echo::default();
        world.run_until_idle(&mut outside);
        assert_eq!(world.send_task_success(&outside.tokens[0], &json!(1)), told);
        world.run_until_idle(&mut outside);
        assert_eq!(world.status(&arn), Some(status), "{action}");
    }
}

/// Tasks that send a message, and what their results are called.
fn senders() -> [(Value, &'static str); 5] {
    let entry = json!([{ "Detail": {}, "DetailType": "t", "EventBusName": "b", "Source": "s" }]);
    let sender = |resource: &str, arguments: Value| json!({ "Resource": format!("arn:aws:states:::{resource}"), "Arguments": arguments, "Output": "{% $states.result %}" });
    let to_queue = json!({ "QueueUrl": "http://q/1", "MessageBody": "hello" });
    let batch = json!({ "QueueUrl": "http://q/1", "Entries": [{ "Id": "a", "MessageBody": "hello" }] });
    let to_topic = json!({ "TopicArn": "arn:aws:sns:us-east-1:0:t", "Message": "hello" });
    [
        (sender("sqs:sendMessage", to_queue.clone()), "/MessageId"),
        (sender("aws-sdk:sqs:sendMessage", to_queue), "/MessageId"),
        (
            sender("aws-sdk:sqs:sendMessageBatch", batch),
            "/Successful/0/MessageId",
        ),
        (sender("sns:publish", to_topic), "/MessageId"),
        (
            sender("events:putEvents", json!({ "Entries": entry })),
            "/Entries/0/EventId",
        ),
    ]
}

#[test]
fn a_lost_message_is_told_as_sent_and_never_goes_out() {
    for (sender, name) in senders() {
        let (mut world, arn) = scene(sender, json!("lose_message"));
        let mut outside = Echo::default();
        world.run_until_idle(&mut outside);
        let output = world.output(&arn).unwrap_or_default();
        assert!(
            output.pointer(name).is_some_and(Value::is_string),
            "{name} of {output}"
        );
        assert!(outside.calls.is_empty(), "{:?}", outside.calls);
    }
    let digest = |sender: Value| {
        let (mut world, arn) = scene(sender, json!("lose_message"));
        world.run_until_idle(&mut Echo::default());
        world.output(&arn).unwrap()["MD5OfMessageBody"].clone()
    };
    assert_eq!(digest(senders()[0].0.clone()), "5d41402abc4b2a76b9719d911017c592");
}

#[test]
fn a_doubled_message_goes_out_twice_and_the_first_answer_counts() {
    for (sender, _) in senders() {
        let (mut world, arn) = scene(sender, json!("double_message"));
        let mut outside = Echo::default();
        world.run_until_idle(&mut outside);
        assert_eq!(world.status(&arn), Some(Status::Succeeded));
        let [first, second] = &outside.calls[..] else {
            panic!("{:?}", outside.calls)
        };
        assert_eq!(first.kind, second.kind);
    }
    let (mut world, arn) = scene(senders()[0].0.clone(), json!("double_message"));
    world.run_until_idle(&mut Echo::default());
    assert_eq!(world.output(&arn).unwrap()["MessageId"], "message-1");
}

#[test]
fn a_task_whose_message_is_lost_waits_for_a_token_that_nobody_has() {
    let waiting = json!({
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Arguments": { "QueueUrl": "http://q/1", "MessageBody": "{% $states.context.Task.Token %}" },
        "TimeoutSeconds": 60,
        "Output": "{% $states.result %}",
    });
    let (mut world, arn) = scene(waiting.clone(), json!("lose_message"));
    let mut outside = Echo::default();
    world.run_until(START_MS + 59_999, &mut outside);
    let types: Vec<&str> = world
        .history(&arn)
        .iter()
        .map(|event| event.event_type.name())
        .collect();
    assert_eq!(
        types.last(),
        Some(&"TaskSubmitted"),
        "it was told that it was sent"
    );
    world.run_until_idle(&mut outside);
    assert_eq!(error(&world, &arn), "States.Timeout");
    assert!(outside.calls.is_empty());

    let (mut world, arn) = scene(waiting, json!("double_message"));
    world.run_until(START_MS, &mut outside);
    assert_eq!(outside.tokens.len(), 2);
    assert_eq!(outside.tokens[0], outside.tokens[1]);
    world.send_task_success(&outside.tokens[0], &json!(1)).unwrap();
    let again = world.send_task_success(&outside.tokens[1], &json!(2));
    assert_eq!(again, Err(EngineError::TaskTimedOut));
    assert_eq!(world.output(&arn), Some(json!(1)));
}

#[test]
fn a_fault_of_messages_is_refused_where_none_are_sent_and_never_strikes_there() {
    let (mut world, _) = scene(json!({}), json!("abort"));
    for (state, refusal) in [
        (
            "A",
            "The state \"A\" sends no message to a queue, a topic or a bus",
        ),
        ("*", "No state of the machine \"m\" sends a message"),
    ] {
        let fault: Fault =
            serde_json::from_value(json!({ "machine": "m", "state": state, "do": "double_message" }))
                .unwrap();
        assert_eq!(fault.check(world.engine()), Err(refusal.to_owned()));
    }
    world.faults().clear();
    let anywhere: Fault =
        serde_json::from_value(json!({ "machine": "*", "state": "*", "do": "double_message" })).unwrap();
    anywhere.check(world.engine()).unwrap();
    world.faults().set(anywhere).unwrap();
    let mut outside = Echo::default();
    world.run_until_idle(&mut outside);
    assert_eq!(outside.calls.len(), 1);
    assert_eq!(world.faults().all().next().map(|set| set.struck), Some(0));
}
