//! The shards of all products, counted; and what moves between the shards of one product.

use super::orders::shelf;
use super::read::Reader;
use super::{Books, Check, Difference, Rule, Tally, at_no_order};
use crate::fault::Fault;
use crate::ids::{OrderId, ProductId};
use crate::inventory::Shard;
use crate::page::PageRequest;
use crate::timestamp::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Where differences of products are.
const PLACE: &str = "inventory";

/// One shard, counted up to the head that was read last.
struct Shelf {
    head: Shard,
    books: Books,
}

/// All shards that were read.
#[derive(Default)]
pub(super) struct Shelves {
    counted: BTreeMap<ProductId, BTreeMap<u8, Shelf>>,
    /// The products that were moved under a cause.
    products_of: BTreeMap<String, BTreeSet<ProductId>>,
}

impl Shelves {
    /// Reads every shard of a product on, up to its present head: the head first, then the movements up to its number.
    pub(super) async fn read(&mut self, reader: Reader<'_>, product_id: &ProductId) -> Result<(), Fault> {
        let products = &reader.sources.products;
        let Some(stocked) = products.stocked(product_id).await? else {
            return Ok(());
        };
        let shelves = self.counted.entry(product_id.clone()).or_default();
        for head in stocked.shards {
            let shelf = shelves.entry(head.number).or_insert_with(|| Shelf {
                books: Books::new(PLACE, shelf(product_id, head.number)),
                head: head.clone(),
            });
            shelf.head = head;
            loop {
                let (number, after) = (shelf.head.number, shelf.books.read_to());
                if after >= shelf.head.seq {
                    break;
                }
                reader.in_time()?;
                let limit = PageRequest::LIMIT_MAX;
                let movements = products.movements_after(product_id, number, after, limit).await?;
                let mut is_over = movements.is_empty();
                for movement in movements {
                    // Written since the head was read.
                    if movement.seq > shelf.head.seq {
                        is_over = true;
                        break;
                    }
                    shelf.books.post_of_shard(&movement);
                    let named = self.products_of.entry(movement.cause).or_default();
                    named.insert(product_id.clone());
                }
                if is_over {
                    break;
                }
            }
        }
        Ok(())
    }

    /// The products that were moved for an order.
    pub(super) fn products_of(&self, order_id: &OrderId) -> impl Iterator<Item = &ProductId> {
        self.products_of.get(order_id.as_str()).into_iter().flatten()
    }

    /// The orders for which something was moved.
    pub(super) fn orders(&self) -> impl Iterator<Item = OrderId> {
        self.products_of
            .keys()
            .filter_map(|cause| OrderId::parse(cause).ok())
    }

    /// What was moved for an order, by shard.
    pub(super) fn of_order(&self, order_id: &OrderId) -> BTreeMap<String, Tally> {
        self.products_of(order_id)
            .filter_map(|product_id| self.counted.get(product_id))
            .flat_map(BTreeMap::values)
            .flat_map(|shelf| shelf.books.of_cause(order_id.as_str()))
            .collect()
    }

    /// How many shards there are, and how many movements they had.
    pub(super) fn sizes(&self) -> (u64, u64) {
        let shelves = || self.counted.values().flat_map(BTreeMap::values);
        let movements = shelves().map(|shelf| shelf.books.rows()).sum();
        (shelves().count() as u64, movements)
    }

    /// Reads every product again of which a shard saw something leave for another that did not see it come, or the
    /// other way round, and names what is still so: both sides are written in one transaction.
    pub(super) async fn settle_shifts(&mut self, reader: Reader<'_>) -> Result<Vec<Difference>, Fault> {
        let mut differences = Vec::new();
        let all: Vec<ProductId> = self.counted.keys().cloned().collect();
        for product_id in all {
            let suspects = self.one_sided(&product_id);
            if suspects.is_empty() {
                continue;
            }
            self.read(reader, &product_id).await?;
            for ((at, quantity), net) in self.one_sided(&product_id) {
                if suspects.contains_key(&(at, quantity)) {
                    let names = (PLACE, product_id.as_str(), &*at.to_rfc3339());
                    differences.push(Difference::of_numbers(Rule::ShiftsArrive, names, 0, net));
                }
            }
        }
        Ok(differences)
    }

    /// What moved between shards of a product and was seen at one of them only, by moment and size.
    fn one_sided(&self, product_id: &ProductId) -> BTreeMap<(Timestamp, u32), i64> {
        let mut sides: BTreeMap<(Timestamp, u32), i64> = BTreeMap::new();
        let shelves = self.counted.get(product_id).into_iter().flatten();
        for (key, net) in shelves.flat_map(|(_, shelf)| shelf.books.shifts()) {
            *sides.entry(*key).or_default() += net;
        }
        sides.retain(|_, net| *net != 0);
        sides
    }

    /// Compares every shard with its head. What adds up is shown as one line per product and rule.
    pub(super) fn against(&self) -> (Vec<Check>, Vec<Difference>) {
        let (mut checks, mut differences) = (Vec::new(), Vec::new());
        for (product_id, shelves) in &self.counted {
            let mut sums: BTreeMap<Rule, (i64, i64)> = BTreeMap::new();
            for Shelf { head, books } in shelves.values() {
                let balances = BTreeMap::from([(shelf(product_id, head.number), head.balance)]);
                let (own, wrong) = books.against(head.seq, &balances);
                differences.extend(wrong);
                for check in own {
                    let sum = sums.entry(check.rule).or_default();
                    *sum = (sum.0 + check.expected, sum.1 + check.found);
                }
                for cause in books.causes().filter(|cause| OrderId::parse(cause).is_err()) {
                    differences.extend(at_no_order(PLACE, cause, &books.of_cause(cause), true));
                }
            }
            checks.extend(sums.into_iter().map(|(rule, (expected, found))| {
                Check::new(rule, PLACE, product_id.as_str(), expected, found)
            }));
        }
        (checks, differences)
    }
}
