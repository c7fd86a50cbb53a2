//! The virtual clock as a simulation drives it: names, late answers, lost answers, children, interleavings.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use states::definition::MachineType;
use states::engine::{Call, CallId, CallKind, EngineError, Reply};
use states::execution::{LambdaReply, Status};
use states::{Answer, Outside, World};

const START_MS: u64 = 1_700_000_000_000;

/// Answers nothing by itself and remembers what it was asked.
#[derive(Default)]
struct Silent {
    calls: Vec<Call>,
}

impl Outside for Silent {
    fn call(&mut self, call: Call, _world: &mut World) -> Answer {
        self.calls.push(call);
        Answer::Later
    }
}

impl Silent {
    fn last(&self) -> CallId {
        self.calls.last().unwrap().id
    }
}

fn world() -> World {
    World::new(START_MS, 1)
}

fn returned(value: Value) -> Reply {
    Reply::Lambda(LambdaReply::Returned(value))
}

fn task(fields: Value) -> String {
    let mut state = json!({
        "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Arguments": { "FunctionName": "f" },
        "Output": "{% $states.result.Payload %}", "End": true,
    });
    for (name, value) in fields.as_object().unwrap() {
        state[name] = value.clone();
    }
    json!({ "QueryLanguage": "JSONata", "StartAt": "A", "States": { "A": state } }).to_string()
}

#[test]
fn a_name_stands_for_one_execution_while_it_runs_and_is_taken_after() {
    let mut world = world();
    let machine = world
        .create_machine("m", &task(json!({})), MachineType::Standard)
        .unwrap();
    let mut outside = Silent::default();
    let first = world
        .start_execution(&machine, Some("order-1"), &json!({ "a": 1 }))
        .unwrap();
    assert_eq!(
        world.start_execution(&machine, Some("order-1"), &json!({ "a": 1 })),
        Ok(first.clone())
    );
    let taken = Err(EngineError::ExecutionAlreadyExists(first.clone()));
    assert_eq!(
        world.start_execution(&machine, Some("order-1"), &json!({ "a": 2 })),
        taken
    );
    world.run_until_idle(&mut outside);
    assert_eq!(outside.calls.len(), 1);
    assert!(world.complete(outside.last(), returned(json!(1))));
    assert_eq!(world.status(&first), Some(Status::Succeeded));
    assert_eq!(
        world.start_execution(&machine, Some("order-1"), &json!({ "a": 1 })),
        taken
    );
    assert_eq!(world.take_ended(), [first]);
}

#[test]
fn a_lost_answer_leaves_the_task_to_its_time_limit() {
    let mut world = world();
    let definition = task(json!({ "TimeoutSeconds": 10, "Retry": [{ "ErrorEquals": ["States.Timeout"] }] }));
    let machine = world
        .create_machine("m", &definition, MachineType::Standard)
        .unwrap();
    let arn = world.start_execution(&machine, None, &json!({})).unwrap();
    let mut outside = Silent::default();
    world.run_until(START_MS + 5_000, &mut outside);
    assert_eq!(
        (world.now_ms(), world.next_due()),
        (START_MS + 5_000, Some(START_MS + 10_000))
    );
    world.run_until(START_MS + 11_000, &mut outside);
    // The second attempt is under way; the first one's answer is of no use any more.
    assert_eq!(outside.calls.len(), 2);
    assert!(!world.complete(outside.calls[0].id, returned(json!("lost"))));
    assert!(world.complete(outside.calls[1].id, returned(json!("found"))));
    assert_eq!(world.output(&arn), Some(json!("found")));
    assert_eq!(world.execution(&arn).unwrap().transitions(), 2);
    assert_eq!(world.next_due(), None);
}

#[test]
fn two_executions_interleave_as_their_answers_do() {
    let mut world = world();
    let machine = world
        .create_machine("m", &task(json!({})), MachineType::Standard)
        .unwrap();
    let [first, second] =
        ["one", "two"].map(|name| world.start_execution(&machine, Some(name), &json!({})).unwrap());
    let mut outside = Silent::default();
    world.run_until_idle(&mut outside);
    assert_eq!(
        outside
            .calls
            .iter()
            .map(|call| &call.execution_arn)
            .collect::<Vec<_>>(),
        [&first, &second]
    );
    assert!(world.complete(outside.calls[1].id, returned(json!(2))));
    assert_eq!(
        (world.status(&first), world.status(&second)),
        (Some(Status::Running), Some(Status::Succeeded))
    );
}

#[test]
fn a_function_may_start_executions_and_answer_tokens_while_it_runs() {
    struct Busy {
        child: String,
    }
    impl Outside for Busy {
        fn call(&mut self, call: Call, world: &mut World) -> Answer {
            if let CallKind::Lambda { payload, .. } = &call.kind
                && let Some(token) = payload["token"].as_str()
            {
                world
                    .start_execution(&self.child, Some("from-within"), &json!({}))
                    .unwrap();
                world.send_task_success(token, &json!("from within")).unwrap();
            }
            Answer::At(world.now_ms() + 1_000, returned(json!(null)))
        }
    }
    let mut world = world();
    let waiting = task(json!({
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Arguments": { "FunctionName": "f", "Payload": { "token": "{% $states.context.Task.Token %}" } },
        "Output": "{% $states.result %}",
    }));
    let machine = world
        .create_machine("m", &waiting, MachineType::Standard)
        .unwrap();
    let child = world
        .create_machine("child", &task(json!({})), MachineType::Standard)
        .unwrap();
    let arn = world.start_execution(&machine, None, &json!({})).unwrap();
    world.run_until_idle(&mut Busy { child });
    assert_eq!(world.output(&arn), Some(json!("from within")));
    assert_eq!(
        world
            .executions()
            .filter(|one| one.status() == Status::Succeeded)
            .count(),
        2
    );
}

#[test]
fn an_express_execution_is_run_to_its_end() {
    struct Slow;
    impl Outside for Slow {
        fn call(&mut self, _call: Call, world: &mut World) -> Answer {
            Answer::At(world.now_ms() + 400, returned(json!("yes")))
        }
    }
    let mut world = world();
    let express = world
        .create_machine("express", &task(json!({})), MachineType::Express)
        .unwrap();
    let arn = world
        .start_sync_execution(&express, None, &json!({}), &mut Slow)
        .unwrap();
    assert_eq!(
        (world.output(&arn), world.now_ms()),
        (Some(json!("yes")), START_MS + 400)
    );
    let never = world
        .start_sync_execution(&express, None, &json!({}), &mut Silent::default())
        .unwrap();
    assert_eq!(
        (world.status(&never), world.now_ms()),
        (Some(Status::TimedOut), START_MS + 300_400)
    );
    let standard = world
        .create_machine("standard", &task(json!({})), MachineType::Standard)
        .unwrap();
    let refused = world.start_sync_execution(&standard, None, &json!({}), &mut Slow);
    assert_eq!(refused, Err(EngineError::StateMachineTypeNotSupported));
}

#[test]
fn a_name_is_free_again_ninety_days_after_its_execution_has_ended() {
    const DAYS_90_MS: u64 = 90 * 86_400_000;
    let mut world = world();
    let definition = r#"{"QueryLanguage":"JSONata","StartAt":"A","States":{"A":{"Type":"Succeed"}}}"#;
    let machine = world
        .create_machine("m", definition, MachineType::Standard)
        .unwrap();
    let start = |world: &mut World| world.start_execution(&machine, Some("e"), &json!(world.now_ms()));
    let arn = start(&mut world).unwrap();
    world.run_until(START_MS + DAYS_90_MS - 1, &mut Silent::default());
    assert_eq!(
        start(&mut world),
        Err(EngineError::ExecutionAlreadyExists(arn.clone()))
    );
    world.run_until(START_MS + DAYS_90_MS, &mut Silent::default());
    assert_eq!(start(&mut world), Ok(arn.clone()));
    assert_eq!(world.execution(&arn).unwrap().started_ms(), START_MS + DAYS_90_MS);
    assert_eq!(world.executions().count(), 1);
}

#[test]
fn a_parent_that_stops_waiting_stops_its_child() {
    let mut world = world();
    let child = world
        .create_machine("child", &task(json!({})), MachineType::Standard)
        .unwrap();
    let parent = task(json!({
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Arguments": { "StateMachineArn": child, "Name": "c" },
        "TimeoutSeconds": 5,
    }));
    let machine = world.create_machine("m", &parent, MachineType::Standard).unwrap();
    let arn = world.start_execution(&machine, None, &json!({})).unwrap();
    world.run_until_idle(&mut Silent::default());
    let child_arn = "arn:aws:states:us-east-1:000000000000:execution:child:c";
    assert_eq!(
        (world.status(&arn), world.status(child_arn)),
        (Some(Status::Failed), Some(Status::Aborted))
    );
}

#[test]
fn two_parents_may_wait_for_one_child() {
    struct Slow;
    impl Outside for Slow {
        fn call(&mut self, _call: Call, world: &mut World) -> Answer {
            Answer::At(world.now_ms() + 1_000, returned(json!("done")))
        }
    }
    let mut world = world();
    let child = world
        .create_machine("child", &task(json!({})), MachineType::Standard)
        .unwrap();
    let parent = task(json!({
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Arguments": { "StateMachineArn": child, "Name": "c", "Input": { "a": 1 } },
        "Output": "{% $states.result.Output %}",
    }));
    let machine = world.create_machine("m", &parent, MachineType::Standard).unwrap();
    let arns = ["one", "two"].map(|name| world.start_execution(&machine, Some(name), &json!({})).unwrap());
    world.run_until_idle(&mut Slow);
    assert_eq!(
        arns.map(|arn| world.output(&arn)),
        [Some(json!("done")), Some(json!("done"))]
    );
    assert_eq!(world.executions().count(), 3);
}

#[test]
fn a_machine_that_starts_itself_comes_to_an_end() {
    let mut world = world();
    let own = "arn:aws:states:us-east-1:000000000000:stateMachine:m";
    let definition = task(json!({
        "Resource": "arn:aws:states:::states:startExecution", "Arguments": { "StateMachineArn": own }, "Output": {},
    }));
    let machine = world
        .create_machine("m", &definition, MachineType::Standard)
        .unwrap();
    world.start_execution(&machine, None, &json!({})).unwrap();
    world.run_until_idle(&mut Silent::default());
    let last = world.executions().last().unwrap();
    let error = last.ended().unwrap().failure.as_ref().unwrap().error.as_deref();
    assert_eq!(error, Some("StepFunctions.ExecutionLimitExceededException"));
}

#[test]
fn a_running_execution_keeps_the_definition_it_was_started_with() {
    let mut world = world();
    let machine = world
        .create_machine("m", &task(json!({})), MachineType::Standard)
        .unwrap();
    let arn = world.start_execution(&machine, Some("e"), &json!({})).unwrap();
    let changed = world.create_machine("m", &task(json!({ "TimeoutSeconds": 1 })), MachineType::Standard);
    assert_eq!(changed, Err(EngineError::StateMachineAlreadyExists(machine)));
    assert_eq!(
        world.engine().machine_for(&arn).unwrap().definition,
        task(json!({}))
    );
    assert_eq!(world.engine().open_calls().count(), 1);
}

#[test]
fn tokens_are_told_apart_from_used_ones_and_from_nonsense() {
    let mut world = world();
    let waiting =
        task(json!({ "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "HeartbeatSeconds": 5 }));
    let machine = world
        .create_machine("m", &waiting, MachineType::Standard)
        .unwrap();
    let arn = world.start_execution(&machine, None, &json!({})).unwrap();
    let mut outside = Silent::default();
    world.run_until(START_MS + 4_000, &mut outside);
    let token = outside.calls[0].token.clone().unwrap();
    world.send_task_heartbeat(&token).unwrap();
    world.run_until(START_MS + 8_000, &mut outside);
    assert_eq!(world.status(&arn), Some(Status::Running));
    world.send_task_failure(&token, "Refused", "why").unwrap();
    assert_eq!(world.status(&arn), Some(Status::Failed));
    assert_eq!(world.send_task_heartbeat(&token), Err(EngineError::TaskTimedOut));
    assert_eq!(
        world.send_task_success("nonsense", &json!(1)),
        Err(EngineError::InvalidToken)
    );
}

#[test]
fn what_evaluates_for_long_lets_time_limits_and_other_executions_have_their_turn() {
    let mut world = world();
    // About as many steps as make one turn, for each of eight items.
    let long = "{% $count($map([1..60000], function($i){ $i & 'x' })) %}";
    let definition = json!({ "QueryLanguage": "JSONata", "StartAt": "M", "States": {
        "M": { "Type": "Map", "Items": [1, 2, 3, 4, 5, 6, 7, 8], "End": true,
            "ItemProcessor": { "StartAt": "P", "States": {
                "P": { "Type": "Pass", "Output": long, "Next": "Q" },
                "Q": { "Type": "Pass", "Output": long, "End": true } } } } } });
    let machine = world
        .create_machine("m", &definition.to_string(), MachineType::Standard)
        .unwrap();
    let arn = world.start_execution(&machine, None, &json!({})).unwrap();
    let at_once = world.history(&arn).len();
    assert_eq!(world.status(&arn), Some(Status::Running));
    assert_eq!(world.next_due(), Some(START_MS + 1));
    // What was put off is in a snapshot, too.
    world.restart().unwrap();
    assert_eq!(world.next_due(), Some(START_MS + 1));
    world.run_until(START_MS + 1, &mut Silent::default());
    assert_eq!(world.status(&arn), Some(Status::Running));
    assert!(world.history(&arn).len() > at_once);
    world.run_until_idle(&mut Silent::default());
    assert_eq!(world.status(&arn), Some(Status::Succeeded));
    assert_eq!(
        world.output(&arn),
        Some(json!([
            60_000, 60_000, 60_000, 60_000, 60_000, 60_000, 60_000, 60_000
        ]))
    );
    assert!(world.now_ms() > START_MS + 3);
}
