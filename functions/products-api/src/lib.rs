//! `/api/products` and `/api/categories`: the catalogue, and the inventory of what is in it. Holding and selling are orders'
//! business.

mod bodies;
mod categories;
mod edit;
mod inventory;
mod listing;
mod movements;

use axum::extract::FromRef;
use axum::middleware::from_fn_with_state;
use contract::Gate;
use domain::ports::{Categories, Clock, Entropy, Products};
use domain::{Currency, Fault, IdempotencyKey};
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use bodies::{
    CategoryBody, FoodBody, FoodSourceBody, InventoryBody, NutriscoreBody, ProductBody, ShardBody,
};
pub use categories::{CategoryPage, NewCategory};
pub use edit::{EditedProduct, NewCategories, NewProduct};
pub use inventory::{NewAdjustment, NewInventory, NewShards};
pub use listing::ProductPage;
pub use movements::{ProductMovement, ProductMovementPage};

/// What the function needs.
#[derive(Clone)]
pub struct ProductsApi {
    /// Who asks.
    pub gate: Gate,
    /// Products and their inventory.
    pub products: Arc<dyn Products>,
    /// Categories.
    pub categories: Arc<dyn Categories>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where fresh ids come from.
    pub entropy: Arc<dyn Entropy>,
    /// The currency of every price.
    pub currency: Currency,
}

impl FromRef<ProductsApi> for Gate {
    fn from_ref(function: &ProductsApi) -> Self {
        function.gate.clone()
    }
}

impl ProductsApi {
    /// What the client calls its request, or a name that nobody else uses.
    fn name_of(&self, key: Option<axum::Extension<IdempotencyKey>>) -> Result<IdempotencyKey, Fault> {
        if let Some(axum::Extension(key)) = key {
            return Ok(key);
        }
        let drawn: String = self
            .entropy
            .bytes16()?
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        IdempotencyKey::parse(&drawn).map_err(|error| Fault::Defect(error.to_string()))
    }
}

/// The routes, before the function's needs are filled in.
pub fn api() -> OpenApiRouter<ProductsApi> {
    OpenApiRouter::new()
        .routes(routes!(listing::list_products, edit::create_product))
        .routes(routes!(
            listing::show_product,
            edit::edit_product,
            edit::withdraw_product
        ))
        .routes(routes!(edit::categorise_product))
        .routes(routes!(inventory::show_inventory, inventory::set_inventory))
        .routes(routes!(inventory::adjust_inventory))
        .routes(routes!(inventory::open_shards))
        .routes(routes!(movements::list_product_movements))
        .routes(routes!(categories::list_categories, categories::create_category))
}

/// The routes with everything filled in.
pub fn router(function: ProductsApi) -> axum::Router {
    let once = from_fn_with_state(function.gate.clone(), contract::once::once);
    let (router, _) = api().split_for_parts();
    router.layer(once).with_state(function)
}
