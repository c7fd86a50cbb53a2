//! What a supply request says of itself, held against what was moved for it in the warehouse.

use super::{Books, Difference, Rule, Tally};
use crate::ids::SupplyId;
use crate::ledger::Place;
use crate::supply::{Supply, SupplyStatus};
use std::collections::{BTreeMap, BTreeSet};

/// The request that a cause of the warehouse belongs to: its id, or its id and the number of a round. `None` for stock
/// that was there at the start.
pub(super) fn supply_of(cause: &str) -> Option<SupplyId> {
    let id = cause.split('-').next().unwrap_or_default();
    SupplyId::parse(id).ok()
}

/// What was moved for a request, under its own id and those of its purchases.
pub(super) fn moved_for(warehouse: &Books, supply_id: &SupplyId) -> BTreeMap<String, Tally> {
    let mut moved: BTreeMap<String, Tally> = BTreeMap::new();
    for (_, items) in warehouse.causes_from(supply_id.as_str()) {
        for (item, tally) in items {
            let sum = moved.entry(item.clone()).or_default();
            sum.came += tally.came;
            sum.left += tally.left;
            sum.held += tally.held;
        }
    }
    moved
}

/// What differs between a supply request and what was moved for it. `says` is `None` when there is no such request.
#[must_use]
pub fn of_supply(
    supply_id: &SupplyId,
    says: Option<&Supply>,
    moved: &BTreeMap<String, Tally>,
) -> Vec<Difference> {
    let own = says.map(|supply| supply.ingredient.to_string());
    let mut differences = Vec::new();
    for item in moved.keys().chain(&own).collect::<BTreeSet<_>>() {
        let said = says.filter(|_| own.as_ref() == Some(item));
        let expected = said.map_or_else(Tally::default, |supply| Tally {
            came: supply
                .purchases
                .iter()
                .map(|purchase| i64::from(purchase.quantity))
                .sum(),
            shifted: 0,
            left: match supply.status {
                SupplyStatus::Given => i64::from(supply.wanted),
                SupplyStatus::Open | SupplyStatus::Unavailable => 0,
            },
            held: match supply.status {
                SupplyStatus::Open => i64::from(supply.held),
                SupplyStatus::Given | SupplyStatus::Unavailable => 0,
            },
        });
        let moved = moved.get(item).copied().unwrap_or_default();
        for (rule, expected, found) in [
            (Rule::HoldsAreAlive, expected.held, moved.held),
            (Rule::EndsAreClaimed, expected.came, moved.came),
            (Rule::EndsAreClaimed, expected.left, moved.left),
        ] {
            if expected != found {
                let at = (Place::Warehouse.as_str(), item.as_str(), supply_id.as_str());
                differences.push(Difference::of_numbers(rule, at, expected, found));
            }
        }
    }
    differences
}
