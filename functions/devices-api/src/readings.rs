//! A device says how much is left, and orders by itself if that is too little.

use crate::DevicesApi;
use crate::bodies::DeviceStockBody;
use axum::Json;
use axum::extract::State;
use contract::input::FieldErrors;
use contract::problem::ProblemBody;
use contract::{Body, PathId, Reply, SignedIn};
use domain::device::QUANTITY_MAX;
use domain::{DeviceId, IdempotencyKey, ProductId, Refusal};
use serde::Deserialize;
use utoipa::ToSchema;

/// What a device says.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct NewReading {
    /// A product that it watches.
    pub product_id: String,
    /// How much is left: a whole number, 0 to 1,000,000.
    #[schema(maximum = 1000000)]
    pub quantity: u32,
}

/// Say how much is left
///
/// A reading replaces what was there; a delivery adds to it. If less than the threshold is left and no order is on its way,
/// one is placed and paid with the stored payment method; `reorder` names it. If none is placed, `reorder` is null and
/// `why` says why and what to do.
///
/// Send a reading that was not answered again under the same `Idempotency-Key`: without one it is a new reading, and would
/// take away what was delivered meanwhile. Take a fresh key for each reading, and send none before the one before it was
/// answered: once a request's own answer is gone, only the latest reading's key and quantity are remembered, so that an
/// earlier one that is sent again after a later one is a new reading.
#[utoipa::path(
    post, path = "/api/devices/{device_id}/readings", tag = "devices",
    params(("device_id" = String, Path, description = "The device."), ("Idempotency-Key" = Option<String>, Header, pattern = "^[!-~]{1,255}$",
    description = "Names this request for 24 hours: repeating it changes nothing.")),
    request_body = NewReading,
    responses(
        (status = 200, body = DeviceStockBody, description = "Taken."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused; nothing changed. 409 `ProductNotWatched`: the device does not watch the product."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    ),
    security(("session" = []), ("bearer" = []))
)]
pub(crate) async fn take_reading(
    State(function): State<DevicesApi>,
    signed_in: SignedIn,
    PathId(device_id): PathId<DeviceId>,
    key: Option<axum::Extension<IdempotencyKey>>,
    Body(new): Body<NewReading>,
) -> Reply<Json<DeviceStockBody>> {
    let mut errors = FieldErrors::default();
    let product_id = ProductId::parse(&new.product_id.to_lowercase());
    if let Err(error) = &product_id {
        errors.add("productId", error.to_string());
    }
    if new.quantity > QUANTITY_MAX {
        errors.add("quantity", format!("must be 0 to {QUANTITY_MAX}"));
    }
    errors.check()?;
    let product_id = product_id.map_err(|error| Refusal::invalid("productId", error.to_string()))?;
    let device = function.own_device(&device_id, &signed_in.user_id).await?;
    let reorders = &function.reorders;
    let row = reorders
        .measure(&device.device_id, &product_id, new.quantity, key.as_deref())
        .await?;
    // Written is written: a busy hold must not turn a reading that was taken into an error. `reorder-products` goes on. The
    // one hold that is asked for ends after 26 s at the latest, within the function's own limit of 29 s.
    let row = match reorders.carry_out(row.clone()).await {
        Ok(row) => row,
        Err(fault) => {
            tracing::warn!(device_id = %device_id, product_id = %product_id, fault = %fault, "a reorder is left to the schedule");
            row
        }
    };
    Ok(Json(DeviceStockBody::from(&row)))
}
