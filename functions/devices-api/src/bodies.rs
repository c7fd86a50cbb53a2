//! What is told of devices and of what there is at them.

use domain::device::{Reorder, Trouble, Watch};
use domain::{Device, DeviceStock, ProductId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A product that a device watches.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = Watch)]
pub struct WatchBody {
    /// Which.
    pub product_id: String,
    /// Below this many the device orders.
    #[schema(minimum = 1, maximum = 1000000)]
    pub threshold: u32,
    /// So many at a time.
    #[schema(minimum = 1, maximum = 1000)]
    pub order_quantity: u32,
    /// The most that one may cost for the device to order it, in minor units, 50 to 99,999,999. Without it: what the product
    /// costs at the moment that this is stored. When it costs more, nothing is ordered, and `why` says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 50, maximum = 99999999)]
    pub max_price_minor: Option<u64>,
}

impl WatchBody {
    fn new(product_id: &ProductId, watch: &Watch) -> Self {
        Self {
            product_id: product_id.to_string(),
            threshold: watch.threshold,
            order_quantity: watch.order_quantity,
            max_price_minor: Some(watch.max_price_minor.as_minor()),
        }
    }
}

/// A device.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Device)]
pub struct DeviceBody {
    /// Its id.
    pub id: String,
    /// Its address, in lower case with colons.
    pub mac_address: String,
    /// What it watches.
    pub watches: Vec<WatchBody>,
    /// Counts every change of what it watches.
    pub version: u32,
    /// When it was registered.
    pub created_at: String,
}

impl From<&Device> for DeviceBody {
    fn from(device: &Device) -> Self {
        let watches = device.watches.iter();
        Self {
            id: device.device_id.to_string(),
            mac_address: device.mac_address.to_string(),
            watches: watches
                .map(|(product_id, watch)| WatchBody::new(product_id, watch))
                .collect(),
            version: device.version,
            created_at: device.created_at.to_rfc3339(),
        }
    }
}

/// An order that a device places by itself.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Reorder)]
pub struct ReorderBody {
    /// The order. It may take a moment until it is there.
    pub order_id: String,
    /// Which of this device's orders of this product, from 1.
    pub number: u32,
    /// How many it is for.
    pub quantity: u32,
    /// When it was decided.
    pub since: String,
}

impl From<&Reorder> for ReorderBody {
    fn from(reorder: &Reorder) -> Self {
        Self {
            order_id: reorder.order_id.to_string(),
            number: reorder.number,
            quantity: reorder.quantity,
            since: reorder.since.to_rfc3339(),
        }
    }
}

/// Why nothing is ordered, or why the latest order came to nothing.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ReorderTrouble)]
pub struct TroubleBody {
    /// The refusal's name, as in problem documents.
    pub code: String,
    /// What happened and what to do.
    pub message: String,
    /// When.
    pub at: String,
    /// Nothing is ordered before this moment; absent when nothing has to be waited for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pause_until: Option<String>,
}

impl TroubleBody {
    fn new(trouble: &Trouble, pause_until: Option<Timestamp>) -> Self {
        Self {
            code: trouble.code.clone(),
            message: trouble.message.clone(),
            at: trouble.at.to_rfc3339(),
            pause_until: pause_until.map(Timestamp::to_rfc3339),
        }
    }
}

/// What there is of one product at one device.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DeviceStock)]
pub struct DeviceStockBody {
    /// The product.
    pub product_id: String,
    /// How much is left: what the device said last, and what was delivered since.
    pub quantity: u64,
    /// When the device last said so; absent before it has, and then it orders nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measured_at: Option<String>,
    /// Below this many it orders; absent for a product that it does not watch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<u32>,
    /// So many at a time; absent for a product that it does not watch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_quantity: Option<u32>,
    /// The most that one may cost, in minor units; absent for a product that it does not watch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_price_minor: Option<u64>,
    /// The order that is on its way; null when there is none.
    pub reorder: Option<ReorderBody>,
    /// Why nothing is ordered, or why the latest order came to nothing; null when nothing is wrong.
    pub why: Option<TroubleBody>,
    /// Counts every change.
    pub version: u64,
    /// When it last changed.
    pub updated_at: String,
}

impl From<&DeviceStock> for DeviceStockBody {
    fn from(row: &DeviceStock) -> Self {
        let why = row.trouble.as_ref();
        Self {
            product_id: row.product_id.to_string(),
            quantity: row.quantity,
            measured_at: row.measured_at.map(Timestamp::to_rfc3339),
            threshold: row.watch.map(|watch| watch.threshold),
            order_quantity: row.watch.map(|watch| watch.order_quantity),
            max_price_minor: row.watch.map(|watch| watch.max_price_minor.as_minor()),
            reorder: row.reorder.as_ref().map(Into::into),
            // A pause that is over, or that an open order has ended, is of no interest.
            why: why
                .map(|trouble| TroubleBody::new(trouble, row.pause_until.filter(|_| row.reorder.is_none()))),
            version: row.version,
            updated_at: row.updated_at.to_rfc3339(),
        }
    }
}
