//! What is different with Express machines.

use serde_json::{Value, json};

use crate::http::{Aws, Server, folder, until};
use crate::scenes::{MACHINE, invoke, nobody, one_state, returned};

fn create_express(server: &Server, state: Value) {
    let request = json!({ "name": "m", "definition": one_state(state), "roleArn": "arn:aws:iam::0:role/r",
        "type": "EXPRESS" });
    server.tell("CreateStateMachine", request);
}

#[test]
fn a_name_may_be_used_again_at_once() {
    let aws = nobody();
    let server = Server::without_journal(aws.address);
    create_express(&server, json!({ "Type": "Wait", "Seconds": 100, "End": true }));
    let request = json!({ "stateMachineArn": MACHINE, "name": "e", "input": "{}" });
    let first = server.tell("StartExecution", request.clone());
    let second = server.tell("StartExecution", request);
    assert_ne!(first["executionArn"], second["executionArn"]);
    for started in [first, second] {
        let arn = json!({ "executionArn": started["executionArn"] });
        let (status, seen) = server.local("POST", "execution", arn);
        assert_eq!((status, &seen["execution"]["status"]), (200, &json!("RUNNING")));
        assert_eq!(seen["events"][1]["type"], "WaitStateEntered");
    }
    let nobody = json!({ "executionArn": "arn:aws:states:us-east-1:000000000000:express:m:e:1" });
    assert_eq!(server.local("POST", "execution", nobody).0, 404);
}

#[test]
fn five_minutes_are_all_there_is() {
    let aws = nobody();
    let server = Server::without_journal(aws.address);
    create_express(&server, json!({ "Type": "Wait", "Seconds": 1000, "End": true }));
    let begun = server.begin(
        "StartSyncExecution",
        json!({ "stateMachineArn": MACHINE, "name": "e" }),
    );
    // It may not have been started yet; time passes until it ends.
    let stop = std::sync::atomic::AtomicBool::new(false);
    let (status, answer) = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                server.local("POST", "clock", json!({ "pass_s": 300 }));
            }
        });
        let answer = begun.answer();
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        answer
    });
    assert_eq!((status, &answer["status"]), (200, &json!("TIMED_OUT")));
    let took_s = answer["stopDate"].as_f64().unwrap() - answer["startDate"].as_f64().unwrap();
    assert!((took_s - 300.0).abs() < 0.01, "{answer}");
    assert_eq!(answer["billingDetails"]["billedMemoryUsedInMB"], 64);
    let billed_ms = answer["billingDetails"]["billedDurationInMilliseconds"].as_u64();
    assert!(billed_ms.unwrap().is_multiple_of(100) && billed_ms.unwrap().abs_diff(300_000) <= 100);
}

#[test]
fn what_a_caller_waited_for_is_not_done_again_after_a_crash() {
    let hangs = Aws::start(|asked| match asked.body["n"] == 1 {
        // Never answers; the crash comes first.
        true => loop {
            std::thread::park();
        },
        false => returned(json!("yes")),
    });
    let journal = folder("express-crash");
    let server = Server::start(&journal, hangs.address);
    create_express(&server, invoke("f"));
    let wait = json!({ "stateMachineArn": MACHINE, "name": "sync", "input": "{\"n\":1}" });
    let _begun = server.begin("StartSyncExecution", wait);
    until(|| (hangs.asked().len() == 1).then_some(()));
    let go = json!({ "stateMachineArn": MACHINE, "name": "async", "input": "{\"n\":1}" });
    let goes_on = server.tell("StartExecution", go)["executionArn"].clone();
    until(|| (hangs.asked().len() == 2).then_some(()));
    server.kill();

    // At most once for whoever waits, at least once for whoever does not.
    let again = Aws::start(|_| returned(json!("yes")));
    let server = Server::start(&journal, again.address);
    let (_, seen) = until(|| {
        let seen = server.local("POST", "execution", json!({ "executionArn": goes_on }));
        (seen.1["execution"]["status"] == "SUCCEEDED").then_some(seen)
    });
    assert_eq!(seen["execution"]["output"], "\"yes\"");
    assert_eq!(again.asked().len(), 1);
    drop(server);
    let server = Server::start(&journal, again.address);
    server.tell("DescribeStateMachine", json!({ "stateMachineArn": MACHINE }));
    assert_eq!(again.asked().len(), 1);
}
