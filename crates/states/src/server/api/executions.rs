//! Operations on executions.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::engine::{EngineError, ExecutionFilter, PagePlace, check_described, only_standard};
use crate::execution::Status;
use crate::history::seconds;
use crate::server::operation::{Operation, Outcome};
use crate::server::service::Service;

use super::describe::{IncludedData, described, listed, with_redrive};
use super::pages::Page;
use super::{Answer, Refused};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Start {
    state_machine_arn: String,
    name: Option<String>,
    input: Option<String>,
    trace_header: Option<String>,
    #[serde(default)]
    included_data: IncludedData,
}

const NO_INPUT: &str = "{}";

pub(super) async fn start(service: &Service, request: Start) -> Answer {
    let input = request.input.unwrap_or_else(|| NO_INPUT.to_owned());
    let operation = Operation::Start {
        machine_arn: request.state_machine_arn,
        name: request.name,
        input,
        trace_header: request.trace_header,
    };
    match service.perform(operation).await? {
        Outcome::Started(started) => {
            Ok(json!({ "executionArn": started.arn, "startDate": seconds(started.at_ms) }))
        }
        _ => Err(Refused::Unavailable),
    }
}

pub(super) async fn start_sync(service: &Service, request: Start) -> Answer {
    let input = request.input.unwrap_or_else(|| NO_INPUT.to_owned());
    let operation = Operation::StartSync {
        machine_arn: request.state_machine_arn,
        name: request.name,
        input,
        trace_header: request.trace_header,
    };
    let arn = service.perform_to_end(operation).await?;
    service.look(|engine| {
        let execution = engine.execution(&arn)?;
        let mut answer = described(engine, execution, request.included_data)?;
        let took_ms = execution
            .ended()
            .map_or(0, |ended| ended.at_ms.saturating_sub(execution.started_ms()));
        // Billed by every 100 ms begun and by 64 MB of memory.
        answer["billingDetails"] = json!({
            "billedDurationInMilliseconds": took_ms.div_ceil(100).max(1) * 100,
            "billedMemoryUsedInMB": 64,
        });
        Ok(answer)
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OfExecution {
    execution_arn: String,
    #[serde(default)]
    included_data: IncludedData,
}

pub(super) fn describe(service: &Service, request: &OfExecution) -> Answer {
    check_described(&request.execution_arn)?;
    let now_ms = service.clock().now_ms;
    service.look(|engine| {
        let execution = engine.execution(&request.execution_arn)?;
        let described = described(engine, execution, request.included_data)?;
        Ok(with_redrive(engine, execution, described, now_ms)?)
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct List {
    state_machine_arn: Option<String>,
    map_run_arn: Option<String>,
    status_filter: Option<String>,
    redrive_filter: Option<String>,
}

pub(super) fn list(service: &Service, request: &List, page: &Page) -> Answer {
    let redriven = request
        .redrive_filter
        .as_deref()
        .map(|filter| filter == "REDRIVEN");
    let after = page.after_as(PagePlace::parse)?;
    let machine_arn = match (&request.state_machine_arn, &request.map_run_arn) {
        (Some(machine_arn), None) => machine_arn,
        (None, Some(map_run)) => {
            let status = request.status_filter.as_deref();
            return service.look(|engine| {
                let executions = engine.map_run_executions(map_run, status, redriven, after)?.map(
                    |(place, execution, items)| {
                        let mut item = listed(engine, execution);
                        item["itemCount"] = items.into();
                        (place.to_text(), item)
                    },
                );
                Ok(page.answer("executions", executions))
            });
        }
        _ => {
            let message = "Either stateMachineArn or mapRunArn must be specified, but not both";
            return Err(EngineError::Validation(message.to_owned()).into());
        }
    };
    let status = request.status_filter.as_deref().map(read_status).transpose()?;
    let filter = ExecutionFilter {
        machine_arn,
        status,
        redriven,
        after,
    };
    service.look(|engine| {
        let executions = engine
            .executions(filter)?
            .map(|(place, execution)| (place.to_text(), listed(engine, execution)));
        Ok(page.answer("executions", executions))
    })
}

fn read_status(name: &str) -> Result<Status, EngineError> {
    [
        Status::Running,
        Status::Succeeded,
        Status::Failed,
        Status::TimedOut,
        Status::Aborted,
    ]
    .into_iter()
    .find(|status| status.name() == name)
    .ok_or_else(|| {
        EngineError::Validation(format!(
            "The status filter {name} needs mapRunArn to be specified"
        ))
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Stop {
    execution_arn: String,
    error: Option<String>,
    cause: Option<String>,
}

pub(super) async fn stop(service: &Service, request: Stop) -> Answer {
    let operation = Operation::Stop {
        arn: request.execution_arn,
        error: request.error,
        cause: request.cause,
    };
    match service.perform(operation).await? {
        Outcome::At(at_ms) => Ok(json!({ "stopDate": seconds(at_ms) })),
        _ => Err(Refused::Unavailable),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Redrive {
    execution_arn: String,
    client_token: Option<String>,
}

pub(super) async fn redrive(service: &Service, request: Redrive) -> Answer {
    let operation = Operation::Redrive {
        arn: request.execution_arn,
        token: request.client_token,
    };
    match service.perform(operation).await? {
        Outcome::At(at_ms) => Ok(json!({ "redriveDate": seconds(at_ms) })),
        _ => Err(Refused::Unavailable),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct History {
    execution_arn: String,
    #[serde(default)]
    reverse_order: bool,
    include_execution_data: Option<bool>,
}

pub(super) fn history(service: &Service, request: &History, page: &Page) -> Answer {
    only_standard(&request.execution_arn)?;
    let with_data = request.include_execution_data.unwrap_or(true);
    // The id of the last event that was shown: events that are added meanwhile do not shift the pages.
    let shown = page.after_as(|id| id.parse::<u64>().ok())?;
    service.look(|engine| {
        let events = engine.execution(&request.execution_arn)?.history();
        // Ids count from 1 without a gap.
        let index = |id: u64| usize::try_from(id).unwrap_or(usize::MAX).min(events.len());
        let item = |event: &crate::history::HistoryEvent| -> (String, Value) {
            (event.id.to_string(), event.to_json(with_data))
        };
        Ok(match request.reverse_order {
            false => page.answer("events", events[shown.map_or(0, index)..].iter().map(item)),
            true => {
                let left = shown.map_or(events.len(), |id| index(id.saturating_sub(1)));
                page.answer("events", events[..left].iter().rev().map(item))
            }
        })
    })
}

/// An execution of any kind with all its events; what DescribeExecution and GetExecutionHistory say of Standard ones.
///
/// # Errors
///
/// [`EngineError::InvalidArn`] or [`EngineError::ExecutionDoesNotExist`].
pub(in crate::server) fn seen(service: &Service, arn: &str) -> Result<Value, EngineError> {
    let now_ms = service.clock().now_ms;
    service.look(|engine| {
        let execution = engine.execution(arn)?;
        let described = described(engine, execution, IncludedData::AllData)?;
        let events = execution.history().iter().map(|event| event.to_json(true));
        Ok(json!({
            "execution": with_redrive(engine, execution, described, now_ms)?,
            "events": events.collect::<Vec<_>>(),
        }))
    })
}
