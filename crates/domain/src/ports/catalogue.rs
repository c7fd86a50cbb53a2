//! Ports to products, their categories and their inventory.

use super::Answer;
use crate::fault::Fault;
use crate::ids::{CategoryId, ProductId};
use crate::inventory::ShardMovement;
use crate::page::{Page, PageRequest};
use crate::product::{Category, Product, ProductDecision, Stocked};
use std::collections::BTreeSet;

/// What a list of products is narrowed to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// Folded beginnings of words that must all be in the title; none: any title.
    pub words: BTreeSet<String>,
    /// The category it must be in.
    pub category: Option<CategoryId>,
}

/// Why a decision about a product was not committed. In every case nothing was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProductError {
    /// Product or shards are not those that were read. Read again and decide again.
    Moved,
    /// What may be done once was done before.
    DoneBefore,
    /// The database was away or refused for reasons of its own.
    Fault(Fault),
}

/// Products and their inventory. Holding and selling go through [`super::Orders::commit`].
pub trait Products: Send + Sync {
    /// The product as last written.
    fn get<'a>(&'a self, product_id: &'a ProductId) -> Answer<'a, Option<Product>>;

    /// The product and its shards, each as last written, though not all at one moment (see [`Stocked::is_whole`]).
    fn stocked<'a>(&'a self, product_id: &'a ProductId) -> Answer<'a, Option<Stocked>>;

    /// Listed products that fit the wish, newest first without words, by word with them. May lag a little behind.
    fn list<'a>(&'a self, wish: &'a Wish, page: &'a PageRequest) -> Answer<'a, Page<Product>>;

    /// Writes product, shards and movements in one transaction, or nothing.
    fn commit<'a>(&'a self, decision: &'a ProductDecision) -> Answer<'a, (), ProductError>;

    /// Whether something was committed under this name before (see [`ProductDecision::once`]).
    fn was_done<'a>(&'a self, once: &'a str) -> Answer<'a, bool>;

    /// Movements of one shard with a number above `after`, in the order of numbers, at most `limit`.
    fn movements_after<'a>(
        &'a self,
        product_id: &'a ProductId,
        shard: u8,
        after: u64,
        limit: u16,
    ) -> Answer<'a, Vec<ShardMovement>>;
}

/// Categories.
pub trait Categories: Send + Sync {
    /// Writes a fresh category. "Already there" is success; answers the one that is there.
    fn create<'a>(&'a self, category: &'a Category) -> Answer<'a, Category>;

    /// The category.
    fn get<'a>(&'a self, category_id: &'a CategoryId) -> Answer<'a, Option<Category>>;

    /// All categories, a page at a time.
    fn list<'a>(&'a self, page: &'a PageRequest) -> Answer<'a, Page<Category>>;
}
