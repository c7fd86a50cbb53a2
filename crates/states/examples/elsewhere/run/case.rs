//! A case as one engine is to play it: in an account of its own, beginning now.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};
use states::timestamp;

use super::support::Run;

/// When cases begin on the virtual clock.
pub const START_MS: u64 = 1_700_000_000_000;
/// Times from there on, for a day, are part of a case's plot and move with its beginning.
const PLOT_MS: u64 = 86_400_000;
/// The account in cases.
const ACCOUNT: &str = "000000000000";

/// A case as it was written, and what comes of it on the virtual clock, which `tests/conformance.rs` holds to what the
/// case expects.
pub struct Case {
    pub name: String,
    pub text: String,
    pub expected: Expected,
}

/// What must come of a case.
pub struct Expected {
    pub status: Value,
    pub output: Value,
    pub error: Value,
    pub cause_contains: Option<Value>,
    pub elapsed_ms: u64,
    /// Chance decides; it may also take less.
    pub elapsed_is_most: bool,
    /// Types of all events, in order.
    pub events: Value,
    /// By event id, members that the event must have.
    pub history: Map<String, Value>,
    /// Times of calls in ms since the start, by function or service.
    pub calls: Value,
    pub payloads: Value,
}

/// Every case of the conformance table, by name.
pub fn all() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = files
        .filter(|path| path.extension().is_some_and(|kind| kind == "json"))
        .collect();
    files.sort();
    files.iter().map(|file| read(file)).collect()
}

fn read(file: &Path) -> Case {
    let name = file.file_stem().unwrap().to_string_lossy().into_owned();
    let text = fs::read_to_string(file).unwrap();
    let json: Value = serde_json::from_str(&text).unwrap();
    let run = Run::of(&json).unwrap_or_else(|reason| panic!("{name}: {reason}"));
    let expect = &json["expect"];
    let elapsed_is_most = expect.get("elapsed_ms_between").is_some();
    let expected = Expected {
        status: run.status(),
        output: run.output(),
        error: run.error(),
        cause_contains: expect.get("cause_contains").cloned(),
        elapsed_ms: match elapsed_is_most {
            true => expect["elapsed_ms_between"][1].as_u64().unwrap(),
            false => run.elapsed_ms(),
        },
        elapsed_is_most,
        events: run.event_types(),
        history: expect["history"].as_object().cloned().unwrap_or_default(),
        calls: run.call_times(),
        payloads: expect.get("payloads").cloned().unwrap_or_default(),
    };
    Case { name, text, expected }
}

/// The case's text in another account.
pub fn in_account(text: &str, account: &str) -> String {
    text.replace(ACCOUNT, account)
}

/// The same for a value.
pub fn in_value(value: &Value, account: &str) -> Value {
    serde_json::from_str(&in_account(&value.to_string(), account)).unwrap()
}

/// A value of a case with the times of its plot counted from another beginning.
pub fn moved(value: &Value, begin_ms: u64) -> Value {
    match value {
        Value::String(text) => match timestamp::parse(text) {
            Some(at_ms) if (START_MS..START_MS + PLOT_MS).contains(&at_ms) => {
                timestamp::to_text(begin_ms + (at_ms - START_MS)).into()
            }
            _ => value.clone(),
        },
        Value::Array(items) => items.iter().map(|item| moved(item, begin_ms)).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, inner)| (name.clone(), moved(inner, begin_ms)))
            .collect(),
        _ => value.clone(),
    }
}
