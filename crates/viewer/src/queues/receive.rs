//! Messages, received to be looked at or moved, and given back.

use super::whole;
use crate::ask::{Asker, all};
use aws::{AccountError, Api};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// As many as SQS gives at once.
const BATCH: usize = 10;
/// For so long nobody else sees them. A request ends before, so none of its receipts has lapsed; should it die, they come back by
/// themselves.
const HIDDEN_S: u32 = 30;

/// One message.
#[derive(Clone, Debug)]
pub(super) struct Letter {
    pub(super) id: String,
    pub(super) body: String,
    /// As SQS has them: by name, each with `DataType` and a value.
    pub(super) attributes: Value,
    pub(super) receive_count: u64,
    /// Milliseconds since 1970.
    pub(super) sent_at: u64,
    receipt: String,
}

/// What was received, and whether that is all there is to see now.
pub(super) struct Received {
    pub(super) letters: Vec<Letter>,
    pub(super) is_all: bool,
}

/// Receives up to `most` messages of a queue, until it has no more, or `is_enough` says so of one. Whoever receives gives back.
pub(super) async fn receive(
    asker: &Asker,
    url: &str,
    most: usize,
    is_enough: impl Fn(&Letter) -> bool,
) -> Result<Received, AccountError> {
    let mut letters: Vec<Letter> = Vec::new();
    let mut seen = BTreeSet::new();
    // It waits a second for each batch, because only then all of the queue's machines are asked. A batch with nothing new is the end.
    while letters.len() < most && asker.may(1) {
        let input = json!({
            "QueueUrl": url,
            "MaxNumberOfMessages": BATCH.min(most - letters.len()),
            "VisibilityTimeout": HIDDEN_S,
            "WaitTimeSeconds": 1,
            "MessageSystemAttributeNames": ["All"],
            "MessageAttributeNames": ["All"],
        });
        let answer = match asker.ask(Api::Queues, "ReceiveMessage", input).await {
            Ok(answer) => answer,
            Err(error) => {
                give_back(asker, url, &letters).await;
                return Err(error);
            }
        };
        let batch: Vec<Letter> = answer["Messages"]
            .as_array()
            .into_iter()
            .flatten()
            .map(letter)
            .collect();
        let before = letters.len();
        let is_found = batch.iter().any(&is_enough);
        for letter in batch {
            // Delivered twice meanwhile: the newest receipt is the one that counts.
            if seen.insert(letter.id.clone()) {
                letters.push(letter);
            } else if let Some(same) = letters.iter_mut().find(|same| same.id == letter.id) {
                *same = letter;
            }
        }
        if letters.len() == before {
            return Ok(Received {
                letters,
                is_all: true,
            });
        }
        if is_found {
            break;
        }
    }
    Ok(Received {
        letters,
        is_all: false,
    })
}

fn letter(message: &Value) -> Letter {
    let text = |name: &str| message[name].as_str().unwrap_or_default().to_owned();
    Letter {
        id: text("MessageId"),
        body: text("Body"),
        attributes: message["MessageAttributes"].clone(),
        receive_count: whole(&message["Attributes"]["ApproximateReceiveCount"]),
        sent_at: whole(&message["Attributes"]["SentTimestamp"]),
        receipt: text("ReceiptHandle"),
    }
}

/// Gives messages back at once; what cannot be given back returns by itself when its time is over.
pub(super) async fn give_back(asker: &Asker, url: &str, letters: &[Letter]) {
    let inputs: Vec<Value> = letters
        .chunks(BATCH)
        .map(|batch| {
            let entries: Vec<Value> = batch
                .iter()
                .enumerate()
                .map(|(place, letter)| {
                    json!({ "Id": place.to_string(), "ReceiptHandle": letter.receipt, "VisibilityTimeout": 0 })
                })
                .collect();
            json!({ "QueueUrl": url, "Entries": entries })
        })
        .collect();
    let work = inputs.into_iter().map(|input| {
        let asker = asker.clone();
        async move {
            asker
                .ask(Api::Queues, "ChangeMessageVisibilityBatch", input)
                .await
        }
    });
    all(work).await;
}

/// Sends a message as it was, with its attributes.
pub(super) async fn send(asker: &Asker, url: &str, letter: &Letter) -> Result<(), AccountError> {
    let mut input = json!({ "QueueUrl": url, "MessageBody": letter.body });
    if letter.attributes.is_object() {
        input["MessageAttributes"] = letter.attributes.clone();
    }
    asker.ask(Api::Queues, "SendMessage", input).await.map(drop)
}

/// Takes a message away for good.
pub(super) async fn delete(asker: &Asker, url: &str, letter: &Letter) -> Result<(), AccountError> {
    let input = json!({ "QueueUrl": url, "ReceiptHandle": letter.receipt });
    asker.ask(Api::Queues, "DeleteMessage", input).await.map(drop)
}
