//! One product at a time: read what is there, decide, write under the condition that it is still so.

use crate::ImportPage;
use crate::progress::{Became, Import};
use domain::ports::ProductError;
use domain::product::imports::{Imported, Upsert};
use domain::{Fault, inventory};
use openfoodfacts::Kept;

/// How often one product is decided anew when somebody else writes it at the same time.
const TRIES_MAX: u32 = 12;

impl ImportPage {
    /// Makes the product, brings it up to date, or leaves it alone.
    pub(crate) async fn upsert(&self, import: &Import, kept: &Kept) -> Result<Became, Fault> {
        let imported = Imported {
            owner_id: import.owner_id.clone(),
            food: kept.to_food(),
            stock_each: import.stock_each,
        };
        let product_id = imported.product_id();
        for _ in 0..TRIES_MAX {
            let stored = inventory::read_whole(&*self.products, &product_id).await?;
            let upsert = imported.upsert(stored.as_ref(), self.clock.now())?;
            let became = match &upsert {
                Upsert::Create(_) => Became::Created,
                Upsert::Rewrite(_) => Became::Updated,
                Upsert::Unchanged => return Ok(Became::Unchanged),
                Upsert::Withdrawn => return Ok(Became::Withdrawn),
                Upsert::Foreign => return Ok(Became::Foreign),
            };
            self.name_categories(kept, &upsert).await?;
            let Some(decision) = upsert.decision() else {
                return Ok(became);
            };
            match self.products.commit(decision).await {
                Ok(()) => return Ok(became),
                Err(ProductError::Moved | ProductError::DoneBefore) => {}
                Err(ProductError::Fault(fault)) => return Err(fault),
            }
        }
        Err(Fault::Transient(format!(
            "{product_id} kept moving while it was imported"
        )))
    }

    /// Sees to it that the categories exist that the product is about to be in. One that is left over because the product
    /// was not written after all is a name without products, and the next import uses it.
    async fn name_categories(&self, kept: &Kept, upsert: &Upsert) -> Result<(), Fault> {
        let wanted = upsert.categories();
        let known = self.categories.find(&wanted).await?;
        for category in kept.to_categories(self.clock.now()) {
            let is_missing = !known.contains_key(&category.category_id);
            if is_missing && wanted.contains(&category.category_id) {
                self.categories.create(&category).await?;
            }
        }
        Ok(())
    }
}
