//! The kitchen in memory: dishes, ledgers, supply requests and the market. What orders move is in [`super::orders`].

use super::{SharedTables, Tables, page_of};
use crate::faults::Verdict;
use crate::wire::{Access, Wire, lock};
use domain::dish::Dish;
use domain::ledger::{Ingredient, Ledger, LedgerChange, MovementKind, Place, Posting, Wanted};
use domain::market::SimulatedMarket;
use domain::ports::{Answer, Dishes, Ledgers, Market, Supplies, SupplyError};
use domain::supply::{Supply, SupplyDecision};
use domain::{DishId, Fault, Page, PageRequest, SupplyId, Timestamp};
use std::collections::BTreeSet;

/// One ledger, with everything ever posted to it.
#[derive(Clone, Debug)]
pub struct Book {
    /// Balances and the number of the last movement.
    pub head: Ledger,
    /// Every posting, oldest first.
    pub postings: Vec<Posting>,
    /// Stock that was booked, by its cause.
    stocked: BTreeSet<String>,
}

impl Book {
    const fn empty(place: Place) -> Self {
        Self {
            head: Ledger::empty(place),
            postings: Vec::new(),
            stocked: BTreeSet::new(),
        }
    }
}

/// What happened in kitchen or warehouse.
#[derive(Clone, Debug)]
pub enum KitchenNews {
    /// Something moved.
    Posted(Posting),
    /// A supply request was written.
    Supplied {
        /// As it stood; `None` for one that was opened.
        before: Option<Supply>,
        /// As it stands.
        after: Supply,
    },
}

impl Tables {
    /// The head of a ledger.
    #[must_use]
    pub fn head(&self, place: Place) -> Ledger {
        let book = self.ledgers.get(&place);
        book.map_or_else(|| Ledger::empty(place), |book| book.head.clone())
    }

    /// Writes head and posting; the caller has seen that the head is still the one that they were made from.
    pub(super) fn book(&mut self, change: LedgerChange) {
        let place = change.after.place;
        let book = self.ledgers.row_or(place, || Book::empty(place));
        book.head = change.after;
        book.postings.push(change.posting.clone());
        self.news.push(KitchenNews::Posted(change.posting));
    }

    /// Books stock that is there at the start, once under this cause.
    ///
    /// # Errors
    /// [`Fault::Defect`] for more than can be counted.
    pub fn stock_up(
        &mut self,
        place: Place,
        stock: &[(Ingredient, u32)],
        cause: &str,
        now: Timestamp,
    ) -> Result<(), Fault> {
        let book = self.ledgers.row_or(place, || Book::empty(place));
        if book.stocked.contains(cause) {
            return Ok(());
        }
        let wanted = stock
            .iter()
            .map(|(ingredient, quantity)| Wanted::new(ingredient, MovementKind::Set, *quantity));
        let change = book
            .head
            .post(wanted, cause, now)
            .map_err(|impossible| Fault::Defect(impossible.to_string()))?;
        if let Some(change) = change {
            book.stocked.insert(cause.to_owned());
            self.book(change);
        }
        Ok(())
    }

    fn postings_after(&self, place: Place, after: u64, limit: u16) -> Vec<Posting> {
        let limit = limit.clamp(1, PageRequest::LIMIT_MAX);
        let postings = self.ledgers.get(&place).map(|book| book.postings.iter());
        let later = postings
            .into_iter()
            .flatten()
            .filter(|posting| posting.seq > after);
        later.take(usize::from(limit)).cloned().collect()
    }

    /// Puts a dish on the menu.
    ///
    /// # Errors
    /// [`Fault::Defect`] when it was put there before with other contents.
    pub fn create_dish(&mut self, dish: &Dish) -> Result<(), Fault> {
        match self.dishes.get(&dish.dish_id) {
            None => {
                self.dishes.insert(dish.dish_id.clone(), dish.clone());
                Ok(())
            }
            Some(present) if is_same_dish(present, dish) => Ok(()),
            Some(_) => Err(Fault::Defect(format!(
                "{} was put on the menu before with other contents",
                dish.dish_id
            ))),
        }
    }

    /// Writes request, head and posting, or nothing. The request's own condition comes first.
    fn supply(
        &mut self,
        decision: &SupplyDecision,
        warehouse: &Ledger,
        now: Timestamp,
    ) -> Result<(), SupplyError> {
        let before = self.supplies.get(&decision.after.supply_id).cloned();
        if before.as_ref().map(|supply| supply.version) != decision.before {
            return Err(SupplyError::Moved);
        }
        let change = warehouse
            .post(decision.moves.iter().cloned(), &decision.cause, now)
            .map_err(|impossible| SupplyError::Fault(Fault::Defect(impossible.to_string())))?;
        if let Some(change) = change {
            if change.before != self.head(Place::Warehouse).seq {
                return Err(SupplyError::Moved);
            }
            self.book(change);
        }
        let after = decision.after.clone();
        self.supplies.insert(after.supply_id.clone(), after.clone());
        self.news.push(KitchenNews::Supplied { before, after });
        Ok(())
    }
}

/// Whether it is the same dish. When it was put on the menu is left out: seeding again is later, and the same.
fn is_same_dish(one: &Dish, other: &Dish) -> bool {
    (&one.dish_id, &one.name, one.price_minor, &one.recipe)
        == (&other.dish_id, &other.name, other.price_minor, &other.recipe)
}

/// [`Dishes`] in memory.
#[derive(Clone, Debug)]
pub struct MemoryDishes {
    tables: SharedTables,
    wire: Wire,
}

impl MemoryDishes {
    /// Dishes in these tables, reached over this wire.
    #[must_use]
    pub fn new(tables: SharedTables, wire: Wire) -> Self {
        Self { tables, wire }
    }
}

impl Dishes for MemoryDishes {
    fn create<'a>(&'a self, dish: &'a Dish) -> Answer<'a, ()> {
        Box::pin(async move {
            let passage = self.wire.there("Dishes.create", Access::Write).await;
            passage.admit()?;
            let created = lock(&self.tables).create_dish(dish);
            passage.back().await?;
            created
        })
    }

    fn get<'a>(&'a self, dish_id: &'a DishId) -> Answer<'a, Option<Dish>> {
        Box::pin(async move {
            let passage = self.wire.there("Dishes.get", Access::Read).await;
            passage.admit()?;
            let dish = lock(&self.tables).dishes.get(dish_id).cloned();
            passage.back().await?;
            Ok(dish)
        })
    }

    fn list<'a>(&'a self, page: &'a PageRequest) -> Answer<'a, Page<Dish>> {
        Box::pin(async move {
            let passage = self.wire.there("Dishes.list", Access::Read).await;
            passage.admit()?;
            let rows = lock(&self.tables).dishes.values().cloned().collect();
            passage.back().await?;
            page_of(
                rows,
                page,
                |dish| (dish.created_at, dish.dish_id.to_string()),
                |text| DishId::parse(text).is_ok(),
            )
        })
    }
}

/// [`Ledgers`] in memory.
#[derive(Clone, Debug)]
pub struct MemoryLedgers {
    tables: SharedTables,
    wire: Wire,
}

impl MemoryLedgers {
    /// Ledgers in these tables, reached over this wire.
    #[must_use]
    pub fn new(tables: SharedTables, wire: Wire) -> Self {
        Self { tables, wire }
    }
}

impl Ledgers for MemoryLedgers {
    fn head(&self, place: Place) -> Answer<'_, Ledger> {
        Box::pin(async move {
            let passage = self.wire.there("Ledgers.head", Access::Read).await;
            passage.admit()?;
            let head = lock(&self.tables).head(place);
            passage.back().await?;
            Ok(head)
        })
    }

    fn postings_after(&self, place: Place, after: u64, limit: u16) -> Answer<'_, Vec<Posting>> {
        Box::pin(async move {
            let passage = self.wire.there("Ledgers.postings_after", Access::Read).await;
            passage.admit()?;
            let postings = lock(&self.tables).postings_after(place, after, limit);
            passage.back().await?;
            Ok(postings)
        })
    }

    fn stock_up<'a>(
        &'a self,
        place: Place,
        stock: &'a [(Ingredient, u32)],
        cause: &'a str,
        now: Timestamp,
    ) -> Answer<'a, ()> {
        Box::pin(async move {
            let passage = self.wire.there("Ledgers.stock_up", Access::Write).await;
            passage.admit()?;
            let booked = lock(&self.tables).stock_up(place, stock, cause, now);
            passage.back().await?;
            booked
        })
    }
}

/// [`Supplies`] in memory.
#[derive(Clone, Debug)]
pub struct MemorySupplies {
    tables: SharedTables,
    wire: Wire,
}

impl MemorySupplies {
    /// Supply requests in these tables, reached over this wire.
    #[must_use]
    pub fn new(tables: SharedTables, wire: Wire) -> Self {
        Self { tables, wire }
    }
}

impl Supplies for MemorySupplies {
    fn get<'a>(&'a self, supply_id: &'a SupplyId) -> Answer<'a, Option<Supply>> {
        Box::pin(async move {
            let passage = self.wire.there("Supplies.get", Access::Read).await;
            passage.admit()?;
            let supply = lock(&self.tables).supplies.get(supply_id).cloned();
            passage.back().await?;
            Ok(supply)
        })
    }

    fn commit<'a>(
        &'a self,
        decision: &'a SupplyDecision,
        warehouse: &'a Ledger,
        now: Timestamp,
    ) -> Answer<'a, (), SupplyError> {
        Box::pin(async move {
            let passage = self.wire.there("Supplies.commit", Access::Write).await;
            passage.admit().map_err(SupplyError::Fault)?;
            if passage.verdict() == Verdict::Conflict {
                return Err(SupplyError::Moved);
            }
            let committed = lock(&self.tables).supply(decision, warehouse, now);
            if committed.is_err() {
                passage.was_refused();
            }
            passage.back().await.map_err(SupplyError::Fault)?;
            committed
        })
    }
}

/// The simulated market, reached over a wire as a supplier's API is.
#[derive(Clone, Debug)]
pub struct MemoryMarket {
    market: SimulatedMarket,
    wire: Wire,
}

impl MemoryMarket {
    /// This market, reached over this wire.
    #[must_use]
    pub fn new(market: SimulatedMarket, wire: Wire) -> Self {
        Self { market, wire }
    }
}

impl Market for MemoryMarket {
    fn buy<'a>(
        &'a self,
        ingredient: &'a Ingredient,
        purchase_id: &'a str,
        _opened_at: Timestamp,
    ) -> Answer<'a, u32> {
        Box::pin(async move {
            let passage = self.wire.there("Market.buy", Access::Write).await;
            passage.admit()?;
            let quantity = self.market.yield_of(ingredient, purchase_id);
            passage.back().await?;
            Ok(quantity)
        })
    }
}
