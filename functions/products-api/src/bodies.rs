//! What is told of a product, its categories and its inventory.

use crate::ProductsApi;
use domain::inventory::{Shard, total};
use domain::ledger::Balance;
use domain::product::{Category, Food, Product, Stocked};
use domain::{CategoryId, Fault};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// A category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = Category)]
pub struct CategoryBody {
    /// Its id, derived from its name.
    pub id: String,
    /// Its name, as whoever made it wrote it.
    pub name: String,
}

impl From<&Category> for CategoryBody {
    fn from(category: &Category) -> Self {
        Self {
            id: category.category_id.to_string(),
            name: category.name.clone(),
        }
    }
}

/// A product.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Product)]
pub struct ProductBody {
    /// Its id.
    pub id: String,
    /// What it is.
    pub title: String,
    /// More about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Price of one in minor units.
    pub price_minor: u64,
    /// ISO 4217 code, lower case.
    pub currency: String,
    /// The categories it is in, by name.
    pub categories: Vec<CategoryBody>,
    /// How many can be had right now; 0 before its inventory is set.
    pub available: u32,
    /// Who sells it.
    pub owner_id: String,
    /// Counts the edits; send it along when editing.
    pub version: u32,
    /// What is known of it as food, if it was imported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub food: Option<FoodBody>,
    /// When it was made.
    pub created_at: String,
    /// When it last changed. Sales do not change it.
    pub updated_at: String,
}

/// Food as its source describes it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Food)]
pub struct FoodBody {
    /// Its barcode.
    pub code: String,
    /// How much is in one, as contributors wrote it, e.g. `350 g`.
    pub quantity: String,
    /// Its brands, comma-separated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brands: Option<String>,
    /// Its picture.
    pub image_url: String,
    /// How far it is processed, 1 to 4.
    #[schema(minimum = 1, maximum = 4)]
    pub nova_group: u8,
    /// Its Nutri-Score.
    pub nutriscore: NutriscoreBody,
    /// Where this was read. Show it as a credit with a link wherever you show the rest.
    pub source: FoodSourceBody,
}

/// A Nutri-Score.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Nutriscore)]
pub struct NutriscoreBody {
    /// Its points, -15 to 40; fewer are better.
    #[schema(minimum = -15, maximum = 40)]
    pub score: i8,
    /// Its letter, `a` (best) to `e`.
    pub grade: String,
}

/// Who is to be credited.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FoodSource)]
pub struct FoodSourceBody {
    /// Its name.
    pub name: String,
    /// The licence of its data.
    pub licence: String,
    /// Where it describes this food.
    pub url: String,
}

impl From<&Food> for FoodBody {
    fn from(food: &Food) -> Self {
        Self {
            code: food.code.clone(),
            quantity: food.quantity_text.clone(),
            brands: food.brands.clone(),
            image_url: food.image_url.clone(),
            nova_group: food.nova_group,
            nutriscore: NutriscoreBody {
                score: food.nutriscore_score,
                grade: food.nutriscore_grade.as_str().to_owned(),
            },
            source: FoodSourceBody {
                name: food.source.name().to_owned(),
                licence: food.source.licence().to_owned(),
                url: food.source.url_of(&food.code),
            },
        }
    }
}

impl ProductsApi {
    /// What is told of this product.
    pub(crate) async fn body(&self, stocked: &Stocked) -> Result<ProductBody, Fault> {
        let categories = self.categories.find(&stocked.product.categories).await?;
        Ok(self.body_of(&stocked.product, total(&stocked.shards), &categories))
    }

    /// What is told of these products, in their order.
    pub(crate) async fn bodies(&self, products: &[Product]) -> Result<Vec<ProductBody>, Fault> {
        let wanted: BTreeSet<CategoryId> = products
            .iter()
            .flat_map(|product| product.categories.iter().cloned())
            .collect();
        let categories = self.categories.find(&wanted).await?;
        let balances = self.products.balances(products).await?;
        Ok(products
            .iter()
            .map(|product| {
                let balance = balances.get(&product.product_id).copied();
                self.body_of(product, balance.unwrap_or_default(), &categories)
            })
            .collect())
    }

    fn body_of(
        &self,
        product: &Product,
        balance: Balance,
        known: &BTreeMap<CategoryId, Category>,
    ) -> ProductBody {
        let mut categories: Vec<CategoryBody> = product
            .categories
            .iter()
            .filter_map(|category_id| known.get(category_id).map(Into::into))
            .collect();
        categories.sort_by(|one, other| one.name.cmp(&other.name));
        ProductBody {
            id: product.product_id.to_string(),
            title: product.title.clone(),
            description: product.description.clone(),
            price_minor: product.price_minor.as_minor(),
            currency: self.currency.as_str().to_owned(),
            categories,
            available: balance.available(),
            owner_id: product.owner_id.to_string(),
            version: product.version,
            food: product.food.as_ref().map(FoodBody::from),
            created_at: product.created_at.to_rfc3339(),
            updated_at: product.updated_at.to_rfc3339(),
        }
    }
}

/// How much there is in one shard.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Shard)]
pub struct ShardBody {
    /// Its number, from 0.
    pub shard: u8,
    /// Whether new stock goes there.
    pub open: bool,
    /// What is physically there.
    pub on_hand: u32,
    /// How much of it is held by orders.
    pub held: u32,
    /// `onHand - held`.
    pub available: u32,
    /// The number of its last movement; ask for movements after it to follow.
    pub seq: u64,
}

impl ShardBody {
    fn new(product: &Product, shard: &Shard) -> Self {
        Self {
            shard: shard.number,
            open: shard.number < product.shards,
            on_hand: shard.balance.on_hand,
            held: shard.balance.held,
            available: shard.balance.available(),
            seq: shard.seq,
        }
    }
}

/// How much there is of a product.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Inventory)]
pub struct InventoryBody {
    /// The product.
    pub product_id: String,
    /// Whether it was ever set. Before, the product cannot be had.
    pub is_set: bool,
    /// What is physically there.
    pub on_hand: u32,
    /// How much of it is held by orders.
    pub held: u32,
    /// `onHand - held`.
    pub available: u32,
    /// Where it lies; for its owner only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shards: Option<Vec<ShardBody>>,
}

impl InventoryBody {
    /// What everybody, or the owner, may see.
    pub(crate) fn new(stocked: &Stocked, for_owner: bool) -> Self {
        let Balance { on_hand, held } = total(&stocked.shards);
        let shards = stocked.shards.iter();
        Self {
            product_id: stocked.product.product_id.to_string(),
            is_set: stocked.product.shards_ever > 0,
            on_hand,
            held,
            available: on_hand.saturating_sub(held),
            shards: for_owner.then(|| {
                shards
                    .map(|shard| ShardBody::new(&stocked.product, shard))
                    .collect()
            }),
        }
    }
}
