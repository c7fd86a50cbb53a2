//! Every row of the tables in memory, and the last report of conservation.

use super::{SharedTables, Tables};
use crate::wire::{Access, Wire, lock};
use domain::conservation::Report;
use domain::ports::{AllRows, Answer, Holder, Reports};
use domain::product::Product;
use domain::supply::Supply;
use domain::{Cursor, Order, Page, Ticket, UserId};
use std::collections::BTreeMap;

/// Few, so that lists of a test have more than one page.
const ROWS_PER_PAGE: usize = 7;

/// [`AllRows`] and [`Reports`] in memory.
#[derive(Clone, Debug)]
pub struct MemoryRows {
    tables: SharedTables,
    wire: Wire,
}

impl MemoryRows {
    /// The rows of these tables, reached over this wire.
    #[must_use]
    pub fn new(tables: SharedTables, wire: Wire) -> Self {
        Self { tables, wire }
    }

    fn page<'a, T: Send + 'a>(
        &'a self,
        call: &'static str,
        after: Option<Cursor>,
        cut: fn(&Tables, Option<&Cursor>) -> Page<T>,
    ) -> Answer<'a, Page<T>> {
        Box::pin(async move {
            let passage = self.wire.there(call, Access::Read).await;
            passage.admit()?;
            let rows = cut(&lock(&self.tables), after.as_ref());
            passage.back().await?;
            Ok(rows)
        })
    }
}

/// The page of a table that begins behind the cursor, which is the key of the row before.
fn cut<K: Ord + ToString, V, T>(
    table: &BTreeMap<K, V>,
    after: Option<&Cursor>,
    row: impl Fn(&K, &V) -> T,
) -> Page<T> {
    let is_behind = |key: &K| after.is_none_or(|Cursor(last)| key.to_string() > *last);
    let mut behind = table.iter().filter(|(key, _)| is_behind(key));
    let shown: Vec<_> = behind.by_ref().take(ROWS_PER_PAGE).collect();
    let last = shown.last().map(|(key, _)| Cursor(key.to_string()));
    Page {
        rows: shown.into_iter().map(|(key, value)| row(key, value)).collect(),
        next: last.filter(|_| behind.next().is_some()),
    }
}

impl AllRows for MemoryRows {
    fn orders(&self, after: Option<Cursor>) -> Answer<'_, Page<Order>> {
        self.page("AllRows.orders", after, |tables, after| {
            cut(&tables.orders, after, |_, order| order.clone())
        })
    }

    fn tickets(&self, after: Option<Cursor>) -> Answer<'_, Page<Ticket>> {
        self.page("AllRows.tickets", after, |tables, after| {
            cut(&tables.tickets, after, |_, ticket| ticket.clone())
        })
    }

    fn supplies(&self, after: Option<Cursor>) -> Answer<'_, Page<Supply>> {
        self.page("AllRows.supplies", after, |tables, after| {
            cut(&tables.supplies, after, |_, supply| supply.clone())
        })
    }

    fn holders(&self, after: Option<Cursor>) -> Answer<'_, Page<Holder>> {
        self.page("AllRows.holders", after, |tables, after| {
            cut(&tables.holders, after, |user_id, live_orders| Holder {
                user_id: user_id.clone(),
                live_orders: live_orders.clone(),
            })
        })
    }

    fn products(&self, after: Option<Cursor>) -> Answer<'_, Page<Product>> {
        self.page("AllRows.products", after, |tables, after| {
            cut(&tables.products, after, |_, product| product.clone())
        })
    }

    fn holder<'a>(&'a self, user_id: &'a UserId) -> Answer<'a, Holder> {
        Box::pin(async move {
            let passage = self.wire.there("AllRows.holder", Access::Read).await;
            passage.admit()?;
            let live_orders = lock(&self.tables).holders.get(user_id).cloned();
            passage.back().await?;
            Ok(Holder {
                user_id: user_id.clone(),
                live_orders: live_orders.unwrap_or_default(),
            })
        })
    }
}

impl Reports for MemoryRows {
    fn keep<'a>(&'a self, report: &'a Report) -> Answer<'a, ()> {
        Box::pin(async move {
            let passage = self.wire.there("Reports.keep", Access::Write).await;
            passage.admit()?;
            {
                let mut tables = lock(&self.tables);
                let is_later = |kept: &Report| kept.at > report.at;
                if !tables.report.as_ref().is_some_and(is_later) {
                    tables.report = Some(report.clone());
                }
            }
            passage.back().await
        })
    }

    fn latest(&self) -> Answer<'_, Option<Report>> {
        Box::pin(async move {
            let passage = self.wire.there("Reports.latest", Access::Read).await;
            passage.admit()?;
            let report = lock(&self.tables).report.clone();
            passage.back().await?;
            Ok(report)
        })
    }
}
