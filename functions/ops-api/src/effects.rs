//! What the steps of one execution wrote, and what was undone by what.

mod read;
mod told;

use crate::OpsApi;
use axum::Json;
use axum::extract::State;
use contract::bodies::{OrderBody, PaymentBody};
use contract::problem::ProblemBody;
use contract::{OperatorOnly, Query, Reply};
use domain::payment::ATTEMPTS_MAX;
use domain::{OrderId, Refusal, SupplyId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Letters in the id of an order or a supply request.
const ID_LENGTH: usize = 30;

/// Which execution.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhichExecution {
    /// Its ARN, percent-encoded.
    arn: String,
}

/// What kind of thing was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum EffectKind {
    /// Something is claimed.
    Hold,
    /// Counted stock moved.
    Movement,
    /// Money came.
    Charge,
    /// Money went back.
    Refund,
    /// The order changed.
    Order,
    /// The warehouse was asked.
    Supply,
}

/// One thing that was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Effect)]
pub struct EffectBody {
    /// The state that writes such a thing, where that is clear.
    pub state: Option<&'static str>,
    /// What kind of thing.
    pub kind: EffectKind,
    /// What, as a sentence.
    pub what: String,
    /// How much: units, or the smallest units of money.
    pub amount: Option<u64>,
    /// When.
    pub at: String,
    /// The place in this list of what undid it.
    pub undone_by: Option<usize>,
    /// The page about it.
    pub link: Option<String>,
}

/// What an execution wrote.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Effects)]
pub struct EffectsBody {
    /// The order that it is about.
    pub order_id: String,
    /// The order as its buyer sees it.
    pub order: OrderBody,
    /// Whether the buyer is who asks: nobody else may pay or cancel.
    pub is_yours: bool,
    /// Every attempt to charge, oldest first.
    pub payments: Vec<PaymentBody>,
    /// How many attempts an order has at most.
    pub attempts_max: usize,
    /// When the reconciler looks at it if it has not moved by then; absent when nothing is left to do.
    pub due_at: Option<String>,
    /// Everything written for that order, oldest first, also by its other executions.
    pub effects: Vec<EffectBody>,
    /// What was not looked at, in words.
    pub notes: Vec<String>,
}

/// What did this execution's steps write, and what was undone?
///
/// From the tables and ledgers themselves: everything of the order that the execution's name names.
#[utoipa::path(
    get, path = "/api/ops/execution/effects", tag = "operations", params(WhichExecution),
    responses(
        (status = 200, body = EffectsBody, description = "What is stored of its order."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused, or of no order."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    ),
    security(("session" = []), ("bearer" = []))
)]
pub(crate) async fn show_effects(
    State(function): State<OpsApi>,
    operator: OperatorOnly,
    Query(which): Query<WhichExecution>,
) -> Reply<Json<EffectsBody>> {
    let nobody = || Refusal::not_found("order behind this execution");
    let order_id = match named(&which.arn) {
        Some(Named::Order(order_id)) => order_id,
        Some(Named::Supply(supply_id)) => {
            let supply = function.sources.supplies.get(&supply_id).await?;
            supply.ok_or_else(nobody)?.order_id
        }
        None => return Err(nobody().into()),
    };
    let order = function.sources.orders.get(&order_id).await?.ok_or_else(nobody)?;
    let (written, notes) = read::written(&function.sources, order).await?;
    let order = &written.order;
    Ok(Json(EffectsBody {
        order_id: order_id.to_string(),
        order: OrderBody::new(order, function.sources.clock.now()),
        is_yours: order.user_id == operator.user_id,
        payments: order
            .attempts
            .iter()
            .map(|attempt| PaymentBody::new(order, attempt))
            .collect(),
        attempts_max: ATTEMPTS_MAX,
        due_at: order.due_at.map(|moment| moment.to_rfc3339()),
        effects: told::told(&written),
        notes,
    }))
}

/// Whom an execution's name names.
#[derive(Debug, PartialEq, Eq)]
enum Named {
    Order(OrderId),
    Supply(SupplyId),
}

/// Executions are called after what they carry: an order (`hold-order`, `order`, and with an ending re-entries, refunds and
/// deliveries) or a supply request.
fn named(arn: &str) -> Option<Named> {
    let id = arn.split(':').nth(7)?.get(..ID_LENGTH)?;
    let order = OrderId::parse(id).map(Named::Order);
    order.or_else(|_| SupplyId::parse(id).map(Named::Supply)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_execution_leads_to_what_it_carries() {
        let order = OrderId::from_random([7; 16]);
        let supply = SupplyId::from_random([8; 16]);
        let arn =
            |name: &str| format!("arn:aws:states:eu-central-1:000000000000:execution:holdfast-order:{name}");
        for name in [
            order.to_string(),
            format!("{order}-2"),
            format!("{order}-refund-1"),
        ] {
            assert_eq!(named(&arn(&name)), Some(Named::Order(order.clone())));
        }
        assert_eq!(named(&arn(&format!("{supply}-1"))), Some(Named::Supply(supply)));
        let express =
            format!("arn:aws:states:eu-central-1:000000000000:express:holdfast-hold-order:{order}:0a1b-2c3d");
        assert_eq!(named(&express), Some(Named::Order(order)));
        for nobody in ["import-2026", "ord_short", "é".repeat(20).as_str()] {
            assert_eq!(named(&arn(nobody)), None, "{nobody}");
        }
        assert_eq!(named("arn"), None);
    }
}
