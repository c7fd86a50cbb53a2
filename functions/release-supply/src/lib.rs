//! `ReleaseSupply`: gives a supply request up. What it had claimed is free again, what was bought stays in the warehouse.
//!
//! Undoes the claims of `GiveIngredient` and `BuyFromMarket`. Safe to repeat and safe on nothing; a request that was
//! given stays given.

use domain::ledger::Ledger;
use domain::ports::{Clock, Ledgers, Supplies, decide_and_supply};
use domain::supply::{Supply, SupplyStatus};
use domain::{Fault, Refusal, SupplyId};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What the step needs.
#[derive(Clone)]
pub struct ReleaseSupply {
    /// Supply requests.
    pub supplies: Arc<dyn Supplies>,
    /// The warehouse's ledger.
    pub ledgers: Arc<dyn Ledgers>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
}

/// The step's input.
#[derive(Clone, Debug, Deserialize)]
pub struct Input {
    /// The request.
    pub supply_id: SupplyId,
}

/// The step's output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Output {
    /// The request.
    pub supply_id: SupplyId,
    /// Where it stands now; absent when there is no such request.
    pub status: Option<SupplyStatus>,
}

impl ReleaseSupply {
    /// Gives the request up.
    ///
    /// # Errors
    /// [`Fault::Transient`] when the ledger kept moving.
    pub async fn handle(&self, input: Input) -> Result<Output, Fault> {
        let now = self.clock.now();
        let give_up = |supply: &Supply, _: &Ledger| supply.give_up(now);
        let given_up =
            decide_and_supply(&*self.supplies, &*self.ledgers, &input.supply_id, now, &give_up).await;
        let status = match given_up {
            Ok(supply) => Some(supply.status),
            Err(Fault::Refused(Refusal::NotFound { .. })) => None,
            Err(fault) => return Err(fault),
        };
        Ok(Output {
            supply_id: input.supply_id,
            status,
        })
    }
}
