//! Queues whose messages are handed over by hand, one after the other.
//!
//! Which messages meet in one batch and which writes meet at one item is chance, and a count must not be. So the
//! event source mapping rests while a path is walked, and each message goes to its consumer when the one before has
//! had all its effects.

use crate::engine::{Aws, until};
use serde_json::{Value, json};

const STACK: &str = "holdfast";

/// The queues of one stack.
#[derive(Clone, Debug)]
pub struct Queues {
    http: reqwest::Client,
    engine: String,
}

/// The queue of one consumer, delivered by nobody but the test.
#[derive(Debug)]
pub struct Held {
    queues: Queues,
    consumer: &'static str,
    mapping: String,
    url: String,
}

/// A message that was taken from its queue.
#[derive(Clone, Debug)]
pub struct Message {
    receipt: String,
    pub body: Value,
}

impl Queues {
    pub fn at(engine: String) -> Self {
        let http = reqwest::Client::builder().no_proxy().build();
        Self {
            http: http.expect("a client without TLS"),
            engine,
        }
    }

    /// From now on nothing is delivered to this consumer.
    pub async fn hold(&self, consumer: &'static str) -> Held {
        let path = format!("event-source-mappings?FunctionName={STACK}-{consumer}");
        let found = self.lambda(reqwest::Method::GET, &path, None).await;
        let mapping = &found["EventSourceMappings"][0];
        let arn = mapping["EventSourceArn"].as_str().expect("it has a queue");
        let name = arn.rsplit(':').next();
        let url = self.sqs("GetQueueUrl", &json!({ "QueueName": name })).await;
        let held = Held {
            queues: self.clone(),
            consumer,
            mapping: mapping["UUID"].as_str().expect("it has an id").to_owned(),
            url: url["QueueUrl"].as_str().expect("it has an address").to_owned(),
        };
        held.deliver(false).await;
        held
    }

    async fn lambda(&self, method: reqwest::Method, path: &str, body: Option<Value>) -> Value {
        let url = format!("{}/2015-03-31/{path}", self.engine);
        let mut request = self
            .http
            .request(method, url)
            .header("authorization", scope("lambda"));
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.and_then(reqwest::Response::error_for_status);
        let answer = answer.unwrap_or_else(|error| panic!("{path}: {error:?}"));
        answer.json().await.expect("Lambda answers in JSON")
    }

    async fn sqs(&self, action: &str, body: &Value) -> Value {
        let request = self
            .http
            .post(&self.engine)
            .header("authorization", scope("sqs"))
            .header("x-amz-target", format!("AmazonSQS.{action}"))
            .header("content-type", "application/x-amz-json-1.0");
        let answer = request.body(body.to_string()).send().await;
        let answer = answer.and_then(reqwest::Response::error_for_status);
        let answer = answer.unwrap_or_else(|error| panic!("{action}: {error:?}"));
        answer.json().await.unwrap_or_default()
    }
}

impl Held {
    /// Waits until so many messages are there and takes them.
    pub async fn take(&self, size: usize) -> Vec<Message> {
        let mut taken = Vec::new();
        while taken.len() < size {
            taken.push(until("a message", || self.receive()).await);
        }
        taken
    }

    async fn receive(&self) -> Result<Message, String> {
        let body = json!({ "QueueUrl": self.url, "MaxNumberOfMessages": 1 });
        let answer = self.queues.sqs("ReceiveMessage", &body).await;
        let message = &answer["Messages"][0];
        match (message["ReceiptHandle"].as_str(), message["Body"].as_str()) {
            (Some(receipt), Some(body)) => Ok(Message {
                receipt: receipt.to_owned(),
                body: serde_json::from_str(body).expect("messages are JSON"),
            }),
            _ => Err(format!("nothing for {}", self.consumer)),
        }
    }

    /// Gives a message to its consumer, by itself, and deletes it as the mapping would.
    pub async fn hand_over(&self, aws: &Aws, message: &Message) {
        let batch = json!({ "Records": [
            { "messageId": "1", "body": message.body.to_string(), "eventSource": "aws:sqs" },
        ] });
        let answer = aws
            .invoke(self.consumer, &batch)
            .await
            .expect("a batch is no error");
        assert_eq!(
            answer["batchItemFailures"],
            json!([]),
            "{}: {message:?}",
            self.consumer
        );
        let done = json!({ "QueueUrl": self.url, "ReceiptHandle": message.receipt });
        self.queues.sqs("DeleteMessage", &done).await;
    }

    /// Takes the next message and hands it over.
    pub async fn hand_over_next(&self, aws: &Aws) {
        for message in self.take(1).await {
            self.hand_over(aws, &message).await;
        }
    }

    /// From now on messages are delivered again.
    pub async fn let_go(self) {
        self.deliver(true).await;
    }

    async fn deliver(&self, enabled: bool) {
        let path = format!("event-source-mappings/{}", self.mapping);
        let body = json!({ "Enabled": enabled });
        self.queues.lambda(reqwest::Method::PUT, &path, Some(body)).await;
    }
}

fn scope(service: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential=test/20260101/eu-central-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
    )
}
