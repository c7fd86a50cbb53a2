//! Recorded executions, played again.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs;
use std::path::Path;

use serde_json::Value;
use states::replay::replay;
use support::Run;

fn cases() -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance");
    let mut cases: Vec<(String, Value)> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            (
                name,
                serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap(),
            )
        })
        .collect();
    cases.sort_by(|one, other| one.0.cmp(&other.0));
    cases
}

#[test]
fn every_case_that_is_exported_and_played_again_goes_the_same_way_event_by_event() {
    let mut failed = String::new();
    let mut count = 0;
    for (name, case) in cases() {
        let run = Run::of(&case).unwrap();
        for exported in run.exported(&case["definition"]) {
            count += 1;
            let arn = exported["execution"]["executionArn"].as_str().unwrap();
            match replay(&exported.to_string(), None) {
                Ok(replayed) => {
                    if let Some(difference) = &replayed.difference {
                        failed += &format!("\n{name} {arn}: {difference:?} {:?}", replayed.notes);
                    } else if Value::from(replayed.made) != exported["events"] {
                        failed += &format!("\n{name} {arn}: not event by event {:?}", replayed.notes);
                    }
                }
                Err(why) => failed += &format!("\n{name} {arn}: {why}"),
            }
        }
    }
    assert!(count >= 199, "only {count} executions were played");
    assert!(failed.is_empty(), "{failed}");
}
