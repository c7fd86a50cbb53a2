//! Many crashes at random moments under load: what was acknowledged is there, and everything ends once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

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

/// A function, a wait that a crash may outlast, and a token that comes back.
fn definition() -> String {
    let mut first = invoke("first");
    first["Next"] = "Rest".into();
    first["Assign"] = json!({ "n": "{% $states.input.n %}" });
    first["Arguments"]["Payload"] = "{% $states.input.n %}".into();
    first.as_object_mut().unwrap().remove("End");
    json!({
        "QueryLanguage": "JSONata",
        "StartAt": "First",
        "States": {
            "First": first,
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

fn aws(tokens: &Tokens) -> Aws {
    let tokens = Arc::clone(tokens);
    Aws::start(move |asked| match asked.body.get("MessageBody") {
        Some(body) => {
            let body: Value = serde_json::from_str(body.as_str()?).ok()?;
            let token = body["token"].as_str()?.to_owned();
            tokens.lock().unwrap().insert(body["n"].as_u64()?, token);
            returned(json!({ "MessageId": "1", "MD5OfMessageBody": "0" }))
        }
        None => returned(asked.body.clone()),
    })
}

#[test]
fn nothing_acknowledged_is_lost_and_every_execution_ends_once_through_crashes_at_random() {
    let tokens = Tokens::default();
    let (aws, journal) = (aws(&tokens), folder("random"));
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
            types.insert(11, "TaskSubmitted".to_owned());
        }
        assert_eq!(types, expected, "{arn}");
    }
    assert!(cuts > 1, "the journal was cut {cuts} times");
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
