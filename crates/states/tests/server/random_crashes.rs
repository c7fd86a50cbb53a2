//! Many crashes at random moments under load: what was acknowledged is there, and everything ends once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use states::chance::Chance;

use crate::http::{Aws, Folder, Server, folder, until};
use crate::scenes::{MACHINE, create, invoke, returned};

const CRASHES: u64 = 12;
/// Beyond this the server writes a snapshot.
const CUT_BYTES: u64 = 8 * 1024 * 1024;
const CLIENTS: usize = 4;
/// Long inputs let the journal grow beyond a snapshot, again and again.
const INPUT_BYTES: usize = 100_000;
/// Starts between two crashes: enough for several snapshots, and something new in every generation.
const STARTS_EACH: usize = 30;

/// Items of each map run; the last one's function fails.
const ITEMS: u64 = 3;

/// A function, a map run with one failure, a wait that a crash may outlast, and a token that comes back.
fn definition() -> String {
    let mut first = invoke("first");
    first["Next"] = "Each".into();
    first["Assign"] = json!({ "n": "{% $states.input.n %}" });
    first["Arguments"]["Payload"] = "{% $states.input.n %}".into();
    first.as_object_mut().unwrap().remove("End");
    let mut work = invoke("work");
    work["Arguments"]["Payload"] = "{% $states.input %}".into();
    let each = json!({
        "Type": "Map",
        "Label": "each",
        "Items": (0..ITEMS).collect::<Vec<u64>>(),
        "ItemSelector": { "n": "{% $n %}", "item": "{% $states.context.Map.Item.Value %}" },
        "ToleratedFailureCount": 1,
        "MaxConcurrency": 2,
        "ItemProcessor": {
            "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
            "StartAt": "Work",
            "States": { "Work": work },
        },
        "Next": "Rest",
    });
    json!({
        "QueryLanguage": "JSONata",
        "StartAt": "First",
        "States": {
            "First": first,
            "Each": each,
            "Rest": { "Type": "Wait", "Seconds": 1, "Next": "Ask" },
            "Ask": {
                "Type": "Task",
                "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
                "Arguments": {
                    "QueueUrl": "http://q/1",
                    "MessageBody": { "n": "{% $n %}", "token": "{% $states.context.Task.Token %}" },
                },
                "End": true,
            },
        },
    })
    .to_string()
}

/// Tokens that were sent, by the execution's number; an execution whose message was sent twice has sent one token.
type Tokens = Arc<Mutex<BTreeMap<u64, String>>>;

/// When work on an item was last asked for, in seconds, by the execution's number and the item.
type Worked = Arc<Mutex<BTreeMap<(u64, u64), f64>>>;

fn aws(tokens: &Tokens, worked: &Worked) -> Aws {
    let (tokens, worked) = (Arc::clone(tokens), Arc::clone(worked));
    Aws::start(move |asked| {
        if let Some(body) = asked.body.get("MessageBody") {
            let body: Value = serde_json::from_str(body.as_str()?).ok()?;
            let token = body["token"].as_str()?.to_owned();
            tokens.lock().unwrap().insert(body["n"].as_u64()?, token);
            return returned(json!({ "MessageId": "1", "MD5OfMessageBody": "0" }));
        }
        let Some(item) = asked.body.get("item").and_then(Value::as_u64) else {
            return returned(asked.body.clone());
        };
        let at_s = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs_f64();
        worked
            .lock()
            .unwrap()
            .insert((asked.body["n"].as_u64()?, item), at_s);
        match item == ITEMS - 1 {
            true => Some((
                200,
                "X-Amz-Function-Error: Unhandled\r\n",
                json!({ "errorType": "Broken" }),
            )),
            false => returned(asked.body.clone()),
        }
    })
}

#[test]
fn nothing_acknowledged_is_lost_and_every_execution_ends_once_through_crashes_at_random() {
    let tokens = Tokens::default();
    let worked = Worked::default();
    let (aws, journal) = (aws(&tokens, &worked), folder("random"));
    let mut chance = Chance::new(11);
    let (started, answered) = (Mutex::new(BTreeSet::new()), Mutex::new(BTreeSet::new()));
    let next = AtomicUsize::new(0);
    let padding = "x".repeat(INPUT_BYTES);
    let (mut snapshots, mut cuts) = (BTreeSet::new(), 0);

    for crash in 0..CRASHES {
        let server = Server::start(&journal, aws.address);
        if crash == 0 {
            create(&server, &definition());
        }
        let is_over = AtomicBool::new(false);
        let is_long = operations_bytes(&journal) > CUT_BYTES;
        let starts_max = (crash as usize + 1) * STARTS_EACH;
        thread::scope(|scope| {
            for _ in 0..CLIENTS {
                scope.spawn(|| {
                    while !is_over.load(Ordering::Relaxed) && next.load(Ordering::Relaxed) < starts_max {
                        let n = next.fetch_add(1, Ordering::Relaxed);
                        let input = json!({ "n": n, "padding": padding }).to_string();
                        let request =
                            json!({ "stateMachineArn": MACHINE, "name": n.to_string(), "input": input });
                        if server.try_ask("StartExecution", &request).is_some() {
                            started.lock().unwrap().insert(n as u64);
                        }
                    }
                });
            }
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    send_back(&server, &tokens, &answered);
                    thread::sleep(Duration::from_millis(10));
                }
            });
            let _end = AtEnd(&is_over);
            // Whatever is under way at that moment is cut off in the middle: a snapshot that is being written, the
            // removal of what it replaces, or neither.
            if is_long && crash % 2 == 0 {
                until(|| (finished_snapshots(&journal) != snapshots).then_some(()));
                thread::sleep(Duration::from_millis(chance.up_to(20)));
            } else {
                if crash % 2 == 1 {
                    // However busy the machine is, the journal grows.
                    until(|| (next.load(Ordering::Relaxed) + STARTS_EACH / 2 >= starts_max).then_some(()));
                }
                thread::sleep(Duration::from_millis(50 + chance.up_to(700)));
            }
            server.kill_now();
        });
        if finished_snapshots(&journal) != snapshots {
            snapshots = finished_snapshots(&journal);
            cuts += 1;
        }
    }

    let server = Server::start(&journal, aws.address);
    let arn_of = |n: u64| format!("{}:{n}", MACHINE.replace("stateMachine", "execution"));
    for n in started.into_inner().unwrap() {
        let arn = arn_of(n);
        let ended = until(|| {
            send_back(&server, &tokens, &answered);
            let described = server.tell("DescribeExecution", json!({ "executionArn": arn }));
            (described["status"] != "RUNNING").then_some(described)
        });
        assert_eq!(ended["status"], "SUCCEEDED", "{ended}");
        assert_eq!(ended["output"], n.to_string());
        let expected = [
            "ExecutionStarted",
            "TaskStateEntered",
            "TaskScheduled",
            "TaskStarted",
            "TaskSucceeded",
            "TaskStateExited",
            "MapStateEntered",
            "MapStateStarted",
            "MapRunStarted",
            "MapRunSucceeded",
            "MapStateSucceeded",
            "MapStateExited",
            "WaitStateEntered",
            "WaitStateExited",
            "TaskStateEntered",
            "TaskScheduled",
            "TaskStarted",
            "TaskSubmitted",
            "TaskSucceeded",
            "TaskStateExited",
            "ExecutionSucceeded",
        ];
        let mut types = server.event_types(&arn);
        // Someone may answer before the server has heard that the message was sent.
        if types.len() < expected.len() {
            let submitted = expected.iter().position(|name| *name == "TaskSubmitted");
            types.insert(submitted.unwrap(), "TaskSubmitted".to_owned());
        }
        assert_eq!(types, expected, "{arn}");
        check_map_run(&server, &arn, n, &worked);
    }
    assert!(cuts > 1, "the journal was cut {cuts} times");
}

/// Every child of the map run has one end, and nobody worked on an item after it.
fn check_map_run(server: &Server, arn: &str, n: u64, worked: &Worked) {
    let runs = server.tell("ListMapRuns", json!({ "executionArn": arn }));
    let runs = runs["mapRuns"].as_array().unwrap();
    assert_eq!(runs.len(), 1, "{arn}: {runs:?}");
    let of_run = json!({ "mapRunArn": runs[0]["mapRunArn"] });
    let run = server.tell("DescribeMapRun", of_run.clone());
    let counts = &run["executionCounts"];
    assert_eq!(
        [
            &run["status"],
            &counts["succeeded"],
            &counts["failed"],
            &counts["total"]
        ],
        [&json!("SUCCEEDED"), &json!(ITEMS - 1), &json!(1), &json!(ITEMS)],
        "{run}"
    );
    let listed = server.tell("ListExecutions", of_run);
    let mut items = BTreeSet::new();
    for child in listed["executions"].as_array().unwrap() {
        let arn = child["executionArn"].as_str().unwrap();
        let described = server.tell("DescribeExecution", json!({ "executionArn": arn }));
        let input: Value = serde_json::from_str(described["input"].as_str().unwrap()).unwrap();
        let item = input["item"].as_u64().unwrap();
        assert_eq!(
            (&input["n"], items.insert(item)),
            (&json!(n), true),
            "{described}"
        );
        let (status, last) = match item == ITEMS - 1 {
            true => ("FAILED", &["TaskFailed", "ExecutionFailed"][..]),
            false => (
                "SUCCEEDED",
                &["TaskSucceeded", "TaskStateExited", "ExecutionSucceeded"][..],
            ),
        };
        assert_eq!(described["status"], status, "{described}");
        let mut expected = vec![
            "ExecutionStarted",
            "TaskStateEntered",
            "TaskScheduled",
            "TaskStarted",
        ];
        expected.extend(last);
        assert_eq!(server.event_types(arn), expected, "{arn}");
        let (asked_s, ended_s) = (
            worked.lock().unwrap()[&(n, item)],
            described["stopDate"].as_f64().unwrap(),
        );
        // An end is told in milliseconds.
        assert!(
            asked_s < ended_s + 0.001,
            "{arn} ended at {ended_s} and was worked on at {asked_s}"
        );
    }
    assert_eq!(items, (0..ITEMS).collect(), "{arn}");
}

/// Lets the other threads end, also when this one fails.
struct AtEnd<'a>(&'a AtomicBool);

impl Drop for AtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn finished_snapshots(journal: &Folder) -> BTreeSet<String> {
    let is_one = |name: &String| name.starts_with("snapshot") && name.ends_with(".jsonl");
    journal.names().into_iter().filter(is_one).collect()
}

fn operations_bytes(journal: &Folder) -> u64 {
    let sizes = journal.sizes().into_iter();
    sizes
        .filter(|(name, _)| name.starts_with("operations"))
        .map(|(_, bytes)| bytes)
        .sum()
}

/// Answers every token that was sent and has not been answered; who was told that all is well is not answered again.
fn send_back(server: &Server, tokens: &Tokens, answered: &Mutex<BTreeSet<u64>>) {
    let sent: Vec<(u64, String)> = tokens
        .lock()
        .unwrap()
        .iter()
        .map(|(n, token)| (*n, token.clone()))
        .collect();
    for (n, token) in sent {
        if answered.lock().unwrap().contains(&n) {
            continue;
        }
        let request = json!({ "taskToken": token, "output": n.to_string() });
        // An answer that was taken and not acknowledged is refused the second time; then it counted.
        match server.try_ask("SendTaskSuccess", &request) {
            Some(200) => drop(answered.lock().unwrap().insert(n)),
            Some(_) => {}
            None => return,
        }
    }
}
