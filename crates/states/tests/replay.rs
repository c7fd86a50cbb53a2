//! What is said of a recorded execution that another definition would take elsewhere.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use states::definition::MachineType;
use states::engine::{Call, CallKind, Reply};
use states::execution::{AwsReply, LambdaReply};
use states::replay::{Replay, replay};
use states::{Answer, Outside, World};

/// 12:00:00 UTC.
const START_MS: u64 = 1_767_268_800_000;

/// Functions fail as often as the input says and then answer after a second; a queue takes messages, and the token comes
/// back as the script says.
struct Outer {
    fails: usize,
    tokens: Vec<String>,
}

impl Outside for Outer {
    fn call(&mut self, call: Call, world: &mut World) -> Answer {
        self.tokens.extend(call.token.clone());
        let reply = match &call.kind {
            CallKind::Lambda { .. } if self.fails > 0 => {
                self.fails -= 1;
                Reply::Lambda(LambdaReply::FunctionError(
                    json!({ "errorType": "Busy", "errorMessage": "no" }),
                ))
            }
            CallKind::Lambda { payload, .. } => Reply::Lambda(LambdaReply::Returned(payload.clone())),
            CallKind::Sqs { .. } | CallKind::Aws { .. } => Reply::Aws(AwsReply::Answered {
                result: json!({ "MessageId": "1" }),
                http: None,
            }),
        };
        Answer::At(world.now_ms() + 1_000, reply)
    }
}

/// Waits for a payment, charges it with retries, and delivers each of three things.
fn shop() -> Value {
    let invoke = |function: &str, rest: Value| {
        let mut state = json!({ "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
            "Arguments": { "FunctionName": function, "Payload": "{% $states.input %}" },
            "Output": "{% $states.result.Payload %}" });
        for (name, value) in rest.as_object().unwrap() {
            state[name] = value.clone();
        }
        state
    };
    json!({ "QueryLanguage": "JSONata", "StartAt": "AwaitPayment", "States": {
        "AwaitPayment": { "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
            "Arguments": { "QueueUrl": "http://q/1", "MessageBody": {
                "token": "{% $states.context.Task.Token %}", "since": "{% $states.context.State.EnteredTime %}" } },
            "Assign": { "paid": "{% $states.result %}" }, "Output": { "amount": 5 },
            "TimeoutSeconds": 900, "Next": "ChargePayment",
            "Catch": [{ "ErrorEquals": ["States.Timeout"], "Next": "ExpireOrder" }] },
        "ChargePayment": invoke("charge", json!({ "Next": "Deliver", "TimeoutSeconds": 30,
            "Retry": [{ "ErrorEquals": ["Busy"], "IntervalSeconds": 10, "JitterStrategy": "FULL" }],
            "Catch": [{ "ErrorEquals": ["States.ALL"], "Next": "ExpireOrder" }] })),
        "Deliver": { "Type": "Map", "Items": [1, 2, 3], "Next": "Done", "ItemProcessor": {
            "StartAt": "Ship", "States": { "Ship": invoke("ship", json!({ "End": true })) } } },
        "Done": { "Type": "Succeed" },
        "ExpireOrder": { "Type": "Fail", "Error": "Expired" },
    } })
}

fn recorded(fails: usize) -> Value {
    recorded_of(&shop(), fails)
}

fn recorded_of(definition: &Value, fails: usize) -> Value {
    let mut world = World::new(START_MS, 3);
    let machine = world
        .create_machine("order", &definition.to_string(), MachineType::Standard)
        .unwrap();
    let arn = world.start_execution(&machine, Some("7"), &json!({})).unwrap();
    let mut outer = Outer {
        fails,
        tokens: Vec::new(),
    };
    world.run_until(START_MS + 65_000, &mut outer);
    if let Some(token) = outer.tokens.first() {
        // Where it is too late, it is refused.
        let _ = world.send_task_success(token, &json!("by card"));
    }
    world.run_until_idle(&mut outer);
    let events: Vec<Value> = world
        .history(&arn)
        .iter()
        .map(|event| event.to_json(true))
        .collect();
    json!({ "execution": { "executionArn": arn, "startDate": START_MS / 1000 }, "definition": definition, "events": events })
}

fn played(recorded: &Value, definition: &Value) -> Replay {
    replay(&recorded.to_string(), Some(&definition.to_string())).unwrap()
}

fn sentence(recorded: &Value, change: impl Fn(&mut Value)) -> String {
    let mut definition = shop();
    change(&mut definition["States"]);
    let played = played(recorded, &definition);
    played
        .difference
        .map_or_else(|| "none".to_owned(), |difference| difference.sentence)
}

#[test]
fn the_first_difference_is_told_in_words() {
    let once = recorded(0);
    let twice = recorded(1);
    assert_eq!(sentence(&once, |_| {}), "none");
    assert_eq!(sentence(&twice, |_| {}), "none");
    assert_eq!(
        sentence(&once, |states| states["AwaitPayment"]["TimeoutSeconds"] =
            60.into()),
        "The recorded execution got the answer in AwaitPayment at 12:01:05; this definition runs out of time in AwaitPayment."
    );
    assert_eq!(
        sentence(&once, |states| {
            states["AwaitPayment"]["Next"] = "Deliver".into();
            states["AwaitPayment"]["Catch"][0]["Next"] = "ChargePayment".into();
        }),
        "The recorded execution went from AwaitPayment to ChargePayment at 12:01:05; this definition goes from AwaitPayment to Deliver."
    );
    assert_eq!(
        sentence(&once, |states| states["AwaitPayment"]["Output"]["amount"] =
            6.into()),
        "Both leave AwaitPayment at 12:01:05, with different outputs: $.amount is 5 in the record and 6 here."
    );
    assert_eq!(
        sentence(&once, |states| states["AwaitPayment"]["Assign"]["paid"] =
            "cash".into()),
        "Both leave AwaitPayment at 12:01:05, with different variables: $paid is \"by card\" in the record and \"cash\" here."
    );
    assert_eq!(
        sentence(
            &once,
            |states| states["ChargePayment"]["Arguments"]["FunctionName"] = "take".into()
        ),
        "Both ask in ChargePayment at 12:01:05, and not the same: $.FunctionName is \"charge\" in the record and \"take\" here."
    );
    assert_eq!(
        sentence(&once, |states| states["Deliver"]["Items"] = json!([1, 2, 4])),
        "Both enter Ship at 12:01:06 in iteration 2 of Deliver, with different inputs: $ is 3 in the record and 4 here."
    );
    assert_eq!(
        sentence(&once, |states| states["Deliver"]["Items"] = json!([1, 2])),
        "The recorded execution began 3 iterations of Deliver at 12:01:06; this definition begins 2 iterations of Deliver."
    );
    assert_eq!(
        sentence(&twice, |states| states["ChargePayment"]["Retry"] = json!([]))
            .replace(char::is_numeric, "0"),
        "The recorded execution tried ChargePayment again (attempt 0) at 00:00:00; this definition goes from ChargePayment to ExpireOrder."
    );
    assert_eq!(
        sentence(&once, |states| states["Done"] =
            json!({ "Type": "Pass", "Output": 1, "End": true })),
        "The recorded execution went from Deliver to Done at 12:01:07; this definition goes from Deliver to Done."
    );
    assert_eq!(
        sentence(&once, |states| states["Done"]["Output"] = 1.into()),
        "Both leave Done at 12:01:07, with different outputs: $ is [1,2,3] in the record and 1 here."
    );
}

#[test]
fn what_is_asked_for_the_first_time_is_not_answered_and_that_is_said() {
    let once = recorded(0);
    let mut definition = shop();
    definition["States"]["AwaitPayment"]["Next"] = "CheckFraud".into();
    definition["States"]["CheckFraud"] = json!({ "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": { "FunctionName": "${CheckFraudFunctionArn}" }, "Next": "ChargePayment" });
    let new = played(&once, &definition);
    assert_eq!(
        new.difference.unwrap().sentence,
        "The recorded execution went from AwaitPayment to ChargePayment at 12:01:05; this definition goes from AwaitPayment to CheckFraud."
    );
    assert_eq!(
        new.notes,
        [
            "The record does not say what stands for CheckFraudFunctionArn: where that is asked with, it was not compared.",
            "CheckFraud waits for an answer that the record does not have, and none was made up (event 8 of the run).",
        ]
    );
    // A time limit that is longer than the recorded one leads to where the record knows nothing.
    let mut short = shop();
    short["States"]["AwaitPayment"]["TimeoutSeconds"] = 60.into();
    let expired = recorded_of(&short, 0);
    let longer = played(&expired, &shop());
    assert_eq!(
        longer.difference.unwrap().sentence,
        "The recorded execution ran out of time in AwaitPayment at 12:01:00; this definition waits in AwaitPayment for an answer that the record does not have."
    );
}

#[test]
fn names_are_filled_in_from_the_recorded_definition() {
    let mut deployed = shop();
    deployed["States"]["ChargePayment"]["Arguments"]["FunctionName"] =
        "arn:aws:lambda:us-east-1:1:function:charge".into();
    let once = recorded_of(&deployed, 0);
    let mut template = shop();
    template["States"]["ChargePayment"]["Arguments"]["FunctionName"] = "${ChargeFunctionArn}".into();
    let filled = played(&once, &template);
    assert_eq!((filled.difference, filled.notes), (None, Vec::new()));
    // Without the recorded definition nobody knows, and that is no difference.
    let mut bare = once;
    bare["definition"] = Value::Null;
    let unknown = played(&bare, &template);
    assert_eq!(unknown.difference, None);
    assert_eq!(unknown.notes.len(), 1);
}

#[test]
fn what_asks_for_chance_or_time_is_taken_from_the_record_and_that_is_said() {
    let definition = json!({ "QueryLanguage": "JSONata", "StartAt": "Draw", "States": {
        "Draw": { "Type": "Pass", "Assign": { "id": "{% $uuid() %}" }, "Output": "{% $random() %}", "Next": "Ask" },
        "Ask": { "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
            "Arguments": { "FunctionName": "f", "Payload": "{% $id %}" } } } });
    let once = recorded_of(&definition, 0);
    let played = played(&once, &definition);
    assert_eq!(played.difference, None);
    assert_eq!(
        played.notes,
        [
            "Draw asks for chance or for the time of day, which no record has: what it handed on was taken from the record as it is."
        ]
    );
    assert_eq!(Value::from(played.made), once["events"]);
}

#[test]
fn a_record_that_ends_while_the_execution_is_at_work_is_compared_as_far_as_it_goes() {
    let whole = recorded(1);
    let count = whole["events"].as_array().unwrap().len();
    for length in 1..count {
        let mut part = whole.clone();
        part["events"].as_array_mut().unwrap().truncate(length);
        let played = played(&part, &shop());
        assert_eq!(played.difference, None, "{length} events");
        assert!(
            played.notes[0].starts_with("The record ends while"),
            "{:?}",
            played.notes
        );
    }
}

#[test]
fn services_may_be_late_and_mix_the_events_of_what_runs_at_once() {
    let mut late = recorded(1);
    let events = late["events"].as_array_mut().unwrap();
    // Each event a bit later than the one before, as on any real clock.
    for (index, event) in events.iter_mut().enumerate() {
        let at_s = event["timestamp"].as_f64().unwrap() + index as f64 * 0.003;
        event["timestamp"] = at_s.into();
    }
    for event in events.iter_mut() {
        if let Some(body) = event.pointer_mut("/taskScheduledEventDetails/parameters") {
            let changed = body.as_str().unwrap().replace("12:00:00.000Z", "12:00:00.003Z");
            *body = changed.into();
        }
    }
    assert_eq!(played(&late, &shop()).difference, None);
}

#[test]
fn whatever_a_file_holds_it_is_played_or_refused() {
    let whole = recorded(1);
    let text = whole.to_string();
    let mut chance = states::chance::Chance::new(11);
    for round in 0..400 {
        let mut bytes = text.clone().into_bytes();
        for _ in 0..=round % 4 {
            let at = chance.up_to(bytes.len() as u64 - 1) as usize;
            match chance.up_to(3) {
                0 => bytes[at] = b"0123456789\"{}[],:x"[chance.up_to(17) as usize],
                1 => drop(bytes.drain(at..(at + chance.up_to(40) as usize).min(bytes.len()))),
                2 => bytes.truncate(at.max(1)),
                _ => {
                    let piece = bytes[at..(at + 30).min(bytes.len())].to_vec();
                    bytes.splice(at..at, piece);
                }
            }
        }
        if let Ok(changed) = String::from_utf8(bytes) {
            // It must come to an end without a panic; what comes of it depends.
            let _ = replay(&changed, None);
        }
    }
    // Members of another kind, one at a time.
    let events = whole["events"].as_array().unwrap();
    for (index, event) in events.iter().enumerate() {
        for name in event.as_object().unwrap().keys() {
            for value in [
                Value::Null,
                json!(-1),
                json!("x"),
                json!({}),
                json!([1]),
                json!(1e300),
            ] {
                let mut changed = whole.clone();
                changed["events"][index][name] = value;
                if let Err(why) = replay(&changed.to_string(), None) {
                    assert!(why.place.starts_with("events"), "{why}");
                }
            }
        }
    }
}
