//! One execution, with the definition that it runs.

use crate::Viewer;
use crate::arn::{checked, is_express, machine_of};
use crate::ask::Asker;
use crate::history::express::Recorded;
use crate::machines::Which;
use crate::problem::{Reply, missing};
use aws::{AccountError, Api};
use axum::Json;
use axum::extract::State;
use contract::Query;
use contract::problem::ProblemBody;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

/// Questions of one request, most of them for a log group.
const CALLS: usize = 25;
/// Map runs that are shown.
const MAP_RUNS: u32 = 100;

/// One execution.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Execution)]
pub struct ExecutionBody {
    /// DescribeExecution's answer, or as much of it as the log group tells.
    #[schema(value_type = Object)]
    pub execution: Value,
    /// DescribeStateMachineForExecution's answer: the definition that it runs, which need not be the machine's newest. Of an
    /// Express execution on AWS the machine's own. Null where that may not be read.
    #[schema(value_type = Option<Object>)]
    pub machine: Option<Value>,
    /// ListMapRuns' items.
    #[schema(value_type = Vec<Object>)]
    pub map_runs: Vec<Value>,
    /// Where `execution` is from: `engine` or `logs`.
    pub source: &'static str,
}

/// What is this execution?
///
/// Step Functions on AWS describes no Express executions; they are put together from the machine's log group, if it has one.
#[utoipa::path(
    get, path = "/api/ops/execution", tag = "viewer", params(Which),
    responses(
        (status = 200, body = ExecutionBody, description = "The execution."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    ),
    security(("session" = []), ("bearer" = []))
)]
pub(crate) async fn describe_execution(
    State(viewer): State<Viewer>,
    Query(which): Query<Which>,
) -> Reply<Json<ExecutionBody>> {
    let arn = checked(&which.arn)?;
    let asker = Asker::new(&viewer.account, CALLS);
    let of_execution = json!({ "executionArn": arn });
    let (described, machine) = tokio::join!(
        asker.ask(Api::States, "DescribeExecution", of_execution.clone()),
        asker.ask(Api::States, "DescribeStateMachineForExecution", of_execution),
    );
    match described {
        Ok(execution) => {
            let machine = machine.ok();
            let map_runs = map_runs(&asker, arn, machine.as_ref()).await?;
            Ok(Json(ExecutionBody {
                execution,
                machine,
                map_runs,
                source: "engine",
            }))
        }
        Err(error) if is_express(arn) && error.code().is_some() && !error.is_busy() => {
            from_logs(&asker, arn).await
        }
        Err(error) => Err(error.into()),
    }
}

/// The map runs of an execution. Without a distributed map there are none to be asked for.
async fn map_runs(asker: &Asker, arn: &str, machine: Option<&Value>) -> Result<Vec<Value>, AccountError> {
    let definition = machine.and_then(|machine| machine["definition"].as_str());
    if !definition.is_some_and(|text| text.contains("DISTRIBUTED")) {
        return Ok(Vec::new());
    }
    let input = json!({ "executionArn": arn, "maxResults": MAP_RUNS });
    let mut answer = asker.ask(Api::States, "ListMapRuns", input).await?;
    Ok(match answer["mapRuns"].take() {
        Value::Array(runs) => runs,
        _ => Vec::new(),
    })
}

async fn from_logs(asker: &Asker, arn: &str) -> Reply<Json<ExecutionBody>> {
    let recorded = Recorded::of(asker, arn).await?;
    let page = recorded.page(asker, arn, None).await?;
    let Some(first) = page.events.first() else {
        let why = page.gaps.join(" ");
        return Err(missing(
            "ExpressExecutionNotRecorded",
            format!(
                "Step Functions keeps no Express executions; what they did is in their machine's log group. {why}"
            ),
        ));
    };
    let started = (first["type"] == "ExecutionStarted").then_some(first);
    let last = page.events.last();
    let ended = last.filter(|event| {
        event["type"]
            .as_str()
            .is_some_and(|kind| kind.starts_with("Execution") && kind != "ExecutionStarted")
    });
    let status = match ended.and_then(|event| event["type"].as_str()) {
        Some("ExecutionSucceeded") => "SUCCEEDED",
        Some("ExecutionTimedOut") => "TIMED_OUT",
        Some("ExecutionAborted") => "ABORTED",
        Some(_) => "FAILED",
        None => "RUNNING",
    };
    let mut execution = json!({
        "executionArn": arn,
        "stateMachineArn": machine_of(arn),
        "name": arn.split(':').nth(7),
        "status": status,
        "startDate": first["timestamp"],
    });
    let mut put = |name: &str, value: Option<&Value>| {
        if let Some(value) = value {
            execution[name] = value.clone();
        }
    };
    put("stopDate", ended.and_then(|event| event.get("timestamp")));
    put(
        "input",
        started.and_then(|event| event["executionStartedEventDetails"].get("input")),
    );
    for name in ["output", "error", "cause"] {
        // The details stand under a name made of the event's own.
        let details = ended.and_then(|event| {
            let members = event.as_object()?;
            members.iter().find(|(key, _)| key.ends_with("EventDetails"))
        });
        put(name, details.and_then(|(_, details)| details.get(name)));
    }
    Ok(Json(ExecutionBody {
        execution,
        machine: Some(recorded.machine),
        map_runs: Vec::new(),
        source: "logs",
    }))
}
