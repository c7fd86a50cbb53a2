//! Where others read how far the clock is ahead: never less than whoever is called because of it must know, never less than
//! before, and never something that nobody said.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::http::{Aws, Folder, Server, folder};
use crate::scenes::{create, invoke, nobody, one_state, returned, start};

fn told(clock: &Path) -> Value {
    let text = fs::read(clock).unwrap();
    serde_json::from_slice::<Value>(&text).unwrap()["ahead_ms"].take()
}

/// A folder that goes when the test is over, and the file in it.
fn in_folder(name: &str) -> (Folder, PathBuf) {
    let folder = folder(name);
    let clock = folder.write("clock.json", "{\"ahead_ms\":0}");
    (folder, clock)
}

#[test]
fn a_function_that_is_called_because_time_passed_reads_that_it_has() {
    let (_folder, clock) = in_folder("clock-told");
    let read = clock.clone();
    let aws = Aws::start(move |_| returned(told(&read)));
    let server = Server::with_clock(&folder("clock-told-journal"), &clock, aws.address);
    assert_eq!(told(&clock), 0);
    let definition = json!({
        "QueryLanguage": "JSONata",
        "StartAt": "W",
        "States": { "W": { "Type": "Wait", "Seconds": 60, "Next": "A" }, "A": invoke("f") },
    });
    create(&server, &definition.to_string());
    let arn = start(&server, "e", json!(7));
    server.local("POST", "clock", json!({ "pass_s": 3_600 }));
    // The minute was over, and the hour was not.
    let read: u64 = server.ended(&arn)["output"].as_str().unwrap().parse().unwrap();
    assert!((59_000..100_000).contains(&read), "{read}");
    assert_eq!(told(&clock), 3_600_000);
}

#[test]
fn what_a_crash_kept_from_being_told_is_told_at_the_next_start() {
    let (_folder, clock) = in_folder("clock-crash");
    let (aws, journal) = (nobody(), folder("clock-crash-journal"));
    let server = Server::with_clock(&journal, &clock, aws.address);
    server.local("POST", "clock", json!({ "pass_s": 900 }));
    server.kill();
    for left in [None, Some("{\"ahead_ms\":0}")] {
        match left {
            Some(older) => fs::write(&clock, older).unwrap(),
            None => fs::remove_file(&clock).unwrap(),
        }
        let server = Server::with_clock(&journal, &clock, aws.address);
        assert_eq!(told(&clock), 900_000, "{left:?}");
        server.kill();
    }
}

#[test]
fn whoever_follows_the_file_never_sees_time_go_back_though_the_journal_is_gone() {
    let (_folder, clock) = in_folder("clock-kept");
    let aws = nobody();
    let server = Server::with_clock(&folder("clock-kept-1"), &clock, aws.address);
    server.local("POST", "clock", json!({ "pass_s": 900 }));
    server.kill();
    let journal = folder("clock-kept-2");
    let server = Server::with_clock(&journal, &clock, aws.address);
    assert_eq!(server.local("GET", "clock", json!({})).1["ahead_s"], 900.0);
    assert_eq!(told(&clock), 900_000);
    server.kill();
    // It is the journal's own from then on.
    fs::remove_file(&clock).unwrap();
    let _server = Server::with_clock(&journal, &clock, aws.address);
    assert_eq!(told(&clock), 900_000);
}

#[test]
fn a_damaged_file_is_no_midnight_but_a_sentence() {
    let (_folder, clock) = in_folder("clock-damaged");
    for damaged in ["", "900", "{\"ahead_ms\":-1}"] {
        fs::write(&clock, damaged).unwrap();
        let said = Server::refused_clock(&folder("clock-damaged-journal"), &clock, nobody().address);
        assert!(
            said.contains("clock.json") && said.contains("remove it"),
            "{said}"
        );
    }
}

/// Who is not told the time must not be called in it.
#[test]
fn a_server_that_cannot_tell_its_time_stops() {
    let (in_it, clock) = in_folder("clock-unwritable");
    let aws = Aws::start(|asked| returned(asked.body.clone()));
    let mut server = Server::with_clock(&folder("clock-unwritable-journal"), &clock, aws.address);
    let wait = one_state(json!({ "Type": "Wait", "Seconds": 60, "End": true }));
    create(&server, &wait);
    drop(in_it);
    let refused = server.try_local("POST", "clock", json!({ "pass_s": 900 }));
    assert!(
        refused.as_ref().is_none_or(|(status, _)| *status == 503),
        "{refused:?}"
    );
    assert!(!server.ends().success());
}
