//! Distributed maps over HTTP: what can be seen of a map run, what can be changed, and what outlives a crash.

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use crate::http::{Asked, Aws, Server, folder, until};
use crate::scenes::{create, invoke, nobody, one_state, queue, returned, start, wait_for_token};

/// A distributed map over the execution's input.
fn map_of(state: Value, fields: Value) -> Value {
    let mut map = json!({ "Type": "Map", "Label": "each", "End": true, "ItemProcessor": {
        "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
        "StartAt": "Work", "States": { "Work": state } } });
    for (name, value) in fields.as_object().unwrap() {
        map[name] = value.clone();
    }
    map
}

/// The map run of an execution that has one.
fn map_run_of(server: &Server, arn: &str) -> String {
    let runs = server.tell("ListMapRuns", json!({ "executionArn": arn }));
    assert_eq!(runs["mapRuns"].as_array().unwrap().len(), 1, "{runs}");
    runs["mapRuns"][0]["mapRunArn"].as_str().unwrap().to_owned()
}

fn described(server: &Server, map_run: &str) -> Value {
    server.tell("DescribeMapRun", json!({ "mapRunArn": map_run }))
}

fn children(server: &Server, map_run: &str, filter: Value) -> Vec<Value> {
    let mut request = json!({ "mapRunArn": map_run });
    request
        .as_object_mut()
        .unwrap()
        .extend(filter.as_object().unwrap().clone());
    let listed = server.tell("ListExecutions", request);
    listed["executions"].as_array().unwrap().clone()
}

/// A task that sends its item along with its token.
fn wait_for_answer() -> Value {
    let mut task = wait_for_token();
    task["Arguments"]["MessageBody"] =
        json!({ "token": "{% $states.context.Task.Token %}", "item": "{% $states.input %}" });
    task
}

/// Items and tokens that were sent, in the order of the items, as often as they were sent.
fn sent(aws: &Aws) -> Vec<(i64, String)> {
    let read = |asked: &Asked| {
        let body: Value = serde_json::from_str(asked.body["MessageBody"].as_str().unwrap()).unwrap();
        (
            body["item"].as_i64().unwrap(),
            body["token"].as_str().unwrap().to_owned(),
        )
    };
    let mut sent: Vec<_> = aws.asked().iter().map(read).collect();
    sent.sort();
    sent
}

/// Waits until so many messages are sent; their tokens in the order of the items.
fn tokens(aws: &Aws, count: usize) -> Vec<String> {
    until(|| {
        let mut sent = sent(aws);
        // A call whose answer was lost in a crash is made again, with the same token.
        sent.dedup();
        (sent.len() == count).then(|| sent.into_iter().map(|(_, token)| token).collect())
    })
}

/// Waits until no call is out: the server has heard of every message that it was sent.
fn submitted(server: &Server, map_run: &str) {
    until(|| {
        let running = children(server, map_run, json!({ "statusFilter": "RUNNING" }));
        let mut events = running
            .iter()
            .map(|child| server.event_types(child["executionArn"].as_str().unwrap()));
        events
            .all(|types| types.iter().any(|name| name == "TaskSubmitted"))
            .then_some(())
    });
}

fn refusal(server: &Server, operation: &str, body: Value) -> String {
    server.ask(operation, body).unwrap_err()
}

#[test]
fn a_map_run_is_seen_with_its_executions_and_goes_on_after_a_crash() {
    let (aws, journal) = (queue(), folder("map-run"));
    let server = Server::start(&journal, aws.address);
    let definition = one_state(map_of(wait_for_answer(), json!({ "MaxConcurrency": 2 })));
    create(&server, &definition);
    let arn = start(&server, "e", json!([1, 2, 3]));
    tokens(&aws, 2);
    let map_run = map_run_of(&server, &arn);
    assert!(map_run.contains(":mapRun:m/each:"), "{map_run}");
    let run = described(&server, &map_run);
    assert_eq!(
        (
            &run["status"],
            &run["executionArn"],
            &run["maxConcurrency"],
            run.get("stopDate")
        ),
        (&json!("RUNNING"), &json!(arn), &json!(2), None)
    );
    assert_eq!(
        run["itemCounts"],
        json!({ "pending": 1, "running": 2, "succeeded": 0, "failed": 0, "timedOut": 0, "aborted": 0, "total": 3,
            "resultsWritten": 0, "failuresNotRedrivable": 0, "pendingRedrive": 0 })
    );
    assert_eq!(
        (&run["toleratedFailureCount"], &run["redriveCount"]),
        (&json!(0), &json!(0))
    );

    // The executions are of the map's own, labelled machine and not in the list of the machine's.
    let listed = children(&server, &map_run, json!({ "statusFilter": "RUNNING" }));
    let child = listed[0]["executionArn"].as_str().unwrap().to_owned();
    assert!(child.contains(":execution:m/each:"), "{child}");
    assert_eq!(
        (&listed[0]["mapRunArn"], &listed[0]["itemCount"]),
        (&json!(map_run), &json!(1))
    );
    let labelled = "arn:aws:states:us-east-1:000000000000:stateMachine:m/each";
    let described_child = server.tell("DescribeExecution", json!({ "executionArn": child }));
    assert_eq!(
        (&described_child["mapRunArn"], &described_child["stateMachineArn"]),
        (&json!(map_run), &json!(labelled))
    );
    let machine = server.tell(
        "DescribeStateMachineForExecution",
        json!({ "executionArn": child }),
    );
    assert_eq!(
        (
            &machine["mapRunArn"],
            &machine["label"],
            &machine["stateMachineArn"]
        ),
        (&json!(map_run), &json!("each"), &json!(labelled))
    );
    let of_machine = json!({ "stateMachineArn": "arn:aws:states:us-east-1:000000000000:stateMachine:m" });
    let listed = server.tell("ListExecutions", of_machine);
    assert_eq!(listed["executions"].as_array().unwrap().len(), 1);

    let answer = |server: &Server, token: &str, output: i64| {
        let request = json!({ "taskToken": token, "output": output.to_string() });
        server.tell("SendTaskSuccess", request);
    };
    submitted(&server, &map_run);
    answer(&server, &tokens(&aws, 2)[1], 20);
    tokens(&aws, 3);
    submitted(&server, &map_run);
    let before = described(&server, &map_run);
    server.kill();
    let server = Server::start(&journal, aws.address);
    assert_eq!(described(&server, &map_run), before);
    answer(&server, &tokens(&aws, 3)[2], 30);
    answer(&server, &tokens(&aws, 3)[0], 10);
    assert_eq!(server.ended(&arn)["output"], "[10,20,30]");
    // No call was out at the crash, so none may be made again.
    assert_eq!(sent(&aws).len(), 3, "an iteration was begun again");
    server.kill();
    let server = Server::start(&journal, aws.address);
    let run = described(&server, &map_run);
    assert_eq!(
        (&run["status"], &run["executionCounts"]["resultsWritten"]),
        (&json!("SUCCEEDED"), &json!(3))
    );
    let types = server.event_types(&arn);
    assert_eq!(types[3..5], ["MapRunStarted", "MapRunSucceeded"]);
}

#[test]
fn a_map_run_that_failed_is_redriven_through_a_crash() {
    static MENDED: AtomicBool = AtomicBool::new(false);
    let aws = Aws::start(
        |asked| match asked.body == json!(2) && !MENDED.load(Ordering::SeqCst) {
            true => Some((
                200,
                "X-Amz-Function-Error: Unhandled\r\n",
                json!({ "errorType": "Broken" }),
            )),
            false => returned(asked.body.clone()),
        },
    );
    let journal = folder("map-redrive");
    let server = Server::start(&journal, aws.address);
    let express = json!({ "Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS" });
    for (name, config) in [("m", None), ("express", Some(express))] {
        let mut map = map_of(invoke("f"), json!({ "MaxConcurrency": 1 }));
        if let Some(config) = config {
            map["ItemProcessor"]["ProcessorConfig"] = config;
        }
        let request = json!({ "name": name, "definition": one_state(map), "roleArn": "r" });
        server.tell("CreateStateMachine", request);
    }
    let begin = |machine: &str| {
        let machine = format!("arn:aws:states:us-east-1:000000000000:stateMachine:{machine}");
        let started = server.tell(
            "StartExecution",
            json!({ "stateMachineArn": machine, "input": "[1,2,3]" }),
        );
        started["executionArn"].as_str().unwrap().to_owned()
    };
    let both = [begin("m"), begin("express")];
    let mut runs = Vec::new();
    for arn in &both {
        assert_eq!(
            server.ended(arn)["error"],
            "States.ExceedToleratedFailureThreshold"
        );
        let map_run = map_run_of(&server, arn);
        let run = described(&server, &map_run);
        let counts = &run["executionCounts"];
        assert_eq!(
            [&counts["succeeded"], &counts["failed"], &counts["pending"]],
            [&json!(1), &json!(1), &json!(1)]
        );
        let failed = children(&server, &map_run, json!({ "statusFilter": "FAILED" }));
        let child = failed[0]["executionArn"].clone();
        let described = server.tell("DescribeExecution", json!({ "executionArn": child }));
        assert_eq!(described["redriveStatus"], "REDRIVABLE_BY_MAP_RUN");
        let redrive = server.ask("RedriveExecution", json!({ "executionArn": child }));
        assert!(["ExecutionNotRedrivable", "InvalidArn"].contains(&redrive.unwrap_err().as_str()));
        runs.push((map_run, child));
    }
    MENDED.store(true, Ordering::SeqCst);
    server.kill();
    let server = Server::start(&journal, aws.address);
    for (arn, (map_run, child)) in both.iter().zip(&runs) {
        server.tell("RedriveExecution", json!({ "executionArn": arn }));
        assert_eq!(server.ended(arn)["output"], "[1,2,3]");
        let run = described(&server, map_run);
        assert_eq!(
            [
                &run["status"],
                &run["redriveCount"],
                &run["itemCounts"]["succeeded"]
            ],
            [&json!("SUCCEEDED"), &json!(1), &json!(3)]
        );
        assert!(run["redriveDate"].as_f64() >= run["startDate"].as_f64());
        // The same execution went on, or was started anew under its name.
        let redriven = server.tell("DescribeExecution", json!({ "executionArn": child }));
        assert_eq!(redriven["status"], "SUCCEEDED");
        let is_standard = child.as_str().unwrap().contains(":execution:");
        assert_eq!(
            children(&server, map_run, json!({ "redriveFilter": "REDRIVEN" })).len(),
            usize::from(is_standard)
        );
    }
    // The first item was not worked on again: of each machine once, and the second one twice.
    let of = |item: i64| {
        aws.asked()
            .iter()
            .filter(|asked| asked.body == json!(item))
            .count()
    };
    assert_eq!([of(1), of(2), of(3)], [2, 4, 2]);
}

#[test]
fn a_map_run_is_changed_and_its_executions_are_stopped_with_their_parent() {
    let (aws, journal) = (queue(), folder("map-update"));
    let server = Server::start(&journal, aws.address);
    create(
        &server,
        &one_state(map_of(wait_for_answer(), json!({ "MaxConcurrency": 1 }))),
    );
    let arn = start(&server, "e", json!([1, 2, 3]));
    tokens(&aws, 1);
    let map_run = map_run_of(&server, &arn);
    let change = json!({ "mapRunArn": map_run, "maxConcurrency": 2, "toleratedFailurePercentage": 33.5 });
    assert_eq!(server.tell("UpdateMapRun", change.clone()), json!({}));
    tokens(&aws, 2);
    server.kill();
    let server = Server::start(&journal, aws.address);
    let run = described(&server, &map_run);
    assert_eq!(
        [
            &run["maxConcurrency"],
            &run["toleratedFailurePercentage"],
            &run["toleratedFailureCount"]
        ],
        [&json!(2), &json!(33.5), &json!(0)]
    );
    // One of three is tolerated now.
    server.tell(
        "SendTaskFailure",
        json!({ "taskToken": tokens(&aws, 2)[0], "error": "Broken" }),
    );
    tokens(&aws, 3);
    let running = children(&server, &map_run, json!({ "statusFilter": "RUNNING" }));
    let child = running[0]["executionArn"].clone();
    server.tell(
        "StopExecution",
        json!({ "executionArn": child, "error": "Enough" }),
    );
    server.tell("StopExecution", json!({ "executionArn": arn }));
    let run = described(&server, &map_run);
    assert_eq!(
        [
            &run["status"],
            &run["itemCounts"]["aborted"],
            &run["itemCounts"]["failed"]
        ],
        [&json!("ABORTED"), &json!(2), &json!(1)]
    );
    assert!(run["stopDate"].is_number());
    assert_eq!(server.ended(child.as_str().unwrap())["error"], "Enough");
    assert_eq!(refusal(&server, "UpdateMapRun", change), "ValidationException");
}

#[test]
fn requests_about_map_runs_are_refused_by_aws_names() {
    let (aws, journal) = (nobody(), folder("map-refused"));
    let server = Server::start(&journal, aws.address);
    create(&server, &one_state(json!({ "Type": "Pass", "End": true })));
    let arn = start(&server, "e", json!({}));
    let none = "arn:aws:states:us-east-1:000000000000:mapRun:m/each:1";
    for (operation, request, name) in [
        ("DescribeMapRun", json!({ "mapRunArn": none }), "ResourceNotFound"),
        ("DescribeMapRun", json!({ "mapRunArn": arn }), "InvalidArn"),
        ("DescribeMapRun", json!({}), "ValidationException"),
        ("ListExecutions", json!({ "mapRunArn": none }), "ResourceNotFound"),
        (
            "UpdateMapRun",
            json!({ "mapRunArn": none, "maxConcurrency": 1 }),
            "ResourceNotFound",
        ),
        (
            "UpdateMapRun",
            json!({ "mapRunArn": none }),
            "ValidationException",
        ),
        (
            "UpdateMapRun",
            json!({ "mapRunArn": none, "toleratedFailurePercentage": 100.5 }),
            "ValidationException",
        ),
        (
            "ListMapRuns",
            json!({ "executionArn": format!("{arn}-no") }),
            "ExecutionDoesNotExist",
        ),
    ] {
        assert_eq!(
            refusal(&server, operation, request.clone()),
            name,
            "{operation} {request}"
        );
    }
    let runs = server.tell("ListMapRuns", json!({ "executionArn": arn }));
    assert_eq!(runs, json!({ "mapRuns": [] }));
}

#[test]
fn map_runs_and_their_executions_are_listed_page_by_page() {
    let (aws, journal) = (nobody(), folder("map-pages"));
    let server = Server::start(&journal, aws.address);
    let pass = json!({ "Type": "Pass", "End": true });
    let mut first = map_of(pass.clone(), json!({ "Label": "one", "Next": "B" }));
    first.as_object_mut().unwrap().remove("End");
    let mut second = map_of(pass, json!({ "Label": "two" }));
    second["ItemProcessor"]["States"] = json!({ "More": { "Type": "Pass", "End": true } });
    second["ItemProcessor"]["StartAt"] = "More".into();
    let definition =
        json!({ "QueryLanguage": "JSONata", "StartAt": "A", "States": { "A": first, "B": second } });
    create(&server, &definition.to_string());
    let arn = start(&server, "e", json!([1, 2, 3, 4, 5]));
    server.ended(&arn);
    let pages = |operation: &str, name: &str, mut request: Value, size: usize| {
        let mut seen = Vec::new();
        request["maxResults"] = size.into();
        loop {
            let page = server.tell(operation, request.clone());
            seen.push(page[name].as_array().unwrap().clone());
            match page.get("nextToken") {
                Some(token) => request["nextToken"] = token.clone(),
                None => return seen,
            }
        }
    };
    let runs = pages("ListMapRuns", "mapRuns", json!({ "executionArn": arn }), 1);
    let machines: Vec<&Value> = runs.iter().map(|page| &page[0]["stateMachineArn"]).collect();
    let prefix = "arn:aws:states:us-east-1:000000000000:stateMachine:m/";
    assert_eq!(
        machines,
        [&json!(format!("{prefix}two")), &json!(format!("{prefix}one"))]
    );
    let executions = json!({ "mapRunArn": runs[0][0]["mapRunArn"] });
    let seen = pages("ListExecutions", "executions", executions, 2);
    assert_eq!(seen.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2, 1]);
}

#[test]
fn items_are_read_from_a_bucket_and_results_written_to_one() {
    let aws = Aws::start(|asked| {
        let path = asked.path.as_str();
        let list = "<?xml version=\"1.0\"?><ListBucketResult><IsTruncated>false</IsTruncated>\
                    <Contents><Key>in/a.json</Key><Size>5</Size></Contents></ListBucketResult>";
        match (asked.method.as_str(), path) {
            ("PUT", _) => Some((200, "", json!({}))),
            ("GET", "/b?list-type=2&prefix=in%2F") => {
                Some((200, "Content-Type: application/xml\r\n", json!(list)))
            }
            ("GET", "/b/in/a.json") => Some((200, "", json!({ "x": 1, "y": 2 }))),
            _ => None,
        }
    });
    let journal = folder("map-bucket");
    let server = Server::start(&journal, aws.address);
    let map = map_of(
        json!({ "Type": "Pass", "Output": "{% $states.input.Value * 10 %}", "End": true }),
        json!({
            "ItemReader": {
                "Resource": "arn:aws:states:::s3:listObjectsV2",
                "ReaderConfig": { "InputType": "JSON", "Transformation": "LOAD_AND_FLATTEN" },
                "Arguments": { "Bucket": "b", "Prefix": "in/" },
            },
            "ResultWriter": {
                "Resource": "arn:aws:states:::s3:putObject", "Arguments": { "Bucket": "out", "Prefix": "p" },
                "WriterConfig": { "Transformation": "COMPACT" },
            },
        }),
    );
    create(&server, &one_state(map));
    let arn = start(&server, "e", json!({}));
    let ended = server.ended(&arn);
    assert_eq!(ended["status"], "SUCCEEDED", "{ended}");
    let output: Value = serde_json::from_str(ended["output"].as_str().unwrap()).unwrap();
    let id = map_run_of(&server, &arn).rsplit(':').next().unwrap().to_owned();
    assert_eq!(
        output["ResultWriterDetails"],
        json!({ "Bucket": "out", "Key": format!("p/{id}/manifest.json") })
    );
    let put: Vec<Asked> = aws
        .asked()
        .into_iter()
        .filter(|asked| asked.method == "PUT")
        .collect();
    assert_eq!(put[0].path, format!("/out/p/{id}/SUCCEEDED_0.json"));
    assert_eq!(put[0].body, json!([10, 20]));
    assert_eq!(put[1].path, format!("/out/p/{id}/manifest.json"));
    assert_eq!(put[1].body["ResultFiles"]["SUCCEEDED"][0]["Size"], 7);
}

#[test]
fn a_map_run_outlives_crashes_in_its_middle() {
    let aws = Aws::start(|asked| returned(asked.body.clone()));
    let journal = folder("map-crashes");
    let mut server = Server::start(&journal, aws.address);
    let items: Vec<u64> = (0..300).collect();
    create(
        &server,
        &one_state(map_of(invoke("f"), json!({ "MaxConcurrency": 7 }))),
    );
    let arn = start(&server, "e", json!(items));
    for asked in [20, 90, 200] {
        until(|| (aws.asked().len() >= asked).then_some(()));
        server.kill();
        server = Server::start(&journal, aws.address);
    }
    let ended = server.ended(&arn);
    assert_eq!(ended["output"], json!(items).to_string());
    let run = described(&server, &map_run_of(&server, &arn));
    assert_eq!(
        [
            &run["status"],
            &run["executionCounts"]["succeeded"],
            &run["redriveCount"]
        ],
        [&json!("SUCCEEDED"), &json!(300), &json!(0)]
    );
    // Only what was out at a crash is asked again.
    assert!(aws.asked().len() <= 300 + 3 * 7, "{} calls", aws.asked().len());
}
