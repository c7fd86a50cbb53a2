//! Products: counted things with a price, in categories, found by the words of their title.

pub mod edits;
pub mod food;
pub mod imports;
pub mod search;

pub use food::Food;
pub use search::{fold, words};

use crate::ids::{CategoryId, ProductId, UserId};
use crate::inventory::{Shard, ShardChange};
use crate::money::PriceMinor;
use crate::timestamp::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Longest title, in characters.
pub const TITLE_MAX: usize = 200;
/// Longest description, in characters.
pub const DESCRIPTION_MAX: usize = 2_000;
/// Categories of one product, at most.
pub const CATEGORIES_MAX: usize = 8;
/// Longest name of a category, in characters.
pub const CATEGORY_NAME_MAX: usize = 80;
/// Words by which one product is found, at most; further words of a title find nothing.
pub const WORDS_MAX: usize = 24;

/// Of one product in one order, at most.
pub const ORDERED_MAX: u32 = 1_000;

/// Whether a product can be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProductState {
    /// Shown and sold.
    Listed,
    /// Taken off by its owner: neither shown nor sold. Orders that hold it go on.
    Withdrawn,
}

/// A product as stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    /// Its id.
    pub product_id: ProductId,
    /// Who sells it; only they change it.
    pub owner_id: UserId,
    /// What the buyer reads, 1 to [`TITLE_MAX`] characters.
    pub title: String,
    /// More about it, at most [`DESCRIPTION_MAX`] characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Its price.
    pub price_minor: PriceMinor,
    /// The categories it is in, at most [`CATEGORIES_MAX`].
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub categories: BTreeSet<CategoryId>,
    /// Counts every write, from 1. Each of its shards carries the same number.
    pub version: u32,
    /// Whether it can be had.
    pub state: ProductState,
    /// Into how many shards new stock goes; 0 until its inventory is set.
    pub shards: u8,
    /// How many shards there ever were: as many heads exist. Never smaller than `shards`, and never falls.
    pub shards_ever: u8,
    /// What an import knows of it; `None` of a product that somebody made by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub food: Option<Food>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// A category of products.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Category {
    /// Derived from the folded name.
    pub category_id: CategoryId,
    /// As its maker wrote it, 1 to [`CATEGORY_NAME_MAX`] characters.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A product with all its shards, each as last written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stocked {
    /// The product.
    pub product: Product,
    /// Its shards by number; none until its inventory is set.
    pub shards: Vec<Shard>,
}

impl Stocked {
    /// Whether product and shards were read as of one edit. If not, they are to be read again.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.shards.len() == usize::from(self.product.shards_ever)
            && self
                .shards
                .iter()
                .all(|shard| shard.terms == self.product.version)
    }

    /// Writes the product anew: `after` becomes its next version, and every shard is put under these terms in the same
    /// transaction, so that whoever holds afterwards holds under them.
    #[must_use]
    pub fn rewrite(&self, mut after: Product, now: Timestamp) -> ProductDecision {
        after.version = self.product.version + 1;
        after.updated_at = now;
        let changes = self.shards.iter().map(|shard| shard.under(after.version));
        ProductDecision {
            before: Some(self.product.clone()),
            changes: changes.collect(),
            opened: Vec::new(),
            once: None,
            after: Some(after),
        }
    }

    /// Product and shards once a decision about them has been committed.
    #[must_use]
    pub fn after(&self, decision: &ProductDecision) -> Self {
        let product = decision.after.as_ref().unwrap_or(&self.product).clone();
        let mut shards: BTreeMap<u8, Shard> = self
            .shards
            .iter()
            .map(|shard| (shard.number, shard.clone()))
            .collect();
        for change in decision.changes.iter().chain(&decision.opened) {
            shards.insert(change.after.number, change.after.clone());
        }
        Self {
            product,
            shards: shards.into_values().collect(),
        }
    }
}

/// A change of a product or its inventory that is to be committed in one transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductDecision {
    /// The product as it was read; `None` when it must not exist yet. Its version is the condition when `after` is
    /// written.
    pub before: Option<Product>,
    /// The product afterwards; `None` when only stock moves.
    pub after: Option<Product>,
    /// Changes to shards that exist.
    pub changes: Vec<ShardChange>,
    /// Shards that must not exist yet: each begins empty, or with the movement that is given.
    pub opened: Vec<ShardChange>,
    /// A name under which this may be done once only, e.g. an adjustment's id.
    pub once: Option<String>,
}
