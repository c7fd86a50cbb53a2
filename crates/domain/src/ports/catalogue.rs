//! Ports to products, their categories and their inventory.

use super::Answer;
use crate::fault::Fault;
use crate::ids::{CategoryId, ProductId};
use crate::inventory::{ShardMovement, read_whole, total};
use crate::ledger::Balance;
use crate::page::{Page, PageRequest};
use crate::product::{Category, Product, ProductDecision, Stocked};
use crate::refusal::Refusal;
use std::collections::{BTreeMap, BTreeSet};

/// Reads and decisions per call before the caller is told that the product kept moving.
const TRIES_MAX: u32 = 30;

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

    /// How much there is of these products, summed over their shards; one whose inventory was never set is not among
    /// them. For showing: by the time somebody orders it may be another number.
    fn balances<'a>(&'a self, products: &'a [Product]) -> Answer<'a, BTreeMap<ProductId, Balance>> {
        Box::pin(async move {
            let mut balances = BTreeMap::new();
            for product in products {
                if let Some(stocked) = self.stocked(&product.product_id).await?
                    && !stocked.shards.is_empty()
                {
                    balances.insert(product.product_id.clone(), total(&stocked.shards));
                }
            }
            Ok(balances)
        })
    }

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

    /// Those of these categories that exist.
    fn find<'a>(
        &'a self,
        category_ids: &'a BTreeSet<CategoryId>,
    ) -> Answer<'a, BTreeMap<CategoryId, Category>>;

    /// All categories, a page at a time, in no order that a reader would know.
    fn list<'a>(&'a self, page: &'a PageRequest) -> Answer<'a, Page<Category>>;
}

/// Reads product and shards, asks `decide` for a decision and commits it; on a race, again from the read, at most
/// [`TRIES_MAX`] times. Returns product and shards as they stand afterwards. `decide` answers `None` when there is
/// nothing to do, and names nothing that may be done only once.
///
/// # Errors
/// What `decide` refuses; [`Refusal::NotFound`] without a product; [`Fault::Transient`] when the race goes on.
pub async fn decide_and_change(
    products: &dyn Products,
    product_id: &ProductId,
    decide: &(dyn Fn(&Stocked) -> Result<Option<ProductDecision>, Refusal> + Send + Sync),
) -> Result<Stocked, Fault> {
    for _ in 0..TRIES_MAX {
        let stocked = read_whole(products, product_id)
            .await?
            .ok_or_else(|| Refusal::not_found("product"))?;
        let Some(decision) = decide(&stocked)? else {
            return Ok(stocked);
        };
        match products.commit(&decision).await {
            Ok(()) => return Ok(stocked.after(&decision)),
            Err(ProductError::DoneBefore) => {
                return Err(Fault::Defect(format!(
                    "a change of {product_id} was done before, without a name"
                )));
            }
            Err(ProductError::Moved) => {}
            Err(ProductError::Fault(fault)) => return Err(fault),
        }
    }
    Err(Fault::Transient(format!(
        "{product_id} kept moving while it was being changed"
    )))
}
