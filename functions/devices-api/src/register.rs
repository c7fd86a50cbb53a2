//! Registering a device, and changing what it watches.

use crate::DevicesApi;
use crate::bodies::{DeviceBody, WatchBody};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use contract::input::FieldErrors;
use contract::problem::ProblemBody;
use contract::{Body, PathId, Reply, SignedIn};
use domain::device::{ORDER_QUANTITY_MAX, QUANTITY_MAX, WATCHES_MAX, Watch};
use domain::ports::DeviceError;
use domain::{Device, DeviceId, Fault, IdempotencyKey, MacAddress, PriceMinor, ProductId, Refusal};
use serde::Deserialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Tries to change what a device watches, while its stock keeps moving.
const TRIES_MAX: u32 = 12;

/// A device to register.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct NewDevice {
    /// Its address: six bytes in hexadecimal, with colons, with dashes, or plain. No two devices have the same.
    #[schema(example = "02:1a:ff:00:5b:9c")]
    pub mac_address: String,
    /// What it watches, at most 20 products, each once.
    #[schema(max_items = 20)]
    pub watches: Vec<WatchBody>,
}

/// What a device watches from now on.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct NewWatches {
    /// At most 20 products, each once; products that are not among them are watched no longer.
    #[schema(max_items = 20)]
    pub watches: Vec<WatchBody>,
    /// The version of the device that you saw; may come as the header `If-Match` instead.
    #[schema(minimum = 1)]
    pub version: Option<u32>,
}

/// What is to be watched of one product, before the product has been looked at.
#[derive(Clone, Copy)]
struct Checked {
    /// Its place in the list.
    index: usize,
    threshold: u32,
    order_quantity: u32,
    /// `None`: what the product costs.
    max_price_minor: Option<PriceMinor>,
}

/// Checks what is to be watched, naming every field that is wrong.
fn checked(errors: &mut FieldErrors, watches: &[WatchBody]) -> BTreeMap<ProductId, Checked> {
    if watches.len() > WATCHES_MAX {
        errors.add("watches", format!("must have at most {WATCHES_MAX} products"));
    }
    let mut checked = BTreeMap::new();
    for (index, watch) in watches.iter().enumerate().take(WATCHES_MAX) {
        let field = |name: &str| format!("watches[{index}].{name}");
        if !(1..=QUANTITY_MAX).contains(&watch.threshold) {
            errors.add(field("threshold"), format!("must be 1 to {QUANTITY_MAX}"));
        }
        if !(1..=ORDER_QUANTITY_MAX).contains(&watch.order_quantity) {
            errors.add(
                field("orderQuantity"),
                format!("must be 1 to {ORDER_QUANTITY_MAX}"),
            );
        }
        let max_price_minor = watch.max_price_minor;
        let rule = Checked {
            index,
            threshold: watch.threshold,
            order_quantity: watch.order_quantity,
            max_price_minor: max_price_minor.map(|minor| errors.price(&field("maxPriceMinor"), minor)),
        };
        match ProductId::parse(&watch.product_id.to_lowercase()) {
            Ok(product_id) if checked.contains_key(&product_id) => {
                errors.add(field("productId"), "is watched twice; a product is watched once");
            }
            Ok(product_id) => {
                checked.insert(product_id, rule);
            }
            Err(error) => errors.add(field("productId"), error.to_string()),
        }
    }
    checked
}

impl DevicesApi {
    /// The watches, if every product is there, each with the most that one may cost. Somebody may withdraw a product or make
    /// it dearer a moment later; its order is then refused.
    async fn of_listed(
        &self,
        watches: BTreeMap<ProductId, Checked>,
    ) -> Result<BTreeMap<ProductId, Watch>, Fault> {
        let mut listed = BTreeMap::new();
        for (product_id, watch) in watches {
            let product = self.products.get(&product_id).await?;
            let product = product
                .filter(|product| product.is_listed())
                .ok_or_else(|| Refusal::NotFound {
                    what: "product".to_owned(),
                    field: Some(format!("watches[{}].productId", watch.index)),
                })?;
            let rule = Watch {
                threshold: watch.threshold,
                order_quantity: watch.order_quantity,
                max_price_minor: watch.max_price_minor.unwrap_or(product.price_minor),
            };
            listed.insert(product_id, rule);
        }
        Ok(listed)
    }

    /// Replaces what the device watches, from the version seen, whatever happens to its stock meanwhile.
    async fn rewatch(
        &self,
        signed_in: &SignedIn,
        device_id: &DeviceId,
        seen_version: u32,
        watches: &BTreeMap<ProductId, Watch>,
    ) -> Result<Device, Fault> {
        let devices = &*self.reorders.devices;
        for _ in 0..TRIES_MAX {
            let device = self.own_device(device_id, &signed_in.user_id).await?;
            let mut stock = BTreeMap::new();
            for product_id in device.watches.keys().chain(watches.keys()) {
                if let Some(row) = devices.stock(device_id, product_id).await? {
                    stock.insert(product_id.clone(), row);
                }
            }
            let now = self.reorders.clock.now();
            let change = device.rewatch(seen_version, watches.clone(), &stock, now)?;
            match devices.rewatch(&change).await {
                Ok(()) => return Ok(change.after),
                // Stock that moved is no reason to refuse; a device that moved is refused in the next round.
                Err(DeviceError::Moved) => {}
                Err(DeviceError::Fault(fault)) => return Err(fault),
            }
        }
        Err(Fault::Transient(format!("{device_id} kept moving")))
    }
}

/// Register a device
///
/// It orders nothing before it has said how much is left, and nothing without a stored payment method.
#[utoipa::path(
    post, path = "/api/devices", tag = "devices", params(("Idempotency-Key" = Option<String>, Header, pattern = "^[!-~]{1,255}$",
    description = "Names this request for 24 hours: repeating it changes nothing.")),
    request_body = NewDevice,
    responses(
        (status = 201, body = DeviceBody, description = "Registered."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused; nothing was written. 409 `MacAddressTaken`: another device has the address."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    ),
    security(("session" = []), ("bearer" = []))
)]
pub(crate) async fn register_device(
    State(function): State<DevicesApi>,
    signed_in: SignedIn,
    key: Option<axum::Extension<IdempotencyKey>>,
    Body(new): Body<NewDevice>,
) -> Reply<(StatusCode, [(HeaderName, String); 1], Json<DeviceBody>)> {
    let mut errors = FieldErrors::default();
    let mac_address = MacAddress::parse(&new.mac_address);
    if let Err(error) = &mac_address {
        errors.add("macAddress", error.to_string());
    }
    let watches = checked(&mut errors, &new.watches);
    errors.check()?;
    let mac_address = mac_address.map_err(|error| Refusal::invalid("macAddress", error.to_string()))?;
    // The same request again registers the same device, even if its first answer was never kept.
    let device_id = match key {
        Some(key) => DeviceId::derived_from_request(&signed_in.user_id, &key),
        None => DeviceId::from_random(function.entropy.bytes16()?),
    };
    let device = Device {
        device_id,
        owner_id: signed_in.user_id,
        mac_address,
        watches: function.of_listed(watches).await?,
        version: 1,
        created_at: function.reorders.clock.now(),
    };
    let devices = &function.reorders.devices;
    devices.register(&device).await?;
    // Registered before under this key, it may watch something else by now: what is told is what is stored.
    let device = devices.get(&device.device_id).await?.unwrap_or(device);
    let location = format!("/api/devices/{}", device.device_id);
    Ok((
        StatusCode::CREATED,
        [(header::LOCATION, location)],
        Json(DeviceBody::from(&device)),
    ))
}

/// Replace what a device watches
///
/// What there is stays; an order that is on its way stays on its way. A raised threshold is looked at within a minute.
#[utoipa::path(
    put, path = "/api/devices/{device_id}/watches", tag = "devices",
    params(("device_id" = String, Path, description = "The device."), ("If-Match" = Option<String>, Header,
    description = "The version you saw, when it is not in the body.")),
    request_body = NewWatches,
    responses(
        (status = 200, body = DeviceBody, description = "Replaced."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused; nothing changed. 409 `DeviceChanged`: another version was seen."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    ),
    security(("session" = []), ("bearer" = []))
)]
pub(crate) async fn replace_watches(
    State(function): State<DevicesApi>,
    signed_in: SignedIn,
    PathId(device_id): PathId<DeviceId>,
    headers: HeaderMap,
    Body(new): Body<NewWatches>,
) -> Reply<Json<DeviceBody>> {
    let mut errors = FieldErrors::default();
    let watches = checked(&mut errors, &new.watches);
    let seen_version = errors.seen_version(new.version, &headers);
    errors.check()?;
    // Whose it is comes before what it could watch: a stranger learns nothing.
    function.own_device(&device_id, &signed_in.user_id).await?;
    let watches = function.of_listed(watches).await?;
    let device = function
        .rewatch(&signed_in, &device_id, seen_version, &watches)
        .await?;
    Ok(Json(DeviceBody::from(&device)))
}
