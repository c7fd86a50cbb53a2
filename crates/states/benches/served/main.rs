//! The program with its journal: `cargo bench -p states --bench served [-- EXECUTIONS]`.
//!
//! How long it takes to start, transitions per second through the API, and what executions that wait cost: memory, and
//! time to open them after a kill.

#![expect(clippy::unwrap_used, reason = "a measurement fails by panicking")]

mod program;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use program::{Client, Program, echo};

const CLIENTS: usize = 32;
const STARTS: usize = 10;
const FINISHED: usize = 20_000;
const WAITING: usize = 100_000;

fn machine(client: &mut Client, name: &str, definition: &Value) -> String {
    let request =
        json!({ "name": name, "definition": definition.to_string(), "roleArn": "arn:aws:iam::0:role/r" });
    let created = client.tell("CreateStateMachine", &request);
    created["stateMachineArn"].as_str().unwrap().to_owned()
}

/// Four transitions, one of them a function over HTTP.
fn short() -> Value {
    json!({
        "QueryLanguage": "JSONata",
        "StartAt": "Read",
        "States": {
            "Read": { "Type": "Pass", "Assign": { "order": "{% $states.input.order %}" }, "Next": "Hold" },
            "Hold": {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke",
                "Arguments": { "FunctionName": "hold", "Payload": "{% $states.input %}" },
                "Output": "{% $states.result.Payload %}",
                "Next": "Large?",
            },
            "Large?": {
                "Type": "Choice",
                "Choices": [{ "Condition": "{% $states.input.total > 1000 %}", "Next": "Done" }],
                "Default": "Done",
            },
            "Done": { "Type": "Succeed" },
        },
    })
}

/// Like an order that waits to be paid: a function was asked, variables are set, a token is out, and a time limit runs.
fn waiting() -> Value {
    let mut definition = short();
    definition["States"]["Large?"]["Default"] = "Pay".into();
    definition["States"]["Pay"] = json!({
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Arguments": {
            "FunctionName": "pay",
            "Payload": { "order": "{% $order %}", "token": "{% $states.context.Task.Token %}" },
        },
        "TimeoutSeconds": 86_400,
        "Next": "Done",
    });
    definition
}

fn start_all(program: &Program, machine: &str, count: usize) -> Duration {
    let next = AtomicUsize::new(0);
    let begun = Instant::now();
    thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| {
                let mut client = Client::to(program.address);
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= count {
                        return;
                    }
                    let input = json!({
                        "order": format!("01HF{number:012}"), "total": 12.5, "buyer": "somebody@example.org",
                        "lines": [{ "article": "8000500310427", "amount": 2 }],
                    });
                    let name = format!("order-{number:012}");
                    let request =
                        json!({ "stateMachineArn": machine, "name": name, "input": input.to_string() });
                    client.tell("StartExecution", &request);
                }
            });
        }
    });
    begun.elapsed()
}

/// Waits until executions of a machine are all as they shall be.
fn until(client: &mut Client, machine: &str, status: &str, count: usize) {
    let mut token: Option<String> = None;
    let mut seen = 0;
    while seen < count {
        let mut request = json!({ "stateMachineArn": machine, "statusFilter": status, "maxResults": 1000 });
        if let Some(token) = &token {
            request["nextToken"] = token.as_str().into();
        }
        let page = client.tell("ListExecutions", &request);
        seen += page["executions"].as_array().unwrap().len();
        token = page["nextToken"].as_str().map(str::to_owned);
        if token.is_none() && seen < count {
            seen = 0;
            thread::sleep(Duration::from_millis(10));
        }
    }
}

/// The last execution that was started waits for its token.
fn until_waiting(client: &mut Client, machine: &str) {
    let listed = client.tell(
        "ListExecutions",
        &json!({ "stateMachineArn": machine, "maxResults": CLIENTS }),
    );
    for execution in listed["executions"].as_array().unwrap() {
        let request =
            json!({ "executionArn": execution["executionArn"], "reverseOrder": true, "maxResults": 1 });
        while client.tell("GetExecutionHistory", &request)["events"][0]["type"] != "TaskSubmitted" {
            thread::sleep(Duration::from_millis(10));
        }
    }
}

fn main() {
    // Cargo passes `--bench`.
    let stated = std::env::args()
        .skip(1)
        .find_map(|argument| argument.parse().ok());
    let waiting_count = stated.unwrap_or(WAITING);
    let aws = echo();
    let folder = std::env::temp_dir().join(format!("states-bench-{}", std::process::id()));

    let mut starts: Vec<Duration> = (0..STARTS)
        .map(|number| Program::start(Some(&folder.join(number.to_string())), aws).start)
        .collect();
    starts.sort();
    println!(
        "start with a new journal: {:.1} ms (median)",
        starts[STARTS / 2].as_secs_f64() * 1e3
    );

    let journal = folder.join("finished");
    let program = Program::start(Some(&journal), aws);
    let mut client = Client::to(program.address);
    let arn = machine(&mut client, "short", &short());
    let begun = Instant::now();
    start_all(&program, &arn, FINISHED);
    until(&mut client, &arn, "SUCCEEDED", FINISHED);
    let took = begun.elapsed().as_secs_f64();
    println!(
        "{FINISHED} executions of 4 transitions and a function: {:.0} transitions a second",
        4.0 * FINISHED as f64 / took
    );
    drop(program);

    let journal = folder.join("waiting");
    let program = Program::start(Some(&journal), aws);
    let mut client = Client::to(program.address);
    let arn = machine(&mut client, "waiting", &waiting());
    let before = program.resident_bytes();
    let took = start_all(&program, &arn, waiting_count);
    until_waiting(&mut client, &arn);
    let each = (program.resident_bytes() - before) / waiting_count as u64;
    println!(
        "{waiting_count} executions that wait: started in {:.1} s, {each} bytes of memory each",
        took.as_secs_f64()
    );
    program.kill();
    for _ in 0..3 {
        let program = Program::start(Some(&journal), aws);
        let each = (program.resident_bytes() - before) / waiting_count as u64;
        println!(
            "opened after a kill in {:.2} s, {each} bytes of memory each",
            program.start.as_secs_f64()
        );
        let mut client = Client::to(program.address);
        until(&mut client, &arn, "RUNNING", waiting_count);
        program.kill();
    }
    std::fs::remove_dir_all(folder).unwrap();
}
