//! Map runs as an engine has them: many executions, snapshots in the middle, what is kept and for how long.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use states::definition::MachineType;
use states::engine::{CallKind, Engine, EngineError, NewMachine, Place, Reply, Retention};
use states::execution::{AwsReply, LambdaReply, Status};
use states::{Answer, Outside, World};

const DAY_MS: u64 = 86_400_000;

struct Nobody;

impl Outside for Nobody {
    fn call(&mut self, _call: states::engine::Call, _world: &mut World) -> Answer {
        Answer::Later
    }
}

fn map_of(state: Value, fields: Value) -> String {
    let mut map = json!({ "Type": "Map", "End": true, "ItemProcessor": {
        "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
        "StartAt": "Work", "States": { "Work": state } } });
    for (name, value) in fields.as_object().unwrap() {
        map[name] = value.clone();
    }
    json!({ "QueryLanguage": "JSONata", "StartAt": "Each", "States": { "Each": map } }).to_string()
}

fn invoke() -> Value {
    json!({ "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
        "Arguments": { "FunctionName": "f", "Payload": "{% $states.input %}" },
        "Output": "{% $states.result.Payload %}" })
}

fn engine_with(definition: &str) -> (Engine, String) {
    let mut engine = Engine::new(Place::default(), 1);
    let new = NewMachine {
        name: "m".to_owned(),
        definition: definition.to_owned(),
        role_arn: "role".to_owned(),
        machine_type: MachineType::Standard,
    };
    let machine = engine.create_machine(new, 1_000).unwrap().arn.clone();
    (engine, machine)
}

/// The engine as it comes back from a snapshot, which must be written as it was; then it packs what waits.
fn restored(engine: &Engine) -> Engine {
    let saved = |engine: &Engine| {
        let mut text = Vec::new();
        engine.save(&mut text).unwrap();
        String::from_utf8(text).unwrap()
    };
    let text = saved(engine);
    let mut again = Engine::load(&mut text.as_bytes()).unwrap();
    assert_eq!(saved(&again), text);
    again.pack_beyond(0);
    again
}

fn answer(engine: &mut Engine, fails: bool, now_ms: u64) -> CallKind {
    let call = engine.next_call().unwrap();
    let reply = match &call.kind {
        CallKind::Lambda { payload, .. } => Reply::Lambda(match fails {
            true => LambdaReply::FunctionError(json!({ "errorType": "Broken" })),
            false => LambdaReply::Returned(payload.clone()),
        }),
        _ => Reply::Aws(AwsReply::Answered {
            result: json!({ "Body": "[1,2,3]" }),
            http: None,
        }),
    };
    assert!(engine.complete(call.id, reply, now_ms));
    call.kind
}

/// What a file of results is called below its map run's folder, and how much is in it.
fn written(arguments: &Value) -> String {
    let key = arguments["Key"].as_str().unwrap().splitn(3, '/').nth(2).unwrap();
    let body: Value = serde_json::from_str(arguments["Body"].as_str().unwrap()).unwrap();
    match body.as_array() {
        Some(records) => format!("{key}: {}", records.len()),
        None => {
            let files = body["ResultFiles"]["SUCCEEDED"].as_array().unwrap();
            format!("{key}: {} of SUCCEEDED", files.len())
        }
    }
}

#[test]
fn thousands_of_executions_are_started_moment_by_moment_and_always_in_the_same_way() {
    let run = || {
        let mut world = World::new(1_000, 7);
        let definition = map_of(
            json!({ "Type": "Pass", "End": true }),
            json!({ "Items": "{% [1..2500] %}" }),
        );
        let machine = world
            .create_machine("m", &definition, MachineType::Standard)
            .unwrap();
        let arn = world.start_execution(&machine, Some("e"), &json!({})).unwrap();
        let begun = world.executions().count();
        world.run_until_idle(&mut Nobody);
        let output = world.output(&arn).unwrap();
        let names: Vec<String> = world
            .executions()
            .map(|execution| execution.identity().name.clone())
            .collect();
        (begun, output, names, world.now_ms())
    };
    let (begun, output, names, now_ms) = run();
    assert_eq!(output, (1..=2500).collect::<Value>());
    assert_eq!(names.len(), 2501);
    // A thousand at a moment, and the others a millisecond later each.
    assert_eq!((begun, now_ms), (1001, 1_002));
    assert_eq!(run(), (begun, output, names, now_ms));
}

#[test]
fn map_runs_that_are_due_together_start_a_thousand_executions_together() {
    let definition = json!({ "QueryLanguage": "JSONata", "StartAt": "Until", "States": {
        "Until": { "Type": "Wait", "Timestamp": "1970-01-01T00:00:10Z", "Next": "Each" },
        "Each": serde_json::from_str::<Value>(&map_of(
            json!({ "Type": "Pass", "End": true }),
            json!({ "Items": "{% [1..1200] %}" }),
        )).unwrap()["States"]["Each"] } });
    let (mut engine, machine) = engine_with(&definition.to_string());
    for name in ["a", "b", "c"] {
        engine.start_execution(&machine, Some(name), "{}", 1_000).unwrap();
    }
    let mut begun = vec![engine.all_executions().count()];
    while let Some(due_ms) = engine.next_due_ms() {
        engine.wake(due_ms);
        begun.push(engine.all_executions().count());
    }
    // Three that wait, and all of 3,600 in four moments.
    assert_eq!(begun, [3, 1_003, 2_003, 3_003, 3_603]);
}

#[test]
fn all_runs_of_a_map_without_a_label_have_the_same_one() {
    let child = |name: &str| {
        let mut world = World::new(1_000, 7);
        let definition = map_of(json!({ "Type": "Pass", "End": true }), json!({ "Items": [1] }));
        let machine = world
            .create_machine(name, &definition, MachineType::Standard)
            .unwrap();
        for name in ["a", "b"] {
            world.start_execution(&machine, Some(name), &json!({})).unwrap();
        }
        world.run_until_idle(&mut Nobody);
        let children = world
            .executions()
            .map(|execution| &execution.identity().machine_arn);
        let labelled: Vec<String> = children.filter(|arn| **arn != machine).cloned().collect();
        assert_eq!(labelled.len(), 2);
        assert_eq!(labelled[0], labelled[1]);
        labelled[0].rsplit_once('/').unwrap().1.to_owned()
    };
    let label = child("m");
    // A UUID of version 5.
    let parts: Vec<usize> = label.split('-').map(str::len).collect();
    assert_eq!(
        (parts.as_slice(), &label[14..15]),
        ([8, 4, 4, 4, 12].as_slice(), "5")
    );
    assert_eq!(child("m"), label);
    assert_ne!(child("other"), label);
}

#[test]
fn no_more_than_a_thousand_executions_of_a_map_run_run_at_once() {
    let mut world = World::new(1_000, 7);
    let wait = json!({ "Type": "Wait", "Seconds": 10, "End": true });
    let definition = map_of(
        wait,
        json!({ "Items": "{% [1..1500] %}", "MaxConcurrency": 5000 }),
    );
    let machine = world
        .create_machine("m", &definition, MachineType::Standard)
        .unwrap();
    let arn = world.start_execution(&machine, Some("e"), &json!({})).unwrap();
    world.run_until(5_000, &mut Nobody);
    assert_eq!(world.executions().count(), 1001);
    world.run_until_idle(&mut Nobody);
    assert_eq!(world.status(&arn), Some(Status::Succeeded));
    assert_eq!(world.history(&arn).last().unwrap().at_ms, 21_000);
}

#[test]
fn a_map_run_goes_on_after_a_snapshot_at_any_moment() {
    let definition = map_of(
        invoke(),
        json!({
            "MaxConcurrency": 1,
            "ItemReader": { "Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": { "InputType": "JSON" },
                "Arguments": { "Bucket": "b", "Key": "k" } },
            "ResultWriter": { "Resource": "arn:aws:states:::s3:putObject", "Arguments": { "Bucket": "b", "Prefix": "p" } },
        }),
    );
    let (mut engine, machine) = engine_with(&definition);
    let arn = engine
        .start_execution(&machine, Some("e"), "{}", 2_000)
        .unwrap()
        .arn;
    let mut actions = Vec::new();
    let mut now_ms = 2_000;
    // The second item fails, and does not when the execution is redriven.
    for number in 0.. {
        engine = restored(&engine);
        now_ms += 10;
        if engine.open_calls().count() == 0 {
            if engine.execution(&arn).unwrap().status() == Status::Succeeded {
                break;
            }
            engine.redrive_execution(&arn, None, now_ms).unwrap();
            engine = restored(&engine);
        }
        actions.push(match answer(&mut engine, number == 2, now_ms) {
            CallKind::Aws {
                action, arguments, ..
            } if &*action == "PutObject" => written(&arguments),
            CallKind::Aws { action, .. } => action.to_string(),
            CallKind::Lambda { payload, .. } => payload.to_string(),
            CallKind::Sqs { .. } => "Send".to_owned(),
        });
    }
    let first = [
        "GetObject",
        "1",
        "2",
        "FAILED_0.json: 1",
        "PENDING_0.json: 1",
        "SUCCEEDED_0.json: 1",
        "manifest.json: 1 of SUCCEEDED",
    ];
    // What was written before is not written again, and the new manifest names it as well.
    let then = [
        "2",
        "3",
        "Redrive-1/SUCCEEDED_0.json: 2",
        "Redrive-1/manifest.json: 2 of SUCCEEDED",
    ];
    assert_eq!(actions, [first.as_slice(), then.as_slice()].concat());
    let (_, run) = engine.map_runs(&arn, None).unwrap().next().unwrap();
    assert_eq!((run.status, run.redrive_count), (Status::Succeeded, 1));
}

#[test]
fn what_waits_to_be_redriven_says_so() {
    let (mut engine, machine) = engine_with(&map_of(
        invoke(),
        json!({ "MaxConcurrency": 1, "ToleratedFailureCount": 1, "Items": [1, 2, 3] }),
    ));
    let arn = engine
        .start_execution(&machine, Some("e"), "{}", 2_000)
        .unwrap()
        .arn;
    for _ in 0..2 {
        answer(&mut engine, true, 3_000);
    }
    engine.redrive_execution(&arn, None, 4_000).unwrap();
    let engine = restored(&engine);
    let (_, run) = engine.map_runs(&arn, None).unwrap().next().unwrap();
    let (executions, _) = engine.map_run_counts(run, 4_000);
    assert_eq!(
        (executions.running, executions.pending_redrive, executions.pending),
        (1, 1, 1)
    );
    let waiting = engine.map_run_executions(&run.arn, Some("PENDING_REDRIVE"), None, None);
    assert_eq!(waiting.unwrap().count(), 1);
    let failed = engine.map_run_executions(&run.arn, Some("FAILED"), None, None);
    assert_eq!(failed.unwrap().count(), 0);
}

#[test]
fn executions_of_a_map_run_are_forgotten_with_the_one_that_started_them() {
    let pass = json!({ "Type": "Pass", "End": true });
    let (mut engine, machine) = engine_with(&map_of(pass, json!({ "Items": [1, 2, 3] })));
    let arns: Vec<String> = [2_000, 3_000, 4_000]
        .map(|at_ms| engine.start_execution(&machine, None, "{}", at_ms).unwrap().arn)
        .to_vec();
    let child_of = |engine: &Engine, arn: &str| {
        let (_, run) = engine.map_runs(arn, None).unwrap().next().unwrap();
        let (_, child, _) = engine
            .map_run_executions(&run.arn, None, None, None)
            .unwrap()
            .next()
            .unwrap();
        (run.arn.to_string(), child.identity().arn.clone())
    };
    let (run, child) = child_of(&engine, &arns[0]);
    // Each counts for itself and its three executions.
    let retention = Retention {
        ended_ms: 90 * DAY_MS,
        ended_max: 8,
    };
    assert_eq!(engine.forget_ended(retention, 5_000), 1);
    assert_eq!(engine.all_executions().count(), 8);
    assert!(matches!(
        engine.execution(&child),
        Err(EngineError::ExecutionDoesNotExist(_))
    ));
    assert!(matches!(
        engine.map_run(&run),
        Err(EngineError::ResourceNotFound { .. })
    ));
    let mut engine = restored(&engine);
    child_of(&engine, &arns[2]);
    // The last one is kept however large it is.
    let retention = Retention {
        ended_max: 1,
        ..retention
    };
    assert_eq!(engine.forget_ended(retention, 5_000), 1);
    assert_eq!(engine.all_executions().count(), 4);
    assert_eq!(engine.forget_ended(retention, 91 * DAY_MS), 1);
    assert_eq!(engine.all_executions().count(), 0);
}

#[test]
fn a_machine_that_is_deleted_ends_the_executions_of_its_map_runs_too() {
    let wait = json!({ "Type": "Wait", "Seconds": 10, "Next": "More" });
    let mut definition: Value = serde_json::from_str(&map_of(wait, json!({ "Items": [1] }))).unwrap();
    definition["States"]["Each"]["ItemProcessor"]["States"]["More"] = json!({ "Type": "Pass", "End": true });
    let (mut engine, machine) = engine_with(&definition.to_string());
    let arn = engine
        .start_execution(&machine, Some("e"), "{}", 2_000)
        .unwrap()
        .arn;
    engine.retire_machine(&machine, 3_000).unwrap();
    engine.wake(DAY_MS);
    let statuses: Vec<Status> = engine
        .all_executions()
        .map(|execution| execution.status())
        .collect();
    assert!(!statuses.contains(&Status::Running), "{statuses:?}");
    assert_eq!(statuses[1], Status::Aborted);
    assert!(engine.machine(&machine).is_err());
    assert!(engine.execution(&arn).is_ok());
}

#[test]
fn what_is_nested_deeply_reaches_an_execution_of_a_map_run_and_comes_back() {
    let definition = json!({ "QueryLanguage": "JSONata", "StartAt": "Wrap", "States": {
        "Wrap": { "Type": "Pass", "Next": "More",
            "Output": "{% {'n': $states.input.n + 1, 'in': $states.input} %}" },
        "More": { "Type": "Choice", "Default": "Each",
            "Choices": [{ "Condition": "{% $states.input.n < 190 %}", "Next": "Wrap" }] },
        "Each": { "Type": "Map", "Items": "{% [$states.input] %}", "End": true, "ItemProcessor": {
            "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
            "StartAt": "Work", "States": { "Work": { "Type": "Pass", "End": true } } } } } });
    let mut world = World::new(1_000, 7);
    let machine = world
        .create_machine("m", &definition.to_string(), MachineType::Standard)
        .unwrap();
    let arn = world.start_execution(&machine, None, &json!({ "n": 0 })).unwrap();
    world.run_until_idle(&mut Nobody);
    assert_eq!(world.output(&arn).unwrap()[0]["in"]["n"], 189);
}
