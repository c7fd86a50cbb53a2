//! Registering machines.

use std::process::Command;

use serde_json::json;

use crate::http::{Server, folder};
use crate::scenes::{MACHINE, create, nobody, one_state};

#[test]
fn a_machine_is_created_once_and_then_updated() {
    let aws = nobody();
    let journal = folder("update");
    let server = Server::start(&journal, aws.address);
    let (first, second) = (
        one_state(json!({ "Type": "Succeed" })),
        one_state(json!({ "Type": "Pass", "End": true })),
    );
    assert_eq!(create(&server, &first), create(&server, &first));
    let again = json!({ "name": "m", "definition": second, "roleArn": "arn:aws:iam::0:role/r" });
    assert_eq!(
        server.ask("CreateStateMachine", again).unwrap_err(),
        "StateMachineAlreadyExists"
    );
    server.tell(
        "UpdateStateMachine",
        json!({ "stateMachineArn": MACHINE, "definition": second }),
    );
    assert_eq!(
        server.tell("DescribeStateMachine", json!({ "stateMachineArn": MACHINE }))["definition"],
        second
    );
    let nothing = server.ask("UpdateStateMachine", json!({ "stateMachineArn": MACHINE }));
    assert_eq!(nothing.unwrap_err(), "MissingRequiredParameter");
    let machines = server.tell("ListStateMachines", json!({}));
    assert_eq!(machines["stateMachines"].as_array().unwrap().len(), 1);
    server.tell("DeleteStateMachine", json!({ "stateMachineArn": MACHINE }));
    let gone = server.ask("DescribeStateMachine", json!({ "stateMachineArn": MACHINE }));
    assert_eq!(gone.unwrap_err(), "StateMachineDoesNotExist");
}

#[test]
fn a_mistake_in_a_definition_is_named_with_its_place() {
    let aws = nobody();
    let journal = folder("mistake");
    let server = Server::start(&journal, aws.address);
    let definition = one_state(json!({ "Type": "Pass", "Next": "B" }));
    let (status, refused) = server.raw(
        "CreateStateMachine",
        &json!({ "name": "m", "definition": definition, "roleArn": "r" }).to_string(),
    );
    assert_eq!(
        (status, refused["__type"].as_str()),
        (400, Some("InvalidDefinition"))
    );
    assert!(
        refused["message"]
            .as_str()
            .unwrap()
            .contains("MISSING_TRANSITION_TARGET"),
        "{refused}"
    );
    assert!(
        refused["message"].as_str().unwrap().contains("/States/A/Next"),
        "{refused}"
    );
    let validated = server.tell(
        "ValidateStateMachineDefinition",
        json!({ "definition": definition }),
    );
    assert_eq!(validated["result"], "FAIL");
    assert_eq!(validated["diagnostics"][0]["location"], "/States/A/Next");
}

#[test]
fn checking_a_file_fails_for_mistakes_and_not_for_warnings() {
    let map = json!({ "Type": "Map", "ToleratedFailureCount": 1, "End": true,
        "ItemProcessor": { "StartAt": "T", "States": { "T": { "Type": "Succeed" } } } });
    let folder = folder("check");
    let checked = |name: &str, state: serde_json::Value| {
        let file = folder.write(name, &one_state(state));
        let run = Command::new(env!("CARGO_BIN_EXE_states"))
            .arg("check")
            .arg(file)
            .output();
        let run = run.unwrap();
        (run.status.code(), String::from_utf8(run.stderr).unwrap())
    };
    let (code, told) = checked("warned.json", map);
    assert_eq!(code, Some(0), "{told}");
    assert!(
        told.contains("warning") && told.contains("/States/A/ToleratedFailureCount"),
        "{told}"
    );
    let (code, told) = checked("wrong.json", json!({ "Type": "Pass", "Next": "B" }));
    assert_eq!(code, Some(1), "{told}");
    // What the guide shows, up to where it leaves off.
    let task = json!({ "Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun", "End": true });
    let (_, told) = checked("order.asl.json", task);
    let shown = include_str!("../../../../docs/states.md")
        .lines()
        .find_map(|line| line.strip_prefix("    order.asl.json: "))
        .unwrap()
        .replace("/States/Pay/", "/States/A/");
    assert!(
        told.contains(&format!("order.asl.json: {}", shown.trim_end_matches(".."))),
        "{told}"
    );
}

#[test]
fn whoever_asks_for_help_gets_it_wherever_they_ask() {
    for words in [
        &["--help"][..],
        &["help"],
        &["serve", "--help"],
        &["serve", "-h"],
        &["serve", "--port", "0", "-h"],
        &["serve", "--journal", "--help"],
        &["check", "--help"],
        &["check", "order.asl.json", "-h"],
    ] {
        let run = Command::new(env!("CARGO_BIN_EXE_states")).args(words).output();
        let run = run.unwrap();
        assert_eq!(run.status.code(), Some(0), "{words:?}");
        assert!(
            run.stdout.starts_with(b"Usage:") && run.stderr.is_empty(),
            "{words:?}"
        );
    }
}
