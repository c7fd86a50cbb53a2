//! What most tests here begin with: a machine of one state, and someone who answers for functions and queues.

use serde_json::{Value, json};

use crate::http::{Aws, Server, Told, until};

pub const MACHINE: &str = "arn:aws:states:us-east-1:000000000000:stateMachine:m";

pub fn returned(value: Value) -> Told {
    Some((200, "", value))
}

pub fn nobody() -> Aws {
    Aws::start(|_| None)
}

pub fn one_state(state: Value) -> String {
    json!({ "QueryLanguage": "JSONata", "StartAt": "A", "States": { "A": state } }).to_string()
}

pub fn invoke(function: &str) -> Value {
    json!({
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": { "FunctionName": function, "Payload": "{% $states.input %}" },
        "Output": "{% $states.result.Payload %}",
        "End": true,
    })
}

pub fn wait_for_token() -> Value {
    json!({
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Arguments": { "QueueUrl": "http://q/1", "MessageBody": "{% $states.context.Task.Token %}" },
        "End": true,
    })
}

pub fn create(server: &Server, definition: &str) -> Value {
    server.tell(
        "CreateStateMachine",
        json!({ "name": "m", "definition": definition, "roleArn": "arn:aws:iam::0:role/r" }),
    )
}

pub fn start(server: &Server, name: &str, input: Value) -> String {
    let request = json!({ "stateMachineArn": MACHINE, "name": name, "input": input.to_string() });
    server.tell("StartExecution", request)["executionArn"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// A queue that takes every message.
pub fn queue() -> Aws {
    Aws::start(|_| returned(json!({ "MessageId": "1", "MD5OfMessageBody": "0" })))
}

pub fn token_sent(aws: &Aws) -> String {
    until(|| {
        aws.asked()
            .last()
            .map(|asked| asked.body["MessageBody"].as_str().unwrap().to_owned())
    })
}
