//! `BuyFromMarket`: one round at the market for one supply request, booked when made.
//!
//! The purchase's id is derived from request and round: the market yields the same when asked again, and the round is
//! written in the request together with the ledger, so it is booked once. No undo: what was bought stays in the
//! warehouse.

use domain::ledger::Ledger;
use domain::market::purchase_id;
use domain::ports::{Clock, Ledgers, Market, Supplies, decide_and_supply};
use domain::supply::{Supply, SupplyStatus};
use domain::{Fault, Refusal, SupplyId};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What the step needs.
#[derive(Clone)]
pub struct BuyFromMarket {
    /// Supply requests.
    pub supplies: Arc<dyn Supplies>,
    /// The warehouse's ledger.
    pub ledgers: Arc<dyn Ledgers>,
    /// Where to buy.
    pub market: Arc<dyn Market>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// How many rounds one request may buy.
    pub rounds_max: u32,
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
    /// How many rounds were bought so far.
    pub rounds: u32,
}

impl BuyFromMarket {
    /// Buys one round.
    ///
    /// # Errors
    /// [`Refusal::MarketExhausted`] when every allowed round was bought and it is still not enough.
    pub async fn handle(&self, input: Input) -> Result<Output, Fault> {
        let supply = self.supplies.get(&input.supply_id).await?;
        let supply = supply.ok_or_else(|| Refusal::not_found("supply request"))?;
        let round = supply.next_round();
        if supply.status != SupplyStatus::Open {
            return Ok(output(&supply));
        }
        if round > self.rounds_max {
            let ingredient = supply.ingredient.to_string();
            return Err(Refusal::MarketExhausted {
                ingredient,
                rounds_max: self.rounds_max,
            }
            .into());
        }
        let quantity = self
            .market
            .buy(
                &supply.ingredient,
                &purchase_id(&supply.supply_id, round),
                supply.round_opened_at(),
            )
            .await?;
        let now = self.clock.now();
        let book = |supply: &Supply, _: &Ledger| supply.book_purchase(round, quantity, now);
        let supply = decide_and_supply(&*self.supplies, &*self.ledgers, &input.supply_id, now, &book).await?;
        Ok(output(&supply))
    }
}

fn output(supply: &Supply) -> Output {
    Output {
        supply_id: supply.supply_id.clone(),
        status: supply.status,
        missing: supply.missing(),
        rounds: supply.next_round() - 1,
    }
}
