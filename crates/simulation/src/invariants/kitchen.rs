//! Ingredients: counted movement by movement, without the arithmetic of the ledgers themselves.

use super::{Broken, is_live};
use crate::memory::{KitchenNews, Tables};
use domain::Status;
use domain::ledger::{Ingredient, MovementKind, Place, Posting};
use domain::supply::{Supply, SupplyStatus};
use std::collections::{BTreeMap, BTreeSet};

/// So many of each ingredient.
type Amounts = BTreeMap<Ingredient, i64>;

/// What was moved so far, counted a second time.
#[derive(Debug, Default)]
pub(super) struct Books {
    seqs: BTreeMap<Place, u64>,
    on_hand: BTreeMap<(Place, Ingredient), i64>,
    held: BTreeMap<(Place, Ingredient), i64>,
    /// By what happened: set, bought, given, received, served.
    moved: BTreeMap<&'static str, Amounts>,
}

impl Books {
    /// Counts the news, and compares everything that stands.
    ///
    /// # Errors
    /// The first invariant that does not hold.
    pub(super) fn check(&mut self, tables: &Tables, news: &[KitchenNews]) -> Result<(), Broken> {
        for news in news {
            if let KitchenNews::Posted(posting) = news {
                self.count(posting)?;
            }
        }
        if self.seqs.is_empty() && tables.supplies.is_empty() {
            return Ok(());
        }
        self.check_heads(tables)?;
        self.check_claims(tables)?;
        self.check_conservation(tables)?;
        check_orders(tables)
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

    /// The heads say what the movements sum up to.
    fn check_heads(&self, tables: &Tables) -> Result<(), Broken> {
        for (place, book) in &tables.ledgers {
            let wrong = |what: &str, why: String| Broken::LedgerWrong {
                place: *place,
                what: what.to_owned(),
                why,
            };
            if book.head.seq != self.seqs.get(place).copied().unwrap_or_default() {
                return Err(wrong("the head", format!("has number {}", book.head.seq)));
            }
            for (ingredient, balance) in &book.head.balances {
                let key = (*place, ingredient.clone());
                let counted = (self.on_hand.get(&key), self.held.get(&key));
                let (on_hand, held) = (i64::from(balance.on_hand), i64::from(balance.held));
                if counted != (Some(&on_hand), Some(&held)) {
                    return Err(wrong(
                        ingredient.as_str(),
                        format!("{balance:?} and not {counted:?}"),
                    ));
                }
            }
        }
        Ok(())
    }

    /// What is claimed in the kitchen is what live orders hold; in the warehouse, what open requests hold.
    fn check_claims(&self, tables: &Tables) -> Result<(), Broken> {
        let mut live: BTreeMap<(Place, Ingredient), i64> = BTreeMap::new();
        for order in tables.orders.values().filter(|order| is_live(order.status)) {
            for (ingredient, need) in &order.needs {
                *live.entry((Place::Kitchen, ingredient.clone())).or_default() += i64::from(need.held);
            }
        }
        for supply in open(tables) {
            let key = (Place::Warehouse, supply.ingredient.clone());
            *live.entry(key).or_default() += i64::from(supply.held);
        }
        for (place, ingredient) in live.keys().chain(self.held.keys()) {
            let key = (*place, ingredient.clone());
            let said = self.held.get(&key).copied().unwrap_or_default();
            let live = live.get(&key).copied().unwrap_or_default();
            if said != live {
                return Err(Broken::ClaimsDiffer {
                    place: *place,
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
    fn check_conservation(&self, tables: &Tables) -> Result<(), Broken> {
        let mut on_the_way = Amounts::new();
        let mut rounds = Amounts::new();
        for supply in tables.supplies.values() {
            let bought: u32 = supply.purchases.iter().map(|purchase| purchase.quantity).sum();
            *rounds.entry(supply.ingredient.clone()).or_default() += i64::from(bought);
            if is_on_the_way(tables, supply) {
                *on_the_way.entry(supply.ingredient.clone()).or_default() += i64::from(supply.wanted);
            }
        }
        let mut eaten = Amounts::new();
        for order in tables
            .orders
            .values()
            .filter(|order| order.status == Status::Completed)
        {
            for (ingredient, need) in &order.needs {
                *eaten.entry(ingredient.clone()).or_default() += i64::from(need.needed);
            }
        }
        let mut ingredients: BTreeSet<&Ingredient> =
            self.on_hand.keys().map(|(_, ingredient)| ingredient).collect();
        ingredients.extend(on_the_way.keys());
        ingredients.extend(eaten.keys());
        for ingredient in ingredients {
            let moved = |kind: &str| amount(self.moved.get(kind), ingredient);
            let there_is = |place| {
                self.on_hand
                    .get(&(place, ingredient.clone()))
                    .copied()
                    .unwrap_or_default()
            };
            let under_way = amount(Some(&on_the_way), ingredient);
            let both = there_is(Place::Kitchen) + there_is(Place::Warehouse);
            for (came, is, how) in [
                (
                    moved("set") + moved("bought"),
                    both + moved("served") + under_way,
                    "stock",
                ),
                (moved("given"), moved("received") + under_way, "on its way"),
                (moved("bought"), amount(Some(&rounds), ingredient), "purchases"),
                (moved("served"), amount(Some(&eaten), ingredient), "dishes"),
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
        }
        Ok(())
    }
}

fn amount(amounts: Option<&Amounts>, ingredient: &Ingredient) -> i64 {
    amounts
        .and_then(|amounts| amounts.get(ingredient))
        .copied()
        .unwrap_or_default()
}

fn open(tables: &Tables) -> impl Iterator<Item = &Supply> {
    let supplies = tables.supplies.values();
    supplies.filter(|supply| supply.status == SupplyStatus::Open)
}

/// Whether it has left the warehouse and not come to the kitchen.
fn is_on_the_way(tables: &Tables, supply: &Supply) -> bool {
    let order = tables.orders.get(&supply.order_id);
    let need = order.and_then(|order| order.needs.get(&supply.ingredient));
    supply.status == SupplyStatus::Given && need.is_none_or(|need| !need.arrived)
}

/// An order goes on when all of its own ingredients are there, and never holds more than it needs.
fn check_orders(tables: &Tables) -> Result<(), Broken> {
    for order in tables.orders.values() {
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
    }
    Ok(())
}

/// What is still claimed in the warehouse or on its way, in words; `None` when everything has come to an end.
pub(crate) fn unsettled(tables: &Tables) -> Option<String> {
    if let Some(supply) = open(tables).next() {
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
