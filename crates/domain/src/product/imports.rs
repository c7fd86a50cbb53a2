//! What an import does with a product: make it, bring it up to date, or leave it alone.
//!
//! An import owns what it made until somebody else does: what the owner changed since stays theirs, what the source
//! changed since follows the source, and what the owner took off stays off. A second import of the same writes nothing.

use crate::ids::{CategoryId, ProductId, UserId};
use crate::inventory::Shard;
use crate::ledger::MovementKind;
use crate::product::edits::NewProduct;
use crate::product::food::{Food, made_up_price};
use crate::product::{ProductDecision, Stocked};
use crate::refusal::Refusal;
use crate::timestamp::Timestamp;
use std::collections::BTreeSet;

/// What an import brings of one product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// For whom it is imported; what belongs to anybody else is never touched.
    pub owner_id: UserId,
    /// What the source says.
    pub food: Food,
    /// How many there are of a product that is made now. One that is there keeps the stock it has.
    pub stock_each: u32,
}

/// What is to be done about what an import brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Upsert {
    /// It is not there: make it, with its stock, in one transaction.
    Create(Box<ProductDecision>),
    /// It is there, and the source has something new.
    Rewrite(Box<ProductDecision>),
    /// It is there, and nothing is new.
    Unchanged,
    /// Its owner took it off; it stays off, whatever the source says.
    Withdrawn,
    /// It belongs to somebody else.
    Foreign,
}

impl Imported {
    /// The product's id: the same barcode, the same product, whoever imports it.
    #[must_use]
    pub fn product_id(&self) -> ProductId {
        ProductId::derived_from_barcode(&self.food.code)
    }

    /// What is to be done, from what is stored, or nothing.
    ///
    /// # Errors
    /// [`Refusal::InvalidInput`] for more stock than can be counted.
    pub fn upsert(&self, stored: Option<&Stocked>, now: Timestamp) -> Result<Upsert, Refusal> {
        let Some(stored) = stored else {
            return Ok(Upsert::Create(Box::new(self.create(now)?)));
        };
        if stored.product.owner_id != self.owner_id {
            return Ok(Upsert::Foreign);
        }
        if !stored.product.is_listed() {
            return Ok(Upsert::Withdrawn);
        }
        if stored.product.food.as_ref() == Some(&self.food) {
            return Ok(Upsert::Unchanged);
        }
        Ok(Upsert::Rewrite(Box::new(self.rewrite(stored, now))))
    }

    /// The product with all its stock in one shard. Both are written at once, so that a product without stock is never
    /// left behind by an import that died.
    fn create(&self, now: Timestamp) -> Result<ProductDecision, Refusal> {
        let product_id = self.product_id();
        let mut decision = NewProduct {
            product_id: product_id.clone(),
            owner_id: self.owner_id.clone(),
            title: self.food.name.clone(),
            description: None,
            price_minor: made_up_price(&self.food.code),
        }
        .create(now);
        if let Some(product) = &mut decision.after {
            product.categories.clone_from(&self.food.categories);
            product.food = Some(self.food.clone());
            (product.shards, product.shards_ever) = (1, 1);
            let empty = Shard::empty(&product_id, 0, product.version);
            let opened = match self.stock_each {
                0 => empty.under(empty.terms),
                stock => empty
                    .post(MovementKind::Set, stock, &cause_of(&product_id), now)
                    .map_err(|_| Refusal::invalid("stock_each", "is more than can be counted"))?,
            };
            decision.opened.push(opened);
        }
        Ok(decision)
    }

    /// What the source changed follows the source; what the owner changed stays. The price is the owner's from the start.
    fn rewrite(&self, stored: &Stocked, now: Timestamp) -> ProductDecision {
        let mut after = stored.product.clone();
        let before = after.food.replace(self.food.clone());
        if before.as_ref().is_some_and(|food| food.name == after.title) {
            after.title.clone_from(&self.food.name);
        }
        if before.is_some_and(|food| food.categories == after.categories) {
            after.categories.clone_from(&self.food.categories);
        }
        stored.rewrite(after, now)
    }
}

/// What the first movement of an imported product names as its cause.
fn cause_of(product_id: &ProductId) -> String {
    format!("import-{product_id}")
}

impl Upsert {
    /// What is to be committed, if anything.
    #[must_use]
    pub fn decision(&self) -> Option<&ProductDecision> {
        match self {
            Self::Create(decision) | Self::Rewrite(decision) => Some(decision),
            Self::Unchanged | Self::Withdrawn | Self::Foreign => None,
        }
    }

    /// The categories that the product will be in and that have to exist before it is written.
    #[must_use]
    pub fn categories(&self) -> BTreeSet<CategoryId> {
        self.decision()
            .and_then(|decision| decision.after.as_ref())
            .map(|product| product.categories.clone())
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
