//! `/api/dishes`, `/api/stock` and `/api/market`: the menu, the live ledgers, and what the market would do.

mod dishes;
mod stock;

use axum::extract::FromRef;
use axum::middleware::from_fn_with_state;
use contract::Gate;
use domain::Currency;
use domain::ports::{Clock, Dishes, Entropy, Ledgers, Market};
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use dishes::{DishBody, DishPage, Menu, NewDish};
pub use stock::{MarketYield, MovementPage, StockItem, StockPage};

/// What the function needs.
#[derive(Clone)]
pub struct KitchenApi {
    /// Who asks.
    pub gate: Gate,
    /// The menu.
    pub dishes: Arc<dyn Dishes>,
    /// The ledgers.
    pub ledgers: Arc<dyn Ledgers>,
    /// The market.
    pub market: Arc<dyn Market>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where fresh ids come from.
    pub entropy: Arc<dyn Entropy>,
    /// The currency of every price.
    pub currency: Currency,
}

impl FromRef<KitchenApi> for Gate {
    fn from_ref(function: &KitchenApi) -> Self {
        function.gate.clone()
    }
}

/// The routes, before the function's needs are filled in.
pub fn api() -> OpenApiRouter<KitchenApi> {
    OpenApiRouter::new()
        .routes(routes!(dishes::list_dishes, dishes::create_dish))
        .routes(routes!(dishes::todays_menu))
        .routes(routes!(stock::show_stock))
        .routes(routes!(stock::list_movements))
        .routes(routes!(stock::ask_market))
}

/// The routes with everything filled in.
pub fn router(function: KitchenApi) -> axum::Router {
    let once = from_fn_with_state(function.gate.clone(), contract::once::once);
    let (router, _) = api().split_for_parts();
    router.layer(once).with_state(function)
}
