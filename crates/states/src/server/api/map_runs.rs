//! Operations on map runs.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::engine::{Counts, Engine, EngineError, MapRun, MapRunChange, MapRunId};
use crate::history::seconds;
use crate::server::operation::Operation;
use crate::server::service::Service;

use super::Answer;
use super::pages::Page;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OfMapRun {
    map_run_arn: String,
}

pub(super) fn describe(service: &Service, request: &OfMapRun) -> Answer {
    let now_ms = service.clock().now_ms;
    service.look(|engine| {
        let run = engine.map_run(&request.map_run_arn)?;
        let (executions, items) = engine.map_run_counts(run, now_ms);
        let mut described = listed(engine, run);
        if let Some(described) = described.as_object_mut() {
            described.remove("stateMachineArn");
        }
        described["status"] = run.status.name().into();
        described["maxConcurrency"] = run.settings.concurrency_max.into();
        described["toleratedFailureCount"] = run.settings.tolerance.count.unwrap_or(0).into();
        described["toleratedFailurePercentage"] = run.settings.tolerance.percentage.unwrap_or(0.0).into();
        described["executionCounts"] = counted(&executions);
        described["itemCounts"] = counted(&items);
        described["redriveCount"] = run.redrive_count.into();
        if let Some(redriven_ms) = run.redriven_ms {
            described["redriveDate"] = seconds(redriven_ms);
        }
        Ok(described)
    })
}

fn counted(counts: &Counts) -> Value {
    json!({
        "pending": counts.pending,
        "running": counts.running,
        "succeeded": counts.succeeded,
        "failed": counts.failed,
        "timedOut": counts.timed_out,
        "aborted": counts.aborted,
        "total": counts.total,
        "resultsWritten": counts.results_written,
        "failuresNotRedrivable": counts.failures_not_redrivable,
        "pendingRedrive": counts.pending_redrive,
    })
}

/// What lists say of a map run.
fn listed(engine: &Engine, run: &MapRun) -> Value {
    let mut listed = json!({
        "mapRunArn": &*run.arn,
        "startDate": seconds(run.started_ms),
    });
    if let Some((execution, machine_arn)) = engine.parent_of(run) {
        listed["executionArn"] = execution.identity().arn.as_str().into();
        listed["stateMachineArn"] = machine_arn.into();
    }
    if let Some(stopped_ms) = run.stopped_ms {
        listed["stopDate"] = seconds(stopped_ms);
    }
    listed
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct List {
    execution_arn: String,
}

pub(super) fn list(service: &Service, request: &List, page: &Page) -> Answer {
    let after = page.after_as(MapRunId::parse)?;
    service.look(|engine| {
        let runs = engine
            .map_runs(&request.execution_arn, after)?
            .map(|(place, run)| (place.to_text(), listed(engine, run)));
        Ok(page.answer("mapRuns", runs))
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Update {
    map_run_arn: String,
    max_concurrency: Option<u64>,
    tolerated_failure_count: Option<u64>,
    tolerated_failure_percentage: Option<f64>,
}

pub(super) async fn update(service: &Service, request: Update) -> Answer {
    let change = MapRunChange {
        concurrency_max: request.max_concurrency,
        tolerated_count: request.tolerated_failure_count,
        tolerated_percentage: request.tolerated_failure_percentage,
    };
    if change == MapRunChange::default() {
        let message = "maxConcurrency, toleratedFailureCount or toleratedFailurePercentage must be specified";
        return Err(EngineError::Missing(message.to_owned()).into());
    }
    let operation = Operation::UpdateMapRun {
        arn: request.map_run_arn,
        change,
    };
    service.perform(operation).await?;
    Ok(json!({}))
}
