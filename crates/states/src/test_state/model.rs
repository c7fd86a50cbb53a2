//! What services answer, as far as a mocked result is held to it: the answers of the optimized integrations.

use serde_json::Value;

use crate::definition::{Resource, Waits};

/// How far a mocked result must be what the service would answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strictness {
    /// What it must have is there, and everything is of its type.
    #[default]
    Strict,
    /// What is there is of its type.
    Present,
    /// Anything.
    None,
}

/// What a field of an answer is.
enum Field {
    Text,
    Number,
    /// An object whose members are anything.
    Map,
    Object(&'static [(&'static str, Field)]),
    List(&'static [(&'static str, Field)]),
}

type Fields = &'static [(&'static str, Field)];

const CAPACITY: Fields = &[
    ("TableName", Field::Text),
    ("CapacityUnits", Field::Number),
    ("ReadCapacityUnits", Field::Number),
    ("WriteCapacityUnits", Field::Number),
];

/// Fields by service and action, and which must be there.
const ANSWERS: &[(&str, &str, Fields, &[&str])] = &[
    (
        "lambda",
        "invoke",
        &[
            ("StatusCode", Field::Number),
            ("ExecutedVersion", Field::Text),
            ("FunctionError", Field::Text),
            ("LogResult", Field::Text),
        ],
        &[],
    ),
    (
        "sqs",
        "sendMessage",
        &[("MessageId", Field::Text), ("SequenceNumber", Field::Text)],
        &[],
    ),
    (
        "sns",
        "publish",
        &[("MessageId", Field::Text), ("SequenceNumber", Field::Text)],
        &[],
    ),
    (
        "events",
        "putEvents",
        &[
            (
                "Entries",
                Field::List(&[
                    ("EventId", Field::Text),
                    ("ErrorCode", Field::Text),
                    ("ErrorMessage", Field::Text),
                ]),
            ),
            ("FailedEntryCount", Field::Number),
        ],
        &[],
    ),
    (
        "states",
        "startExecution",
        &[("ExecutionArn", Field::Text), ("StartDate", Field::Text)],
        &["ExecutionArn", "StartDate"],
    ),
    (
        "dynamodb",
        "getItem",
        &[
            ("Item", Field::Map),
            ("ConsumedCapacity", Field::Object(CAPACITY)),
        ],
        &[],
    ),
    ("dynamodb", "putItem", WRITTEN, &[]),
    ("dynamodb", "updateItem", WRITTEN, &[]),
    ("dynamodb", "deleteItem", WRITTEN, &[]),
];

const WRITTEN: Fields = &[
    ("Attributes", Field::Map),
    ("ItemCollectionMetrics", Field::Map),
    ("ConsumedCapacity", Field::Object(CAPACITY)),
];

/// Holds a mocked result to what the service answers. Fields that are not known here may be anything, and so may what
/// a token or a job comes back with. The error is the service's sentence.
pub(super) fn check(resource: &Resource, result: &Value, strictness: Strictness) -> Result<(), String> {
    if strictness == Strictness::None || resource.waits() != Waits::ForAnswer {
        return Ok(());
    }
    let (service, action) = (resource.service(), resource.action());
    let answer = ANSWERS
        .iter()
        .find(|(known, done, ..)| *known == service && *done == action);
    let Some((_, _, fields, required)) = answer else {
        return Ok(());
    };
    if strictness == Strictness::Strict
        && let Some(missing) = required.iter().find(|name| result.get(**name).is_none())
    {
        return Err(format!("Required field '{missing}' is missing"));
    }
    check_fields(fields, result)
}

fn check_fields(fields: Fields, value: &Value) -> Result<(), String> {
    for (name, field) in fields {
        let Some(value) = value.get(*name).filter(|value| !value.is_null()) else {
            continue;
        };
        let (fits, needed) = match field {
            Field::Text => (value.is_string(), "a string"),
            Field::Number => (value.is_number(), "a number"),
            Field::Map | Field::Object(_) => (value.is_object(), "an object"),
            Field::List(_) => (value.is_array(), "an array"),
        };
        if !fits {
            return Err(format!("Field '{name}' must be {needed}"));
        }
        match (field, value) {
            (Field::Object(inner), value) => check_fields(inner, value)?,
            (Field::List(inner), Value::Array(items)) => {
                items.iter().try_for_each(|item| check_fields(inner, item))?;
            }
            _ => {}
        }
    }
    Ok(())
}
