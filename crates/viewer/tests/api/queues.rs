//! Queues and dead letters, over a stand-in for SQS.

use crate::engine::Scene;
use crate::stand_in::{Asked, stand_in};
use serde_json::{Value, json};

/// Two letters, delivered twice; everything else is done.
fn sqs(operation: &str, input: &Value) -> Result<Value, &'static str> {
    let is_letters = input["QueueUrl"]
        .as_str()
        .is_some_and(|url| url.ends_with("-dead"));
    match operation {
        "GetQueueAttributes" if is_letters => {
            Ok(json!({ "Attributes": { "ApproximateNumberOfMessages": "2" } }))
        }
        "GetQueueAttributes" => Ok(json!({ "Attributes": {
            "ApproximateNumberOfMessages": "5", "ApproximateNumberOfMessagesNotVisible": "1",
            "ApproximateNumberOfMessagesDelayed": "3" } })),
        "GetMetricData" => Ok(json!({ "MetricDataResults": [{ "Id": "q0", "Values": [42.0] }] })),
        "ReceiveMessage" if is_letters => Ok(json!({ "Messages": [
            letter("b", 2_000), letter("a", 1_000) ] })),
        "ReceiveMessage" => Ok(json!({})),
        "SendMessage" | "DeleteMessage" | "ChangeMessageVisibilityBatch" => Ok(json!({})),
        _ => Err("UnknownOperationException"),
    }
}

fn letter(id: &str, sent_at: u64) -> Value {
    json!({
        "MessageId": id, "ReceiptHandle": format!("r-{id}"), "Body": format!("body of {id}"),
        "Attributes": { "ApproximateReceiveCount": "6", "SentTimestamp": sent_at.to_string() },
        "MessageAttributes": { "kind": { "DataType": "String", "StringValue": id } },
    })
}

/// What was asked of SQS, without what only reads.
fn changes(asked: &Asked) -> Vec<(String, Value)> {
    let asked = asked.lock().unwrap();
    asked
        .iter()
        .map(|(target, _, input)| (target.rsplit('.').next().unwrap().to_owned(), input.clone()))
        .filter(|(operation, _)| !operation.starts_with("Get") && operation != "ReceiveMessage")
        .collect()
}

fn named<'a>(changes: &'a [(String, Value)], operation: &str) -> Vec<&'a Value> {
    changes
        .iter()
        .filter(|(name, _)| name == operation)
        .map(|(_, input)| input)
        .collect()
}

#[tokio::test]
async fn queues_are_told_with_their_numbers_and_dead_letters() {
    let (url, asked) = stand_in(sqs).await;
    let scene = Scene::at(&url).await;
    let told = scene.get("queues").await.expect(200);
    assert_eq!(
        told["queues"][0],
        json!({
            "name": "parcels", "url": format!("{url}/1/parcels"), "depth": 5, "inFlight": 1, "delayed": 3,
            "oldestAgeS": 42, "feeds": "ship",
            "deadLetters": { "name": "parcels-dead", "url": format!("{url}/1/parcels-dead"), "depth": 2 },
        })
    );
    assert_eq!(
        (
            &told["queues"][1]["oldestAgeS"],
            &told["queues"][1]["deadLetters"]
        ),
        (&Value::Null, &Value::Null)
    );
    assert!(told["notes"][0].as_str().unwrap().contains("news"), "{told}");
    let asked = asked.lock().unwrap();
    let target = |wanted: &str| asked.iter().any(|(target, ..)| target == wanted);
    assert!(target("AmazonSQS.GetQueueAttributes") && target("GraniteServiceVersion20100801.GetMetricData"));
}

#[tokio::test]
async fn without_metrics_the_age_is_unknown_and_a_sentence_says_why() {
    fn no_metrics(operation: &str, input: &Value) -> Result<Value, &'static str> {
        match operation {
            "GetMetricData" => Err("AccessDeniedException"),
            "GetQueueAttributes" if input["QueueUrl"].as_str().unwrap().ends_with("/news") => {
                Err("QueueDoesNotExist")
            }
            _ => sqs(operation, input),
        }
    }
    let (url, _) = stand_in(no_metrics).await;
    let told = Scene::at(&url).await.get("queues").await.expect(200);
    assert_eq!(told["queues"].as_array().map(Vec::len), Some(1), "{told}");
    assert_eq!(told["queues"][0]["oldestAgeS"], Value::Null);
    let notes = told["notes"].to_string();
    assert!(
        notes.contains("AccessDeniedException") && notes.contains("news could not be asked"),
        "{notes}"
    );
}

#[tokio::test]
async fn who_looks_at_dead_letters_gives_them_back() {
    let (url, asked) = stand_in(sqs).await;
    let scene = Scene::at(&url).await;
    let told = scene.get("queues/letters?queue=parcels").await.expect(200);
    assert_eq!(
        told["letters"],
        json!([
            { "messageId": "a", "body": "body of a", "isWhole": true, "receiveCount": 6, "sentAt": 1_000 },
            { "messageId": "b", "body": "body of b", "isWhole": true, "receiveCount": 6, "sentAt": 2_000 },
        ])
    );
    assert_eq!(told["isAll"], true);
    assert!(
        told["notes"][0]
            .as_str()
            .unwrap()
            .contains("receive count has risen"),
        "{told}"
    );
    let changes = changes(&asked);
    assert_eq!(changes.len(), 1, "{changes:?}");
    let entries = changes[0].1["Entries"].as_array().unwrap();
    assert_eq!(entries.len(), 2);
    assert!(
        entries.iter().all(|entry| entry["VisibilityTimeout"] == 0),
        "{entries:?}"
    );

    for (queue, code) in [("somebody-elses", "QueueNotWatched"), ("news", "NoDeadLetters")] {
        let refused = scene
            .get(&format!("queues/letters?queue={queue}"))
            .await
            .expect(404);
        assert_eq!(refused["code"], code);
    }
}

#[tokio::test]
async fn a_letter_is_sent_with_its_attributes_before_it_is_deleted() {
    let (url, asked) = stand_in(sqs).await;
    let scene = Scene::at(&url).await;
    let all = json!({ "queue": "parcels", "all": true, "dryRun": false });
    let told = scene.post("queues/redrive", all).await.expect(200);
    assert!(
        told["letters"]
            .as_array()
            .unwrap()
            .iter()
            .all(|letter| letter["outcome"] == "moved"),
        "{told}"
    );
    let changes = changes(&asked);
    for id in ["a", "b"] {
        let sent = changes.iter().position(|(operation, input)| {
            operation == "SendMessage" && input["MessageBody"] == format!("body of {id}")
        });
        let deleted = changes.iter().position(|(operation, input)| {
            operation == "DeleteMessage" && input["ReceiptHandle"] == format!("r-{id}")
        });
        assert!(sent.unwrap() < deleted.unwrap(), "{changes:?}");
        let (_, sent) = &changes[sent.unwrap()];
        assert_eq!(sent["QueueUrl"], format!("{url}/1/parcels"));
        assert_eq!(sent["MessageAttributes"]["kind"]["StringValue"], id);
    }
}

#[tokio::test]
async fn one_letter_is_moved_and_the_others_are_given_back() {
    let (url, asked) = stand_in(sqs).await;
    let scene = Scene::at(&url).await;
    let one = json!({ "queue": "parcels", "messageId": "a", "dryRun": false });
    let told = scene.post("queues/redrive", one).await.expect(200);
    assert_eq!(
        told["letters"],
        json!([{ "messageId": "a", "outcome": "moved", "why": null }])
    );
    let changes = changes(&asked);
    assert_eq!(named(&changes, "DeleteMessage").len(), 1);
    let back = named(&changes, "ChangeMessageVisibilityBatch");
    assert_eq!(back[0]["Entries"][0]["ReceiptHandle"], "r-b", "{back:?}");

    let gone = json!({ "queue": "parcels", "messageId": "z", "dryRun": false });
    assert_eq!(
        scene.post("queues/redrive", gone).await.expect(404)["code"],
        "LetterNotFound"
    );
    for unclear in [
        json!({ "queue": "parcels", "dryRun": true }),
        json!({ "queue": "parcels", "messageId": "a", "all": true, "dryRun": true }),
    ] {
        scene.post("queues/redrive", unclear).await.expect(400);
    }
}

#[tokio::test]
async fn a_dry_run_moves_nothing() {
    let (url, asked) = stand_in(sqs).await;
    let scene = Scene::at(&url).await;
    let dry = json!({ "queue": "parcels", "all": true, "dryRun": true });
    let told = scene.post("queues/redrive", dry).await.expect(200);
    assert!(
        told["letters"]
            .as_array()
            .unwrap()
            .iter()
            .all(|letter| letter["outcome"] == "wouldMove"),
        "{told}"
    );
    let changes = changes(&asked);
    assert!(
        changes
            .iter()
            .all(|(operation, _)| operation == "ChangeMessageVisibilityBatch"),
        "{changes:?}"
    );
    assert_eq!(changes.len(), 1);
}

/// Protection: what could not be sent is not deleted, and what could not be deleted is told as doubled.
#[tokio::test]
async fn nothing_is_lost_when_a_call_fails() {
    fn unsendable(operation: &str, input: &Value) -> Result<Value, &'static str> {
        match operation {
            "SendMessage" => Err("InvalidMessageContents"),
            _ => sqs(operation, input),
        }
    }
    fn undeletable(operation: &str, input: &Value) -> Result<Value, &'static str> {
        match operation {
            "DeleteMessage" => Err("ReceiptHandleIsInvalid"),
            _ => sqs(operation, input),
        }
    }
    let all = json!({ "queue": "parcels", "all": true, "dryRun": false });
    let (url, asked) = stand_in(unsendable).await;
    let told = Scene::at(&url)
        .await
        .post("queues/redrive", all.clone())
        .await
        .expect(200);
    assert_eq!(told["letters"][0]["outcome"], "kept", "{told}");
    let kept = changes(&asked);
    assert!(named(&kept, "DeleteMessage").is_empty(), "{kept:?}");
    assert_eq!(named(&kept, "ChangeMessageVisibilityBatch").len(), 2);

    let (url, _) = stand_in(undeletable).await;
    let told = Scene::at(&url)
        .await
        .post("queues/redrive", all)
        .await
        .expect(200);
    assert_eq!(told["letters"][0]["outcome"], "doubled", "{told}");
    assert!(told["notes"].to_string().contains("there twice"), "{told}");
}
