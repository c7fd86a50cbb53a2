//! Versions, aliases, tags, settings, and the end of a machine.

use serde_json::{Value, json};

use crate::http::{Server, folder, until};
use crate::scenes::{MACHINE, create, invoke, nobody, one_state, queue, start, token_sent, wait_for_token};

fn pass(output: &str) -> String {
    one_state(json!({ "Type": "Pass", "Output": output, "End": true }))
}

fn started(server: &Server, arn: &str) -> Value {
    let started = server.tell("StartExecution", json!({ "stateMachineArn": arn }));
    server.ended(started["executionArn"].as_str().unwrap())
}

fn version_arns(server: &Server) -> Vec<String> {
    let listed = server.tell("ListStateMachineVersions", json!({ "stateMachineArn": MACHINE }));
    let arn = |version: &Value| version["stateMachineVersionArn"].as_str().unwrap().to_owned();
    listed["stateMachineVersions"]
        .as_array()
        .unwrap()
        .iter()
        .map(arn)
        .collect()
}

/// A machine with version 1 that yields "one", and version 2 that yields "two".
fn two_versions(server: &Server) -> [String; 2] {
    let first = json!({ "name": "m", "definition": pass("one"), "roleArn": "r", "publish": true });
    let first = server.tell("CreateStateMachine", first);
    let second = json!({ "stateMachineArn": MACHINE, "definition": pass("two"), "publish": true });
    let second = server.tell("UpdateStateMachine", second);
    [first, second].map(|answer| answer["stateMachineVersionArn"].as_str().unwrap().to_owned())
}

#[test]
fn a_version_runs_what_it_was_published_with() {
    let (aws, journal) = (nobody(), folder("versions"));
    let server = Server::start(&journal, aws.address);
    let [one, two] = two_versions(&server);
    assert_eq!([&one, &two], [&format!("{MACHINE}:1"), &format!("{MACHINE}:2")]);
    server.tell(
        "UpdateStateMachine",
        json!({ "stateMachineArn": MACHINE, "definition": pass("three") }),
    );
    for (arn, output, version) in [
        (&one, "\"one\"", Some(&one)),
        (&two, "\"two\"", Some(&two)),
        (&MACHINE.to_owned(), "\"three\"", None),
    ] {
        let ended = started(&server, arn);
        assert_eq!(ended["output"], output);
        assert_eq!(ended["stateMachineArn"], MACHINE);
        assert_eq!(
            ended.get("stateMachineVersionArn").and_then(Value::as_str),
            version.map(String::as_str)
        );
        let ran = server.tell(
            "DescribeStateMachineForExecution",
            json!({ "executionArn": ended["executionArn"] }),
        );
        assert!(ran["definition"].as_str().unwrap().contains(output), "{ran}");
        let history = server.tell(
            "GetExecutionHistory",
            json!({ "executionArn": ended["executionArn"] }),
        );
        assert_eq!(
            history["events"][0]["executionStartedEventDetails"]
                .get("stateMachineVersionArn")
                .and_then(Value::as_str),
            version.map(String::as_str)
        );
    }
    let described = server.tell("DescribeStateMachine", json!({ "stateMachineArn": one }));
    assert_eq!(
        (&described["stateMachineArn"], &described["definition"]),
        (&json!(one), &json!(pass("one")))
    );
    let of_version = server.tell("ListExecutions", json!({ "stateMachineArn": two }));
    assert_eq!(of_version["executions"].as_array().unwrap().len(), 1);
}

#[test]
fn a_revision_is_published_once_and_its_number_is_not_used_again() {
    let (aws, journal) = (nobody(), folder("publish"));
    let server = Server::start(&journal, aws.address);
    create(&server, &pass("one"));
    let publish = |more: Value| {
        let mut request = json!({ "stateMachineArn": MACHINE });
        request
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        server.ask("PublishStateMachineVersion", request)
    };
    let first = publish(json!({ "revisionId": "INITIAL", "description": "the first" })).unwrap();
    assert_eq!(first, publish(json!({})).unwrap());
    assert_eq!(
        publish(json!({ "revisionId": "another" })).unwrap_err(),
        "ConflictException"
    );
    let described = json!({ "stateMachineArn": first["stateMachineVersionArn"] });
    assert_eq!(
        server.tell("DescribeStateMachine", described)["description"],
        "the first"
    );
    let update = json!({ "stateMachineArn": MACHINE, "definition": pass("two"), "publish": true });
    let updated = server.tell("UpdateStateMachine", update.clone());
    // Nothing has changed, so nothing is published.
    assert_eq!(server.tell("UpdateStateMachine", update), updated);
    let second = updated["stateMachineVersionArn"].as_str().unwrap();
    for _ in 0..2 {
        server.tell(
            "DeleteStateMachineVersion",
            json!({ "stateMachineVersionArn": second }),
        );
    }
    assert_eq!(
        server
            .ask("StartExecution", json!({ "stateMachineArn": second }))
            .unwrap_err(),
        "StateMachineDoesNotExist"
    );
    publish(json!({})).unwrap();
    assert_eq!(
        version_arns(&server),
        [format!("{MACHINE}:3"), format!("{MACHINE}:1")]
    );
}

#[test]
fn an_alias_leads_to_its_versions_by_weight() {
    let (aws, journal) = (nobody(), folder("aliases"));
    let server = Server::start(&journal, aws.address);
    let [one, two] = two_versions(&server);
    let route = |arn: &str, weight: u64| json!({ "stateMachineVersionArn": arn, "weight": weight });
    let request = json!({ "name": "live", "description": "d", "routingConfiguration": [route(&one, 100)] });
    let created = server.tell("CreateStateMachineAlias", request.clone());
    assert_eq!(server.tell("CreateStateMachineAlias", request), created);
    let alias = created["stateMachineAliasArn"].as_str().unwrap();
    assert_eq!(alias, format!("{MACHINE}:live"));
    let ended = started(&server, alias);
    assert_eq!(
        [
            &ended["output"],
            &ended["stateMachineAliasArn"],
            &ended["stateMachineVersionArn"]
        ],
        [&json!("\"one\""), &json!(alias), &json!(one)]
    );
    let update =
        json!({ "stateMachineAliasArn": alias, "routingConfiguration": [route(&one, 50), route(&two, 50)] });
    server.tell("UpdateStateMachineAlias", update);
    let outputs: std::collections::BTreeSet<String> = (0..40)
        .map(|_| started(&server, alias)["output"].to_string())
        .collect();
    assert_eq!(outputs.len(), 2, "{outputs:?}");
    let listed = server.tell("ListExecutions", json!({ "stateMachineArn": alias }));
    assert_eq!(listed["executions"].as_array().unwrap().len(), 41);
    let described = server.tell(
        "DescribeStateMachineAlias",
        json!({ "stateMachineAliasArn": alias }),
    );
    assert_eq!(described["routingConfiguration"][1], route(&two, 50));
    assert_eq!(described["description"], "d");
    let by_version = server.tell("ListStateMachineAliases", json!({ "stateMachineArn": two }));
    assert_eq!(
        by_version["stateMachineAliases"][0]["stateMachineAliasArn"],
        alias
    );
    let held = json!({ "stateMachineVersionArn": one });
    assert_eq!(
        server.ask("DeleteStateMachineVersion", held).unwrap_err(),
        "ConflictException"
    );
    for (name, routes, refused) in [
        ("live", json!([route(&two, 100)]), "ConflictException"),
        ("12", json!([route(&two, 100)]), "ValidationException"),
        ("a b", json!([route(&two, 100)]), "ValidationException"),
        ("x", json!([]), "ValidationException"),
        ("x", json!([route(MACHINE, 100)]), "ValidationException"),
        (
            "x",
            json!([route(&one, 100), route(&one, 0)]),
            "ValidationException",
        ),
        (
            "x",
            json!([route(&one, 70), route(&two, 29)]),
            "ValidationException",
        ),
        (
            "x",
            json!([route(&one, 101), route(&two, -1i64 as u64)]),
            "ValidationException",
        ),
        (
            "x",
            json!([route(&format!("{MACHINE}:9"), 100)]),
            "ResourceNotFound",
        ),
    ] {
        let request = json!({ "name": name, "routingConfiguration": routes });
        assert_eq!(
            server.ask("CreateStateMachineAlias", request).unwrap_err(),
            refused,
            "{name} {routes}"
        );
    }
    for _ in 0..2 {
        server.tell(
            "DeleteStateMachineAlias",
            json!({ "stateMachineAliasArn": alias }),
        );
    }
    let gone = server.ask(
        "DescribeStateMachineAlias",
        json!({ "stateMachineAliasArn": alias }),
    );
    assert_eq!(gone.unwrap_err(), "ResourceNotFound");
}

#[test]
fn settings_and_tags_are_given_back() {
    let (aws, journal) = (nobody(), folder("settings"));
    let server = Server::start(&journal, aws.address);
    let logging = json!({ "level": "ALL", "includeExecutionData": true, "destinations": [
        { "cloudWatchLogsLogGroup": { "logGroupArn": "arn:aws:logs:us-east-1:0:log-group:g:*" } }] });
    let request = json!({ "name": "m", "definition": pass("one"), "roleArn": "r", "loggingConfiguration": logging,
        "tracingConfiguration": { "enabled": true }, "tags": [{ "key": "a", "value": "1" }] });
    server.tell("CreateStateMachine", request.clone());
    let mut other = request.clone();
    other["roleArn"] = "another".into();
    other["tags"] = json!([]);
    server.tell("CreateStateMachine", other);
    let mut different = request;
    different["tracingConfiguration"] = json!({ "enabled": false });
    assert_eq!(
        server.ask("CreateStateMachine", different).unwrap_err(),
        "StateMachineAlreadyExists"
    );
    let described = server.tell("DescribeStateMachine", json!({ "stateMachineArn": MACHINE }));
    assert_eq!(
        [
            &described["roleArn"],
            &described["loggingConfiguration"],
            &described["tracingConfiguration"]
        ],
        [&json!("r"), &logging, &json!({ "enabled": true })]
    );
    let revised = server.tell(
        "UpdateStateMachine",
        json!({ "stateMachineArn": MACHINE, "loggingConfiguration": { "level": "OFF" } }),
    );
    assert!(revised["revisionId"].is_string());
    let bare = server.tell(
        "DescribeStateMachine",
        json!({ "stateMachineArn": MACHINE, "includedData": "METADATA_ONLY" }),
    );
    assert_eq!(bare["definition"], "{}");
    assert_eq!(
        bare["loggingConfiguration"],
        json!({ "level": "OFF", "includeExecutionData": false })
    );
    server.tell(
        "TagResource",
        json!({ "resourceArn": MACHINE, "tags": [{ "key": "b", "value": "2" }] }),
    );
    server.tell(
        "UntagResource",
        json!({ "resourceArn": MACHINE, "tagKeys": ["a", "z"] }),
    );
    // They are in the journal like everything else.
    server.kill();
    let server = Server::start(&journal, aws.address);
    let tags = server.tell("ListTagsForResource", json!({ "resourceArn": MACHINE }));
    assert_eq!(tags["tags"], json!([{ "key": "b", "value": "2" }]));
    let many: Vec<Value> = (0..51)
        .map(|number| json!({ "key": format!("k{number}"), "value": "" }))
        .collect();
    let (status, refused) = server.raw(
        "TagResource",
        &json!({ "resourceArn": MACHINE, "tags": many }).to_string(),
    );
    assert_eq!(
        (status, &refused["__type"], &refused["resourceName"]),
        (400, &json!("TooManyTags"), &json!(MACHINE))
    );
    for nobodys in [
        format!("{MACHINE}:1"),
        MACHINE.replace("stateMachine", "activity"),
    ] {
        let refused = server.ask("ListTagsForResource", json!({ "resourceArn": nobodys }));
        assert_eq!(refused.unwrap_err(), "ResourceNotFound");
    }
}

#[test]
fn a_machine_is_deleted_when_its_executions_have_come_to_their_next_state() {
    let (aws, journal) = (queue(), folder("deleting"));
    let server = Server::start(&journal, aws.address);
    let mut first = wait_for_token();
    first.as_object_mut().unwrap().remove("End");
    first["Next"] = "B".into();
    let definition = json!({ "QueryLanguage": "JSONata", "StartAt": "A",
        "States": { "A": first, "B": { "Type": "Succeed" } } });
    create(&server, &definition.to_string());
    let arn = start(&server, "e", json!({}));
    let token = token_sent(&aws);
    server.tell("DeleteStateMachine", json!({ "stateMachineArn": MACHINE }));
    let described = server.tell("DescribeStateMachine", json!({ "stateMachineArn": MACHINE }));
    assert_eq!(described["status"], "DELETING");
    for (operation, request) in [
        ("StartExecution", json!({ "stateMachineArn": MACHINE })),
        (
            "UpdateStateMachine",
            json!({ "stateMachineArn": MACHINE, "roleArn": "x" }),
        ),
        (
            "PublishStateMachineVersion",
            json!({ "stateMachineArn": MACHINE }),
        ),
        (
            "CreateStateMachine",
            json!({ "name": "m", "definition": definition.to_string(), "roleArn": "r" }),
        ),
    ] {
        assert_eq!(
            server.ask(operation, request).unwrap_err(),
            "StateMachineDeleting",
            "{operation}"
        );
    }
    server.tell("SendTaskSuccess", json!({ "taskToken": token, "output": "{}" }));
    assert_eq!(server.ended(&arn)["status"], "ABORTED");
    until(|| {
        let described = server.ask("DescribeStateMachine", json!({ "stateMachineArn": MACHINE }));
        described
            .err()
            .filter(|error| error == "StateMachineDoesNotExist")
    });
    create(&server, &one_state(invoke("f")));
}

#[test]
fn deleting_a_machine_takes_its_versions_and_aliases_along() {
    let (aws, journal) = (nobody(), folder("deleted"));
    let server = Server::start(&journal, aws.address);
    let [one, _] = two_versions(&server);
    let alias =
        json!({ "name": "live", "routingConfiguration": [{ "stateMachineVersionArn": one, "weight": 100 }] });
    server.tell("CreateStateMachineAlias", alias);
    server.tell("DeleteStateMachine", json!({ "stateMachineArn": MACHINE }));
    server.tell("DeleteStateMachine", json!({ "stateMachineArn": MACHINE }));
    for arn in [one, format!("{MACHINE}:live")] {
        let refused = server.ask("StartExecution", json!({ "stateMachineArn": arn }));
        assert_eq!(refused.unwrap_err(), "StateMachineDoesNotExist");
    }
    assert!(version_arns(&server).is_empty());
}

#[test]
fn a_parent_may_start_a_version() {
    let (aws, journal) = (nobody(), folder("child-version"));
    let server = Server::start(&journal, aws.address);
    let [one, _] = two_versions(&server);
    let definition = one_state(json!({
        "Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2", "End": true,
        "Arguments": { "StateMachineArn": one, "Input": {} },
        "Output": "{% [$states.result.Output, $states.result.StateMachineVersionArn] %}",
    }));
    let parent = json!({ "name": "parent", "definition": definition, "roleArn": "r" });
    let parent = server.tell("CreateStateMachine", parent);
    let ended = started(&server, parent["stateMachineArn"].as_str().unwrap());
    assert_eq!(ended["output"], json!(["one", one]).to_string(), "{ended}");
}
