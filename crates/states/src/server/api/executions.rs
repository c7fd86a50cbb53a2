//! Operations on executions.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::engine::{EngineError, ExecutionFilter, ExecutionId};
use crate::execution::{Execution, Status};
use crate::history::seconds;
use crate::server::operation::{Operation, Outcome};
use crate::server::service::Service;

use super::describe::{described, with_redrive};
use super::{Answer, Refused, page_size};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Start {
    state_machine_arn: String,
    name: Option<String>,
    input: Option<String>,
}

const NO_INPUT: &str = "{}";

pub(super) async fn start(service: &Service, request: Start) -> Answer {
    let input = request.input.unwrap_or_else(|| NO_INPUT.to_owned());
    let operation = Operation::Start {
        machine_arn: request.state_machine_arn,
        name: request.name,
        input,
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
    };
    let arn = service.perform_to_end(operation).await?;
    service.look(|engine| {
        let execution = engine.execution(&arn)?;
        let mut answer = described(execution);
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
}

pub(super) fn describe(service: &Service, request: OfExecution) -> Answer {
    service.look(|engine| {
        let execution = engine.execution(&request.execution_arn)?;
        Ok(with_redrive(described(execution), execution.status()))
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct List {
    state_machine_arn: Option<String>,
    status_filter: Option<String>,
    max_results: Option<u32>,
    next_token: Option<String>,
}

pub(super) fn list(service: &Service, request: &List) -> Answer {
    let size = page_size(request.max_results)?;
    let Some(machine_arn) = request.state_machine_arn.as_deref() else {
        return Err(
            EngineError::Validation("stateMachineArn is missing; map runs are not supported".into()).into(),
        );
    };
    let status = request.status_filter.as_deref().map(read_status).transpose()?;
    let before = match request.next_token.as_deref() {
        Some(token) => Some(ExecutionId::parse(token).ok_or(EngineError::InvalidToken)?),
        None => None,
    };
    service.look(|engine| {
        let filter = ExecutionFilter {
            machine_arn,
            status,
            before,
        };
        let mut rest = engine.executions(filter)?.peekable();
        let mut page = Vec::new();
        let mut last = None;
        while let Some((id, execution)) = rest.next_if(|_| page.len() < size) {
            page.push(listed(execution));
            last = Some(id);
        }
        let mut answer = json!({ "executions": page });
        if let (Some(_), Some(last)) = (rest.peek(), last) {
            answer["nextToken"] = last.to_text().into();
        }
        Ok(answer)
    })
}

fn listed(execution: &Execution) -> Value {
    let identity = execution.identity();
    let mut listed = json!({
        "executionArn": identity.arn,
        "stateMachineArn": identity.machine_arn,
        "name": identity.name,
        "status": execution.status().name(),
        "startDate": seconds(execution.started_ms()),
        "redriveCount": 0,
    });
    if let Some(ended) = execution.ended() {
        listed["stopDate"] = seconds(ended.at_ms);
    }
    listed
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
    .ok_or_else(|| EngineError::Validation(format!("{name:?} is not a status this server knows")))
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
        Outcome::StoppedAt(at_ms) => Ok(json!({ "stopDate": seconds(at_ms) })),
        _ => Err(Refused::Unavailable),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct History {
    execution_arn: String,
    max_results: Option<u32>,
    next_token: Option<String>,
    #[serde(default)]
    reverse_order: bool,
    include_execution_data: Option<bool>,
}

pub(super) fn history(service: &Service, request: &History) -> Answer {
    let size = page_size(request.max_results)?;
    let with_data = request.include_execution_data.unwrap_or(true);
    // The id of the last event that was shown: events that are added meanwhile do not shift the pages.
    let shown = match request.next_token.as_deref() {
        Some(token) => Some(token.parse::<u64>().map_err(|_| EngineError::InvalidToken)?),
        None => None,
    };
    service.look(|engine| {
        let events = engine.execution(&request.execution_arn)?.history();
        let is_left = |id: u64| match (shown, request.reverse_order) {
            (None, _) => true,
            (Some(shown), false) => id > shown,
            (Some(shown), true) => id < shown,
        };
        let left: Vec<_> = events.iter().filter(|event| is_left(event.id)).collect();
        let in_order: Box<dyn Iterator<Item = _>> = match request.reverse_order {
            false => Box::new(left.iter()),
            true => Box::new(left.iter().rev()),
        };
        let page: Vec<_> = in_order.take(size).collect();
        let mut answer =
            json!({ "events": page.iter().map(|event| event.to_json(with_data)).collect::<Vec<Value>>() });
        if page.len() < left.len()
            && let Some(last) = page.last()
        {
            answer["nextToken"] = last.id.to_string().into();
        }
        Ok(answer)
    })
}
