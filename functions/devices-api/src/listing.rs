//! Reading one's own devices and what there is at them.

use crate::DevicesApi;
use crate::bodies::{DeviceBody, DeviceStockBody};
use axum::Json;
use axum::extract::State;
use contract::input::page_request;
use contract::problem::ProblemBody;
use contract::{PathId, Query, Reply, SignedIn};
use domain::DeviceId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A page of devices.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DevicePage {
    /// Newest first.
    pub devices: Vec<DeviceBody>,
    /// Send it as `cursor` for the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A page of what there is at a device.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeviceStockPage {
    /// By product id: what the device watches, watched before, or had delivered.
    pub stock: Vec<DeviceStockBody>,
    /// Send it as `cursor` for the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// Which page.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageParams {
    /// Rows on a page, 1 to 100; 25 when absent.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u16>,
    /// `nextCursor` of the page before.
    cursor: Option<String>,
}

/// List your devices
#[utoipa::path(
    get, path = "/api/devices", tag = "devices", params(PageParams),
    responses(
        (status = 200, body = DevicePage, description = "A page."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    ),
    security(("session" = []), ("bearer" = []))
)]
pub(crate) async fn list_devices(
    State(function): State<DevicesApi>,
    signed_in: SignedIn,
    Query(params): Query<PageParams>,
) -> Reply<Json<DevicePage>> {
    let request = page_request(params.limit, params.cursor)?;
    let page = function
        .reorders
        .devices
        .list_of(&signed_in.user_id, &request)
        .await?;
    Ok(Json(DevicePage {
        devices: page.rows.iter().map(Into::into).collect(),
        next_cursor: page.next.map(|cursor| cursor.0),
    }))
}

/// Read a device
#[utoipa::path(
    get, path = "/api/devices/{device_id}", tag = "devices",
    params(("device_id" = String, Path, description = "The device.")),
    responses(
        (status = 200, body = DeviceBody, description = "The device."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused; 404 for a device that is not yours."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    ),
    security(("session" = []), ("bearer" = []))
)]
pub(crate) async fn show_device(
    State(function): State<DevicesApi>,
    signed_in: SignedIn,
    PathId(device_id): PathId<DeviceId>,
) -> Reply<Json<DeviceBody>> {
    let device = function.own_device(&device_id, &signed_in.user_id).await?;
    Ok(Json(DeviceBody::from(&device)))
}

/// Read what there is at a device
///
/// Quantities, thresholds, the order that is on its way, and why the latest one came to nothing.
#[utoipa::path(
    get, path = "/api/devices/{device_id}/stock", tag = "devices",
    params(("device_id" = String, Path, description = "The device."), PageParams),
    responses(
        (status = 200, body = DeviceStockPage, description = "A page."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused; 404 for a device that is not yours."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    ),
    security(("session" = []), ("bearer" = []))
)]
pub(crate) async fn show_device_stock(
    State(function): State<DevicesApi>,
    signed_in: SignedIn,
    PathId(device_id): PathId<DeviceId>,
    Query(params): Query<PageParams>,
) -> Reply<Json<DeviceStockPage>> {
    let request = page_request(params.limit, params.cursor)?;
    let device = function.own_device(&device_id, &signed_in.user_id).await?;
    let devices = &function.reorders.devices;
    let page = devices.stock_of(&device.device_id, &request).await?;
    Ok(Json(DeviceStockPage {
        stock: page.rows.iter().map(Into::into).collect(),
        next_cursor: page.next.map(|cursor| cursor.0),
    }))
}
