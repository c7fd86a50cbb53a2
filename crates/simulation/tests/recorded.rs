//! Recorded executions of our machines, played on the definitions that stand in `workflows/` today.
//!
//! A new one needs no test written: put the file that the viewer exports into `recorded/`.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use states::replay::{Replay, replay};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn json_files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    files.sort();
    files
}

fn recorded() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recorded");
    let files = json_files(&folder);
    assert!(
        files.len() >= 10,
        "only {} recorded executions were found",
        files.len()
    );
    files
        .into_iter()
        .map(|file| (file.display().to_string(), fs::read_to_string(&file).unwrap()))
        .collect()
}

/// Today's definition of the machine that was recorded: its name is the stack's and the workflow's.
fn today(text: &str) -> String {
    let file: Value = serde_json::from_str(text).unwrap();
    let arn = file["execution"]["executionArn"].as_str().unwrap();
    let machine = arn.split(':').nth(6).unwrap();
    let names = json_files(&root().join("workflows"));
    let of_machine = names.into_iter().find(|path| {
        let name = path
            .file_name()
            .unwrap()
            .to_string_lossy()
            .replace(".asl.json", "");
        machine == format!("holdfast-{name}")
    });
    let path = of_machine.unwrap_or_else(|| panic!("{machine} is none of workflows/"));
    fs::read_to_string(path).unwrap()
}

fn complaint(name: &str, played: &Replay) -> Option<String> {
    let difference = played.difference.as_ref()?;
    Some(format!(
        "{name}: {} (recorded event {:?}, event {:?} of this run)\n",
        difference.sentence, difference.recorded, difference.made
    ))
}

#[test]
fn every_recorded_execution_would_go_the_same_way_today() {
    let mut complaints = String::new();
    for (name, text) in recorded() {
        let played = replay(&text, Some(&today(&text))).unwrap_or_else(|why| panic!("{name}: {why}"));
        complaints.extend(complaint(&name, &played));
        // Everything that a template leaves open is known from the definition that ran.
        assert_eq!(played.notes, Vec::<String>::new(), "{name}");
    }
    assert!(complaints.is_empty(), "{complaints}");
}

#[test]
fn an_engine_plays_its_own_record_event_by_event() {
    for (name, text) in recorded() {
        let played = replay(&text, None).unwrap_or_else(|why| panic!("{name}: {why}"));
        assert_eq!(complaint(&name, &played), None);
        let file: Value = serde_json::from_str(&text).unwrap();
        let types = |events: &[Value]| -> Vec<Value> {
            events
                .iter()
                .map(|event| json!([event["id"], event["type"], event["previousEventId"]]))
                .collect()
        };
        assert_eq!(
            types(&played.made),
            types(file["events"].as_array().unwrap()),
            "{name}"
        );
    }
}

#[test]
fn a_step_that_asks_somebody_else_is_missed_by_every_execution_that_took_it() {
    let mut steps = 0;
    for (name, text) in recorded() {
        let file: Value = serde_json::from_str(&text).unwrap();
        let mut definition: Value = serde_json::from_str(&today(&text)).unwrap();
        let entered: Vec<String> = file["events"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|event| event["stateEnteredEventDetails"]["name"].as_str())
            .map(str::to_owned)
            .collect();
        let Some(state) = entered
            .iter()
            .find(|state| definition["States"][*state]["Type"] == "Task")
        else {
            continue;
        };
        // It is asked in another way, which is no longer what was answered.
        definition["States"][state]["Resource"] =
            "arn:aws:lambda:us-east-1:000000000000:function:other".into();
        definition["States"][state]["Arguments"] = json!({});
        let played =
            replay(&text, Some(&definition.to_string())).unwrap_or_else(|why| panic!("{name}: {why}"));
        let difference = played
            .difference
            .unwrap_or_else(|| panic!("{name}: nothing was missed in {state}"));
        assert!(
            difference.sentence.contains(state),
            "{name}: {}",
            difference.sentence
        );
        steps += 1;
    }
    // Some have no step that asks anybody, or asks within a Map only.
    assert!(steps >= 8, "only {steps} executions have such a step");
}

/// What AWS itself recorded goes the same way here.
#[test]
fn histories_that_aws_recorded_go_the_same_way() {
    let folder = root().join("web/src/viewer/run/fixtures/aws");
    let mut played = Vec::new();
    for file in json_files(&folder) {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let text = fs::read_to_string(&file).unwrap();
        let replayed = replay(&text, None).unwrap_or_else(|why| panic!("{name}: {why}"));
        match name.as_str() {
            // What was asked was cut out of that one.
            "child-started" => assert!(
                replayed
                    .difference
                    .is_some_and(|difference| difference.sentence.starts_with("Both ask in StartExecution")),
                "{name}"
            ),
            _ => assert_eq!(complaint(&name, &replayed), None),
        }
        played.push(name);
    }
    assert!(played.len() >= 5, "{played:?}");
}

/// Express executions have their history in a log only.
#[test]
fn an_express_execution_is_played_from_its_log() {
    let file = root().join("web/src/viewer/run/fixtures/aws/express-failed.jsonl");
    let text = fs::read_to_string(file).unwrap();
    let definition = |error: &str| {
        let cause = "This state machines raises a 'SomeFailure' failure.";
        json!({ "StartAt": "FailState", "States": { "FailState": { "Type": "Fail", "Error": error, "Cause": cause } } })
    };
    let played = |error: &str| replay(&text, Some(&definition(error).to_string())).unwrap();
    assert_eq!(complaint("the same", &played("SomeFailure")), None);
    assert_eq!(
        played("Other").difference.unwrap().sentence,
        "The recorded execution failed with SomeFailure; this definition fails with Other."
    );
}

/// A file that was damaged is refused by the place, or is played; nothing of it stops the player.
#[test]
fn a_damaged_record_is_played_or_refused_by_the_place() {
    let mut runner = TestRunner::deterministic();
    let small = recorded().into_iter().filter(|(_, text)| text.len() < 15_000);
    for (name, text) in small {
        let value: Value = serde_json::from_str(&text).unwrap();
        let members = damaged::json(value).prop_map(|value| value.to_string());
        let damaged = prop_oneof![3 => members, 1 => damaged::text([text])];
        for _ in 0..60 {
            let text = damaged.new_tree(&mut runner).unwrap().current();
            match replay(&text, None) {
                Ok(played) => assert!(!played.made.is_empty(), "{name}: {text}"),
                Err(refused) => assert!(
                    refused.to_string().len() < 1_000 && !refused.why.is_empty(),
                    "{name}: {refused}"
                ),
            }
        }
    }
}
