//! Categories: anybody who is signed in may name one, and one name is one category.

use crate::ProductsApi;
use crate::bodies::CategoryBody;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use contract::bodies::PageParams;
use contract::input::{FieldErrors, page_request};
use contract::problem::ProblemBody;
use contract::{Body, Query, Reply, SignedIn};
use domain::product::{CATEGORY_NAME_MAX, Category};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A page of categories.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CategoryPage {
    /// In no order that means anything.
    pub categories: Vec<CategoryBody>,
    /// Send it as `cursor` for the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A category to be.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCategory {
    /// Its name, 1 to 80 characters.
    #[schema(min_length = 1, max_length = 80)]
    pub name: String,
}

/// List categories
#[utoipa::path(
    get, path = "/api/categories", tag = "products", params(PageParams),
    responses(
        (status = 200, body = CategoryPage, description = "A page."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    )
)]
pub(crate) async fn list_categories(
    State(function): State<ProductsApi>,
    Query(params): Query<PageParams>,
) -> Reply<Json<CategoryPage>> {
    let request = page_request(params.limit, params.cursor)?;
    let page = function.categories.list(&request).await?;
    Ok(Json(CategoryPage {
        categories: page.rows.iter().map(Into::into).collect(),
        next_cursor: page.next.map(|cursor| cursor.0),
    }))
}

/// Name a category
///
/// The same name again, whatever its case and accents, is the same category.
#[utoipa::path(
    post, path = "/api/categories", tag = "products", params(("Idempotency-Key" = Option<String>, Header, pattern = "^[!-~]{1,255}$",
    description = "Names this request for 24 hours: repeating it changes nothing.")),
    request_body = NewCategory,
    responses(
        (status = 201, body = CategoryBody, description = "Made."),
        (status = 200, body = CategoryBody, description = "There already."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused; nothing was written."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    ),
    security(("session" = []), ("bearer" = []))
)]
pub(crate) async fn create_category(
    State(function): State<ProductsApi>,
    _: SignedIn,
    Body(new): Body<NewCategory>,
) -> Reply<(StatusCode, Json<CategoryBody>)> {
    let mut errors = FieldErrors::default();
    let name = errors.text("name", &new.name, CATEGORY_NAME_MAX);
    errors.check()?;
    let fresh = Category::named(&name, function.clock.now());
    let category = function.categories.create(&fresh).await?;
    let status = if category == fresh {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok((status, Json(CategoryBody::from(&category))))
}
