//! `GET /api/shop`: what a page must know of this shop before anybody signs in.

use axum::Json;
use axum::extract::State;
use contract::problem::ProblemBody;
use domain::Currency;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// How this shop is set up. Nothing of it is a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Shop {
    /// The currency of every price: three lower-case letters.
    pub currency: String,
    /// How long a hold lives, seconds.
    pub hold_ttl_s: u32,
    /// With which Stripe's own card form names this shop; null where the simulator is the provider, which takes test
    /// tokens.
    #[schema(required)]
    pub stripe_publishable_key: Option<String>,
}

/// What the function needs.
#[derive(Clone, Debug)]
pub struct DescribeShop {
    /// The currency of every price.
    pub currency: Currency,
    /// How long a hold lives, seconds.
    pub hold_ttl_s: u32,
    /// The key of Stripe's card form, if this shop has one.
    pub stripe_publishable_key: Option<String>,
}

/// The routes.
pub fn api() -> OpenApiRouter<DescribeShop> {
    OpenApiRouter::new().routes(routes!(describe_shop))
}

/// The routes, ready to serve.
pub fn router(function: DescribeShop) -> axum::Router {
    api().with_state(function).split_for_parts().0
}

/// Read how this shop is set up
#[utoipa::path(
    get, path = "/api/shop", tag = "shop",
    responses(
        (status = 200, body = Shop, description = "What a page needs before anybody signs in."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    )
)]
async fn describe_shop(State(function): State<DescribeShop>) -> Json<Shop> {
    Json(function.into())
}

impl From<DescribeShop> for Shop {
    fn from(function: DescribeShop) -> Self {
        Self {
            currency: function.currency.as_str().to_owned(),
            hold_ttl_s: function.hold_ttl_s,
            stripe_publishable_key: function.stripe_publishable_key,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_shop_that_has_the_key_of_the_card_form_tells_it() {
        let function = DescribeShop {
            currency: Currency::parse("eur").unwrap(),
            hold_ttl_s: 600,
            stripe_publishable_key: Some("pk_test_1".to_owned()),
        };
        let expected = json!({ "currency": "eur", "holdTtlS": 600, "stripePublishableKey": "pk_test_1" });
        assert_eq!(serde_json::to_value(Shop::from(function)).unwrap(), expected);
    }
}
