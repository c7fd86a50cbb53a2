//! The menu.

use crate::KitchenApi;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use contract::bodies::PageParams;
use contract::input::{FieldErrors, page_request};
use contract::problem::ProblemBody;
use contract::{Body, Query, Reply, SignedIn};
use domain::dish::{Dish, RECIPE_MAX, Recipe, UNITS_MAX};
use domain::ledger::{Ingredient, Place};
use domain::ticket::TEXT_MAX;
use domain::{DishId, PageRequest};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A dish.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Dish)]
pub struct DishBody {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Price in minor units.
    pub price_minor: u64,
    /// ISO 4217 code, lower case.
    pub currency: String,
    /// Units of each ingredient in one dish.
    pub recipe: BTreeMap<String, u32>,
}

impl DishBody {
    fn new(dish: &Dish, currency: &str) -> Self {
        Self {
            id: dish.dish_id.to_string(),
            name: dish.name.clone(),
            price_minor: dish.price_minor.as_minor(),
            currency: currency.to_owned(),
            recipe: dish
                .recipe
                .iter()
                .map(|(ingredient, units)| (ingredient.to_string(), *units))
                .collect(),
        }
    }
}

/// A page of dishes.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DishPage {
    /// In the order of their ids.
    pub dishes: Vec<DishBody>,
    /// Send it as `cursor` for the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// Today's menu.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Menu {
    /// At most seven, drawn by the day.
    pub dishes: Vec<DishBody>,
}

/// A dish to put on the menu.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct NewDish {
    /// Its name, 1 to 200 characters.
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    /// Price in minor units, 50 to 99,999,999.
    #[schema(minimum = 50, maximum = 99999999)]
    pub price_minor: u64,
    /// Units of each ingredient in one dish: 1 to 20 ingredients, 1 to 1,000 units of each. The kitchen or the warehouse
    /// must know the ingredient.
    pub recipe: BTreeMap<String, u32>,
}

/// List dishes
#[utoipa::path(
    get, path = "/api/dishes", tag = "kitchen", params(PageParams),
    responses(
        (status = 200, body = DishPage, description = "A page."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    )
)]
pub(crate) async fn list_dishes(
    State(function): State<KitchenApi>,
    Query(params): Query<PageParams>,
) -> Reply<Json<DishPage>> {
    let page = function
        .dishes
        .list(&page_request(params.limit, params.cursor)?)
        .await?;
    Ok(Json(DishPage {
        dishes: page
            .rows
            .iter()
            .map(|dish| DishBody::new(dish, function.currency.as_str()))
            .collect(),
        next_cursor: page.next.map(|cursor| cursor.0),
    }))
}

/// Read today's menu
#[utoipa::path(
    get, path = "/api/dishes/today", tag = "kitchen",
    responses(
        (status = 200, body = Menu, description = "At most seven dishes, the same all day."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    )
)]
pub(crate) async fn todays_menu(State(function): State<KitchenApi>) -> Reply<Json<Menu>> {
    let everything = PageRequest {
        limit: PageRequest::LIMIT_MAX,
        cursor: None,
    };
    let dishes = function.dishes.list(&everything).await?.rows;
    let today = domain::dish::todays_menu(dishes, function.clock.now());
    Ok(Json(Menu {
        dishes: today
            .iter()
            .map(|dish| DishBody::new(dish, function.currency.as_str()))
            .collect(),
    }))
}

/// Put a dish on the menu
#[utoipa::path(
    post, path = "/api/dishes", tag = "kitchen", params(("Idempotency-Key" = Option<String>, Header, pattern = "^[!-~]{1,255}$",
    description = "Names this request for 24 hours: repeating it changes nothing.")),
    request_body = NewDish,
    responses(
        (status = 201, body = DishBody, description = "On the menu."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused; nothing was written."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    ),
    security(("session" = []), ("bearer" = []))
)]
pub(crate) async fn create_dish(
    State(function): State<KitchenApi>,
    _: SignedIn,
    Body(new): Body<NewDish>,
) -> Reply<(StatusCode, Json<DishBody>)> {
    let mut errors = FieldErrors::default();
    let name = errors.text("name", &new.name, TEXT_MAX);
    let price_minor = errors.price("priceMinor", new.price_minor);
    if new.recipe.is_empty() || new.recipe.len() > RECIPE_MAX {
        errors.add("recipe", format!("must have 1 to {RECIPE_MAX} ingredients"));
    }
    let kitchen = function.ledgers.head(Place::Kitchen).await?;
    let warehouse = function.ledgers.head(Place::Warehouse).await?;
    let mut recipe = Recipe::new();
    for (name, units) in new.recipe.iter().take(RECIPE_MAX) {
        let field = format!("recipe.{}", name.chars().take(64).collect::<String>());
        match Ingredient::parse(name) {
            Ok(ingredient)
                if !kitchen.balances.contains_key(&ingredient)
                    && !warehouse.balances.contains_key(&ingredient) =>
            {
                errors.add(
                    field,
                    "neither the kitchen nor the warehouse knows this ingredient",
                );
            }
            Ok(_) if !(1..=UNITS_MAX).contains(units) => {
                errors.add(field, format!("must be 1 to {UNITS_MAX} units"))
            }
            Ok(ingredient) => {
                recipe.insert(ingredient, *units);
            }
            Err(error) => errors.add(field, error.to_string()),
        }
    }
    errors.check()?;
    let dish = Dish {
        dish_id: DishId::from_random(function.entropy.bytes16()?),
        name,
        price_minor,
        recipe,
        created_at: function.clock.now(),
    };
    function.dishes.create(&dish).await?;
    Ok((
        StatusCode::CREATED,
        Json(DishBody::new(&dish, function.currency.as_str())),
    ))
}
