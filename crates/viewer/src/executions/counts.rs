//! How many executions there are in each status.

use crate::Viewer;
use crate::ask::Asker;
use crate::executions::listed::AccountLists;
use crate::executions::merge::{Lists, moment};
use crate::executions::wanted::Wanted;
use crate::problem::Reply;
use axum::Json;
use axum::extract::State;
use contract::Query;
use contract::problem::ProblemBody;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// As many rows as AWS lists at once.
const PAGE: u32 = 1_000;
/// Pages of all machines together.
const CALLS: usize = 30;

/// How many there are.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExecutionCounts)]
pub struct CountsBody {
    /// By status, e.g. `RUNNING`.
    pub counts: BTreeMap<String, u64>,
    /// Whether all of them were counted, or only the newest.
    pub is_whole: bool,
    /// What could not be counted, in words.
    pub notes: Vec<String>,
}

/// How many executions are in which status?
///
/// Of those that were started since `from`; there may be too many to count.
#[utoipa::path(
    get, path = "/api/ops/executions/counts", tag = "viewer",
    params(
        ("machine" = Option<Vec<String>>, Query, description = "Machines, by ARN or name; all Standard ones without."),
        ("name" = Option<String>, Query, description = "Part of the name, such as an order's id."),
        ("from" = Option<i64>, Query, description = "Started then or later, milliseconds since 1970."),
        ("to" = Option<i64>, Query, description = "Started before then, milliseconds since 1970."),
        ("mapRun" = Option<String>, Query, description = "Instead: children of this map run, by its ARN."),
    ),
    responses(
        (status = 200, body = CountsBody, description = "Counts by status."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    ),
    security(("session" = []), ("bearer" = []))
)]
pub(crate) async fn count_executions(
    State(viewer): State<Viewer>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Reply<Json<CountsBody>> {
    let wanted = Wanted::read(pairs)?;
    let asker = Asker::new(&viewer.account, CALLS);
    let lists = AccountLists::find(&viewer.account, &asker, &wanted)
        .await?
        .in_pages_of(PAGE);
    let mut counts = BTreeMap::new();
    let mut is_whole = true;
    for list in 0..lists.names().len() {
        let mut token = None;
        loop {
            if !lists.may_read(1) {
                is_whole = false;
                break;
            }
            let page = lists.page(list, token.take()).await?;
            let oldest = page.rows.last().map(moment);
            for row in &page.rows {
                if wanted.fits(row)
                    && let Some(status) = row["status"].as_str()
                {
                    *counts.entry(status.to_owned()).or_default() += 1;
                }
            }
            let is_past = oldest
                .zip(wanted.from)
                .is_some_and(|(oldest, from)| oldest < from);
            token = page.next.filter(|_| !is_past);
            if token.is_none() {
                break;
            }
        }
    }
    Ok(Json(CountsBody {
        counts,
        is_whole,
        notes: lists.notes(),
    }))
}
