//! A consumer of DynamoDB streams: a batch of changes at a time, as plain JSON.
//!
//! A batch either is worked off or fails whole. What cannot be read is logged and passed over: trying again would not help,
//! and a stream waits for nobody but the record at its head.

use crate::log;
use crate::start::StartError;
use crate::step::parse;
use domain::Fault;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Number, Value, json};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

type Working = Pin<Box<dyn Future<Output = Result<(), Fault>> + Send>>;
type Handler = Arc<dyn Fn(Vec<Value>) -> Working + Send + Sync>;

/// A batch, as the event source mapping sends it.
/// Source: <https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html>.
#[derive(Deserialize)]
struct StreamEvent {
    #[serde(rename = "Records")]
    records: Vec<Record>,
}

#[derive(Deserialize)]
struct Record {
    dynamodb: Change,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Change {
    /// Seconds since 1970, with or without a fraction.
    approximate_creation_date_time: f64,
    keys: Map<String, Value>,
    old_image: Option<Map<String, Value>>,
    new_image: Option<Map<String, Value>>,
}

/// Serves streams until the environment is shut down. Each change is read from
/// `{"keys": {...}, "before": {...} or null, "after": {...} or null, "at": milliseconds since 1970}`, where the rows are as
/// serde wrote them.
///
/// # Errors
/// [`StartError::Loop`] when the runtime loop ends.
pub async fn run_stream<I, F>(
    step: &'static str,
    handle: impl Fn(Vec<I>) -> F + Send + Sync + 'static,
) -> Result<(), StartError>
where
    I: DeserializeOwned + Send + 'static,
    F: Future<Output = Result<(), Fault>> + Send + 'static,
{
    let handle = Arc::new(handle);
    serve(
        step,
        Arc::new(move |changes| {
            let handle = Arc::clone(&handle);
            Box::pin(async move {
                let mut read = Vec::with_capacity(changes.len());
                for change in changes {
                    // Keys are ids and numbers; the rest of a row is not for the log.
                    let keys = change.get("keys").map(Value::to_string).unwrap_or_default();
                    match parse(change) {
                        Ok(change) => read.push(change),
                        Err(fault) => tracing::error!(step, keys, %fault, "a change was passed over"),
                    }
                }
                handle(read).await
            })
        }),
    )
    .await
}

async fn serve(step: &'static str, handler: Handler) -> Result<(), StartError> {
    lambda_runtime::run(service_fn(move |event: LambdaEvent<StreamEvent>| {
        let handler = Arc::clone(&handler);
        async move {
            let began = Instant::now();
            let changes = event.payload.records.into_iter().map(plain_change).collect();
            let outcome = handler(changes).await;
            log::step(step, log::Ids::default(), began, outcome.as_ref().err());
            outcome.map_err(|fault| Error::from(fault.to_string()))
        }
    }))
    .await
    .map_err(|error| StartError::Loop(error.to_string()))
}

fn plain_change(record: Record) -> Value {
    let change = record.dynamodb;
    let at_ms = change.approximate_creation_date_time * 1000.0;
    json!({
        "keys": plain_row(change.keys),
        "before": change.old_image.map(plain_row),
        "after": change.new_image.map(plain_row),
        // Beyond 2^53 there is no time that anybody means.
        "at": at_ms as i64,
    })
}

fn plain_row(attributes: Map<String, Value>) -> Value {
    attributes
        .into_iter()
        .map(|(name, value)| (name, plain(value)))
        .collect::<Map<_, _>>()
        .into()
}

/// An attribute in DynamoDB's JSON, `{"N": "7"}`, as the JSON it stands for, `7`. Sets become lists, bytes stay base64; what is
/// no attribute becomes null, which no reader takes for a value.
fn plain(attribute: Value) -> Value {
    let Value::Object(attribute) = attribute else {
        return Value::Null;
    };
    let mut typed = attribute.into_iter();
    let (Some((kind, value)), None) = (typed.next(), typed.next()) else {
        return Value::Null;
    };
    match (kind.as_str(), value) {
        ("S" | "B", value @ Value::String(_)) | ("BOOL", value @ Value::Bool(_)) => value,
        ("SS" | "BS", value @ Value::Array(_)) => value,
        ("N", Value::String(digits)) => number(&digits),
        ("NS", Value::Array(all)) => all
            .iter()
            .map(|digits| number(digits.as_str().unwrap_or_default()))
            .collect(),
        ("L", Value::Array(all)) => all.into_iter().map(plain).collect(),
        ("M", Value::Object(all)) => plain_row(all),
        _ => Value::Null,
    }
}

/// Whole numbers exactly, others as near as a float gets.
fn number(digits: &str) -> Value {
    if let Ok(whole) = digits.parse::<i64>() {
        return whole.into();
    }
    if let Ok(whole) = digits.parse::<u64>() {
        return whole.into();
    }
    digits
        .parse()
        .ok()
        .and_then(Number::from_f64)
        .map_or(Value::Null, Value::Number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_reads_like_the_rows_that_were_written() {
        let event: StreamEvent = serde_json::from_value(json!({ "Records": [{
            "eventID": "1", "eventName": "MODIFY", "eventSource": "aws:dynamodb",
            "dynamodb": {
                "ApproximateCreationDateTime": 1_790_000_000.25,
                "Keys": { "order_id": { "S": "ord_1" } },
                "OldImage": { "order_id": { "S": "ord_1" } },
                "NewImage": {
                    "order_id": { "S": "ord_1" },
                    "version": { "N": "18446744073709551615" },
                    "at": { "N": "-7" }, "share": { "N": "0.5" },
                    "is_new": { "BOOL": true }, "nothing": { "NULL": true },
                    "lines": { "L": [{ "M": { "quantity": { "N": "2" } } }] },
                    "names": { "SS": ["a", "b"] }, "numbers": { "NS": ["1", "2"] },
                    "broken": "x", "strange": { "X": "y" },
                },
                "SequenceNumber": "111",
            },
        }] }))
        .unwrap();
        let changes: Vec<Value> = event.records.into_iter().map(plain_change).collect();
        assert_eq!(
            changes,
            [json!({
                "keys": { "order_id": "ord_1" },
                "before": { "order_id": "ord_1" },
                "after": {
                    "order_id": "ord_1", "version": u64::MAX, "at": -7, "share": 0.5, "is_new": true, "nothing": null,
                    "lines": [{ "quantity": 2 }], "names": ["a", "b"], "numbers": [1, 2],
                    "broken": null, "strange": null,
                },
                "at": 1_790_000_000_250_i64,
            })]
        );
    }

    #[test]
    fn a_row_that_was_made_or_removed_has_one_image() {
        let event: StreamEvent = serde_json::from_value(json!({ "Records": [{ "dynamodb": {
            "ApproximateCreationDateTime": 1, "Keys": {}, "NewImage": {},
        } }] }))
        .unwrap();
        let change = plain_change(event.records.into_iter().next().unwrap());
        assert_eq!(
            change,
            json!({ "keys": {}, "before": null, "after": {}, "at": 1000 })
        );
    }

    /// Every kind of attribute there is.
    fn row() -> Value {
        json!({
            "order_id": { "S": "ord_1" }, "version": { "N": "7" }, "share": { "N": "0.5" },
            "is_new": { "BOOL": true }, "nothing": { "NULL": true }, "bytes": { "B": "AAEC" },
            "lines": { "L": [{ "M": { "quantity": { "N": "2" } } }] },
            "names": { "SS": ["a", "b"] }, "numbers": { "NS": ["1", "2"] },
        })
    }

    proptest::proptest! {
        /// Whatever a stream brings: no batch, or changes with a place for each attribute and nothing that none of them said.
        #[test]
        fn of_a_damaged_batch_every_attribute_is_a_value_or_null(
            batch in damaged::json(json!({ "Records": [{ "dynamodb": {
                "ApproximateCreationDateTime": 1_790_000_000.25, "Keys": { "order_id": { "S": "ord_1" } },
                "OldImage": row(), "NewImage": row(),
            } }] })),
        ) {
            let images = batch["Records"].clone();
            let Ok(event) = serde_json::from_value::<StreamEvent>(batch) else { return Ok(()) };
            for (number, record) in event.records.into_iter().enumerate() {
                let change = plain_change(record);
                proptest::prop_assert!(change["at"].is_i64());
                let image = &images[number]["dynamodb"];
                for (image, told) in [(&image["Keys"], &change["keys"]), (&image["OldImage"], &change["before"])] {
                    let names = |value: &Value| value.as_object().map(|all| all.keys().cloned().collect::<Vec<_>>());
                    proptest::prop_assert_eq!(names(image), names(told));
                    for (name, attribute) in image.as_object().into_iter().flatten() {
                        if row().get(name) == Some(attribute) {
                            proptest::prop_assert_eq!(told[name].is_null(), name == "nothing");
                        }
                    }
                }
            }
        }

        #[test]
        fn a_number_is_read_as_it_is_or_not_at_all(digits in damaged::text(["0", "-7", "18446744073709551615", "0.5", "1E+3"])) {
            let read = plain(json!({ "N": digits.clone() }));
            match digits.parse::<i128>() {
                Ok(whole) if i64::try_from(whole).is_ok() || u64::try_from(whole).is_ok() => {
                    proptest::prop_assert_eq!(read.to_string().parse::<i128>(), Ok(whole));
                }
                _ => proptest::prop_assert!(read.is_null() || read.as_f64().is_some_and(f64::is_finite)),
            }
        }
    }
}
