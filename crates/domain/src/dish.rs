//! Dishes: recipes over counted ingredients.

use crate::ids::DishId;
use crate::ledger::Ingredient;
use crate::money::PriceMinor;
use crate::timestamp::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Ingredients in one recipe.
pub const RECIPE_MAX: usize = 20;
/// Units of one ingredient in one dish.
pub const UNITS_MAX: u32 = 1_000;
/// Dishes in one line of an order.
pub const QUANTITY_MAX: u32 = 20;
/// Dishes on today's menu.
pub const TODAY: usize = 7;

/// What one dish is made of: at least one ingredient, at least one unit of each.
pub type Recipe = BTreeMap<Ingredient, u32>;

/// A dish as stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dish {
    /// Its id.
    pub dish_id: DishId,
    /// What the buyer reads.
    pub name: String,
    /// Its price.
    pub price_minor: PriceMinor,
    /// What it is made of.
    pub recipe: Recipe,
    /// When it was put on the menu.
    pub created_at: Timestamp,
}

/// What all dishes of an order need together; lines of the same ingredient are summed.
///
/// `None` when a sum is more than can be counted.
#[must_use]
pub fn ingredients_of<'a>(dishes: impl IntoIterator<Item = (&'a Recipe, u32)>) -> Option<Recipe> {
    let mut sum = Recipe::new();
    for (recipe, quantity) in dishes {
        for (ingredient, units) in recipe {
            let needed = units.checked_mul(quantity)?;
            let slot = sum.entry(ingredient.clone()).or_default();
            *slot = slot
                .checked_add(needed)
                .filter(|total| *total <= crate::ledger::QUANTITY_MAX)?;
        }
    }
    Some(sum)
}

/// Today's menu: at most [`TODAY`] dishes, drawn by the day, so that it is the same all day and another tomorrow.
#[must_use]
pub fn todays_menu(mut dishes: Vec<Dish>, now: Timestamp) -> Vec<Dish> {
    let day = now.as_ms().div_euclid(24 * 3_600 * 1000).to_string();
    dishes.sort_by_cached_key(|dish| crate::ids::fingerprint(&["menu", &day, dish.dish_id.as_str()]));
    dishes.truncate(TODAY);
    dishes
}
