//! Port to the ledger of money. It is written through [`super::Orders::commit`] only.

use super::Answer;
use crate::ids::OrderId;
use crate::money_ledger::MoneyMovement;
use crate::page::{Page, PageRequest};

/// What was charged and given back.
pub trait Money: Send + Sync {
    /// The rows of one order, as last written: the charge first, then refunds by number.
    fn of_order<'a>(&'a self, order_id: &'a OrderId) -> Answer<'a, Vec<MoneyMovement>>;

    /// All rows, in no particular order, a page at a time.
    fn list<'a>(&'a self, page: &'a PageRequest) -> Answer<'a, Page<MoneyMovement>>;
}
