//! Reading the catalogue.

use crate::ProductsApi;
use crate::bodies::ProductBody;
use axum::Json;
use axum::extract::State;
use contract::input::page_request;
use contract::problem::ProblemBody;
use contract::{PathId, Query, Reply};
use domain::inventory::read_whole;
use domain::ports::Wish;
use domain::{ProductId, Refusal};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A page of products.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProductPage {
    /// Newest first; by the word that was found, when words were wished for.
    pub products: Vec<ProductBody>,
    /// Send it as `cursor` for the next page; absent on the last. A page may be short, or empty, although there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// Which products.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListParams {
    /// Beginnings of words of the title, all of which must be there: at most 8, of 2 letters or digits and more. Case and
    /// accents make no difference.
    #[param(max_length = 200)]
    q: Option<String>,
    /// The category they are in.
    category: Option<String>,
    /// Rows on a page, 1 to 100; 25 when absent.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u16>,
    /// `nextCursor` of the page before.
    cursor: Option<String>,
}

/// Find products
///
/// What was withdrawn is not shown; what is sold out is.
#[utoipa::path(
    get, path = "/api/products", tag = "products", params(ListParams),
    responses(
        (status = 200, body = ProductPage, description = "A page."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    )
)]
pub(crate) async fn list_products(
    State(function): State<ProductsApi>,
    Query(params): Query<ListParams>,
) -> Reply<Json<ProductPage>> {
    let wish = Wish::parse(params.q.as_deref(), params.category.as_deref())?;
    let request = page_request(params.limit, params.cursor)?;
    let page = function.products.list(&wish, &request).await?;
    Ok(Json(ProductPage {
        products: function.bodies(&page.rows).await?,
        next_cursor: page.next.map(|cursor| cursor.0),
    }))
}

/// Read a product
#[utoipa::path(
    get, path = "/api/products/{product_id}", tag = "products",
    params(("product_id" = String, Path, description = "The product.")),
    responses(
        (status = 200, body = ProductBody, description = "The product."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    )
)]
pub(crate) async fn show_product(
    State(function): State<ProductsApi>,
    PathId(product_id): PathId<ProductId>,
) -> Reply<Json<ProductBody>> {
    let stocked = read_whole(&*function.products, &product_id)
        .await?
        .ok_or_else(|| Refusal::not_found("product"))?;
    stocked.product.check_listed()?;
    Ok(Json(function.body(&stocked).await?))
}
