//! What is made to go wrong around a stack on this machine: the payment provider's cards, the market.

use super::Local;
use crate::Changed;
use crate::problem::{Reply, unusable};
use axum::extract::State;
use axum::{Extension, Json};
use contract::Body;
use contract::problem::ProblemBody;
use laptop::{Conditions, ConditionsFile, WorldError};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The conditions to be.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = WantedConditions)]
pub(crate) struct WantedBody {
    /// Whether the simulated payment provider declines every card.
    declines_cards: bool,
    /// Whether the simulated market yields nothing.
    market_is_scarce: bool,
}

/// The conditions.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = LocalConditions)]
pub struct ConditionsBody {
    /// Whether the simulated payment provider declines every card.
    pub declines_cards: bool,
    /// Whether the simulated market yields nothing.
    pub market_is_scarce: bool,
    /// What to know about them, in words.
    pub notes: Vec<String>,
}

/// Which conditions are set?
#[utoipa::path(
    get, path = "/api/ops/local/conditions", tag = "local",
    responses(
        (status = 200, body = ConditionsBody, description = "The conditions; they outlive a restart."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused, or not on this machine."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    ),
    security(("session" = []), ("bearer" = []))
)]
pub(crate) async fn show_conditions(State(local): State<Local>) -> Reply<Json<ConditionsBody>> {
    let conditions = local.conditions()?.read().map_err(unreadable)?;
    Ok(Json(told(conditions)))
}

/// Set all conditions.
///
/// They hold from now on and change nothing that was decided: a card that was charged stays charged, and a round at the market that
/// was open already yields what it would have.
#[utoipa::path(
    put, path = "/api/ops/local/conditions", tag = "local", request_body = WantedBody,
    responses(
        (status = 200, body = ConditionsBody, description = "The conditions that are set now."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused, or not on this machine."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    ),
    security(("session" = []), ("bearer" = []))
)]
pub(crate) async fn set_conditions(
    State(local): State<Local>,
    Body(asked): Body<WantedBody>,
) -> Reply<(Extension<Changed>, Json<ConditionsBody>)> {
    let file: &ConditionsFile = local.conditions()?;
    let wanted = Conditions {
        declines_cards: asked.declines_cards,
        market_is_scarce: asked.market_is_scarce,
    };
    let before = file.set(wanted, local.clock.now()).map_err(unreadable)?;
    let changed = Changed(format!("conditions: {wanted:?}, before: {before:?}"));
    Ok((Extension(changed), Json(told(wanted))))
}

fn unreadable(error: WorldError) -> crate::problem::Trouble {
    unusable(
        "ConditionsUnusable",
        format!(
            "The file of the conditions cannot be used: {error}. Put it right or remove it; without it none is set."
        ),
    )
}

fn told(conditions: Conditions) -> ConditionsBody {
    let mut notes = Vec::new();
    if conditions.declines_cards {
        notes.push("Whatever card is tried at the payment simulator, it is declined (`generic_decline`). What was charged before stays charged, and can be given back. Stripe itself would know nothing of this.".to_owned());
    }
    if conditions.market_is_scarce {
        notes.push("The market yields nothing in rounds that are opened from now on; whoever still lacks something after the last round is told that it is unavailable. A round that was open already yields what it would have, because somebody may have asked for it.".to_owned());
    }
    ConditionsBody {
        declines_cards: conditions.declines_cards,
        market_is_scarce: conditions.market_is_scarce,
        notes,
    }
}
