//! The inventory of a product: set once, adjusted by movements, spread over more or fewer shards.

use crate::ProductsApi;
use crate::bodies::InventoryBody;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use contract::input::FieldErrors;
use contract::problem::ProblemBody;
use contract::{Body, PathId, Reply, SignedIn};
use domain::inventory::{self, Adjustment, REASON_MAX, SHARDS_MAX, SetInventory, once_of, read_whole};
use domain::ledger::QUANTITY_MAX;
use domain::{IdempotencyKey, ProductId, Refusal};
use serde::Deserialize;
use utoipa::ToSchema;

/// What there is at the start.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewInventory {
    /// How many, 0 to 1,000,000.
    #[schema(maximum = 1000000)]
    pub quantity: u32,
    /// Into how many shards they go, 1 to 16; 1 when absent.
    #[schema(minimum = 1, maximum = 16)]
    pub shards: Option<u8>,
}

/// What came in, or is taken out.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAdjustment {
    /// How many: came in above 0, taken out below. At most 1,000,000 either way.
    #[schema(minimum = -1000000, maximum = 1000000)]
    pub delta: i32,
    /// Why, 1 to 200 characters; it stands in the ledger.
    #[schema(min_length = 1, max_length = 200)]
    pub reason: String,
}

/// Into how many shards new stock goes.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewShards {
    /// 1 to 16. More shards sell faster, and an order for many touches more of them.
    #[schema(minimum = 1, maximum = 16)]
    pub shards: u8,
}

/// Read how many there are
///
/// Everybody sees the sum; its owner also sees the shards.
#[utoipa::path(
    get, path = "/api/products/{product_id}/inventory", tag = "products",
    params(("product_id" = String, Path, description = "The product.")),
    responses(
        (status = 200, body = InventoryBody, description = "What there is."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    )
)]
pub(crate) async fn show_inventory(
    State(function): State<ProductsApi>,
    headers: HeaderMap,
    PathId(product_id): PathId<ProductId>,
) -> Reply<Json<InventoryBody>> {
    let stocked = read_whole(&*function.products, &product_id)
        .await?
        .ok_or_else(|| Refusal::not_found("product"))?;
    let reader = function.gate.who(&headers).await?;
    let is_owner = reader.is_some_and(|reader| reader.user_id == stocked.product.owner_id);
    // What is left of a withdrawn product is its owner's business.
    if !is_owner {
        stocked.product.check_listed()?;
    }
    Ok(Json(InventoryBody::new(&stocked, is_owner)))
}

/// Set how many there are
///
/// Only its owner, and only once; afterwards it is adjusted.
#[utoipa::path(
    put, path = "/api/products/{product_id}/inventory", tag = "products",
    params(("product_id" = String, Path, description = "The product."), ("Idempotency-Key" = Option<String>, Header, pattern = "^[!-~]{1,255}$",
    description = "Names this request for 24 hours: repeating it changes nothing.")),
    request_body = NewInventory,
    responses(
        (status = 200, body = InventoryBody, description = "Set."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused; nothing changed."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    ),
    security(("session" = []), ("bearer" = []))
)]
pub(crate) async fn set_inventory(
    State(function): State<ProductsApi>,
    signed_in: SignedIn,
    PathId(product_id): PathId<ProductId>,
    key: Option<axum::Extension<IdempotencyKey>>,
    Body(new): Body<NewInventory>,
) -> Reply<Json<InventoryBody>> {
    let mut errors = FieldErrors::default();
    if new.quantity > QUANTITY_MAX {
        errors.add("quantity", format!("must be 0 to {QUANTITY_MAX}"));
    }
    let shards = new.shards.unwrap_or(1);
    check_shards(&mut errors, shards);
    errors.check()?;
    let key = function.name_of(key)?;
    let wish = SetInventory {
        once: once_of(
            &product_id,
            &signed_in.user_id,
            &key,
            &format!("set {} in {shards}", new.quantity),
        ),
        product_id,
        by: signed_in.user_id,
        quantity: new.quantity,
        shards,
    };
    let stocked = inventory::set(&*function.products, &*function.clock, &wish).await?;
    Ok(Json(InventoryBody::new(&stocked, true)))
}

/// Adjust how many there are
///
/// Only its owner. What is held by orders cannot be taken out.
#[utoipa::path(
    post, path = "/api/products/{product_id}/inventory/adjustments", tag = "products",
    params(("product_id" = String, Path, description = "The product."), ("Idempotency-Key" = Option<String>, Header, pattern = "^[!-~]{1,255}$",
    description = "Names this request for 24 hours: repeating it changes nothing.")),
    request_body = NewAdjustment,
    responses(
        (status = 201, body = InventoryBody, description = "Adjusted."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused; nothing changed."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    ),
    security(("session" = []), ("bearer" = []))
)]
pub(crate) async fn adjust_inventory(
    State(function): State<ProductsApi>,
    signed_in: SignedIn,
    PathId(product_id): PathId<ProductId>,
    key: Option<axum::Extension<IdempotencyKey>>,
    Body(new): Body<NewAdjustment>,
) -> Reply<(StatusCode, Json<InventoryBody>)> {
    let mut errors = FieldErrors::default();
    if new.delta == 0 || new.delta.unsigned_abs() > QUANTITY_MAX {
        errors.add("delta", format!("must be 1 to {QUANTITY_MAX}, up or down"));
    }
    let reason = errors.text("reason", &new.reason, REASON_MAX);
    errors.check()?;
    let key = function.name_of(key)?;
    let adjustment = Adjustment {
        once: once_of(
            &product_id,
            &signed_in.user_id,
            &key,
            &format!("adjust {} {reason}", new.delta),
        ),
        product_id,
        by: signed_in.user_id,
        delta: new.delta,
        reason,
    };
    let stocked = inventory::adjust(&*function.products, &*function.clock, &adjustment).await?;
    Ok((StatusCode::CREATED, Json(InventoryBody::new(&stocked, true))))
}

/// Spread the inventory
///
/// Only its owner, also while it sells. What is free is levelled out over the shards as far as buyers leave time for it; what
/// is held stays where it is.
#[utoipa::path(
    put, path = "/api/products/{product_id}/inventory/shards", tag = "products",
    params(("product_id" = String, Path, description = "The product."), ("Idempotency-Key" = Option<String>, Header, pattern = "^[!-~]{1,255}$",
    description = "Names this request for 24 hours: repeating it changes nothing.")),
    request_body = NewShards,
    responses(
        (status = 200, body = InventoryBody, description = "Spread."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused; nothing changed."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    ),
    security(("session" = []), ("bearer" = []))
)]
pub(crate) async fn open_shards(
    State(function): State<ProductsApi>,
    signed_in: SignedIn,
    PathId(product_id): PathId<ProductId>,
    Body(new): Body<NewShards>,
) -> Reply<Json<InventoryBody>> {
    let mut errors = FieldErrors::default();
    check_shards(&mut errors, new.shards);
    errors.check()?;
    let (products, clock) = (&*function.products, &*function.clock);
    let stocked = inventory::open(products, clock, &product_id, &signed_in.user_id, new.shards).await?;
    Ok(Json(InventoryBody::new(&stocked, true)))
}

fn check_shards(errors: &mut FieldErrors, shards: u8) {
    if !(1..=SHARDS_MAX).contains(&shards) {
        errors.add("shards", format!("must be 1 to {SHARDS_MAX}"));
    }
}
