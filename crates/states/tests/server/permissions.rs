//! Callers that may not do everything.

use serde_json::{Value, json};

use crate::http::{Asked, Aws, Server, Told, until};
use crate::scenes::{MACHINE, create, one_state, queue, returned, wait_for_token};

const ROLE: &str = "ASIAROLE";

/// Allows this action, and is a queue that takes every message.
fn allows(action: &'static str) -> Aws {
    Aws::start(move |asked| answer(asked, action))
}

fn answer(asked: &Asked, action: &str) -> Told {
    if asked.path != "/may" {
        return returned(json!({ "MessageId": "1", "MD5OfMessageBody": "0" }));
    }
    match asked.body["action"] == action {
        true => returned(json!({})),
        false => Some((403, "", json!({ "message": "not you" }))),
    }
}

fn questions(aws: &Aws) -> Vec<Value> {
    let asked = aws.asked().into_iter().filter(|asked| asked.path == "/may");
    asked.map(|asked| asked.body).collect()
}

/// The token in the first message that was sent.
fn token_sent(aws: &Aws) -> String {
    until(|| {
        let sent = aws.asked().into_iter();
        sent.filter_map(|asked| asked.body["MessageBody"].as_str().map(str::to_owned))
            .next()
    })
}

/// What a request is refused with.
fn refusal(answer: (u16, Value)) -> (u16, String) {
    let name = answer.1["__type"].as_str().unwrap_or_default().to_owned();
    (answer.0, name)
}

fn denied() -> (u16, String) {
    (400, "AccessDeniedException".to_owned())
}

#[test]
fn whoever_signs_as_a_role_does_what_its_policies_allow_and_nothing_else() {
    let aws = allows("states:StartExecution");
    let server = Server::with_permissions(aws.address);
    create(&server, &one_state(wait_for_token()));
    let start = json!({ "stateMachineArn": MACHINE, "name": "e" });
    let (status, started) = server.signed(ROLE, "StartExecution", &start);
    assert_eq!(status, 200, "{started}");
    let stop = json!({ "executionArn": started["executionArn"] });
    let (status, refused) = server.signed(ROLE, "StopExecution", &stop);
    assert_eq!(
        (status, refused),
        (
            400,
            json!({ "__type": "AccessDeniedException", "message": "not you" })
        )
    );
    let described = server.tell("DescribeExecution", stop.clone());
    assert_eq!(described["status"], "RUNNING");

    // Whose token it is decides about a token; of a stranger's the operation itself tells.
    let token = json!({ "taskToken": token_sent(&aws), "output": "1" });
    assert_eq!(refusal(server.signed(ROLE, "SendTaskSuccess", &token)), denied());
    let nobodys = json!({ "taskToken": "nobodys", "output": "1" });
    let (_, name) = refusal(server.signed(ROLE, "SendTaskSuccess", &nobodys));
    assert_eq!(name, "InvalidToken");
    assert_eq!(
        refusal(server.signed(ROLE, "ListStateMachines", &json!({}))),
        denied()
    );

    let question = |action: &str, resource: &Value| json!({ "accessKeyId": ROLE, "action": action, "resource": resource });
    assert_eq!(
        questions(&aws),
        [
            question("states:StartExecution", &json!(MACHINE)),
            question("states:StopExecution", &stop["executionArn"]),
            question("states:SendTaskSuccess", &json!(MACHINE)),
            question("states:ListStateMachines", &json!("*")),
        ]
    );
}

#[test]
fn whoever_signs_as_nobody_in_particular_may_do_everything() {
    let aws = allows("nothing");
    let server = Server::with_permissions(aws.address);
    create(&server, &one_state(wait_for_token()));
    let (status, _) = server.signed("test", "StartExecution", &json!({ "stateMachineArn": MACHINE }));
    assert_eq!(status, 200);
    assert_eq!(questions(&aws), Vec::<Value>::new());
}

#[test]
fn what_was_allowed_is_remembered_until_machines_are_registered() {
    let aws = allows("states:StartExecution");
    let server = Server::with_permissions(aws.address);
    let definition = one_state(wait_for_token());
    create(&server, &definition);
    let start = || {
        let request = json!({ "stateMachineArn": MACHINE });
        server.signed(ROLE, "StartExecution", &request).0
    };
    assert_eq!([start(), start(), start()], [200; 3]);
    assert_eq!(questions(&aws).len(), 1);
    server.tell(
        "UpdateStateMachine",
        json!({ "stateMachineArn": MACHINE, "definition": definition }),
    );
    assert_eq!(start(), 200);
    assert_eq!(questions(&aws).len(), 2);
}

#[test]
fn nothing_is_done_for_a_role_while_nobody_says_whether_it_may() {
    let aws = Aws::start(|_| Some((500, "", json!({}))));
    let server = Server::with_permissions(aws.address);
    create(&server, &one_state(wait_for_token()));
    let start = json!({ "stateMachineArn": MACHINE, "name": "e" });
    let refused = refusal(server.signed(ROLE, "StartExecution", &start));
    assert_eq!(refused, (503, "ServiceUnavailable".to_owned()));
    let started = server.tell("ListExecutions", json!({ "stateMachineArn": MACHINE }));
    assert_eq!(started["executions"], json!([]));
}

#[test]
fn without_the_option_nobody_is_asked() {
    let aws = queue();
    let server = Server::without_journal(aws.address);
    create(&server, &one_state(wait_for_token()));
    let (status, _) = server.signed(ROLE, "StartExecution", &json!({ "stateMachineArn": MACHINE }));
    assert_eq!(status, 200);
    token_sent(&aws);
    assert_eq!(questions(&aws), Vec::<Value>::new());
}
