//! Executions of all machines, newest first, and looking for some among them.

pub(crate) mod counts;
mod listed;
mod merge;
mod wanted;

use crate::Viewer;
use crate::arn::execution_of;
use crate::ask::{AT_ONCE, Asker, all};
use crate::cursor;
use crate::failed_state::failed_state;
use crate::problem::{Reply, is_missing};
use aws::{AccountError, Api};
use axum::Json;
use axum::extract::State;
use contract::Query;
use contract::problem::ProblemBody;
use listed::AccountLists;
pub(crate) use merge::micros;
use merge::{Merge, Place, moment};
use serde::Serialize;
use serde_json::{Value, json};
use std::cmp::Reverse;
use utoipa::ToSchema;
use wanted::{Wanted, ended_badly};

/// Questions of one request.
const CALLS: usize = 150;
/// Questions about one execution that ended badly.
const CALLS_EACH: usize = 2;
/// Executions that one request looks at.
const LOOKED_AT_MAX: usize = 2_000;
/// Machines whose executions of a name are asked for directly.
const PROBES_MAX: usize = 40;
/// AWS's longest name of an execution.
const NAME_MAX: usize = 80;
/// How much of a cause a list shows, characters.
const CAUSE_MAX: usize = 500;

/// A page of executions.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Executions)]
pub struct ExecutionsBody {
    /// ListExecutions' items; of those that ended badly also `error`, `cause` (its beginning) and `failedState`.
    #[schema(value_type = Vec<Object>)]
    pub executions: Vec<Value>,
    /// How many this request looked at.
    pub looked_at: usize,
    /// Where to go on, if there are more; a page that looks for something may be empty and go on.
    pub next_cursor: Option<String>,
    /// What could not be looked at, in words.
    pub notes: Vec<String>,
}

/// Which executions are there?
///
/// Newest first: by when it ended or, if it runs, began. AWS lists by machine and status alone, so whatever else is asked for
/// is looked for: a request looks at a bounded number and then answers with what it found and a cursor. An execution whose
/// whole name is given comes first and at once.
#[utoipa::path(
    get, path = "/api/ops/executions", tag = "viewer",
    params(
        ("machine" = Option<Vec<String>>, Query, description = "Machines, by ARN or name; all Standard ones without."),
        ("status" = Option<Vec<String>>, Query, description = "Any of RUNNING, SUCCEEDED, FAILED, TIMED_OUT, ABORTED, PENDING_REDRIVE."),
        ("name" = Option<String>, Query, description = "Part of the name, such as an order's id."),
        ("error" = Option<String>, Query, description = "Part of the error or its cause."),
        ("state" = Option<String>, Query, description = "The state that failed."),
        ("from" = Option<i64>, Query, description = "Started then or later, milliseconds since 1970."),
        ("to" = Option<i64>, Query, description = "Started before then, milliseconds since 1970."),
        ("mapRun" = Option<String>, Query, description = "Instead of machines: children of this map run, by its ARN."),
        ("limit" = Option<u16>, Query, description = "At most so many, 1 to 100; 25 without."),
        ("cursor" = Option<String>, Query, description = "Where to go on, from the page before."),
    ),
    responses(
        (status = 200, body = ExecutionsBody, description = "A page of them."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    ),
    security(("session" = []), ("bearer" = []))
)]
pub(crate) async fn list_executions(
    State(viewer): State<Viewer>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Reply<Json<ExecutionsBody>> {
    let wanted = Wanted::read(pairs)?;
    let place: Option<Place> = cursor::read(wanted.cursor.as_deref())?;
    let asker = Asker::new(&viewer.account, CALLS);
    let lists = AccountLists::find(&viewer.account, &asker, &wanted).await?;

    let probed = probes(&wanted, &lists);
    let mut found = Vec::new();
    if place.is_none() {
        found = probe(&asker, &wanted, &probed).await?;
    }
    let mut looked_at = found.len();
    let mut merge = Merge::new(lists, place.unwrap_or_default(), wanted.from);
    while found.len() < wanted.limit && looked_at < LOOKED_AT_MAX && asker.may(AT_ONCE * CALLS_EACH) {
        // Whatever is taken is answered for, so never more than there is room for.
        let rows = merge.take((wanted.limit - found.len()).min(AT_ONCE)).await?;
        if rows.is_empty() {
            break;
        }
        looked_at += rows.len();
        let fitting = rows.into_iter().filter(|row| {
            let is_probed = probed.iter().any(|arn| row["executionArn"] == arn.as_str());
            wanted.fits(row) && !is_probed
        });
        found.extend(with_failures(&asker, &wanted, fitting.collect()).await?);
    }
    let next_cursor = if merge.has_ended() {
        None
    } else {
        cursor::write(&merge.place())
    };
    Ok(Json(ExecutionsBody {
        executions: found,
        looked_at,
        next_cursor,
        notes: merge.source().notes(),
    }))
}

/// Executions whose name may be the one that is looked for, whole. They are asked for by their ARN, and so the lists need not
/// be read to their ends to find them.
fn probes(wanted: &Wanted, lists: &AccountLists) -> Vec<String> {
    let is_name = |name: &&String| {
        let is_plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
        name.len() <= NAME_MAX && name.chars().all(is_plain)
    };
    let machines = lists.machines();
    match wanted.name.as_ref().filter(is_name) {
        Some(name) if machines.len() <= PROBES_MAX => {
            let arns = machines.iter().filter_map(|machine| execution_of(machine, name));
            arns.collect()
        }
        _ => Vec::new(),
    }
}

async fn probe(asker: &Asker, wanted: &Wanted, arns: &[String]) -> Result<Vec<Value>, AccountError> {
    let inputs: Vec<Value> = arns.iter().map(|arn| json!({ "executionArn": arn })).collect();
    let describing = inputs.into_iter().map(|input| {
        let asker = asker.clone();
        async move { asker.ask(Api::States, "DescribeExecution", input).await }
    });
    let mut rows = Vec::new();
    for described in all(describing).await.into_iter().flatten() {
        match described {
            Ok(described) => rows.push(as_listed(&described)),
            // Not an execution of this machine, or not one that may be read.
            Err(error) if error.code().is_some() && !error.is_busy() => {}
            Err(error) => return Err(error),
        }
    }
    rows.retain(|row| wanted.fits(row));
    rows.sort_by_key(|row| Reverse(moment(row)));
    with_failures(asker, wanted, rows).await
}

/// What ListExecutions would say of it.
fn as_listed(described: &Value) -> Value {
    const LISTED: [&str; 10] = [
        "executionArn",
        "stateMachineArn",
        "name",
        "status",
        "startDate",
        "stopDate",
        "redriveCount",
        "redriveDate",
        "stateMachineVersionArn",
        "stateMachineAliasArn",
    ];
    let members = LISTED
        .iter()
        .filter_map(|&name| Some((name.to_owned(), described.get(name)?.clone())));
    Value::Object(members.collect())
}

/// Adds to those that ended badly why and where, and keeps those that fit still.
async fn with_failures(asker: &Asker, wanted: &Wanted, rows: Vec<Value>) -> Result<Vec<Value>, AccountError> {
    let telling = rows.into_iter().map(|row| {
        let asker = asker.clone();
        async move {
            if ended_badly(&row) {
                with_failure(&asker, row).await
            } else {
                Ok(row)
            }
        }
    });
    let mut told = Vec::new();
    for row in all(telling).await.into_iter().flatten() {
        told.push(row?);
    }
    told.retain(|row| wanted.fits_failure(row));
    Ok(told)
}

async fn with_failure(asker: &Asker, mut row: Value) -> Result<Value, AccountError> {
    let arn = row["executionArn"].as_str().unwrap_or_default().to_owned();
    let input = json!({ "executionArn": arn });
    match asker.ask(Api::States, "DescribeExecution", input).await {
        Ok(described) => {
            for name in ["error", "cause"] {
                if let Some(text) = described[name].as_str() {
                    row[name] = text.chars().take(CAUSE_MAX).collect::<String>().into();
                }
            }
        }
        // Gone since it was listed.
        Err(error) if error.code().is_some_and(is_missing) => return Ok(row),
        Err(error) => return Err(error),
    }
    if let Some(state) = failed_state(asker, &arn).await {
        row["failedState"] = state.into();
    }
    Ok(row)
}
