//! What devices pay with: at most one stored payment method for each user.

use crate::DevicesApi;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use contract::problem::ProblemBody;
use contract::{Body, Reply, SignedIn};
use domain::ports::PaymentMethod;
use domain::{CardToken, Refusal};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A payment method to store.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPaymentMethod {
    /// The provider's token, e.g. `tok_visa`. Never a card number. With Stripe it must be one that can be charged more than
    /// once.
    pub token: String,
}

/// A stored payment method. The token itself is never shown.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PaymentMethod)]
pub struct PaymentMethodBody {
    /// Enough of the token to recognise it, e.g. `tok_...visa`.
    pub masked: String,
    /// When it was stored.
    pub stored_at: String,
}

impl From<&PaymentMethod> for PaymentMethodBody {
    fn from(method: &PaymentMethod) -> Self {
        Self {
            masked: method.card.masked(),
            stored_at: method.stored_at.to_rfc3339(),
        }
    }
}

/// Read your stored payment method
#[utoipa::path(
    get, path = "/api/payment-method", tag = "devices",
    responses(
        (status = 200, body = PaymentMethodBody, description = "It, masked."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused; 404 when none is stored."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    ),
    security(("session" = []), ("bearer" = []))
)]
pub(crate) async fn show_payment_method(
    State(function): State<DevicesApi>,
    signed_in: SignedIn,
) -> Reply<Json<PaymentMethodBody>> {
    let stored = function
        .reorders
        .payment_methods
        .get(&signed_in.user_id)
        .await?
        .ok_or_else(|| Refusal::not_found("payment method"))?;
    Ok(Json(PaymentMethodBody::from(&stored)))
}

/// Store a payment method
///
/// Devices pay with it from their next order on. It takes the place of the one before.
#[utoipa::path(
    put, path = "/api/payment-method", tag = "devices",
    request_body = NewPaymentMethod,
    responses(
        (status = 200, body = PaymentMethodBody, description = "Stored."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused; nothing was stored."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    ),
    security(("session" = []), ("bearer" = []))
)]
pub(crate) async fn store_payment_method(
    State(function): State<DevicesApi>,
    signed_in: SignedIn,
    Body(new): Body<NewPaymentMethod>,
) -> Reply<Json<PaymentMethodBody>> {
    let card = CardToken::parse(&new.token).map_err(|error| Refusal::invalid("token", error.to_string()))?;
    let method = PaymentMethod {
        user_id: signed_in.user_id,
        card,
        stored_at: function.reorders.clock.now(),
    };
    function.reorders.payment_methods.put(&method).await?;
    Ok(Json(PaymentMethodBody::from(&method)))
}

/// Remove your stored payment method
///
/// Devices order nothing from then on; what is paid already is delivered.
#[utoipa::path(
    delete, path = "/api/payment-method", tag = "devices",
    responses(
        (status = 204, description = "Nothing is stored now."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    ),
    security(("session" = []), ("bearer" = []))
)]
pub(crate) async fn remove_payment_method(
    State(function): State<DevicesApi>,
    signed_in: SignedIn,
) -> Reply<StatusCode> {
    function
        .reorders
        .payment_methods
        .remove(&signed_in.user_id)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
