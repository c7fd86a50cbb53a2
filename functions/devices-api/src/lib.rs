//! `/api/devices`: devices, what they watch, and what they say is left; and `/api/payment-method`: what they pay with.
//!
//! The stored payment method is here and nowhere else because only devices pay by themselves: a person who pays gives a card
//! along.

mod bodies;
mod listing;
mod payment_method;
mod readings;
mod register;

use axum::extract::FromRef;
use axum::middleware::from_fn_with_state;
use contract::Gate;
use domain::device::{Reorders, own};
use domain::ports::{Entropy, Products};
use domain::{Device, DeviceId, Fault, UserId};
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use bodies::{DeviceBody, DeviceStockBody, ReorderBody, TroubleBody, WatchBody};
pub use listing::{DevicePage, DeviceStockPage};
pub use payment_method::{NewPaymentMethod, PaymentMethodBody};
pub use readings::NewReading;
pub use register::{NewDevice, NewWatches};

/// What the function needs.
#[derive(Clone)]
pub struct DevicesApi {
    /// Who asks.
    pub gate: Gate,
    /// Devices, and what carries out their orders.
    pub reorders: Reorders,
    /// Products, to tell whether what is to be watched is there.
    pub products: Arc<dyn Products>,
    /// Where fresh ids come from.
    pub entropy: Arc<dyn Entropy>,
}

impl FromRef<DevicesApi> for Gate {
    fn from_ref(function: &DevicesApi) -> Self {
        function.gate.clone()
    }
}

impl DevicesApi {
    /// The user's own device.
    async fn own_device(&self, device_id: &DeviceId, user_id: &UserId) -> Result<Device, Fault> {
        let device = self.reorders.devices.get(device_id).await?;
        Ok(own(device, user_id)?)
    }
}

/// The routes, before the function's needs are filled in.
pub fn api() -> OpenApiRouter<DevicesApi> {
    OpenApiRouter::new()
        .routes(routes!(listing::list_devices, register::register_device))
        .routes(routes!(listing::show_device))
        .routes(routes!(listing::show_device_stock))
        .routes(routes!(register::replace_watches))
        .routes(routes!(readings::take_reading))
        .routes(routes!(
            payment_method::show_payment_method,
            payment_method::store_payment_method,
            payment_method::remove_payment_method
        ))
}

/// The routes with everything filled in.
pub fn router(function: DevicesApi) -> axum::Router {
    let once = from_fn_with_state(function.gate.clone(), contract::once::once);
    let (router, _) = api().split_for_parts();
    router.layer(once).with_state(function)
}
