//! Whether everything adds up: the latest report, or one made now.

use crate::OpsApi;
use axum::Json;
use axum::extract::State;
use contract::problem::ProblemBody;
use contract::{OperatorOnly, Query, Reply};
use domain::conservation::{Check, Difference, LookedAt, Report, check};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// How long a report that was asked for may take, seconds: a gateway gives up at 30.
const LIMIT_S: u32 = 20;

/// Which report.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhichReport {
    /// `true`: count everything now, and wait for it.
    fresh: Option<bool>,
}

/// One comparison.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ConservationCheck)]
pub struct CheckBody {
    /// Which rule: `numbers_have_no_gaps`, `movements_follow`, `on_hand_is_sum`, `held_is_sum`, `shifts_arrive`,
    /// `holds_are_alive`, `ends_are_claimed`, `tickets_have_their_order`, `holders_are_live`, `money_is_kept_or_refunded`.
    pub name: String,
    /// Where, e.g. `kitchen`.
    pub place: String,
    /// Of what; absent when it is about the whole place.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub item: String,
    /// What it must be: units, rows or minor units.
    pub expected: i64,
    /// What it is.
    pub found: i64,
    /// `found - expected`.
    pub difference: i64,
    /// Whether they are equal.
    pub is_green: bool,
}

impl From<&Check> for CheckBody {
    fn from(check: &Check) -> Self {
        Self {
            name: check.rule.as_str().to_owned(),
            place: check.place.clone(),
            item: check.item.clone(),
            expected: check.expected,
            found: check.found,
            difference: check.difference(),
            is_green: check.is_green(),
        }
    }
}

/// One thing that does not add up.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ConservationDifference)]
pub struct DifferenceBody {
    /// Which rule is broken.
    pub name: String,
    /// Where.
    pub place: String,
    /// Of what.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub item: String,
    /// The order, supply request or movement that it is about.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub cause: String,
    /// What must be, as a number or in words.
    pub expected: String,
    /// What is.
    pub found: String,
    /// `found - expected`, of numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference: Option<i64>,
}

impl From<&Difference> for DifferenceBody {
    fn from(difference: &Difference) -> Self {
        Self {
            name: difference.rule.as_str().to_owned(),
            place: difference.place.clone(),
            item: difference.item.clone(),
            cause: difference.cause.clone(),
            expected: difference.expected.clone(),
            found: difference.found.clone(),
            difference: difference.difference,
        }
    }
}

/// How many rows a report was made from.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ConservationLookedAt)]
pub struct LookedAtBody {
    /// Movements of ledgers.
    pub movements: u64,
    /// Orders.
    pub orders: u64,
    /// Tickets.
    pub tickets: u64,
    /// Supply requests.
    pub supplies: u64,
    /// Buyers with live holds, now or once.
    pub holders: u64,
    /// Shards of products.
    pub shards: u64,
    /// Rows of the ledger of money.
    pub money: u64,
}

impl From<LookedAt> for LookedAtBody {
    fn from(looked_at: LookedAt) -> Self {
        Self {
            movements: looked_at.movements,
            orders: looked_at.orders,
            tickets: looked_at.tickets,
            supplies: looked_at.supplies,
            holders: looked_at.holders,
            shards: looked_at.shards,
            money: looked_at.money,
        }
    }
}

/// Whether everything adds up.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Conservation)]
pub struct ConservationBody {
    /// When the run began.
    pub at: String,
    /// How long it took, milliseconds.
    pub took_ms: u64,
    /// Whether it does.
    pub is_green: bool,
    /// What it was made from.
    pub looked_at: LookedAtBody,
    /// Every comparison, the red ones first; a bounded list.
    pub checks: Vec<CheckBody>,
    /// Comparisons beyond that.
    pub checks_left_out: u64,
    /// What does not add up; a bounded list.
    pub differences: Vec<DifferenceBody>,
    /// Differences beyond that.
    pub differences_left_out: u64,
    /// What moved whenever it was looked at; the next run looks again.
    pub unsettled: u64,
}

impl From<&Report> for ConservationBody {
    fn from(report: &Report) -> Self {
        Self {
            at: report.at.to_rfc3339(),
            took_ms: report.took_ms,
            is_green: report.is_green,
            looked_at: report.looked_at.into(),
            checks: report.checks.iter().map(Into::into).collect(),
            checks_left_out: report.checks_left_out,
            differences: report.differences.iter().map(Into::into).collect(),
            differences_left_out: report.differences_left_out,
            unsettled: report.unsettled,
        }
    }
}

/// Does everything add up?
///
/// Sum of movements and balances, holds and those who hold, for every item and place, and money charged, kept and given
/// back; green, or the exact difference.
/// Made every five minutes; `?fresh=true` makes one now, or answers 503 when there is too much to count.
#[utoipa::path(
    get, path = "/api/ops/conservation", tag = "operations", params(WhichReport),
    responses(
        (status = 200, body = ConservationBody, description = "The report."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    ),
    security(("session" = []), ("bearer" = []))
)]
pub(crate) async fn show_conservation(
    State(function): State<OpsApi>,
    _: OperatorOnly,
    Query(which): Query<WhichReport>,
) -> Reply<Json<ConservationBody>> {
    if which.fresh != Some(true)
        && let Some(report) = function.reports.latest().await?
    {
        return Ok(Json((&report).into()));
    }
    // Of a new stack there is no report yet.
    let report = check(&function.sources, LIMIT_S).await?;
    function.reports.keep(&report).await?;
    Ok(Json((&report).into()))
}
