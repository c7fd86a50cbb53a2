//! What an owner does with a product: make it, edit it, put it into categories, take it off.
//!
//! Anybody who is signed up may sell; only the owner changes what they sell. Every change gives the product a new version
//! and writes it into all its shards, so that a hold at an older price finds its condition false.

use crate::ids::{CategoryId, ProductId, UserId};
use crate::money::PriceMinor;
use crate::product::{CATEGORIES_MAX, Category, Product, ProductDecision, ProductState, Stocked, fold};
use crate::refusal::Refusal;
use crate::timestamp::Timestamp;
use std::collections::BTreeSet;

/// A product to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewProduct {
    /// Its id; derived from the request, so that a repeat makes no second one.
    pub product_id: ProductId,
    /// Who sells it.
    pub owner_id: UserId,
    /// What the buyer reads.
    pub title: String,
    /// More about it.
    pub description: Option<String>,
    /// Its price.
    pub price_minor: PriceMinor,
}

/// A product's new title, description and price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductEdit {
    /// Who asks.
    pub user_id: UserId,
    /// The version they saw.
    pub seen_version: u32,
    /// The new title.
    pub title: String,
    /// The new description; `None` takes it away.
    pub description: Option<String>,
    /// The new price.
    pub price_minor: PriceMinor,
}

impl NewProduct {
    /// The decision to make it: listed, in no category, without inventory.
    #[must_use]
    pub fn create(self, now: Timestamp) -> ProductDecision {
        ProductDecision {
            before: None,
            after: Some(Product {
                product_id: self.product_id,
                owner_id: self.owner_id,
                title: self.title,
                description: self.description,
                price_minor: self.price_minor,
                categories: BTreeSet::new(),
                version: 1,
                state: ProductState::Listed,
                shards: 0,
                shards_ever: 0,
                food: None,
                created_at: now,
                updated_at: now,
            }),
            changes: Vec::new(),
            opened: Vec::new(),
            once: None,
        }
    }
}

impl Category {
    /// The category of this name. One name is one category, whatever its case, accents and blanks.
    #[must_use]
    pub fn named(name: &str, now: Timestamp) -> Self {
        let folded: Vec<String> = fold(name).split_whitespace().map(str::to_owned).collect();
        Self {
            category_id: CategoryId::of_name(&folded.join(" ")),
            name: name.to_owned(),
            created_at: now,
        }
    }
}

impl Product {
    /// Whether `again` is the request that made this one, repeated: of the same owner, and equal as long as nobody has edited it.
    #[must_use]
    pub fn is_same_creation(&self, again: &Self) -> bool {
        (&self.product_id, &self.owner_id) == (&again.product_id, &again.owner_id)
            && (self.version > 1
                || (&self.title, &self.description, self.price_minor)
                    == (&again.title, &again.description, again.price_minor))
    }

    /// Whether it is shown and sold.
    #[must_use]
    pub const fn is_listed(&self) -> bool {
        matches!(self.state, ProductState::Listed)
    }

    /// Refuses everybody but the owner. What was taken off is not there for anybody else.
    ///
    /// # Errors
    /// [`Refusal::NotYours`], or [`Refusal::NotFound`] of a withdrawn product.
    pub fn check_owner(&self, user_id: &UserId) -> Result<(), Refusal> {
        if self.owner_id == *user_id {
            Ok(())
        } else if self.is_listed() {
            Err(Refusal::NotYours)
        } else {
            Err(Refusal::not_found("product"))
        }
    }

    /// Refuses a withdrawn product.
    ///
    /// # Errors
    /// [`Refusal::NotFound`].
    pub fn check_listed(&self) -> Result<(), Refusal> {
        if self.is_listed() {
            Ok(())
        } else {
            Err(Refusal::not_found("product"))
        }
    }
}

impl Stocked {
    /// New title, description and price, from the version seen.
    ///
    /// # Errors
    /// [`Refusal::NotYours`], [`Refusal::NotFound`] when it was withdrawn, [`Refusal::ProductChanged`] when another version was seen.
    pub fn edit(&self, edit: &ProductEdit, now: Timestamp) -> Result<ProductDecision, Refusal> {
        self.product.check_owner(&edit.user_id)?;
        self.product.check_listed()?;
        if edit.seen_version != self.product.version {
            return Err(Refusal::ProductChanged {
                product_id: self.product.product_id.clone(),
                seen: edit.seen_version,
                present: self.product.version,
            });
        }
        let mut after = self.product.clone();
        after.title.clone_from(&edit.title);
        after.description.clone_from(&edit.description);
        after.price_minor = edit.price_minor;
        Ok(self.rewrite(after, now))
    }

    /// Exactly these categories, which exist. `None` when it is in exactly these already.
    ///
    /// # Errors
    /// [`Refusal::NotYours`], [`Refusal::NotFound`] when it was withdrawn, [`Refusal::InvalidInput`] for more than
    /// [`CATEGORIES_MAX`].
    pub fn categorise(
        &self,
        user_id: &UserId,
        categories: &BTreeSet<CategoryId>,
        now: Timestamp,
    ) -> Result<Option<ProductDecision>, Refusal> {
        self.product.check_owner(user_id)?;
        self.product.check_listed()?;
        if categories.len() > CATEGORIES_MAX {
            return Err(Refusal::invalid(
                "categoryIds",
                format!("must be at most {CATEGORIES_MAX} categories"),
            ));
        }
        if *categories == self.product.categories {
            return Ok(None);
        }
        let mut after = self.product.clone();
        after.categories.clone_from(categories);
        Ok(Some(self.rewrite(after, now)))
    }

    /// Takes it off: neither shown nor sold from now on. Orders that hold it go on. `None` when it was taken off before.
    ///
    /// # Errors
    /// [`Refusal::NotYours`]; [`Refusal::NotFound`] when somebody else asks about what was withdrawn.
    pub fn withdraw(&self, user_id: &UserId, now: Timestamp) -> Result<Option<ProductDecision>, Refusal> {
        self.product.check_owner(user_id)?;
        if !self.product.is_listed() {
            return Ok(None);
        }
        let mut after = self.product.clone();
        after.state = ProductState::Withdrawn;
        Ok(Some(self.rewrite(after, now)))
    }
}

#[cfg(test)]
mod tests;
