//! Products and their shards in memory. What orders move of them is written by [`super::orders`].

use super::{SharedTables, Tables};
use crate::faults::Verdict;
use crate::wire::{Access, Wire, lock};
use domain::inventory::{Shard, ShardChange, ShardMovement};
use domain::ports::{Answer, CommitError, ProductError, Products, Wish};
use domain::product::search::answers_for;
use domain::product::{Product, ProductDecision, Stocked, words};
use domain::stock::StockChange;
use domain::{Cursor, Decision, Fault, Page, PageRequest, ProductId, Refusal};
use std::collections::BTreeMap;

/// One shard, with everything that ever moved in it.
#[derive(Clone, Debug)]
pub struct Shelf {
    /// Balance, terms and the number of the last movement.
    pub head: Shard,
    /// Every movement, oldest first.
    pub movements: Vec<ShardMovement>,
}

impl Tables {
    /// Writes product, shards and movements, or nothing. What was done before comes first, then the product's own
    /// condition, then those of the shards. So do the cancellation reasons of a DynamoDB transaction.
    ///
    /// # Errors
    /// The first condition that was false.
    pub fn commit_product(&mut self, decision: &ProductDecision) -> Result<(), ProductError> {
        if decision.once.iter().any(|once| self.done_once.contains(once)) {
            return Err(ProductError::DoneBefore);
        }
        if let Some(after) = &decision.after {
            let present = self
                .products
                .get(&after.product_id)
                .map(|product| product.version);
            if present != decision.before.as_ref().map(|before| before.version) {
                return Err(ProductError::Moved);
            }
        }
        let is_there = |change: &ShardChange| self.shelves.contains_key(&key(&change.after));
        let have_moved = !decision.changes.iter().all(|change| self.is_as_read(change));
        if have_moved || decision.opened.iter().any(is_there) {
            return Err(ProductError::Moved);
        }
        self.done_once.extend(decision.once.clone());
        if let Some(after) = &decision.after {
            self.products.insert(after.product_id.clone(), after.clone());
        }
        for change in decision.opened.iter().chain(&decision.changes) {
            self.shelve(change);
        }
        Ok(())
    }

    /// Whether a head is as its change requires.
    fn is_as_read(&self, change: &ShardChange) -> bool {
        self.shelves.get(&key(&change.before)).is_some_and(|shelf| {
            let has_moved = change.movement.is_some() && shelf.head.seq != change.before.seq;
            shelf.head.terms == change.before.terms && !has_moved
        })
    }

    /// Writes head and movement; the caller has seen that the head is as it must be.
    pub(super) fn shelve(&mut self, change: &ShardChange) {
        let shelf = self.shelves.row_or(key(&change.after), || Shelf {
            head: change.after.clone(),
            movements: Vec::new(),
        });
        shelf.head.terms = change.after.terms;
        if let Some(movement) = &change.movement {
            shelf.head = change.after.clone();
            shelf.movements.push(movement.clone());
        }
    }

    /// What an order's decision makes of the shards.
    ///
    /// # Errors
    /// [`CommitError::LedgerMoved`] when it was made from another head; [`Fault::Defect`] for what cannot be.
    pub(super) fn moved_on_shelves(&self, decision: &Decision) -> Result<Vec<ShardChange>, CommitError> {
        let defect = |what: String| CommitError::Fault(Fault::Defect(what));
        let mut changes: BTreeMap<(ProductId, u8), ShardChange> = BTreeMap::new();
        for change in &decision.stock {
            let StockChange::MoveProduct {
                product_id,
                shard,
                kind,
                quantity,
                cause,
                seen,
            } = change
            else {
                continue;
            };
            let key = (product_id.clone(), *shard);
            let stored = self.shelves.get(&key).map(|shelf| &shelf.head);
            let head = seen.as_deref().or(stored);
            let head = head.ok_or_else(|| defect(format!("{product_id} has no shard {shard}")))?;
            let posted = head.post(*kind, *quantity, cause, decision.after.updated_at);
            let posted = posted.map_err(|not_there| defect(not_there.to_string()))?;
            if changes.insert(key, posted).is_some() {
                let order_id = &decision.after.order_id;
                return Err(defect(format!(
                    "{order_id} moves shard {shard} of {product_id} twice in one decision"
                )));
            }
        }
        let changes: Vec<ShardChange> = changes.into_values().collect();
        if changes.iter().all(|change| self.is_as_read(change)) {
            Ok(changes)
        } else {
            Err(CommitError::LedgerMoved)
        }
    }

    fn stocked(&self, product_id: &ProductId) -> Option<Stocked> {
        let product = self.products.get(product_id)?.clone();
        let shards = (0..product.shards_ever)
            .filter_map(|number| self.shelves.get(&(product_id.clone(), number)))
            .map(|shelf| shelf.head.clone())
            .collect();
        Some(Stocked { product, shards })
    }

    fn shard_movements_after(
        &self,
        product_id: &ProductId,
        shard: u8,
        after: u64,
        limit: u16,
    ) -> Vec<ShardMovement> {
        let limit = usize::from(limit.clamp(1, PageRequest::LIMIT_MAX));
        let shelf = self.shelves.get(&(product_id.clone(), shard));
        let movements = shelf.into_iter().flat_map(|shelf| &shelf.movements);
        let later = movements.filter(|movement| movement.seq > after);
        later.take(limit).cloned().collect()
    }

    /// Listed products that fit the wish, each with its place in the list.
    fn found(&self, wish: &Wish) -> Vec<(String, Product)> {
        let mut found: Vec<(String, Product)> = self
            .products
            .values()
            .filter(|product| product.is_listed())
            .filter_map(|product| Some((place(product, wish)?, product.clone())))
            .collect();
        found.sort_by(|(one, _), (other, _)| one.cmp(other));
        if wish.longest_word().is_none() {
            found.reverse();
        }
        found
    }
}

fn key(shard: &Shard) -> (ProductId, u8) {
    (shard.product_id.clone(), shard.number)
}

/// Where the product stands in a list: by the word that is looked for, or by when it was made. `None` when it does not
/// fit the wish.
fn place(product: &Product, wish: &Wish) -> Option<String> {
    let words = words(&product.title);
    if !wish.is_met_by(&words, &product.categories) {
        return None;
    }
    let id = &product.product_id;
    let Some(beginning) = wish.longest_word() else {
        // Digits of one length, so that the order of the texts is the order of the moments.
        return Some(format!("{:015}#{id}", product.created_at.as_ms()));
    };
    let word = words.iter().find(|word| answers_for(word, beginning, &words))?;
    Some(format!("{word}#{id}"))
}

/// The rows after the cursor, cut to one page. By word they rise, by age they fall.
fn page_of_found(
    found: Vec<(String, Product)>,
    is_by_word: bool,
    request: &PageRequest,
) -> Result<Page<Product>, Refusal> {
    let mut rows = found;
    if let Some(Cursor(after)) = &request.cursor {
        let id = after.rsplit_once('#').map(|(_, id)| id).unwrap_or_default();
        if ProductId::parse(id).is_err() {
            let message = "This is not a cursor of this list; start again without one.";
            return Err(Refusal::invalid("cursor", message));
        }
        // What stood there last may have gone since.
        rows.retain(|(place, _)| if is_by_word { place > after } else { place < after });
    }
    let limit = usize::from(request.limit.clamp(1, PageRequest::LIMIT_MAX));
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows
        .last()
        .filter(|_| more)
        .map(|(place, _)| Cursor(place.clone()));
    let rows = rows.into_iter().map(|(_, product)| product).collect();
    Ok(Page { rows, next })
}

/// [`Products`] in memory.
#[derive(Clone, Debug)]
pub struct MemoryProducts {
    tables: SharedTables,
    wire: Wire,
}

impl MemoryProducts {
    /// Products in these tables, reached over this wire.
    #[must_use]
    pub fn new(tables: SharedTables, wire: Wire) -> Self {
        Self { tables, wire }
    }

    async fn read<T>(&self, call: &'static str, look: impl FnOnce(&Tables) -> T) -> Result<T, Fault> {
        let passage = self.wire.there(call, Access::Read).await;
        passage.admit()?;
        let seen = look(&lock(&self.tables));
        passage.back().await?;
        Ok(seen)
    }
}

impl Products for MemoryProducts {
    fn get<'a>(&'a self, product_id: &'a ProductId) -> Answer<'a, Option<Product>> {
        Box::pin(self.read("Products.get", |tables| tables.products.get(product_id).cloned()))
    }

    fn stocked<'a>(&'a self, product_id: &'a ProductId) -> Answer<'a, Option<Stocked>> {
        Box::pin(self.read("Products.stocked", |tables| tables.stocked(product_id)))
    }

    fn list<'a>(&'a self, wish: &'a Wish, page: &'a PageRequest) -> Answer<'a, Page<Product>> {
        Box::pin(async move {
            let found = self.read("Products.list", |tables| tables.found(wish)).await?;
            Ok(page_of_found(found, wish.longest_word().is_some(), page)?)
        })
    }

    fn commit<'a>(&'a self, decision: &'a ProductDecision) -> Answer<'a, (), ProductError> {
        Box::pin(async move {
            let passage = self.wire.there("Products.commit", Access::Write).await;
            passage.admit().map_err(ProductError::Fault)?;
            if passage.verdict() == Verdict::Conflict {
                return Err(ProductError::Moved);
            }
            let committed = lock(&self.tables).commit_product(decision);
            if committed.is_err() {
                passage.was_refused();
            }
            passage.back().await.map_err(ProductError::Fault)?;
            committed
        })
    }

    fn was_done<'a>(&'a self, once: &'a str) -> Answer<'a, bool> {
        Box::pin(self.read("Products.was_done", |tables| tables.done_once.contains(once)))
    }

    fn movements_after<'a>(
        &'a self,
        product_id: &'a ProductId,
        shard: u8,
        after: u64,
        limit: u16,
    ) -> Answer<'a, Vec<ShardMovement>> {
        Box::pin(self.read("Products.movements_after", move |tables| {
            tables.shard_movements_after(product_id, shard, after, limit)
        }))
    }
}
