//! A snapshot holds all that an engine was told: whatever goes on after it goes on as if it had never been.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use states::definition::MachineType;
use states::engine::{
    CallKind, Engine, ExecutionFilter, NewMachine, Place, Registration, Reply, Route, Settings, Start, Tag,
};
use states::execution::{LambdaReply, Status};

const DAY_MS: u64 = 86_400_000;

fn registration(definition: &Value) -> Registration {
    NewMachine {
        name: "m".to_owned(),
        definition: definition.to_string(),
        role_arn: "role".to_owned(),
        machine_type: MachineType::Standard,
    }
    .into()
}

fn saved(engine: &Engine) -> Vec<u8> {
    let mut text = Vec::new();
    engine.save(&mut text).unwrap();
    text
}

/// The engine as it comes back, which must be written as it was; from then on it packs what waits.
fn restored(engine: &Engine) -> Engine {
    let text = saved(engine);
    let mut again = Engine::load(&mut text.as_slice()).unwrap();
    assert_eq!(
        String::from_utf8(saved(&again)).unwrap(),
        String::from_utf8(text).unwrap()
    );
    again.pack_beyond(0);
    again
}

fn answer(engine: &mut Engine, reply: LambdaReply, now_ms: u64) -> Value {
    let call = engine.next_call().unwrap();
    let asked = match &call.kind {
        CallKind::Lambda { payload, .. } => Some(payload.clone()),
        _ => None,
    };
    assert!(engine.complete(call.id, Reply::Lambda(reply), now_ms));
    asked.unwrap()
}

/// Two branches: one fails after so many Pass states, the other asks a function.
fn parallel(passes: usize) -> Value {
    let task = |function: &str| {
        json!({ "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
            "Arguments": { "FunctionName": function, "Payload": "{% $states.input %}" },
            "Output": "{% $states.result.Payload %}" })
    };
    let mut before = json!({ "Last": { "Type": "Fail", "Error": "Broken" } });
    for number in 0..passes {
        let next = match number + 1 == passes {
            true => "Last".to_owned(),
            false => format!("P{}", number + 1),
        };
        before[format!("P{number}")] = json!({ "Type": "Pass", "Next": next });
    }
    let start = if passes == 0 { "Last" } else { "P0" };
    json!({ "QueryLanguage": "JSONata", "StartAt": "First", "States": {
        "First": { "Type": "Pass", "Assign": { "kept": 7 }, "Output": { "n": 1 }, "Next": "Both" },
        "Both": { "Type": "Parallel", "End": true, "Branches": [
            { "StartAt": start, "States": before },
            { "StartAt": "Work", "States": { "Work": task("work") } },
        ] },
    } })
}

#[test]
fn an_execution_that_failed_is_redriven_after_a_snapshot() {
    let definition = json!({ "QueryLanguage": "JSONata", "StartAt": "First", "States": {
        "First": { "Type": "Pass", "Assign": { "kept": 7 }, "Output": { "n": 1 }, "Next": "Each" },
        "Each": { "Type": "Map", "Items": [1, 2, 3], "MaxConcurrency": 1, "End": true,
            "ItemProcessor": { "StartAt": "Work", "States": { "Work": {
                "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
                "Arguments": { "FunctionName": "work", "Payload": "{% [$states.input, $kept] %}" },
                "Output": "{% $states.result.Payload %}" } } } },
    } });
    let mut engine = Engine::new(Place::default(), 1);
    let machine = engine
        .register_machine(registration(&definition), 1_000)
        .unwrap()
        .record;
    let start = Start {
        machine_arn: &machine.arn,
        name: Some("e"),
        input: "{}",
        trace_header: Some("Root=1".to_owned()),
    };
    let arn = engine.start_execution_with(start, 2_000).unwrap().arn;
    assert_eq!(
        answer(&mut engine, LambdaReply::Returned(json!("one")), 3_000),
        json!([1, 7])
    );
    let broken = LambdaReply::FunctionError(json!({ "errorType": "Broken" }));
    answer(&mut engine, broken.clone(), 4_000);
    assert_eq!(engine.execution(&arn).unwrap().status(), Status::Failed);

    let mut engine = restored(&engine);
    assert_eq!(
        engine.redrive_execution(&arn, Some("token"), 5_000).unwrap(),
        5_000
    );
    let mut engine = restored(&engine);
    // The same token is the same request, although the execution runs again.
    assert_eq!(
        engine.redrive_execution(&arn, Some("token"), 6_000).unwrap(),
        5_000
    );
    assert_eq!(engine.trace_header(&arn).unwrap(), Some("Root=1"));
    let execution = engine.execution(&arn).unwrap();
    assert_eq!(
        (execution.redrive_count(), execution.redriven_ms()),
        (1, Some(5_000))
    );
    // The first iteration is not done again, and the third one is still to come.
    for (payload, result) in [([2, 7], "two"), ([3, 7], "three")] {
        let mut call = restored(&engine);
        assert!(call.next_call().is_some());
        assert_eq!(
            answer(&mut engine, LambdaReply::Returned(json!(result)), 7_000),
            json!(payload)
        );
        engine = restored(&engine);
    }
    let ended = engine.execution(&arn).unwrap().ended().unwrap();
    assert_eq!(ended.output.as_deref(), Some(r#"["one","two","three"]"#));
}

#[test]
fn whatever_a_branch_was_about_to_do_when_another_one_failed_it_is_redriven_after_a_snapshot() {
    for passes in 0..6 {
        let mut engine = Engine::new(Place::default(), 1);
        let machine = engine
            .register_machine(registration(&parallel(passes)), 1_000)
            .unwrap()
            .record;
        let arn = engine
            .start_execution(&machine.arn, Some("e"), "{}", 2_000)
            .unwrap()
            .arn;
        while engine.next_call().is_some() {}
        assert_eq!(
            engine.execution(&arn).unwrap().status(),
            Status::Failed,
            "{passes}"
        );
        let mut again = restored(&engine);
        for engine in [&mut engine, &mut again] {
            engine.redrive_execution(&arn, None, 3_000).unwrap();
            while engine.next_call().is_some() {}
        }
        let events = |engine: &Engine| -> Vec<Value> {
            let history = engine.execution(&arn).unwrap().history();
            history.iter().map(|event| event.to_json(true)).collect()
        };
        assert_eq!(events(&again), events(&engine), "{passes}");
    }
}

#[test]
fn versions_aliases_tags_and_a_task_that_waits_for_a_worker_outlive_a_snapshot() {
    let place = Place::default();
    let definition = json!({ "QueryLanguage": "JSONata", "StartAt": "Ask", "States": { "Ask": {
        "Type": "Task", "Resource": place.activity_arn("work"), "TimeoutSeconds": 60, "End": true } } });
    let tag = Tag {
        key: "team".to_owned(),
        value: "shop".to_owned(),
    };
    let mut engine = Engine::new(place, 1);
    let activity = engine
        .create_activity("work", vec![tag.clone()], None, 1_000)
        .unwrap()
        .arn;
    let new = Registration {
        settings: Settings {
            tracing: Some(json!({ "enabled": true })),
            ..Settings::default()
        },
        tags: vec![tag.clone()],
        publish: true,
        version_description: Some("the first".to_owned()),
        ..registration(&definition)
    };
    let registered = engine.register_machine(new.clone(), 1_000).unwrap();
    let (machine, version) = (registered.record.arn.clone(), registered.version_arn.unwrap());
    let routes = vec![Route {
        version_arn: version.clone(),
        weight: 100,
    }];
    let (alias, _) = engine
        .create_alias("live", Some("what is sold by".to_owned()), routes.clone(), 1_500)
        .unwrap();
    let arn = engine
        .start_execution(&alias, Some("e"), r#"{"n":1}"#, 2_000)
        .unwrap()
        .arn;

    let mut engine = restored(&engine);
    let tags = vec![tag];
    assert_eq!(engine.tags(&machine).unwrap(), tags);
    assert_eq!(engine.tags(&activity).unwrap(), tags);
    assert_eq!(engine.machine(&machine).unwrap().settings, new.settings);
    let identity = engine.execution(&arn).unwrap().identity();
    assert_eq!(identity.version_arn.as_ref(), Some(&version));
    assert_eq!(identity.alias_arn.as_ref(), Some(&alias));
    for started_by in [&machine, &version, &alias] {
        let filter = ExecutionFilter {
            machine_arn: started_by,
            status: Some(Status::Running),
            redriven: Some(false),
            after: None,
        };
        assert_eq!(engine.executions(filter).unwrap().count(), 1);
    }
    // Created again with the same, it is the same; published again, it is the version there is.
    assert_eq!(
        engine.register_machine(new, 2_500).unwrap().version_arn.as_ref(),
        Some(&version)
    );
    assert_eq!(
        engine.publish_version(&machine, None, None, 2_500).unwrap().0,
        version
    );
    let kept = engine.alias(&alias).unwrap();
    assert_eq!(
        (kept.routes.clone(), kept.created_ms, kept.number),
        (routes.clone(), 1_500, 1)
    );
    assert_eq!(
        engine.version(&version).unwrap().description.as_deref(),
        Some("the first")
    );
    engine.create_alias("next", None, routes, 2_500).unwrap();
    assert_eq!(
        engine
            .aliases(&machine)
            .unwrap()
            .iter()
            .map(|alias| alias.number)
            .max(),
        Some(2)
    );

    assert!(engine.has_activity_task(&activity));
    let task = engine
        .take_activity_task(&activity, Some("w"), 3_000)
        .unwrap()
        .unwrap();
    assert_eq!(&*task.input, r#"{"n":1}"#);
    let mut engine = restored(&engine);
    assert!(!engine.has_activity_task(&activity));
    // Its time limit of a minute is still there, and so is its token.
    assert!(engine.next_due_ms().is_some_and(|due_ms| due_ms <= 63_000));
    engine.send_task_success(&task.token, "2", 4_000).unwrap();
    assert_eq!(engine.execution(&arn).unwrap().status(), Status::Succeeded);
    // The number of a version that was deleted is not used again.
    for alias in [alias.replace(":live", ":next"), alias] {
        engine.delete_alias(&alias).unwrap();
    }
    engine.delete_version(&version).unwrap();
    let mut engine = restored(&engine);
    let (second, _) = engine.publish_version(&machine, None, None, 5_000).unwrap();
    assert_eq!(second, format!("{machine}:2"));
}

#[test]
fn a_machine_that_is_being_deleted_still_is_after_a_snapshot() {
    let definition = json!({ "QueryLanguage": "JSONata", "StartAt": "W", "States": {
        "W": { "Type": "Wait", "Seconds": 60, "Next": "P" }, "P": { "Type": "Pass", "End": true } } });
    let mut engine = Engine::new(Place::default(), 1);
    let machine = engine
        .register_machine(registration(&definition), 1_000)
        .unwrap()
        .record;
    let arn = engine
        .start_execution(&machine.arn, None, "{}", 2_000)
        .unwrap()
        .arn;
    engine.retire_machine(&machine.arn, 3_000).unwrap();
    let mut engine = restored(&engine);
    assert!(engine.is_deleting("m"));
    engine.wake(DAY_MS);
    assert_eq!(engine.execution(&arn).unwrap().status(), Status::Aborted);
    assert!(engine.machine(&machine.arn).is_err());
}

#[test]
fn what_is_nested_deeper_than_json_may_be_that_comes_from_outside_is_read_again() {
    let definition = json!({ "QueryLanguage": "JSONata", "StartAt": "Wrap", "States": {
        "Wrap": { "Type": "Pass", "Output": "{% {'n': $states.input.n + 1, 'in': $states.input} %}", "Next": "More" },
        "More": { "Type": "Choice", "Default": "Rest",
            "Choices": [{ "Condition": "{% $states.input.n < 190 %}", "Next": "Wrap" }] },
        "Rest": { "Type": "Wait", "Seconds": 10, "End": true } } });
    let mut engine = Engine::new(Place::default(), 1);
    let machine = engine
        .create_machine(
            NewMachine {
                name: "m".to_owned(),
                definition: definition.to_string(),
                role_arn: "role".to_owned(),
                machine_type: MachineType::Standard,
            },
            0,
        )
        .unwrap()
        .arn
        .clone();
    let arn = engine
        .start_execution(&machine, None, r#"{"n":0}"#, 0)
        .unwrap()
        .arn;
    let mut again = restored(&engine);
    again.wake(10_000);
    let ended = again.execution(&arn).unwrap().ended().unwrap();
    assert_eq!(ended.status, Status::Succeeded);
}
