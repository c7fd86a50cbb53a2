//! What the functions of an execution wrote.

mod functions;
mod invocations;

use crate::Viewer;
use crate::arn::{checked, is_express, machine_of};
use crate::ask::Asker;
use crate::cursor;
use crate::problem::{Reply, is_unreadable};
use aws::{AccountError, Api};
use axum::Json;
use axum::extract::State;
use contract::Query;
use contract::problem::ProblemBody;
use domain::Refusal;
use functions::functions_in;
use invocations::{Line, with_their_invocations};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

/// Questions of one request.
const CALLS: usize = 25;
/// Lines of one page.
const LINES: usize = 500;
/// Functions whose logs one request reads.
const FUNCTIONS_MAX: usize = 20;
/// A line carries its own clock's time, and some engines keep all lines at the moment the function ended.
const BEFORE_MS: i64 = 1_000;
const AFTER_MS: i64 = 3_000;

/// Which lines.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhichLines {
    /// The execution's ARN, percent-encoded.
    arn: String,
    /// A function, by name or ARN.
    function: Option<String>,
    /// Instead: a state, whose functions are found in the definition.
    state: Option<String>,
    /// Written then or later, milliseconds since 1970; the execution's start without.
    from: Option<i64>,
    /// Written until then, milliseconds since 1970.
    to: Option<i64>,
    /// Only invocations with a line that has this text, such as an order's id.
    text: Option<String>,
    /// Where to go on, from the page before.
    cursor: Option<String>,
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = LogLine)]
pub struct LineBody {
    /// When, milliseconds since 1970.
    pub at: i64,
    /// The function's name.
    pub function: String,
    /// The line as it was written.
    pub text: String,
    /// The invocation that wrote it, where the log tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// Lines in the order of time.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = LogLines)]
pub struct LinesBody {
    /// The lines.
    pub lines: Vec<LineBody>,
    /// Where to go on, if there are more.
    pub next_cursor: Option<String>,
    /// The log group they are from; of several functions the last that was read.
    pub log_group: Option<String>,
    /// Why there are none, in words.
    pub missing: Option<String>,
    /// What to know about them, in words.
    pub notes: Vec<String>,
}

/// Where lines go on: in which function's group, and from where in it.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Place {
    function: usize,
    token: Option<String>,
    /// So many milliseconds before the execution's time they are looked for. Chosen once: what one page chose holds for the next.
    earlier_ms: i64,
    /// Whether a page before had lines, so that no other time is tried.
    is_found: bool,
}

/// What one reading of several groups found.
#[derive(Debug, Default)]
struct Found {
    lines: Vec<LineBody>,
    /// Groups that are not there or cannot be read, with why.
    unread: Vec<String>,
    log_group: Option<String>,
}

/// What did its functions write?
///
/// One function by name, those of a state, or all that the definition names. Logs are kept by function and time, not by
/// execution: `text` narrows them to the invocations that mention it. Where the stack's clock was put ahead, lines are looked for at
/// the machine's time first, and at the execution's own if nothing was written then.
#[utoipa::path(
    get, path = "/api/ops/execution/logs", tag = "viewer", params(WhichLines),
    responses(
        (status = 200, body = LinesBody, description = "A page of lines."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    ),
    security(("session" = []), ("bearer" = []))
)]
pub(crate) async fn read_logs(
    State(viewer): State<Viewer>,
    Query(which): Query<WhichLines>,
) -> Reply<Json<LinesBody>> {
    let arn = checked(&which.arn)?;
    let asker = Asker::new(&viewer.account, CALLS);
    let ahead_ms = (viewer.ahead_ms)().max(0);
    let mut place = cursor::read(which.cursor.as_deref())?.unwrap_or_else(|| Place {
        earlier_ms: ahead_ms,
        ..Place::default()
    });
    let notes = notes(ahead_ms);
    let functions = match (&which.function, &which.state) {
        (Some(function), _) => vec![name_of(function)?],
        (None, state) => of_definition(&asker, arn, state.as_deref()).await?,
    };
    if functions.is_empty() {
        let of = match &which.state {
            Some(state) => format!("The state {state} names no function"),
            None => "The definition names no function".to_owned(),
        };
        return Ok(Json(LinesBody {
            lines: Vec::new(),
            next_cursor: None,
            log_group: None,
            missing: Some(format!(
                "{of}. If one works for it all the same, by a queue for instance, ask for it by its name."
            )),
            notes,
        }));
    }
    let from = match which.from {
        Some(from) => Some(from),
        None => start_of(&asker, arn).await,
    };
    let between = (from, which.to);
    let text = which.text.as_deref();
    let mut found = read_groups(&asker, &functions, between, text, &mut place).await?;
    let is_over = |place: &Place| place.function >= functions.len();
    // Nothing at all at the machine's time: it may have run before time was let pass.
    if !place.is_found && place.earlier_ms > 0 && is_over(&place) {
        place = Place::default();
        found = read_groups(&asker, &functions, between, text, &mut place).await?;
    }
    let Found {
        mut lines,
        unread,
        log_group,
    } = found;
    lines.sort_by_key(|line| line.at);
    let has_more = !is_over(&place);
    let missing = (lines.is_empty() && !has_more).then(|| {
        if unread.is_empty() {
            "No line was written in that time.".to_owned()
        } else {
            format!(
                "These log groups are not there or cannot be read: {}. A function that was never called has none.",
                unread.join(", ")
            )
        }
    });
    Ok(Json(LinesBody {
        lines,
        next_cursor: has_more.then(|| cursor::write(&place)).flatten(),
        log_group,
        missing,
        notes,
    }))
}

/// What to know of lines where the stack's clock is ahead of the machine's.
fn notes(ahead_ms: i64) -> Vec<String> {
    if ahead_ms == 0 {
        return Vec::new();
    }
    vec![format!(
        "Lines are dated by the machine's clock, which is {} s behind the one that executions go by; a state that ran between two passings of time may have lines that were not found.",
        ahead_ms.saturating_add(500) / 1_000
    )]
}

/// Reads the functions' groups from a place on, until a page is full or no more may be asked. Moves the place.
async fn read_groups(
    asker: &Asker,
    functions: &[String],
    (from, to): Between,
    text: Option<&str>,
    place: &mut Place,
) -> Reply<Found> {
    let between = (
        from.map(|at_ms| at_ms.saturating_sub(place.earlier_ms).saturating_sub(BEFORE_MS)),
        to.map(|at_ms| at_ms.saturating_sub(place.earlier_ms).saturating_add(AFTER_MS)),
    );
    let mut found = Found::default();
    while let Some(function) = functions.get(place.function) {
        // Groups need two questions where a text is looked for.
        if found.lines.len() >= LINES || !asker.may(2) {
            break;
        }
        let group = format!("/aws/lambda/{function}");
        match read_group(asker, &group, between, text, place.token.take()).await {
            Ok((lines, next)) => {
                found.lines.extend(lines.into_iter().map(|line| LineBody {
                    at: line.at_ms,
                    function: function.clone(),
                    text: line.text,
                    request_id: line.request_id,
                }));
                place.token = next;
            }
            Err(error) if error.code().is_some_and(is_unreadable) => {
                found.unread.push(format!("{group} ({error})"));
            }
            Err(error) => return Err(error.into()),
        }
        found.log_group = Some(group);
        if place.token.is_none() {
            place.function += 1;
        }
    }
    place.is_found |= !found.lines.is_empty();
    Ok(found)
}

/// The name in what may be an ARN, with a version after it.
fn name_of(function: &str) -> Result<String, Refusal> {
    let name = match function.split_once(":function:") {
        Some((_, name)) => name.split(':').next().unwrap_or(name),
        None => function,
    };
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    if !name.is_empty() && name.len() <= 140 && name.chars().all(is_name) {
        return Ok(name.to_owned());
    }
    Err(Refusal::invalid(
        "function",
        "must be the name or the ARN of a function",
    ))
}

/// The functions that the definition of an execution names.
async fn of_definition(asker: &Asker, arn: &str, state: Option<&str>) -> Reply<Vec<String>> {
    let input = json!({ "executionArn": arn });
    let told = asker
        .ask(Api::States, "DescribeStateMachineForExecution", input)
        .await;
    let machine = match (told, machine_of(arn)) {
        (Ok(machine), _) => machine,
        // Of an Express execution on AWS only the machine's own is known.
        (Err(_), Some(machine)) if is_express(arn) => {
            let input = json!({ "stateMachineArn": machine });
            asker.ask(Api::States, "DescribeStateMachine", input).await?
        }
        (Err(error), _) => return Err(error.into()),
    };
    let definition = machine["definition"].as_str().unwrap_or_default();
    let definition: Value = serde_json::from_str(definition).unwrap_or_default();
    let mut names: Vec<String> = functions_in(&definition, state)
        .iter()
        .filter_map(|function| name_of(function).ok())
        .collect();
    names.truncate(FUNCTIONS_MAX);
    Ok(names)
}

async fn start_of(asker: &Asker, arn: &str) -> Option<i64> {
    let input = json!({ "executionArn": arn, "includedData": "METADATA_ONLY" });
    let described = asker.ask(Api::States, "DescribeExecution", input).await.ok()?;
    let seconds = described["startDate"].as_f64()?;
    Some(crate::executions::micros(seconds) / 1_000)
}

type Between = (Option<i64>, Option<i64>);

/// A page of one group.
async fn read_group(
    asker: &Asker,
    group: &str,
    (from, to): Between,
    text: Option<&str>,
    token: Option<String>,
) -> Result<(Vec<Line>, Option<String>), AccountError> {
    let mut input = json!({ "logGroupName": group, "limit": LINES });
    let between = [("startTime", from), ("endTime", to)];
    for (name, at_ms) in between {
        if let Some(at_ms) = at_ms {
            input[name] = at_ms.max(0).into();
        }
    }
    let mut whole = input.clone();
    if let Some(text) = text.filter(|text| !text.is_empty()) {
        input["filterPattern"] = format!("\"{}\"", text.replace('"', "")).into();
    }
    if let Some(token) = token {
        input["nextToken"] = token.into();
    }
    let answer = asker.ask(Api::Logs, "FilterLogEvents", input).await?;
    let next = answer["nextToken"].as_str().map(str::to_owned);
    let hits = Line::all(&answer);
    let Some(text) = text.filter(|_| !hits.is_empty()) else {
        return Ok((hits, next));
    };
    // The lines around those that have the text, from the same streams: an invocation writes to one.
    let mut streams: Vec<&str> = hits.iter().map(|line| line.stream.as_str()).collect();
    streams.sort_unstable();
    streams.dedup();
    whole["logStreamNames"] = json!(streams);
    whole["limit"] = json!(LINES * 4);
    let around = asker.ask(Api::Logs, "FilterLogEvents", whole).await?;
    Ok((with_their_invocations(Line::all(&around), hits, text), next))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_known_by_name_or_arn() {
        for function in [
            "charge-payment",
            "arn:aws:lambda:eu-central-1:000000000000:function:charge-payment",
            "arn:aws:lambda:eu-central-1:000000000000:function:charge-payment:live",
        ] {
            assert_eq!(name_of(function).as_deref(), Ok("charge-payment"));
        }
        assert!(name_of("../x").is_err());
    }
}
