//! A step of a state machine: JSON in, JSON out, faults as named errors.

use crate::log;
use crate::start::StartError;
use domain::Fault;
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

type Answering = Pin<Box<dyn Future<Output = Result<Value, Fault>> + Send>>;
type Handler = Arc<dyn Fn(Value) -> Answering + Send + Sync>;

/// A fault as the Lambda runtime reports it: `errorType` is the name that Step Functions matches in
/// `ErrorEquals`, `errorMessage` carries the refusal as JSON so that a caller can read its fields.
#[derive(Debug)]
struct Failure(Fault);

impl From<Failure> for Diagnostic {
    fn from(Failure(fault): Failure) -> Self {
        let error_message = match &fault {
            Fault::Refused(refusal) => serde_json::to_string(refusal).unwrap_or_else(|_| refusal.to_string()),
            other => other.to_string(),
        };
        Self {
            error_type: fault.name().to_owned(),
            error_message,
        }
    }
}

/// Serves a step until the environment is shut down.
///
/// # Errors
/// [`StartError::Loop`] when the runtime loop ends.
pub async fn run_step<I, O, F>(
    step: &'static str,
    handle: impl Fn(I) -> F + Send + Sync + 'static,
) -> Result<(), StartError>
where
    I: DeserializeOwned + Send + 'static,
    O: Serialize,
    F: Future<Output = Result<O, Fault>> + Send + 'static,
{
    let handle = Arc::new(handle);
    serve(
        step,
        Arc::new(move |payload| {
            let handle = Arc::clone(&handle);
            Box::pin(async move {
                let input = parse(payload)?;
                serde_json::to_value(handle(input).await?)
                    .map_err(|error| Fault::Defect(format!("the answer is not JSON: {error}")))
            })
        }),
    )
    .await
}

/// Reads a step's input. A definition that sends something else is a defect, not the buyer's fault.
pub(crate) fn parse<I: DeserializeOwned>(payload: Value) -> Result<I, Fault> {
    serde_json::from_value(payload)
        .map_err(|error| Fault::Defect(format!("the input is not what the step reads: {error}")))
}

async fn serve(step: &'static str, handler: Handler) -> Result<(), StartError> {
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Value>| {
        let handler = Arc::clone(&handler);
        async move {
            let began = Instant::now();
            let order_id = event
                .payload
                .get("order_id")
                .and_then(Value::as_str)
                .map(str::to_owned);
            let outcome = handler(event.payload).await;
            let ids = log::Ids {
                order: order_id.as_deref(),
                request: None,
            };
            log::step(step, ids, began, outcome.as_ref().err());
            outcome.map_err(Failure)
        }
    }))
    .await
    .map_err(|error| StartError::Loop(error.to_string()))
}
