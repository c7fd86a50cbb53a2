//! What AWS does not have: time that passes at once, faults on purpose, and a server that keeps nothing.

use serde_json::{Value, json};

use crate::http::{Server, folder, until};
use crate::scenes::{create, invoke, nobody, one_state, queue, returned, start, token_sent, wait_for_token};

fn waits(seconds: u64) -> String {
    one_state(json!({ "Type": "Wait", "Seconds": seconds, "End": true }))
}

fn in_history(server: &Server, arn: &str, event: &str) {
    until(|| {
        server
            .event_types(arn)
            .iter()
            .any(|kind| kind == event)
            .then_some(())
    });
}

#[test]
fn time_that_is_let_pass_is_passed_for_all_that_waits_and_after_a_crash_too() {
    let (aws, journal) = (nobody(), folder("pass"));
    let server = Server::start(&journal, aws.address);
    create(&server, &waits(900));
    let arn = start(&server, "e", json!({}));
    let (status, shown) = server.local("POST", "clock", json!({ "pass_s": 899 }));
    assert_eq!((status, &shown["ahead_s"]), (200, &json!(899.0)));
    let described = server.tell("DescribeExecution", json!({ "executionArn": arn }));
    assert_eq!(described["status"], "RUNNING");
    server.kill();
    let server = Server::start(&journal, aws.address);
    assert_eq!(server.local("GET", "clock", json!({})).1["ahead_s"], 899.0);
    server.local("POST", "clock", json!({ "pass_s": 1 }));
    let ended = server.ended(&arn);
    let took_s = ended["stopDate"].as_f64().unwrap() - ended["startDate"].as_f64().unwrap();
    assert!((899.9..905.0).contains(&took_s), "{took_s}");
}

#[test]
fn what_is_due_happens_in_order_and_a_function_that_answers_is_not_overtaken() {
    let aws = crate::http::Aws::start(|asked| returned(asked.body.clone()));
    let server = Server::start(&folder("order"), aws.address);
    let mut ask = invoke("f");
    ask["TimeoutSeconds"] = 5.into();
    let definition = json!({
        "QueryLanguage": "JSONata",
        "StartAt": "W",
        "States": { "W": { "Type": "Wait", "Seconds": 60, "Next": "A" }, "A": ask },
    });
    create(&server, &definition.to_string());
    let arn = start(&server, "e", json!(7));
    server.local("POST", "clock", json!({ "pass_s": 3_600 }));
    let ended = server.ended(&arn);
    assert_eq!(
        (&ended["status"], &ended["output"]),
        (&json!("SUCCEEDED"), &json!("7"))
    );
    let took_s = ended["stopDate"].as_f64().unwrap() - ended["startDate"].as_f64().unwrap();
    assert!(
        took_s < 70.0,
        "the function was asked at the end of the hour: {took_s}"
    );
}

#[test]
fn a_clock_goes_neither_back_nor_too_far() {
    let (aws, journal) = (nobody(), folder("far"));
    let server = Server::start(&journal, aws.address);
    for body in [
        json!({ "pass_s": -1 }),
        json!({ "pass_s": 40_000_000 }),
        json!({ "pass": 1 }),
    ] {
        let (status, answer) = server.local("POST", "clock", body);
        assert_eq!(status, 400);
        assert!(answer["message"].is_string());
    }
}

fn set(server: &Server, action: Value) -> Value {
    let fault = json!({ "machine": "m", "state": "A", "do": action, "times": 1 });
    let (status, answer) = server.local("POST", "faults", fault);
    assert_eq!(status, 200, "{answer}");
    answer["id"].clone()
}

#[test]
fn a_call_fails_before_its_effect_or_loses_its_answer_after_it() {
    let aws = crate::http::Aws::start(|asked| returned(asked.body.clone()));
    let server = Server::start(&folder("faults"), aws.address);
    create(&server, &one_state(invoke("f")));
    set(
        &server,
        json!({ "fail": { "error": "Lambda.TooManyRequestsException", "cause": "c" } }),
    );
    let ended = server.ended(&start(&server, "fails", json!(1)));
    assert_eq!(ended["error"], "Lambda.TooManyRequestsException");
    assert_eq!(aws.asked().len(), 0);
    set(&server, json!("lose_answer"));
    let ended = server.ended(&start(&server, "loses", json!(1)));
    assert_eq!(ended["error"], "Lambda.ClientExecutionTimeoutException");
    assert_eq!(aws.asked().len(), 1);
    set(&server, json!("abort"));
    let arn = start(&server, "aborts", json!(1));
    assert_eq!(server.ended(&arn)["error"], "States.Runtime");
    assert!(!server.event_types(&arn).contains(&"TaskFailed".to_owned()));
    assert_eq!(
        server.ended(&start(&server, "well", json!(1)))["status"],
        "SUCCEEDED"
    );
}

#[test]
fn a_held_back_call_is_made_when_its_time_has_come() {
    let aws = crate::http::Aws::start(|asked| returned(asked.body.clone()));
    let server = Server::start(&folder("delay"), aws.address);
    create(&server, &one_state(invoke("f")));
    set(&server, json!({ "delay": { "seconds": 600 } }));
    let arn = start(&server, "e", json!(1));
    in_history(&server, &arn, "TaskStarted");
    until(|| (server.local("GET", "faults", json!({})).1["faults"][0]["struck"] == 1).then_some(()));
    server.local("POST", "clock", json!({ "pass_s": 599 }));
    assert_eq!(aws.asked().len(), 0);
    server.local("POST", "clock", json!({ "pass_s": 2 }));
    assert_eq!(server.ended(&arn)["status"], "SUCCEEDED");
}

#[test]
fn a_token_is_lost_or_comes_back_twice() {
    let aws = queue();
    let server = Server::start(&folder("tokens"), aws.address);
    create(&server, &one_state(wait_for_token()));
    set(&server, json!("lose_callback"));
    let arn = start(&server, "e", json!({}));
    let token = token_sent(&aws);
    in_history(&server, &arn, "TaskSubmitted");
    let success = json!({ "taskToken": token, "output": "1" });
    server.tell("SendTaskSuccess", success.clone());
    let described = server.tell("DescribeExecution", json!({ "executionArn": arn }));
    assert_eq!(described["status"], "RUNNING");
    set(&server, json!("double_callback"));
    assert_eq!(
        server.ask("SendTaskSuccess", success),
        Err("TaskTimedOut".to_owned())
    );
    assert_eq!(server.ended(&arn)["output"], "1");
}

#[test]
fn a_message_is_lost_although_it_is_told_as_sent_or_goes_out_twice() {
    let aws = queue();
    let server = Server::start(&folder("messages"), aws.address);
    create(&server, &one_state(wait_for_token()));
    set(&server, json!("lose_message"));
    let arn = start(&server, "lost", json!({}));
    in_history(&server, &arn, "TaskSubmitted");
    assert_eq!(aws.asked().len(), 0);
    set(&server, json!("double_message"));
    let arn = start(&server, "doubled", json!({}));
    in_history(&server, &arn, "TaskSubmitted");
    until(|| (aws.asked().len() == 2).then_some(()));
    let asked = aws.asked();
    assert_eq!(asked[0].body, asked[1].body);
    let success = json!({ "taskToken": token_sent(&aws), "output": "1" });
    server.tell("SendTaskSuccess", success);
    assert_eq!(server.ended(&arn)["output"], "1");
    create_named(&server, "f", &one_state(invoke("f")));
    let fault = json!({ "machine": "f", "state": "A", "do": "lose_message" });
    let (status, answer) = server.local("POST", "faults", fault);
    assert_eq!(
        (status, answer["message"].as_str().unwrap()),
        (
            400,
            "The state \"A\" sends no message to a queue, a topic or a bus"
        )
    );
}

fn create_named(server: &Server, name: &str, definition: &str) {
    server.tell(
        "CreateStateMachine",
        json!({ "name": name, "definition": definition, "roleArn": "arn:aws:iam::0:role/r" }),
    );
}

#[test]
fn a_fault_that_could_never_strike_is_refused_and_faults_go_when_removed_or_restarted() {
    let (aws, journal) = (nobody(), folder("refused"));
    let server = Server::start(&journal, aws.address);
    create(&server, &waits(1));
    for (machine, state, reason) in [
        ("n", "A", "There is no machine \"n\""),
        ("m", "B", "The machine \"m\" has no state \"B\""),
        ("m", "A", "The state \"A\" is a Wait; faults strike Task states"),
    ] {
        let fault = json!({ "machine": machine, "state": state, "do": "abort" });
        let (status, answer) = server.local("POST", "faults", fault);
        assert_eq!((status, answer["message"].as_str().unwrap()), (400, reason));
    }
    let anywhere = json!({ "machine": "*", "state": "*", "do": "abort" });
    let id = server.local("POST", "faults", anywhere.clone()).1["id"].clone();
    assert_eq!(server.local("DELETE", &format!("faults/{id}"), json!({})).0, 200);
    assert_eq!(server.local("DELETE", &format!("faults/{id}"), json!({})).0, 404);
    server.local("POST", "faults", anywhere);
    server.kill();
    let server = Server::start(&journal, aws.address);
    assert_eq!(
        server.local("GET", "faults", json!({})).1,
        json!({ "faults": [] })
    );
}

#[test]
fn without_a_journal_it_serves_and_forgets() {
    let aws = nobody();
    let server = Server::without_journal(aws.address);
    create(&server, &waits(0));
    let arn = start(&server, "e", json!({}));
    assert_eq!(server.ended(&arn)["status"], "SUCCEEDED");
    assert_eq!(server.terminate(), Some(0));
    let server = Server::without_journal(aws.address);
    assert_eq!(
        server.tell("ListStateMachines", json!({}))["stateMachines"],
        json!([])
    );
}

#[test]
fn a_web_page_of_someone_else_is_refused() {
    let server = Server::without_journal(nobody().address);
    let pass = json!({ "pass_s": 900 }).to_string();
    for origin in ["http://evil.example", "null", "http://localhost:8080"] {
        for (path, body) in [("/_local/clock", pass.as_str()), ("/", "{}")] {
            let (status, refused) = server.page(origin, path, body);
            assert_eq!(
                (status, &refused["__type"]),
                (403, &json!("AccessDeniedException")),
                "{origin} {path}"
            );
        }
    }
    let (_, clock) = server.local("GET", "clock", json!({}));
    assert_eq!(clock["ahead_s"], 0.0);
}

#[test]
fn a_page_whose_name_was_made_to_lead_here_reads_nothing() {
    let server = Server::without_journal(nobody().address);
    for path in ["/_local/clock", "/_local/faults"] {
        let (status, refused) = server.under("evil.example:4567", path);
        assert_eq!(
            (status, &refused["__type"]),
            (403, &json!("AccessDeniedException")),
            "{path}"
        );
        for host in ["localhost:4567", "127.0.0.1:4567", "states:4567"] {
            assert_eq!(server.under(host, path).0, 200, "{host} {path}");
        }
    }
}
