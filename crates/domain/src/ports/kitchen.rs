//! Ports to dishes, ledgers, supply requests and the market.

use super::Answer;
use crate::dish::Dish;
use crate::fault::Fault;
use crate::ids::{DishId, SupplyId};
use crate::ledger::{Ingredient, Ledger, Place, Posting};
use crate::page::{Page, PageRequest};
use crate::refusal::Refusal;
use crate::supply::{Supply, SupplyDecision};
use crate::timestamp::Timestamp;

/// Reads and decisions per call before the step gives up and lets the workflow retry.
const TRIES_MAX: u32 = 30;

/// The menu.
pub trait Dishes: Send + Sync {
    /// Writes a fresh dish. "Already there, the same" is success.
    fn create<'a>(&'a self, dish: &'a Dish) -> Answer<'a, ()>;

    /// The dish as last written.
    fn get<'a>(&'a self, dish_id: &'a DishId) -> Answer<'a, Option<Dish>>;

    /// All dishes, a page at a time.
    fn list<'a>(&'a self, page: &'a PageRequest) -> Answer<'a, Page<Dish>>;
}

/// The ledgers. Kitchen movements of orders go through [`super::Orders::commit`], those of the warehouse through
/// [`Supplies::commit`]; both write head and posting in one transaction.
pub trait Ledgers: Send + Sync {
    /// The head as last written: balances and the number of the last movement.
    fn head(&self, place: Place) -> Answer<'_, Ledger>;

    /// Postings whose last movement has a number above `after`, in the order of numbers, at most `limit`.
    fn postings_after(&self, place: Place, after: u64, limit: u16) -> Answer<'_, Vec<Posting>>;

    /// Books stock that is there at the start, once under this cause: again is success and changes nothing.
    fn stock_up<'a>(
        &'a self,
        place: Place,
        stock: &'a [(Ingredient, u32)],
        cause: &'a str,
        now: Timestamp,
    ) -> Answer<'a, ()>;
}

/// Why a supply decision was not committed. In every case nothing was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SupplyError {
    /// Request or ledger are not those that were read. Read again and decide again.
    Moved,
    /// The database was away or refused for reasons of its own.
    Fault(Fault),
}

/// Supply requests, and the only way to move what is in the warehouse.
pub trait Supplies: Send + Sync {
    /// The request as last written.
    fn get<'a>(&'a self, supply_id: &'a SupplyId) -> Answer<'a, Option<Supply>>;

    /// Writes request, warehouse head and posting in one transaction, or nothing. `warehouse` is the head that the
    /// decision was made from.
    fn commit<'a>(
        &'a self,
        decision: &'a SupplyDecision,
        warehouse: &'a Ledger,
        now: Timestamp,
    ) -> Answer<'a, (), SupplyError>;
}

/// Where the warehouse buys what it lacks.
pub trait Market: Send + Sync {
    /// Buys under this purchase id; the same id yields the same, however often it is asked. `opened_at` is when the purchase
    /// could first be made, and belongs to its id: a market that changes decides by how it was then.
    fn buy<'a>(
        &'a self,
        ingredient: &'a Ingredient,
        purchase_id: &'a str,
        opened_at: Timestamp,
    ) -> Answer<'a, u32>;
}

/// Reads request and warehouse, asks `decide` for a decision and commits it; on a race, again from the reads, at most
/// [`TRIES_MAX`] times. Returns the request as it stands afterwards.
///
/// # Errors
/// [`Refusal::NotFound`] without a request; [`Fault::Transient`] when the race goes on.
pub async fn decide_and_supply(
    supplies: &dyn Supplies,
    ledgers: &dyn Ledgers,
    supply_id: &SupplyId,
    now: Timestamp,
    decide: &(dyn Fn(&Supply, &Ledger) -> Option<SupplyDecision> + Send + Sync),
) -> Result<Supply, Fault> {
    for _ in 0..TRIES_MAX {
        let Some(supply) = supplies.get(supply_id).await? else {
            return Err(Refusal::not_found("supply request").into());
        };
        let warehouse = ledgers.head(Place::Warehouse).await?;
        let Some(decision) = decide(&supply, &warehouse) else {
            return Ok(supply);
        };
        match supplies.commit(&decision, &warehouse, now).await {
            Ok(()) => return Ok(decision.after),
            Err(SupplyError::Moved) => {}
            Err(SupplyError::Fault(fault)) => return Err(fault),
        }
    }
    Err(Fault::Transient(format!(
        "the warehouse kept moving while {supply_id} was being worked on"
    )))
}
