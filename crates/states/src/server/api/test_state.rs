//! Testing one state.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::engine::EngineError;
use crate::server::service::Service;
use crate::test_state::{Mock, Report, Run, StateTest, Strictness, TEST_MS_MAX};

use super::Answer;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TestState {
    definition: String,
    state_name: Option<String>,
    role_arn: Option<String>,
    input: Option<String>,
    variables: Option<String>,
    context: Option<String>,
    inspection_level: Option<String>,
    #[serde(default)]
    reveal_secrets: bool,
    mock: Option<MockInput>,
    #[serde(default)]
    state_configuration: Configuration,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MockInput {
    result: Option<String>,
    error_output: Option<MockError>,
    field_validation_mode: Option<String>,
}

#[derive(Deserialize)]
struct MockError {
    error: Option<String>,
    cause: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Configuration {
    #[serde(default)]
    retrier_retry_count: u64,
    error_caused_by_state: Option<String>,
    map_iteration_failure_count: Option<u64>,
    map_item_reader_data: Option<String>,
}

pub(super) async fn test_state(service: &Service, request: TestState) -> Answer {
    let inspected = request
        .inspection_level
        .as_deref()
        .is_some_and(|level| level != "INFO");
    let test = read_test(request)?;
    let place = service.look(|engine| engine.place().clone());
    let now_ms = service.clock().now_ms;
    // Nothing of it is kept, so nothing depends on the seed but the names it makes up.
    let mut run = test.begin(&place, now_ms, now_ms)?;
    // What has not answered by then has timed out, as the report says of a state that was not left.
    let limit = Duration::from_millis(TEST_MS_MAX);
    let _in_time = tokio::time::timeout(limit, perform(service, &mut run))
        .await
        .is_ok();
    Ok(shown(&run.report(), inspected))
}

async fn perform(service: &Service, run: &mut Run) {
    while let Some(call) = run.next_call() {
        let reply = service.reply(&call).await;
        run.complete(call.id, reply, service.clock().now_ms);
    }
}

fn read_test(request: TestState) -> Result<StateTest, EngineError> {
    let refuse = |message: &str| Err(EngineError::Validation(message.to_owned()));
    let configuration = request.state_configuration;
    let mock = match request.mock {
        None => None,
        Some(_) if request.reveal_secrets => {
            return refuse("TestState does not support RevealSecrets when a mock is specified.");
        }
        Some(MockInput {
            result: Some(result),
            error_output: None,
            field_validation_mode: mode,
        }) => Some(Mock::Result(
            result,
            match mode.as_deref() {
                Some("PRESENT") => Strictness::Present,
                Some("NONE") => Strictness::None,
                None | Some("STRICT") => Strictness::Strict,
                Some(_) => return refuse("fieldValidationMode must be STRICT, PRESENT or NONE"),
            },
        )),
        Some(MockInput {
            result: None,
            error_output: Some(output),
            ..
        }) => match output.error {
            Some(error) => Some(Mock::Error(error, output.cause.unwrap_or_default())),
            None => return refuse("The field error is required if mock.errorOutput is specified."),
        },
        Some(_) => {
            return refuse(
                "A test mock should have only one of the following fields: [result, errorOutput].",
            );
        }
    };
    Ok(StateTest {
        definition: request.definition,
        state_name: request.state_name,
        input: request.input,
        variables: request.variables,
        context: request.context,
        role_arn: request.role_arn,
        mock,
        retries: configuration.retrier_retry_count,
        error_caused_by: configuration.error_caused_by_state,
        failed_iterations: configuration.map_iteration_failure_count,
        reader_data: configuration.map_item_reader_data,
    })
}

fn shown(report: &Report, inspected: bool) -> Value {
    let mut shown = json!({ "status": report.outcome.name() });
    let failure = report.failure.as_ref();
    let texts = [
        ("output", report.output.as_deref()),
        ("error", failure.and_then(|failure| failure.error.as_deref())),
        ("cause", failure.and_then(|failure| failure.cause.as_deref())),
        ("nextState", report.next_state.as_deref()),
    ];
    put(&mut shown, texts);
    if inspected {
        shown["inspectionData"] = inspection(report);
    }
    shown
}

fn inspection(report: &Report) -> Value {
    let mut data = json!({ "input": report.input });
    let result = report.result.as_ref().map(Value::to_string);
    let list = |values: &Option<Vec<Value>>| values.as_ref().map(|values| json!(values).to_string());
    let (selected, batches) = (list(&report.selected), list(&report.batches));
    let variables = (!report.variables.is_empty()).then(|| Value::from(report.variables.clone()).to_string());
    put(
        &mut data,
        [
            ("afterArguments", report.arguments.as_deref()),
            ("result", result.as_deref()),
            ("afterItemSelector", selected.as_deref()),
            ("afterItemBatcher", batches.as_deref()),
            ("variables", variables.as_deref()),
        ],
    );
    for (name, value) in &report.shaped {
        data[*name] = value.to_string().into();
    }
    if let Some(max) = report.concurrency_max {
        data["maxConcurrency"] = max.into();
    }
    if let Some(count) = report.tolerated_count {
        data["toleratedFailureCount"] = count.into();
    }
    if let Some(percentage) = report.tolerated_percentage {
        data["toleratedFailurePercentage"] = percentage.into();
    }
    if let Some((index, delay_s)) = report.retry {
        data["errorDetails"] = json!({ "retryIndex": index, "retryBackoffIntervalSeconds": delay_s });
    } else if let Some(index) = report.catch {
        data["errorDetails"] = json!({ "catchIndex": index });
    }
    data
}

fn put<const COUNT: usize>(shown: &mut Value, texts: [(&str, Option<&str>); COUNT]) {
    for (name, text) in texts {
        if let Some(text) = text {
            shown[name] = text.into();
        }
    }
}
