//! `GiveIngredient`: claims what the warehouse has for one supply request, and gives it all once it is enough.
//!
//! Undone by `ReleaseSupply` as long as it was not given.

use domain::Fault;
use domain::SupplyId;
use domain::ports::{Clock, Ledgers, Supplies, decide_and_supply};
use domain::supply::{Supply, SupplyStatus};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What the step needs.
#[derive(Clone)]
pub struct GiveIngredient {
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
    /// What is still short.
    pub missing: u32,
}

impl GiveIngredient {
    /// Claims what there is.
    ///
    /// # Errors
    /// `NotFound` for an unknown request; [`Fault::Transient`] when the ledger kept moving.
    pub async fn handle(&self, input: Input) -> Result<Output, Fault> {
        let now = self.clock.now();
        let supply = decide_and_supply(
            &*self.supplies,
            &*self.ledgers,
            &input.supply_id,
            now,
            &|supply, warehouse| supply.take_what_there_is(warehouse.balance(&supply.ingredient), now),
        )
        .await?;
        Ok(output(&supply))
    }
}

fn output(supply: &Supply) -> Output {
    Output {
        supply_id: supply.supply_id.clone(),
        status: supply.status,
        missing: supply.missing(),
    }
}
