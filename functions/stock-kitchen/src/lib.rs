//! `StockKitchen`: books the stock that is there at the start and puts the first dishes on the menu.
//!
//! Invoked by whoever sets a shop up (`cargo xtask up` does), never by a buyer. What is booked under one cause is booked
//! once, however often it is sent.

use domain::dish::Dish;
use domain::ledger::{Ingredient, Place};
use domain::ports::{Clock, Dishes, Ledgers};
use domain::{DishId, Fault, PriceMinor, Refusal, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the step needs.
#[derive(Clone)]
pub struct StockKitchen {
    /// The menu.
    pub dishes: Arc<dyn Dishes>,
    /// The ledgers.
    pub ledgers: Arc<dyn Ledgers>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
}

/// What there is at the start.
#[derive(Clone, Debug, Deserialize)]
pub struct Input {
    /// Names this delivery; sent again it changes nothing.
    pub cause: String,
    /// Units of each ingredient in the kitchen.
    #[serde(default)]
    pub kitchen: BTreeMap<Ingredient, u32>,
    /// Units of each ingredient in the warehouse.
    #[serde(default)]
    pub warehouse: BTreeMap<Ingredient, u32>,
    /// The first dishes.
    #[serde(default)]
    pub dishes: Vec<SeedDish>,
}

/// A dish of the seed.
#[derive(Clone, Debug, Deserialize)]
pub struct SeedDish {
    /// What its id is derived from.
    pub key: String,
    /// Its name.
    pub name: String,
    /// Its price, minor units.
    pub price_minor: PriceMinor,
    /// Units of each ingredient in one dish.
    pub recipe: BTreeMap<Ingredient, u32>,
}

/// What there is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Output {
    /// The dishes of the seed.
    pub dish_ids: Vec<DishId>,
}

impl StockKitchen {
    /// Books everything and puts every dish on the menu.
    ///
    /// # Errors
    /// [`Refusal::InvalidInput`] for an empty recipe; what the ports report.
    pub async fn handle(&self, input: Input) -> Result<Output, Fault> {
        for (place, stock) in [
            (Place::Kitchen, &input.kitchen),
            (Place::Warehouse, &input.warehouse),
        ] {
            let stock: Vec<(Ingredient, u32)> =
                stock.iter().map(|(name, units)| (name.clone(), *units)).collect();
            if !stock.is_empty() {
                self.ledgers
                    .stock_up(place, &stock, &input.cause, self.clock.now())
                    .await?;
            }
        }
        let mut dish_ids = Vec::with_capacity(input.dishes.len());
        for seed in input.dishes {
            if seed.recipe.is_empty() || seed.recipe.values().any(|units| *units == 0) {
                return Err(
                    Refusal::invalid("recipe", "a dish is made of at least one unit of something").into(),
                );
            }
            let dish = Dish {
                dish_id: DishId::derived_from_key(&seed.key),
                name: seed.name,
                price_minor: seed.price_minor,
                recipe: seed.recipe,
                // Not now: the same dish sent again must be the same.
                created_at: Timestamp::from_ms(0),
            };
            self.dishes.create(&dish).await?;
            dish_ids.push(dish.dish_id);
        }
        Ok(Output { dish_ids })
    }
}
