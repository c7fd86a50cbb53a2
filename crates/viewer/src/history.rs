//! What an execution did, event by event.

pub(crate) mod express;

use crate::Viewer;
use crate::arn::{checked, is_express};
use crate::ask::Asker;
use crate::cursor;
use crate::problem::Reply;
use aws::{AccountError, Api};
use axum::Json;
use axum::extract::State;
use contract::Query;
use contract::input::number_seen;
use contract::problem::ProblemBody;
use express::Recorded;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

/// Questions of one request. A history has 25,000 events at most, which is 25 pages.
const CALLS: usize = 30;
/// As many events as AWS tells at once.
const EVENTS: usize = 1_000;
/// How much of them is sent in one answer, bytes: a function's answer may have 6 MB.
const BYTES_MAX: usize = 4_000_000;

/// Which events.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhichEvents {
    /// The execution's ARN, percent-encoded.
    arn: String,
    /// Where to go on, from the page before.
    cursor: Option<String>,
    /// Only events whose id is greater: what is new since then.
    #[param(maximum = 9_007_199_254_740_991_u64)]
    after: Option<u64>,
}

/// Events in their order.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = History)]
pub struct HistoryBody {
    /// GetExecutionHistory's events, up to 1,000.
    #[schema(value_type = Vec<Object>)]
    pub events: Vec<Value>,
    /// Where to go on, if there are more.
    pub next_cursor: Option<String>,
    /// Where they are from: `engine`, or `logs`, the machine's log group.
    pub source: &'static str,
    /// What they do not tell, in words.
    pub gaps: Vec<String>,
}

/// Where a history goes on: the page, and the last event of it that was sent.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Place {
    token: Option<String>,
    after: u64,
}

/// What did it do?
///
/// An Express execution on AWS is told by the log group of its machine, as events of the same shape.
#[utoipa::path(
    get, path = "/api/ops/execution/history", tag = "viewer", params(WhichEvents),
    responses(
        (status = 200, body = HistoryBody, description = "A page of events."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    ),
    security(("session" = []), ("bearer" = []))
)]
pub(crate) async fn read_history(
    State(viewer): State<Viewer>,
    Query(which): Query<WhichEvents>,
) -> Reply<Json<HistoryBody>> {
    let arn = checked(&which.arn)?;
    number_seen(which.after)?;
    let asker = Asker::new(&viewer.account, CALLS);
    // A cursor of the logs is their own token.
    if let Some(token) = which
        .cursor
        .as_deref()
        .and_then(|cursor| cursor.strip_prefix("logs."))
    {
        return from_logs(&asker, arn, Some(token), which.after).await;
    }
    let place: Option<Place> = cursor::read(which.cursor.as_deref())?;
    let told = match (place, which.after) {
        (Some(place), _) => events_from(&asker, arn, place).await,
        (None, None) => events_from(&asker, arn, Place::default()).await,
        (None, Some(after)) => events_after(&asker, arn, after).await,
    };
    match told {
        Ok((events, next)) => Ok(Json(HistoryBody {
            events,
            next_cursor: next.as_ref().and_then(cursor::write),
            source: "engine",
            gaps: Vec::new(),
        })),
        Err(error) if is_express(arn) && error.code().is_some() && !error.is_busy() => {
            from_logs(&asker, arn, None, which.after).await
        }
        Err(error) => Err(error.into()),
    }
}

/// A page as AWS has it, and its token for the next.
async fn page(
    asker: &Asker,
    arn: &str,
    token: Option<&str>,
    is_reverse: bool,
) -> Result<(Vec<Value>, Option<String>), AccountError> {
    let mut input = json!({ "executionArn": arn, "maxResults": EVENTS, "reverseOrder": is_reverse });
    if let Some(token) = token {
        input["nextToken"] = token.into();
    }
    let mut answer = asker.ask(Api::States, "GetExecutionHistory", input).await?;
    let next = answer["nextToken"].as_str().map(str::to_owned);
    let events = match answer["events"].take() {
        Value::Array(events) => events,
        _ => Vec::new(),
    };
    Ok((events, next))
}

fn id(event: &Value) -> u64 {
    event["id"].as_u64().unwrap_or_default()
}

/// Events from a place on, in their order.
async fn events_from(
    asker: &Asker,
    arn: &str,
    mut place: Place,
) -> Result<(Vec<Value>, Option<Place>), AccountError> {
    loop {
        let (events, next) = page(asker, arn, place.token.as_deref(), false).await?;
        let mut room = BYTES_MAX;
        let mut sent = Vec::new();
        for event in events.into_iter().filter(|event| id(event) > place.after) {
            let size = event.to_string().len();
            if size > room && !sent.is_empty() {
                // The rest of this page comes with the next request.
                place.after = sent.last().map_or(place.after, id);
                return Ok((sent, Some(place)));
            }
            room = room.saturating_sub(size);
            sent.push(event);
        }
        place.after = sent.last().map_or(place.after, id);
        place.token = next;
        if place.token.is_none() {
            return Ok((sent, None));
        }
        if !sent.is_empty() || !asker.may(1) {
            return Ok((sent, Some(place)));
        }
    }
}

/// What came after an event: mostly a few, and then one question from the end is enough.
async fn events_after(
    asker: &Asker,
    arn: &str,
    after: u64,
) -> Result<(Vec<Value>, Option<Place>), AccountError> {
    let (mut newest, _) = page(asker, arn, None, true).await?;
    newest.reverse();
    let size: usize = newest
        .iter()
        .filter(|event| id(event) > after)
        .map(|event| event.to_string().len())
        .sum();
    let reaches_back = newest
        .first()
        .is_none_or(|event| id(event) <= after.saturating_add(1));
    if reaches_back && size <= BYTES_MAX {
        newest.retain(|event| id(event) > after);
        return Ok((newest, None));
    }
    let place = Place { token: None, after };
    events_from(asker, arn, place).await
}

async fn from_logs(
    asker: &Asker,
    arn: &str,
    token: Option<&str>,
    after: Option<u64>,
) -> Reply<Json<HistoryBody>> {
    let recorded = Recorded::of(asker, arn).await?;
    let mut page = recorded.page(asker, arn, token).await?;
    page.events
        .retain(|event| after.is_none_or(|after| id(event) > after));
    Ok(Json(HistoryBody {
        events: page.events,
        next_cursor: page.next.map(|token| format!("logs.{token}")),
        source: "logs",
        gaps: page.gaps,
    }))
}
