//! The ledger of a product: every movement that led to what there is.

use crate::ProductsApi;
use axum::Json;
use axum::extract::State;
use contract::input::{number_seen, page_request};
use contract::problem::ProblemBody;
use contract::{PathId, Query, Reply, SignedIn};
use domain::inventory::{SHARDS_MAX, ShardMovement};
use domain::{ProductId, Refusal};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// One row of a shard's ledger.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProductMovement {
    /// Its number in its shard, without gaps.
    pub seq: u64,
    /// The shard.
    pub shard: u8,
    /// `set`, `received`, `removed`, `held`, `released`, `sold`, `returned`, `moved_in` or `moved_out`.
    pub kind: String,
    /// How many.
    pub quantity: u32,
    /// The order or the adjustment that caused it.
    pub cause: String,
    /// Why, in the words of whoever adjusted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When.
    pub at: String,
    /// What was in the shard after it.
    pub on_hand: u32,
    /// How much of that was held.
    pub held: u32,
}

impl From<&ShardMovement> for ProductMovement {
    fn from(movement: &ShardMovement) -> Self {
        Self {
            seq: movement.seq,
            shard: movement.shard,
            kind: movement.kind.as_str().to_owned(),
            quantity: movement.quantity,
            cause: movement.cause.clone(),
            reason: movement.reason.clone(),
            at: movement.at.to_rfc3339(),
            on_hand: movement.balance.on_hand,
            held: movement.balance.held,
        }
    }
}

/// Movements after a number.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProductMovementPage {
    /// In the order of their numbers.
    pub movements: Vec<ProductMovement>,
    /// Ask for movements after this number for more; the same number again when there are none yet.
    pub next_after: u64,
}

/// Of which shard, from where, and how many.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct MovementParams {
    /// The shard, 0 to 15; 0 when absent.
    #[param(maximum = 15)]
    shard: Option<u8>,
    /// Movements with a higher number; 0 when absent.
    #[param(maximum = 9_007_199_254_740_991_u64)]
    after: Option<u64>,
    /// Rows on a page, 1 to 100; 25 when absent.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u16>,
}

/// Follow the ledger of a product
///
/// Only its owner. Each shard numbers its movements for itself and leaves none out: who was away asks for those after the
/// last one seen.
#[utoipa::path(
    get, path = "/api/products/{product_id}/inventory/movements", tag = "products",
    params(("product_id" = String, Path, description = "The product."), MovementParams),
    responses(
        (status = 200, body = ProductMovementPage, description = "A page."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    ),
    security(("session" = []), ("bearer" = []))
)]
pub(crate) async fn list_product_movements(
    State(function): State<ProductsApi>,
    signed_in: SignedIn,
    PathId(product_id): PathId<ProductId>,
    Query(params): Query<MovementParams>,
) -> Reply<Json<ProductMovementPage>> {
    let limit = page_request(params.limit, None)?.limit;
    let (shard, after) = (params.shard.unwrap_or_default(), number_seen(params.after)?);
    if shard >= SHARDS_MAX {
        return Err(Refusal::invalid("shard", format!("must be 0 to {}", SHARDS_MAX - 1)).into());
    }
    let product = function
        .products
        .get(&product_id)
        .await?
        .ok_or_else(|| Refusal::not_found("product"))?;
    product.check_owner(&signed_in.user_id)?;
    let rows = function
        .products
        .movements_after(&product_id, shard, after, limit)
        .await?;
    let next_after = rows.last().map_or(after, |row| row.seq);
    Ok(Json(ProductMovementPage {
        movements: rows.iter().map(Into::into).collect(),
        next_after,
    }))
}
