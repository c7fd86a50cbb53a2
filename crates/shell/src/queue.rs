//! A consumer of a queue: each message by itself, failures reported one by one.
//!
//! A message that fails alone is returned to the queue alone and parked in the dead-letter queue after its
//! tries; a batch that is no batch fails whole.

use crate::log;
use crate::start::StartError;
use crate::step::parse;
use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent};
use domain::Fault;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

type Working = Pin<Box<dyn Future<Output = Result<(), Fault>> + Send>>;
type Handler = Arc<dyn Fn(Value) -> Working + Send + Sync>;

/// Serves a queue until the environment is shut down.
///
/// # Errors
/// [`StartError::Loop`] when the runtime loop ends.
pub async fn run_queue<I, F>(
    step: &'static str,
    handle: impl Fn(I) -> F + Send + Sync + 'static,
) -> Result<(), StartError>
where
    I: DeserializeOwned + Send + 'static,
    F: Future<Output = Result<(), Fault>> + Send + 'static,
{
    let handle = Arc::new(handle);
    serve(
        step,
        Arc::new(move |message| {
            let handle = Arc::clone(&handle);
            Box::pin(async move { handle(parse(message)?).await })
        }),
    )
    .await
}

async fn serve(step: &'static str, handler: Handler) -> Result<(), StartError> {
    lambda_runtime::run(service_fn(move |event: LambdaEvent<SqsEvent>| {
        let handler = Arc::clone(&handler);
        async move { Ok::<_, Error>(work_off(step, &handler, event.payload).await) }
    }))
    .await
    .map_err(|error| StartError::Loop(error.to_string()))
}

/// Works on every message, one after the other, and names those that failed.
async fn work_off(step: &'static str, handler: &Handler, batch: SqsEvent) -> SqsBatchResponse {
    let mut response = SqsBatchResponse::default();
    for message in batch.records {
        let began = Instant::now();
        let body = message.body.as_deref().unwrap_or_default();
        let (order_id, outcome) = match serde_json::from_str::<Value>(body) {
            Ok(value) => {
                let order_id = value.get("order_id").and_then(Value::as_str).map(str::to_owned);
                (order_id, handler(value).await)
            }
            Err(error) => (
                None,
                Err(Fault::Defect(format!("the message is not JSON: {error}"))),
            ),
        };
        let ids = log::Ids {
            order: order_id.as_deref(),
            request: None,
        };
        log::step(step, ids, began, outcome.as_ref().err());
        if outcome.is_err() {
            let mut failure = BatchItemFailure::default();
            failure.item_identifier = message.message_id.unwrap_or_default();
            response.batch_item_failures.push(failure);
        }
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lambda_events::sqs::SqsMessage;
    use proptest::strategy::Strategy;

    fn message(id: &str, body: &str) -> SqsMessage {
        let mut message = SqsMessage::default();
        message.message_id = Some(id.to_owned());
        message.body = Some(body.to_owned());
        message
    }

    #[tokio::test]
    async fn a_bad_message_fails_alone_and_the_others_are_worked_on() {
        let handler: Handler = Arc::new(|value: Value| {
            Box::pin(async move {
                if value.get("good").is_some() {
                    Ok(())
                } else {
                    Err(Fault::Transient("away".to_owned()))
                }
            })
        });
        let mut batch = SqsEvent::default();
        batch.records = vec![
            message("poison", "not json"),
            message("good", r#"{"good":true}"#),
            message("unlucky", r#"{"order_id":"ord_1"}"#),
        ];
        let response = work_off("test", &handler, batch).await;
        let failed: Vec<_> = response
            .batch_item_failures
            .iter()
            .map(|f| f.item_identifier.as_str())
            .collect();
        assert_eq!(failed, ["poison", "unlucky"]);
    }

    /// Whatever stands in a queue: what is a message is worked on, once; everything else comes back by its own id.
    #[test]
    fn of_any_batch_exactly_what_cannot_be_worked_on_comes_back() {
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Wanted {
            order_id: domain::OrderId,
            attempt: u32,
        }
        let real =
            serde_json::json!({ "order_id": domain::OrderId::from_random([7; 16]).as_str(), "attempt": 1 });
        let bodies = proptest::collection::vec(
            proptest::prop_oneof![
                damaged::json(real.clone()).prop_map(|value| value.to_string()),
                damaged::text([real.to_string()]),
            ],
            0..8,
        );
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let handler: Handler = Arc::new(|value: Value| {
            Box::pin(async move {
                let Wanted { order_id, attempt } = parse(value)?;
                assert!(order_id.as_str().len() == 30 && u64::from(attempt) <= u64::from(u32::MAX));
                Ok(())
            })
        });
        let mut runner = proptest::test_runner::TestRunner::default();
        let checked = runner.run(&bodies, |bodies| {
            let mut batch = SqsEvent::default();
            batch.records = bodies
                .iter()
                .enumerate()
                .map(|(id, body)| message(&id.to_string(), body))
                .collect();
            let response = runtime.block_on(work_off("test", &handler, batch));
            let failed: Vec<String> = response
                .batch_item_failures
                .into_iter()
                .map(|failure| failure.item_identifier)
                .collect();
            let wrong = |body: &String| serde_json::from_str::<Wanted>(body).is_err();
            let expected: Vec<String> = bodies
                .iter()
                .enumerate()
                .filter(|(_, body)| wrong(body))
                .map(|(id, _)| id.to_string())
                .collect();
            proptest::prop_assert_eq!(failed, expected);
            Ok(())
        });
        checked.unwrap();
    }
}
