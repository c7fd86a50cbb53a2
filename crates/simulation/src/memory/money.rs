//! The ledger of money in memory. It is written in [`super::orders`].

use super::{SharedTables, Tables};
use crate::wire::{Access, Wire, lock};
use domain::ports::{Answer, CommitError, Money};
use domain::{Cursor, Fault, MoneyMovement, OrderId, Page, PageRequest, Refusal};

impl Tables {
    /// Whether each of these rows is new.
    pub(super) fn check_money(&self, rows: &[MoneyMovement]) -> Result<(), CommitError> {
        let mut rows = rows.iter();
        match rows.find(|row| self.money.contains_key(&key(row))) {
            None => Ok(()),
            Some(_) => Err(CommitError::Fault(Fault::Defect(
                "the ledger of money has a row that its order knows nothing of".to_owned(),
            ))),
        }
    }

    pub(super) fn write_money(&mut self, rows: &[MoneyMovement]) {
        self.money.extend(rows.iter().map(|row| (key(row), row.clone())));
    }

    /// The rows of one order: the charge first, then refunds by number.
    #[must_use]
    pub fn money_of(&self, order_id: &OrderId) -> Vec<MoneyMovement> {
        let mut rows: Vec<MoneyMovement> = self.money_rows_of(order_id).cloned().collect();
        rows.sort_by_key(|row| (row.kind.as_str(), row.number));
        rows
    }

    /// The rows of one order, in the order of their keys.
    pub(crate) fn money_rows_of(&self, order_id: &OrderId) -> impl Iterator<Item = &MoneyMovement> {
        let rows = self.money.range((order_id.clone(), String::new())..);
        rows.map(|(_, row)| row)
            .take_while(move |row| row.order_id == *order_id)
    }

    fn money_page(&self, page: &PageRequest) -> Result<Page<MoneyMovement>, Refusal> {
        let after = match &page.cursor {
            None => None,
            Some(cursor) => Some(read_cursor(cursor).ok_or_else(|| {
                Refusal::invalid(
                    "cursor",
                    "This is not a cursor of this list; start again without one.",
                )
            })?),
        };
        let rows = self.money.iter();
        let mut later = rows.filter(|(key, _)| after.as_ref().is_none_or(|after| *key > after));
        let limit = usize::from(page.limit.clamp(1, PageRequest::LIMIT_MAX));
        let rows: Vec<MoneyMovement> = later.by_ref().take(limit).map(|(_, row)| row.clone()).collect();
        let next = rows.last().filter(|_| later.next().is_some()).map(|row| {
            let (order_id, entry) = key(row);
            Cursor(format!("{order_id} {entry}"))
        });
        Ok(Page { rows, next })
    }
}

fn key(row: &MoneyMovement) -> (OrderId, String) {
    (row.order_id.clone(), row.entry())
}

fn read_cursor(cursor: &Cursor) -> Option<(OrderId, String)> {
    let (order_id, entry) = cursor.0.split_once(' ')?;
    Some((OrderId::parse(order_id).ok()?, entry.to_owned()))
}

/// [`Money`] in memory.
#[derive(Clone, Debug)]
pub struct MemoryMoney {
    tables: SharedTables,
    wire: Wire,
}

impl MemoryMoney {
    /// The ledger in these tables, reached over this wire.
    #[must_use]
    pub fn new(tables: SharedTables, wire: Wire) -> Self {
        Self { tables, wire }
    }
}

impl Money for MemoryMoney {
    fn of_order<'a>(&'a self, order_id: &'a OrderId) -> Answer<'a, Vec<MoneyMovement>> {
        Box::pin(async move {
            let passage = self.wire.there("Money.of_order", Access::Read).await;
            passage.admit()?;
            let rows = lock(&self.tables).money_of(order_id);
            passage.back().await?;
            Ok(rows)
        })
    }

    fn list<'a>(&'a self, page: &'a PageRequest) -> Answer<'a, Page<MoneyMovement>> {
        Box::pin(async move {
            let passage = self.wire.there("Money.list", Access::Read).await;
            passage.admit()?;
            let rows = lock(&self.tables).money_page(page);
            passage.back().await?;
            Ok(rows?)
        })
    }
}
