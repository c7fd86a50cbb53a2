//! One row of a ledger, as the API lists it and as open pages are told it.

use domain::Timestamp;
use domain::ledger::Movement;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One row of a ledger.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MovementBody {
    /// Its number, without gaps.
    pub seq: u64,
    /// What was moved.
    pub ingredient: String,
    /// `set`, `bought`, `received`, `given`, `held`, `released` or `served`.
    pub kind: String,
    /// How much.
    pub quantity: u32,
    /// The order, supply request or purchase that caused it.
    pub cause: String,
    /// When.
    pub at: String,
    /// What was there after it.
    pub on_hand: u32,
    /// How much of that was claimed.
    pub held: u32,
}

impl MovementBody {
    /// A movement with what its posting says of it.
    #[must_use]
    pub fn new(cause: &str, at: Timestamp, movement: &Movement) -> Self {
        Self {
            seq: movement.seq,
            ingredient: movement.ingredient.to_string(),
            kind: movement.kind.as_str().to_owned(),
            quantity: movement.quantity,
            cause: cause.to_owned(),
            at: at.to_rfc3339(),
            on_hand: movement.balance.on_hand,
            held: movement.balance.held,
        }
    }
}
