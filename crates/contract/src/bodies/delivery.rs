//! Where the products of an order are, as its buyer sees it.

use domain::order::Delivery;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The way of an order of products, from the supplier to the buyer.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Delivery)]
pub struct DeliveryBody {
    /// When the supplier has packed it.
    pub ships_at: String,
    /// When it arrives; absent before it was shipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrives_at: Option<String>,
}

impl From<&Delivery> for DeliveryBody {
    fn from(delivery: &Delivery) -> Self {
        Self {
            ships_at: delivery.ships_at.to_rfc3339(),
            arrives_at: delivery.arrives_at.map(|moment| moment.to_rfc3339()),
        }
    }
}
