//! Definitions with the outcome and the history that AWS documents or records, as data files in `conformance/`.
//!
//! A case is a JSON object:
//! - `about`: what it shows. `definition`, `input`; `type` (`STANDARD` unless said), `seed`.
//! - `machines`: other machines by name, for `states:startExecution`; their definitions. `activities`: names.
//! - `answers`: by function name, `sqs`, or service and action (`dynamodb:PutItem`), a list of answers to its calls
//!   in order; the last one repeats. Each has one of `returns`, `fails` (a function's error payload),
//!   `service_error` (`[error, cause]`), `sent`, `never`, or for services `result` (in the API's own words),
//!   `refused` (`[code, message]` with status 400 and the request id `request-1`) or `unreachable` (why), and perhaps
//!   `after_ms`.
//! - `script`: what happens by itself, in order: `at_ms` since the start, and one of `token_success` /
//!   `token_failure` / `heartbeat` with `token` (which token, in order of their being handed out), `stop`, `redrive`
//!   (true, or another execution's ARN; `refused` names the error that it must have), `update_map_run` (of the latest
//!   one, with any of `max_concurrency`, `tolerated_count`, `tolerated_percentage`), or `take` (an activity's name; a
//!   worker, perhaps named by `worker`, takes a task, whose input must be `input`). `stop` and `redrive` are about
//!   the execution of a map run of which `child` is the number, if that is there.
//! - `expect`: `status`, and any of `output`, `error`, `cause_contains`, `elapsed_ms`, `elapsed_ms_between`,
//!   `transitions`, `events` (all event types in order), `calls` (times of calls in ms since the start, by
//!   function), `history` (by event id, members the event must have), `payloads` (payloads, bodies or arguments in
//!   order), `children` (executions of map runs in the order of their being started, each with any of `status`,
//!   `input`, `output`, `error`, `transitions`, `events`), `map_runs` (each with its `status`, `redrives` and how many
//!   of its `executions` and `items` stand where).

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use states::replay::replay;
use support::{Run, differing_members, expected_members};

fn case_files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance");
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    files.sort();
    files
}

fn check(path: &Path) -> Vec<String> {
    let case: Value = match serde_json::from_str(&fs::read_to_string(path).unwrap()) {
        Ok(case) => case,
        Err(reason) => return vec![format!("not JSON: {reason}")],
    };
    let run = match Run::of(&case) {
        Ok(run) => run,
        Err(reason) => return vec![reason],
    };
    let expect = case["expect"].as_object().unwrap();
    let mut complaints = Vec::new();
    for (name, expected) in expect {
        let complaint = match name.as_str() {
            "status" => run.differs("status", &run.status(), expected),
            "output" => run.differs("output", &run.output(), expected),
            "error" => run.differs("error", &run.error(), expected),
            "cause_contains" => {
                let wanted = expected.as_str().unwrap();
                (!run.cause().contains(wanted)).then(|| format!("cause {:?} lacks {wanted:?}", run.cause()))
            }
            "elapsed_ms" => run.differs("elapsed_ms", &run.elapsed_ms().into(), expected),
            "elapsed_ms_between" => {
                let [least, most] = [0, 1].map(|index| expected[index].as_u64().unwrap());
                let elapsed_ms = run.elapsed_ms();
                (!(least..=most).contains(&elapsed_ms)).then(|| format!("elapsed_ms is {elapsed_ms}"))
            }
            "transitions" => run.differs("transitions", &run.transitions().into(), expected),
            "events" => run.differs("events", &run.event_types(), expected),
            "calls" => run.differs("calls", &run.call_times(), expected),
            "children" => differing_members("child", &run.children(), expected),
            "map_runs" => differing_members("map run", &run.map_runs(), expected),
            "payloads" => run.differs("payloads", &run.payloads(), expected),
            "history" => expected_members(&run.events(), expected),
            other => Some(format!("expect has the unknown member {other:?}")),
        };
        complaints.extend(complaint);
    }
    complaints.extend(run.ids_in_disorder());
    complaints
}

#[test]
fn every_case_ends_as_aws_says() {
    let files = case_files();
    assert!(files.len() >= 30, "only {} cases were found", files.len());
    let mut failed = String::new();
    for file in &files {
        for complaint in check(file) {
            failed += &format!("\n{}: {complaint}", file.file_stem().unwrap().to_string_lossy());
        }
    }
    assert!(failed.is_empty(), "{failed}");
}

#[test]
fn the_same_seed_gives_the_same_history_twice() {
    for file in case_files() {
        let case: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        let (first, second) = (Run::of(&case).unwrap(), Run::of(&case).unwrap());
        assert_eq!(first.events(), second.events(), "{}", file.display());
        assert_eq!(first.children(), second.children(), "{}", file.display());
    }
}

#[test]
fn an_engine_that_is_written_down_and_read_goes_on_as_if_nothing_had_been() {
    for file in case_files() {
        let case: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        let (straight, restarted) = (Run::of(&case).unwrap(), Run::restarted(&case, true).unwrap());
        assert_eq!(straight.events(), restarted.events(), "{}", file.display());
        assert_eq!(straight.children(), restarted.children(), "{}", file.display());
        assert_eq!(straight.map_runs(), restarted.map_runs(), "{}", file.display());
    }
}

#[test]
fn every_case_that_is_exported_and_played_again_goes_the_same_way_event_by_event() {
    let mut failed = String::new();
    let mut count = 0;
    for file in case_files() {
        let name = file.file_stem().unwrap().to_string_lossy();
        let case: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
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

#[test]
fn every_event_type_that_is_written_is_seen_in_a_case() {
    let mut seen = std::collections::BTreeSet::new();
    for file in case_files() {
        let case: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        let types = Run::of(&case).unwrap().event_types();
        seen.extend(
            types
                .as_array()
                .unwrap()
                .iter()
                .map(|name| name.as_str().unwrap().to_owned()),
        );
    }
    let unseen: Vec<&str> = states::EventType::ALL
        .iter()
        .map(|kind| kind.name())
        .filter(|name| !seen.contains(*name))
        .collect();
    assert!(unseen.is_empty(), "{unseen:?}");
}

/// `HistoryEvent$type` of the API reference.
const API_EVENT_TYPES: &str = "ActivityFailed ActivityScheduled ActivityScheduleFailed ActivityStarted \
    ActivitySucceeded ActivityTimedOut ChoiceStateEntered ChoiceStateExited EvaluationFailed ExecutionAborted \
    ExecutionFailed ExecutionRedriven ExecutionStarted ExecutionSucceeded ExecutionTimedOut FailStateEntered \
    LambdaFunctionFailed LambdaFunctionScheduled LambdaFunctionScheduleFailed LambdaFunctionStarted \
    LambdaFunctionStartFailed LambdaFunctionSucceeded LambdaFunctionTimedOut MapIterationAborted MapIterationFailed \
    MapIterationStarted MapIterationSucceeded MapRunAborted MapRunFailed MapRunRedriven MapRunStarted \
    MapRunSucceeded MapStateAborted MapStateEntered MapStateExited MapStateFailed MapStateStarted MapStateSucceeded \
    ParallelStateAborted ParallelStateEntered ParallelStateExited ParallelStateFailed ParallelStateStarted \
    ParallelStateSucceeded PassStateEntered PassStateExited SucceedStateEntered SucceedStateExited TaskFailed \
    TaskScheduled TaskStarted TaskStartFailed TaskStateAborted TaskStateEntered TaskStateExited TaskSubmitFailed \
    TaskSubmitted TaskSucceeded TaskTimedOut WaitStateAborted WaitStateEntered WaitStateExited";

#[test]
fn every_event_type_of_the_api_is_written_or_it_is_said_why_not() {
    let mut named: Vec<&str> = API_EVENT_TYPES.split_whitespace().collect();
    let written = states::EventType::ALL.iter().map(|kind| kind.name());
    let never = states::history::NEVER_WRITTEN.iter().map(|(name, _)| *name);
    let mut known: Vec<&str> = written.chain(never).collect();
    named.sort_unstable();
    known.sort_unstable();
    assert_eq!(known, named);
}
