//! Making a product, editing it, putting it into categories, and taking it off.

use crate::ProductsApi;
use crate::bodies::ProductBody;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use contract::input::FieldErrors;
use contract::problem::ProblemBody;
use contract::{Body, PathId, Reply, SignedIn};
use domain::ports::{ProductError, decide_and_change};
use domain::product::edits::{NewProduct as FreshProduct, ProductEdit};
use domain::product::{CATEGORIES_MAX, DESCRIPTION_MAX, Product, ProductDecision, Stocked, TITLE_MAX};
use domain::{CategoryId, Fault, IdempotencyKey, ProductId, Refusal};
use serde::Deserialize;
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// How often the making of a product that met another write is tried.
const TRIES_MAX: u32 = 4;

/// A product to sell.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct NewProduct {
    /// What it is, 1 to 200 characters. It is found by the words of it.
    #[schema(min_length = 1, max_length = 200)]
    pub title: String,
    /// More about it, at most 2,000 characters.
    #[schema(max_length = 2000)]
    pub description: Option<String>,
    /// Price of one in minor units, 50 to 99,999,999.
    #[schema(minimum = 50, maximum = 99999999)]
    pub price_minor: u64,
}

/// A product's new title, description and price.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct EditedProduct {
    /// The new title, 1 to 200 characters.
    #[schema(min_length = 1, max_length = 200)]
    pub title: String,
    /// The new description, at most 2,000 characters; without it the product has none.
    #[schema(max_length = 2000)]
    pub description: Option<String>,
    /// The new price of one in minor units, 50 to 99,999,999.
    #[schema(minimum = 50, maximum = 99999999)]
    pub price_minor: u64,
    /// The version you saw; may come as the header `If-Match` instead.
    #[schema(minimum = 1)]
    pub version: Option<u32>,
}

/// The categories that a product is to be in.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct NewCategories {
    /// At most 8, each of which exists. The product is in these and no others afterwards.
    #[schema(max_items = 8)]
    pub category_ids: Vec<String>,
}

/// Sell a product
///
/// It is shown at once and can be had as soon as its inventory is set.
#[utoipa::path(
    post, path = "/api/products", tag = "products", params(("Idempotency-Key" = Option<String>, Header, pattern = "^[!-~]{1,255}$",
    description = "Names this request for 24 hours: repeating it changes nothing.")),
    request_body = NewProduct,
    responses(
        (status = 201, body = ProductBody, description = "Made."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused; nothing was written."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    ),
    security(("session" = []), ("bearer" = []))
)]
pub(crate) async fn create_product(
    State(function): State<ProductsApi>,
    signed_in: SignedIn,
    key: Option<axum::Extension<IdempotencyKey>>,
    Body(new): Body<NewProduct>,
) -> Reply<(StatusCode, [(HeaderName, String); 1], Json<ProductBody>)> {
    let mut errors = FieldErrors::default();
    let title = errors.text("title", &new.title, TITLE_MAX);
    let description = errors.prose("description", new.description.as_deref(), DESCRIPTION_MAX);
    let price_minor = errors.price("priceMinor", new.price_minor);
    errors.check()?;
    // The same request again makes the same product, even if its first answer was never kept.
    let name = function.name_of(key)?;
    let fresh = FreshProduct {
        product_id: ProductId::derived_from_request(&signed_in.user_id, &name),
        owner_id: signed_in.user_id,
        title,
        description,
        price_minor,
    };
    let stocked = function
        .make(&fresh.product_id.clone(), &fresh.create(function.clock.now()))
        .await?;
    let location = format!("/api/products/{}", stocked.product.product_id);
    let body = function.body(&stocked).await?;
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(body)))
}

impl ProductsApi {
    /// Writes a fresh product, or finds the one that the same request wrote before: nobody else derives its id.
    /// Another one under its id is refused: one key was used for two.
    async fn make(&self, product_id: &ProductId, decision: &ProductDecision) -> Result<Stocked, Fault> {
        for _ in 0..TRIES_MAX {
            match self.products.commit(decision).await {
                Err(ProductError::Fault(fault)) => return Err(fault),
                // Written now, written before, or met by another write, such as a repeat of the same request.
                Ok(()) | Err(ProductError::Moved | ProductError::DoneBefore) => {}
            }
            if let Some(stocked) = self.products.stocked(product_id).await? {
                let is_ours = |wanted: &Product| stocked.product.is_same_creation(wanted);
                // The record of its Idempotency-Key is gone after a day; the id that is made of it stays.
                return match decision.after.as_ref().is_none_or(is_ours) {
                    true => Ok(stocked),
                    false => Err(Refusal::KeyReused.into()),
                };
            }
        }
        Err(Fault::Transient(format!(
            "{product_id} was written by somebody else again and again"
        )))
    }
}

/// Edit a product
///
/// Only its owner, and only from the version seen. Orders keep the title and the price that they were placed at.
#[utoipa::path(
    put, path = "/api/products/{product_id}", tag = "products",
    params(("product_id" = String, Path, description = "The product."), ("If-Match" = Option<String>, Header,
    description = "The version you saw, when it is not in the body."), ("Idempotency-Key" = Option<String>, Header, pattern = "^[!-~]{1,255}$",
    description = "Names this request for 24 hours: repeating it changes nothing.")),
    request_body = EditedProduct,
    responses(
        (status = 200, body = ProductBody, description = "Edited."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused; nothing changed."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    ),
    security(("session" = []), ("bearer" = []))
)]
pub(crate) async fn edit_product(
    State(function): State<ProductsApi>,
    signed_in: SignedIn,
    PathId(product_id): PathId<ProductId>,
    headers: HeaderMap,
    Body(edited): Body<EditedProduct>,
) -> Reply<Json<ProductBody>> {
    let mut errors = FieldErrors::default();
    let edit = ProductEdit {
        user_id: signed_in.user_id,
        seen_version: errors.seen_version(edited.version, &headers),
        title: errors.text("title", &edited.title, TITLE_MAX),
        description: errors.prose("description", edited.description.as_deref(), DESCRIPTION_MAX),
        price_minor: errors.price("priceMinor", edited.price_minor),
    };
    errors.check()?;
    let stocked = decide_and_change(&*function.products, &product_id, &|stocked| {
        stocked.edit(&edit, function.clock.now()).map(Some)
    })
    .await?;
    Ok(Json(function.body(&stocked).await?))
}

/// Put a product into categories
///
/// Only its owner. It is in exactly these categories afterwards.
#[utoipa::path(
    put, path = "/api/products/{product_id}/categories", tag = "products",
    params(("product_id" = String, Path, description = "The product."), ("Idempotency-Key" = Option<String>, Header, pattern = "^[!-~]{1,255}$",
    description = "Names this request for 24 hours: repeating it changes nothing.")),
    request_body = NewCategories,
    responses(
        (status = 200, body = ProductBody, description = "In these categories."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused; nothing changed."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    ),
    security(("session" = []), ("bearer" = []))
)]
pub(crate) async fn categorise_product(
    State(function): State<ProductsApi>,
    signed_in: SignedIn,
    PathId(product_id): PathId<ProductId>,
    Body(new): Body<NewCategories>,
) -> Reply<Json<ProductBody>> {
    let categories = function.existing(&new.category_ids).await?;
    let stocked = decide_and_change(&*function.products, &product_id, &|stocked| {
        stocked.categorise(&signed_in.user_id, &categories, function.clock.now())
    })
    .await?;
    Ok(Json(function.body(&stocked).await?))
}

impl ProductsApi {
    /// Reads ids of categories that exist.
    async fn existing(&self, ids: &[String]) -> Result<BTreeSet<CategoryId>, Fault> {
        let mut errors = FieldErrors::default();
        if ids.len() > CATEGORIES_MAX {
            errors.add(
                "categoryIds",
                format!("must be at most {CATEGORIES_MAX} categories"),
            );
        }
        let mut wanted = Vec::with_capacity(ids.len().min(CATEGORIES_MAX));
        for (index, id) in ids.iter().enumerate().take(CATEGORIES_MAX) {
            match CategoryId::parse(&id.to_lowercase()) {
                Ok(category_id) => wanted.push(category_id),
                Err(error) => errors.add(format!("categoryIds[{index}]"), error.to_string()),
            }
        }
        errors.check()?;
        let set: BTreeSet<CategoryId> = wanted.iter().cloned().collect();
        let known = self.categories.find(&set).await?;
        match wanted
            .iter()
            .position(|category_id| !known.contains_key(category_id))
        {
            None => Ok(set),
            Some(index) => Err(Refusal::NotFound {
                what: "category".to_owned(),
                field: Some(format!("categoryIds[{index}]")),
            }
            .into()),
        }
    }
}

/// Take a product off
///
/// Only its owner. It is neither shown nor sold from now on; orders that hold it go on. A repeat changes nothing.
#[utoipa::path(
    delete, path = "/api/products/{product_id}", tag = "products",
    params(("product_id" = String, Path, description = "The product.")),
    responses(
        (status = 204, description = "Withdrawn."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused; nothing changed."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    ),
    security(("session" = []), ("bearer" = []))
)]
pub(crate) async fn withdraw_product(
    State(function): State<ProductsApi>,
    signed_in: SignedIn,
    PathId(product_id): PathId<ProductId>,
) -> Reply<StatusCode> {
    decide_and_change(&*function.products, &product_id, &|stocked| {
        stocked.withdraw(&signed_in.user_id, function.clock.now())
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}
