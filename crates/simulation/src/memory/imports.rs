//! What an import touches besides products: categories in memory, and a source of products that is two pages long.

use super::{SharedTables, page_of};
use crate::wire::{Access, Wire, lock};
use domain::ports::{Answer, Categories};
use domain::product::Category;
use domain::{CategoryId, Fault, Page, PageRequest};
use openfoodfacts::{Page as FoodPage, ProductSource, Slice, SourceError};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// [`Categories`] in memory.
#[derive(Clone, Debug)]
pub struct MemoryCategories {
    tables: SharedTables,
    wire: Wire,
}

impl MemoryCategories {
    /// Categories in these tables, reached over this wire.
    #[must_use]
    pub fn new(tables: SharedTables, wire: Wire) -> Self {
        Self { tables, wire }
    }
}

impl Categories for MemoryCategories {
    fn create<'a>(&'a self, category: &'a Category) -> Answer<'a, Category> {
        Box::pin(async move {
            let passage = self.wire.there("Categories.create", Access::Write).await;
            passage.admit()?;
            let stored = {
                let mut tables = lock(&self.tables);
                let stored = tables.categories.entry(category.category_id.clone());
                stored.or_insert_with(|| category.clone()).clone()
            };
            passage.back().await?;
            Ok(stored)
        })
    }

    fn find<'a>(
        &'a self,
        category_ids: &'a BTreeSet<CategoryId>,
    ) -> Answer<'a, BTreeMap<CategoryId, Category>> {
        Box::pin(async move {
            let passage = self.wire.there("Categories.find", Access::Read).await;
            passage.admit()?;
            let mut found = lock(&self.tables).categories.clone();
            found.retain(|category_id, _| category_ids.contains(category_id));
            passage.back().await?;
            Ok(found)
        })
    }

    fn list<'a>(&'a self, page: &'a PageRequest) -> Answer<'a, Page<Category>> {
        Box::pin(async move {
            let passage = self.wire.there("Categories.list", Access::Read).await;
            passage.admit()?;
            let all: Vec<Category> = lock(&self.tables).categories.values().cloned().collect();
            passage.back().await?;
            let key = |category: &Category| (category.created_at, category.category_id.to_string());
            page_of(all, page, key, |text| CategoryId::parse(text).is_ok())
        })
    }
}

/// How many products a page of the source has.
const PAGE_SIZE: usize = 2;

/// [`ProductSource`] in memory: as a search of two pages, and as a dump. Of its three products one lacks its picture.
#[derive(Clone, Debug)]
pub struct MemorySource {
    wire: Wire,
}

impl MemorySource {
    /// The source, reached over this wire.
    #[must_use]
    pub fn new(wire: Wire) -> Self {
        Self { wire }
    }

    async fn read(&self, call: &'static str) -> Result<Vec<Value>, SourceError> {
        let passage = self.wire.there(call, Access::Read).await;
        passage.admit().map_err(busy)?;
        let foods = foods();
        passage.back().await.map_err(busy)?;
        Ok(foods)
    }
}

/// The products of the source, as the API writes them.
fn foods() -> Vec<Value> {
    let food = |code: &str, name: &str| {
        json!({
            "code": code, "product_name": name, "quantity": "350 g", "nova_group": 3,
            "image_url": "https://images.openfoodfacts.org/1.jpg", "nutriscore_score": 2,
            "nutriscore_grade": "b", "categories_tags": ["en:snacks"],
        })
    };
    let mut without_picture = food("10000002", "Crisps");
    without_picture["image_url"] = Value::Null;
    vec![
        food("10000001", "Biscuits"),
        without_picture,
        food("10000003", "Crackers"),
    ]
}

fn busy(fault: Fault) -> SourceError {
    SourceError::Busy {
        why: fault.to_string(),
        retry_after: None,
    }
}

fn unusable(why: impl ToString) -> SourceError {
    SourceError::Unusable { why: why.to_string() }
}

impl ProductSource for MemorySource {
    fn page<'a>(&'a self, _: &'a str, number: u32) -> Answer<'a, FoodPage, SourceError> {
        Box::pin(async move {
            let foods = self.read("ProductSource.page").await?;
            let before = usize::try_from(number).unwrap_or(usize::MAX).saturating_sub(1) * PAGE_SIZE;
            let page: Vec<&Value> = foods.iter().skip(before).take(PAGE_SIZE).collect();
            let envelope = json!({
                "count": foods.len(), "page": number, "page_size": PAGE_SIZE, "products": page,
            });
            FoodPage::read(envelope.to_string().as_bytes()).map_err(unusable)
        })
    }

    fn slice<'a>(&'a self, _: &'a str, from: u64, rows_max: u32) -> Answer<'a, Slice, SourceError> {
        Box::pin(async move {
            let foods = self.read("ProductSource.slice").await?;
            let dump: Vec<String> = foods.iter().map(Value::to_string).collect();
            openfoodfacts::read_slice(dump.join("\n").as_bytes(), from, rows_max).map_err(unusable)
        })
    }
}
