//! Ingredients: counted movement by movement, without the arithmetic of the ledgers themselves.

use super::links::{Links, Sums};
use super::written::Written;
use super::{Broken, is_live};
use crate::memory::Tables;
use domain::ledger::{Ingredient, MovementKind, Place, Posting};
use domain::order::Need;
use domain::supply::{Supply, SupplyStatus};
use domain::{Order, OrderId, Status, SupplyId};
use std::collections::{BTreeMap, BTreeSet};

/// So many of each ingredient.
type Amounts = BTreeMap<Ingredient, i64>;

/// What was moved so far, counted a second time.
#[derive(Debug, Default)]
pub(super) struct Books {
    /// How many postings are counted.
    seen: BTreeMap<Place, usize>,
    seqs: BTreeMap<Place, u64>,
    on_hand: BTreeMap<(Place, Ingredient), i64>,
    held: BTreeMap<(Place, Ingredient), i64>,
    /// By what happened: set, bought, given, received, served.
    moved: BTreeMap<&'static str, Amounts>,
    /// What live orders claim in the kitchen.
    claimed_by_orders: Sums<OrderId, Ingredient>,
    /// What open requests claim in the warehouse.
    claimed_by_supplies: Sums<SupplyId, Ingredient>,
    /// What completed orders were served.
    eaten: Sums<OrderId, Ingredient>,
    /// What requests have bought.
    rounds: Sums<SupplyId, Ingredient>,
    on_the_way: Sums<SupplyId, Ingredient>,
    supplies_of: Links<SupplyId, OrderId>,
    /// Requests that are open, or whose ingredients are on their way.
    unsettled: BTreeSet<SupplyId>,
}

impl Books {
    /// Counts what was posted, and compares everything that what was written is about.
    ///
    /// # Errors
    /// The first invariant that does not hold.
    pub(super) fn check(&mut self, tables: &Tables, written: &Written) -> Result<(), Broken> {
        let mut ingredients = BTreeSet::new();
        for place in &written.ledgers {
            self.count_new(tables, *place, &mut ingredients)?;
        }
        let mut supplies = written.supplies.clone();
        for order_id in &written.orders {
            let order = tables.orders.get(order_id);
            order.map_or(Ok(()), check_gathered)?;
            let live = order.filter(|order| is_live(order.status));
            let claimed = parts_of(live, |need| need.held);
            ingredients.extend(self.claimed_by_orders.put(order_id, claimed));
            let completed = order.filter(|order| order.status == Status::Completed);
            let eaten = parts_of(completed, |need| need.needed);
            ingredients.extend(self.eaten.put(order_id, eaten));
            supplies.extend(self.supplies_of.from(order_id).cloned());
        }
        for supply_id in &supplies {
            self.take_in(tables, supply_id, &mut ingredients);
        }
        for ingredient in &ingredients {
            self.check_claims(ingredient)?;
            self.check_conservation(ingredient)?;
        }
        Ok(())
    }

    /// Whether nothing is claimed in the warehouse or on its way.
    pub(super) fn is_settled(&self) -> bool {
        self.unsettled.is_empty()
    }

    fn take_in(&mut self, tables: &Tables, supply_id: &SupplyId, ingredients: &mut BTreeSet<Ingredient>) {
        let supply = tables.supplies.get(supply_id);
        let order_id = supply.map(|supply| supply.order_id.clone());
        self.supplies_of.put(supply_id, order_id.into_iter().collect());
        let part = |supply: Option<&Supply>, quantity: fn(&Supply) -> u32| {
            let supply = supply.into_iter();
            let parts = supply.map(|supply| (supply.ingredient.clone(), i64::from(quantity(supply))));
            parts.collect()
        };
        let rounds = part(supply, |supply| {
            supply.purchases.iter().map(|purchase| purchase.quantity).sum()
        });
        ingredients.extend(self.rounds.put(supply_id, rounds));
        let open = supply.filter(|supply| supply.status == SupplyStatus::Open);
        let claimed = part(open, |supply| supply.held);
        ingredients.extend(self.claimed_by_supplies.put(supply_id, claimed));
        let under_way = supply.filter(|supply| is_on_the_way(tables, supply));
        let wanted = part(under_way, |supply| supply.wanted);
        ingredients.extend(self.on_the_way.put(supply_id, wanted));
        match open.is_some() || under_way.is_some() {
            true => self.unsettled.insert(supply_id.clone()),
            false => self.unsettled.remove(supply_id),
        };
    }

    /// Counts the postings that are new, and compares the head.
    fn count_new(
        &mut self,
        tables: &Tables,
        place: Place,
        ingredients: &mut BTreeSet<Ingredient>,
    ) -> Result<(), Broken> {
        let wrong = |what: &str, why: String| Broken::LedgerWrong {
            place,
            what: what.to_owned(),
            why,
        };
        let Some(book) = tables.ledgers.get(&place) else {
            return Err(wrong("the head", "is gone".to_owned()));
        };
        let seen = self.seen.insert(place, book.postings.len()).unwrap_or_default();
        for posting in book.postings.iter().skip(seen) {
            self.count(posting)?;
        }
        if book.head.seq != self.seqs.get(&place).copied().unwrap_or_default() {
            return Err(wrong("the head", format!("has number {}", book.head.seq)));
        }
        for (ingredient, balance) in &book.head.balances {
            let key = (place, ingredient.clone());
            let counted = (self.on_hand.get(&key), self.held.get(&key));
            let (on_hand, held) = (i64::from(balance.on_hand), i64::from(balance.held));
            if counted != (Some(&on_hand), Some(&held)) {
                return Err(wrong(
                    ingredient.as_str(),
                    format!("{balance:?} and not {counted:?}"),
                ));
            }
            ingredients.insert(ingredient.clone());
        }
        Ok(())
    }

    fn count(&mut self, posting: &Posting) -> Result<(), Broken> {
        let place = posting.place;
        let wrong = |what: &Ingredient, why: String| Broken::LedgerWrong {
            place,
            what: what.to_string(),
            why,
        };
        for movement in &posting.movements {
            let ingredient = &movement.ingredient;
            let quantity = i64::from(movement.quantity);
            let seq = self.seqs.entry(place).or_default();
            *seq += 1;
            if movement.seq != *seq {
                return Err(wrong(
                    ingredient,
                    format!("movement {} instead of {seq}", movement.seq),
                ));
            }
            let (on_hand, held) = match movement.kind {
                MovementKind::Set
                | MovementKind::Bought
                | MovementKind::Received
                | MovementKind::Returned
                | MovementKind::MovedIn => (quantity, 0),
                MovementKind::Removed | MovementKind::MovedOut => (-quantity, 0),
                MovementKind::Held => (0, quantity),
                MovementKind::Released => (0, -quantity),
                MovementKind::Given | MovementKind::Served | MovementKind::Sold => (-quantity, -quantity),
            };
            let key = (place, ingredient.clone());
            let sum_on_hand = self.on_hand.entry(key.clone()).or_default();
            *sum_on_hand += on_hand;
            let sum_held = self.held.entry(key).or_default();
            *sum_held += held;
            let (on_hand, held) = (*sum_on_hand, *sum_held);
            if held < 0 || held > on_hand {
                return Err(wrong(
                    ingredient,
                    format!("{on_hand} are there, {held} of them claimed"),
                ));
            }
            let said = (
                i64::from(movement.balance.on_hand),
                i64::from(movement.balance.held),
            );
            if said != (on_hand, held) {
                return Err(wrong(
                    ingredient,
                    format!("movement {seq} says {said:?}, not {:?}", (on_hand, held)),
                ));
            }
            let moved = self.moved.entry(movement.kind.as_str()).or_default();
            *moved.entry(ingredient.clone()).or_default() += quantity;
        }
        Ok(())
    }

    /// What is claimed in the kitchen is what live orders hold; in the warehouse, what open requests hold.
    fn check_claims(&self, ingredient: &Ingredient) -> Result<(), Broken> {
        for (place, live) in [
            (Place::Kitchen, self.claimed_by_orders.of(ingredient)),
            (Place::Warehouse, self.claimed_by_supplies.of(ingredient)),
        ] {
            let said = self.held.get(&(place, ingredient.clone()));
            let said = said.copied().unwrap_or_default();
            if said != live {
                return Err(Broken::ClaimsDiffer {
                    place,
                    ingredient: ingredient.clone(),
                    said,
                    live,
                });
            }
        }
        Ok(())
    }

    /// What was there and what was bought is there, was served, or is on its way; and every purchase is a round of a
    /// request, every dish served one of a completed order.
    fn check_conservation(&self, ingredient: &Ingredient) -> Result<(), Broken> {
        let moved = |kind: &str| amount(self.moved.get(kind), ingredient);
        let there_is = |place| {
            let sum = self.on_hand.get(&(place, ingredient.clone()));
            sum.copied().unwrap_or_default()
        };
        let under_way = self.on_the_way.of(ingredient);
        let both = there_is(Place::Kitchen) + there_is(Place::Warehouse);
        for (came, is, how) in [
            (
                moved("set") + moved("bought"),
                both + moved("served") + under_way,
                "stock",
            ),
            (moved("given"), moved("received") + under_way, "on its way"),
            (moved("bought"), self.rounds.of(ingredient), "purchases"),
            (moved("served"), self.eaten.of(ingredient), "dishes"),
        ] {
            if came != is {
                let ingredient = ingredient.clone();
                return Err(Broken::NotConserved {
                    ingredient,
                    came,
                    is,
                    how,
                });
            }
        }
        Ok(())
    }
}

/// What an order has or needs of each ingredient.
fn parts_of(order: Option<&Order>, quantity: fn(&Need) -> u32) -> Vec<(Ingredient, i64)> {
    let needs = order.into_iter().flat_map(|order| &order.needs);
    needs
        .map(|(ingredient, need)| (ingredient.clone(), i64::from(quantity(need))))
        .collect()
}

fn amount(amounts: Option<&Amounts>, ingredient: &Ingredient) -> i64 {
    amounts
        .and_then(|amounts| amounts.get(ingredient))
        .copied()
        .unwrap_or_default()
}

/// Whether it has left the warehouse and not come to the kitchen.
fn is_on_the_way(tables: &Tables, supply: &Supply) -> bool {
    let order = tables.orders.get(&supply.order_id);
    let need = order.and_then(|order| order.needs.get(&supply.ingredient));
    supply.status == SupplyStatus::Given && need.is_none_or(|need| !need.arrived)
}

/// An order goes on when all of its own ingredients are there, and never holds more than it needs.
fn check_gathered(order: &Order) -> Result<(), Broken> {
    let is_past = matches!(
        order.status,
        Status::Held | Status::Paying | Status::Paid | Status::Shipped | Status::Completed
    );
    for (ingredient, need) in &order.needs {
        if need.held > need.needed || is_past && need.held < need.needed {
            return Err(Broken::GatheredWrongly {
                order: order.order_id.clone(),
                status: order.status,
                ingredient: ingredient.clone(),
                held: need.held,
                needed: need.needed,
            });
        }
    }
    Ok(())
}

/// What is still claimed in the warehouse or on its way, in words; `None` when everything has come to an end.
pub(super) fn unsettled(tables: &Tables) -> Option<String> {
    let mut supplies = tables.supplies.values();
    if let Some(supply) = supplies.find(|supply| supply.status == SupplyStatus::Open) {
        return Some(format!("{} is open", supply.supply_id));
    }
    let mut supplies = tables.supplies.values();
    supplies
        .find(|supply| is_on_the_way(tables, supply))
        .map(|supply| {
            format!(
                "{} {} of {} are on their way",
                supply.wanted, supply.ingredient, supply.supply_id
            )
        })
}
