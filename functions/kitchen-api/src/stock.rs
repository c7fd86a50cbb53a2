//! The ledgers: what there is, and every movement that led to it.

use crate::KitchenApi;
use axum::Json;
use axum::extract::State;
use contract::bodies::{MovementBody, PageParams};
use contract::input::{number_seen, page_request};
use contract::problem::ProblemBody;
use contract::{PathText, Query, Reply};
use domain::ledger::{Ingredient, Place};
use domain::{Cursor, PageRequest, Refusal};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// How much of one ingredient there is.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StockItem {
    /// The ingredient.
    pub ingredient: String,
    /// What is physically there.
    pub on_hand: u32,
    /// How much of it is claimed.
    pub held: u32,
    /// `onHand - held`.
    pub available: u32,
}

/// A page of what there is.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StockPage {
    /// `kitchen` or `warehouse`.
    pub place: String,
    /// The number of the ledger's last movement; ask for movements after it to follow.
    pub seq: u64,
    /// By name.
    pub items: Vec<StockItem>,
    /// Send it as `cursor` for the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// Movements after a number.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MovementPage {
    /// In the order of their numbers.
    pub movements: Vec<MovementBody>,
    /// Ask for movements after this number for more; the same number again when there are none yet.
    pub next_after: u64,
}

/// From where, and how many.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AfterParams {
    /// Movements with a higher number; 0 when absent.
    #[param(maximum = 9_007_199_254_740_991_u64)]
    after: Option<u64>,
    /// Rows on a page, 1 to 100; 25 when absent.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u16>,
}

/// What one purchase at the market yields.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct MarketYield {
    /// The ingredient.
    pub ingredient: String,
    /// 0 to 10.
    pub quantity: u32,
}

fn place(text: &str) -> Result<Place, Refusal> {
    Place::parse(&text.to_lowercase())
        .ok_or_else(|| Refusal::not_found("place; there are kitchen and warehouse"))
}

/// Read what there is
#[utoipa::path(
    get, path = "/api/stock/{place}", tag = "kitchen",
    params(("place" = String, Path, description = "`kitchen` or `warehouse`."), PageParams),
    responses(
        (status = 200, body = StockPage, description = "A page."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    )
)]
pub(crate) async fn show_stock(
    State(function): State<KitchenApi>,
    PathText(text): PathText,
    Query(params): Query<PageParams>,
) -> Reply<Json<StockPage>> {
    let place = place(&text)?;
    let PageRequest { limit, cursor } = page_request(params.limit, params.cursor)?;
    // The cursor is the last name seen: a name that was never there is as good a place to go on from.
    let after = match cursor {
        Some(Cursor(text)) => {
            Some(Ingredient::parse(&text).map_err(|e| Refusal::invalid("cursor", e.to_string()))?)
        }
        None => None,
    };
    let ledger = function.ledgers.head(place).await?;
    let mut rows = ledger
        .balances
        .iter()
        .filter(|(ingredient, _)| after.as_ref().is_none_or(|after| *ingredient > after));
    let items: Vec<StockItem> = rows
        .by_ref()
        .take(usize::from(limit))
        .map(|(ingredient, balance)| StockItem {
            ingredient: ingredient.to_string(),
            on_hand: balance.on_hand,
            held: balance.held,
            available: balance.available(),
        })
        .collect();
    let has_more = rows.next().is_some();
    let next_cursor = items
        .last()
        .filter(|_| has_more)
        .map(|item| item.ingredient.clone());
    Ok(Json(StockPage {
        place: place.to_string(),
        seq: ledger.seq,
        items,
        next_cursor,
    }))
}

/// Follow a ledger
///
/// Every movement has a number and none is left out: who was away asks for those after the last one seen.
#[utoipa::path(
    get, path = "/api/stock/{place}/movements", tag = "kitchen",
    params(("place" = String, Path, description = "`kitchen` or `warehouse`."), AfterParams),
    responses(
        (status = 200, body = MovementPage, description = "A page."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    )
)]
pub(crate) async fn list_movements(
    State(function): State<KitchenApi>,
    PathText(text): PathText,
    Query(params): Query<AfterParams>,
) -> Reply<Json<MovementPage>> {
    let place = place(&text)?;
    let limit = page_request(params.limit, None)?.limit;
    let after = number_seen(params.after)?;
    let postings = function.ledgers.postings_after(place, after, limit).await?;
    let movements: Vec<MovementBody> = postings
        .iter()
        .flat_map(|posting| {
            posting
                .movements
                .iter()
                .map(move |movement| MovementBody::new(&posting.cause, posting.at, movement))
        })
        .filter(|row| row.seq > after)
        .take(usize::from(limit))
        .collect();
    let next_after = movements.last().map_or(after, |row| row.seq);
    Ok(Json(MovementPage {
        movements,
        next_after,
    }))
}

/// Ask the market
///
/// What a purchase would yield right now; nothing is bought.
#[utoipa::path(
    get, path = "/api/market/{ingredient}", tag = "kitchen",
    params(("ingredient" = String, Path, description = "The ingredient.")),
    responses(
        (status = 200, body = MarketYield, description = "0 to 10."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    )
)]
pub(crate) async fn ask_market(
    State(function): State<KitchenApi>,
    PathText(text): PathText,
) -> Reply<Json<MarketYield>> {
    let ingredient = Ingredient::parse(&text.to_lowercase()).map_err(|_| Refusal::not_found("ingredient"))?;
    let asked = function.entropy.bytes16()?;
    let asked: String = asked.iter().map(|byte| format!("{byte:02x}")).collect();
    let quantity = function
        .market
        .buy(&ingredient, &format!("asked-{asked}"), function.clock.now())
        .await?;
    Ok(Json(MarketYield {
        ingredient: ingredient.to_string(),
        quantity,
    }))
}
