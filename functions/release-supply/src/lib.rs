//! `ReleaseSupply`: gives a supply request up. What it had claimed is free again, what was bought stays in the warehouse.
//!
//! Undoes the claims of `GiveIngredient` and `BuyFromMarket`. Safe to repeat; a request that was given stays given.

use domain::SupplyId;
use domain::Fault;
use domain::ports::{Clock, Ledgers, Supplies, decide_and_supply};
use domain::supply::SupplyStatus;
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
    /// Where it stands now.
    pub status: SupplyStatus,
}

impl ReleaseSupply {
    /// Gives the request up.
    ///
    /// # Errors
    /// `NotFound` for an unknown request; [`Fault::Transient`] when the ledger kept moving.
    pub async fn handle(&self, input: Input) -> Result<Output, Fault> {
        let now = self.clock.now();
        let supply =
            decide_and_supply(&*self.supplies, &*self.ledgers, &input.supply_id, now, &|supply, _| supply.give_up(now))
                .await?;
        Ok(Output { supply_id: supply.supply_id, status: supply.status })
    }
}
