//! Messages: which calls send one, and what they would have been answered.

use std::fmt::Write as _;

use md5::{Digest, Md5};
use serde_json::{Value, json};

use crate::chance::named_uuid;
use crate::definition::Resource;
use crate::definition::integrations::Does;
use crate::engine::{Call, CallKind, Reply};
use crate::execution::AwsReply;

/// The actions that send messages, by service, as their APIs name them.
const ACTIONS: [(&str, &str); 4] = [
    ("sqs", "SendMessage"),
    ("sqs", "SendMessageBatch"),
    ("sns", "Publish"),
    ("eventbridge", "PutEvents"),
];

/// Whether a call sends a message: to a queue, a topic or a bus.
pub fn is_message(kind: &CallKind) -> bool {
    match kind {
        CallKind::Sqs { .. } => true,
        CallKind::Aws { service, action, .. } => ACTIONS.contains(&(service.name, action)),
        CallKind::Lambda { .. } => false,
    }
}

/// Whether a task of this resource sends a message.
pub(super) fn sends(resource: &Resource) -> bool {
    match resource {
        Resource::Optimized { integration, .. } if integration.does == Does::Send => true,
        Resource::Optimized { integration, .. } => ACTIONS.iter().any(|(service, action)| {
            *service == integration.service.name && action.eq_ignore_ascii_case(integration.action)
        }),
        Resource::Sdk {
            service, api_action, ..
        } => ACTIONS.contains(&(service.name, api_action)),
        Resource::Function(_) | Resource::Activity(_) => false,
    }
}

/// What a task hears of a message that was never sent: that all is well. `None` if the call sends none.
pub fn as_if_sent(call: &Call) -> Option<Reply> {
    // Names that no other message has, and the same ones in every run.
    let name = |index: usize| named_uuid(&format!("{} {:?} {index}", call.execution_arn, call.id));
    let result = match &call.kind {
        CallKind::Sqs { body, .. } => json!({ "MD5OfMessageBody": md5(body), "MessageId": name(0) }),
        CallKind::Aws {
            action, arguments, ..
        } if is_message(&call.kind) => {
            let entries = arguments["Entries"]
                .as_array()
                .map(Vec::as_slice)
                .unwrap_or_default();
            match &**action {
                "SendMessage" => {
                    let body = arguments["MessageBody"].as_str().unwrap_or_default();
                    json!({ "MD5OfMessageBody": md5(body), "MessageId": name(0) })
                }
                "Publish" => json!({ "MessageId": name(0) }),
                "SendMessageBatch" => {
                    let sent = |(index, entry): (usize, &Value)| {
                        let body = entry["MessageBody"].as_str().unwrap_or_default();
                        json!({ "Id": entry["Id"], "MD5OfMessageBody": md5(body), "MessageId": name(index) })
                    };
                    let all: Vec<Value> = entries.iter().enumerate().map(sent).collect();
                    json!({ "Successful": all, "Failed": [] })
                }
                _ => {
                    let all: Vec<Value> = (0..entries.len())
                        .map(|index| json!({ "EventId": name(index) }))
                        .collect();
                    json!({ "FailedEntryCount": 0, "Entries": all })
                }
            }
        }
        CallKind::Aws { .. } | CallKind::Lambda { .. } => return None,
    };
    Some(Reply::Aws(AwsReply::Answered { result, http: None }))
}

fn md5(text: &str) -> String {
    Md5::digest(text).iter().fold(String::new(), |mut hex, byte| {
        // Writing to text cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
