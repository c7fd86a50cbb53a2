//! Ports for whoever checks that everything adds up: every row there is, and the last report.

use super::Answer;
use crate::conservation::Report;
use crate::ids::{OrderId, UserId};
use crate::order::Order;
use crate::page::{Cursor, Page};
use crate::product::Product;
use crate::supply::Supply;
use crate::ticket::Ticket;
use std::collections::BTreeSet;

/// A buyer's set of live holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Who.
    pub user_id: UserId,
    /// Their unfinished orders.
    pub live_orders: BTreeSet<OrderId>,
}

/// Every row, a page at a time, in no order that means anything. A page is as long as the store likes (DynamoDB: 1 MB at
/// most), and `after` is the cursor of the page before. No row is a stale copy, but two pages are not of one moment, and a
/// row that was written after its page was read is not seen.
pub trait AllRows: Send + Sync {
    /// Every order.
    fn orders(&self, after: Option<Cursor>) -> Answer<'_, Page<Order>>;

    /// Every ticket, whatever its state.
    fn tickets(&self, after: Option<Cursor>) -> Answer<'_, Page<Ticket>>;

    /// Every supply request.
    fn supplies(&self, after: Option<Cursor>) -> Answer<'_, Page<Supply>>;

    /// Every buyer who has or had live holds.
    fn holders(&self, after: Option<Cursor>) -> Answer<'_, Page<Holder>>;

    /// Every product, withdrawn ones as well.
    fn products(&self, after: Option<Cursor>) -> Answer<'_, Page<Product>>;

    /// One buyer's live holds; none of a buyer who never had any.
    fn holder<'a>(&'a self, user_id: &'a UserId) -> Answer<'a, Holder>;
}

/// The latest report.
pub trait Reports: Send + Sync {
    /// Keeps a report, unless a later one is kept already.
    fn keep<'a>(&'a self, report: &'a Report) -> Answer<'a, ()>;

    /// The latest report; `None` before the first.
    fn latest(&self) -> Answer<'_, Option<Report>>;
}
