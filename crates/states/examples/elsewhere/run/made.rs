//! Functions and queues that are made in the engine under test, where it has its own.
//!
//! A made function asks the stand-in what to say. It is a program for the custom runtime, because that one says word
//! for word what its failure is.

use std::net::SocketAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Crc;
use serde_json::{Value, json};

use super::endpoint::{Endpoint, Refused};

/// Stands where a case names its queue.
pub const QUEUE_URL: &str = "http://q/1";

const BOOTSTRAP: &str = r#"#!/usr/bin/env python3
import http.client
import os

runtime = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
runtime_path = "/2018-06-01/runtime/invocation/"
while True:
    runtime.request("GET", runtime_path + "next")
    event = runtime.getresponse()
    payload = event.read()
    stand_in = http.client.HTTPConnection(os.environ["STAND_IN"])
    path = "/2015-03-31/functions/" + os.environ["AWS_LAMBDA_FUNCTION_NAME"] + "/invocations"
    stand_in.request("POST", path, payload, {"Authorization": "Credential=" + os.environ["DESK"] + "/"})
    answer = stand_in.getresponse()
    body = answer.read()
    outcome = "/error" if answer.headers.get("X-Amz-Function-Error") else "/response"
    runtime.request("POST", runtime_path + event.headers["Lambda-Runtime-Aws-Request-Id"] + outcome, body)
    runtime.getresponse().read()
"#;

/// Makes a function of this name that asks the stand-in.
pub fn function(engine: &Endpoint, name: &str, stand_in: SocketAddr) -> Result<(), Refused> {
    let made = engine.functions(
        "",
        &json!({
            "FunctionName": name,
            "Runtime": "provided.al2023",
            "Handler": "bootstrap",
            "Role": format!("arn:aws:iam::{}:role/simulation", engine.account),
            "Timeout": 600,
            "Environment": { "Variables": { "STAND_IN": stand_in.to_string(), "DESK": engine.account } },
            "Code": { "ZipFile": STANDARD.encode(zip("bootstrap", BOOTSTRAP.as_bytes())) },
        }),
    );
    made.map(drop)
}

/// Gives a function's latest version the name that a case calls it by.
pub fn alias(engine: &Endpoint, function: &str, name: &str) -> Result<(), Refused> {
    let version = json!({ "Name": name, "FunctionVersion": "$LATEST" });
    engine
        .functions(&format!("/{function}/aliases"), &version)
        .map(drop)
}

/// Makes the queue of a case and returns its address.
pub fn queue(engine: &Endpoint) -> Result<String, Refused> {
    let made = engine.queues("CreateQueue", &json!({ "QueueName": "q" }))?;
    Ok(made["QueueUrl"].as_str().unwrap_or_default().to_owned())
}

/// Takes the messages that are in the queue; their bodies.
pub fn messages(engine: &Endpoint, queue_url: &str) -> Result<Vec<String>, Refused> {
    let asked = json!({ "QueueUrl": queue_url, "MaxNumberOfMessages": 10 });
    let received = engine.queues("ReceiveMessage", &asked)?;
    let mut bodies = Vec::new();
    for message in received["Messages"].as_array().into_iter().flatten() {
        bodies.push(message["Body"].as_str().unwrap_or_default().to_owned());
        let done = json!({ "QueueUrl": queue_url, "ReceiptHandle": message["ReceiptHandle"] });
        engine.queues("DeleteMessage", &done)?;
    }
    Ok(bodies)
}

/// Functions that a case's answers name.
pub fn functions(answers: &Value) -> Vec<&String> {
    let named = answers.as_object().into_iter().flatten().map(|(name, _)| name);
    named
        .filter(|name| *name != "sqs" && !name.contains(':'))
        .collect()
}

/// An archive of one program, not compressed.
fn zip(name: &str, content: &[u8]) -> Vec<u8> {
    let mut crc = Crc::new();
    crc.update(content);
    let (checksum, bytes) = (crc.sum().to_le_bytes(), crc.amount().to_le_bytes());
    let length = [name.len() as u8, 0];
    // Version needed, flags, method, time, date (1980-01-01).
    let common = [
        &[20, 0, 0, 0, 0, 0, 0, 0, 33, 0],
        &checksum[..],
        &bytes,
        &bytes,
        &length,
    ]
    .concat();
    let local = [b"PK\x03\x04", &common[..], &[0, 0], name.as_bytes(), content].concat();
    // Made on Unix: an ordinary file that everyone may run.
    let mode = (0o100_755_u32 << 16).to_le_bytes();
    let central = [
        b"PK\x01\x02\x14\x03",
        &common[..],
        &[0; 8],
        &mode,
        &[0; 4],
        name.as_bytes(),
    ]
    .concat();
    let (at, size) = (
        (local.len() as u32).to_le_bytes(),
        (central.len() as u32).to_le_bytes(),
    );
    let end = [b"PK\x05\x06", &[0, 0, 0, 0, 1, 0, 1, 0][..], &size, &at, &[0, 0]].concat();
    [local, central, end].concat()
}
