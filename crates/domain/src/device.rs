//! Devices: what watches a user's stock of products at home, says how much is left, and orders more by itself.
//!
//! A device and what it watches is one value; what there is of one product at one device is another ([`DeviceStock`]),
//! so that two products of a device never stand in each other's way. The rules of ordering are the methods of
//! [`DeviceStock`]; [`Reorders`] carries them out.

mod mac;
mod reorder;
mod stock;
#[cfg(test)]
mod tests;

pub use mac::{MacAddress, NotAMacAddress};
pub use reorder::{Reorders, decide_and_restock};
pub use stock::{DeviceStock, Ending, Reorder, Trouble};

use crate::ids::{DeviceId, ProductId, UserId};
use crate::money::PriceMinor;
use crate::product;
use crate::refusal::Refusal;
use crate::timestamp::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Devices of one user.
pub const DEVICES_MAX: u32 = 50;
/// Products that one device watches. Two such sets, the device and its names stay far below the 100 items of a
/// transaction.
pub const WATCHES_MAX: usize = 20;
/// The most that a device may say is left, and the highest threshold.
pub const QUANTITY_MAX: u32 = 1_000_000;
/// The most that a device orders at once.
pub const ORDER_QUANTITY_MAX: u32 = product::ORDERED_MAX;
/// Look-ups of what is due are spread over so many index partitions.
pub const DUE_SHARDS: u8 = 8;

/// When and how much a device orders of one product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watch {
    /// Below this many it orders, 1 to [`QUANTITY_MAX`].
    pub threshold: u32,
    /// So many, 1 to [`ORDER_QUANTITY_MAX`].
    pub order_quantity: u32,
    /// The highest price of one at which it orders: a seller may change the price at any time, and nobody looks at it
    /// before the card is charged. Of a row of before there was one it is 0, at which nothing is to be had: it orders again
    /// once its owner has said how much it may cost.
    #[serde(default)]
    pub max_price_minor: PriceMinor,
}

/// A device as stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// Its id.
    pub device_id: DeviceId,
    /// Whose it is.
    pub owner_id: UserId,
    /// Its address; no two devices have the same.
    pub mac_address: MacAddress,
    /// What it watches, at most [`WATCHES_MAX`] products. Each stands in its [`DeviceStock`] too, written with this.
    #[serde(default)]
    pub watches: BTreeMap<ProductId, Watch>,
    /// Counts every write, from 1.
    pub version: u32,
    /// When it was registered.
    pub created_at: Timestamp,
}

impl Device {
    /// What there is of each watched product of a fresh device: nothing, until it says so.
    #[must_use]
    pub fn empty_stock(&self) -> Vec<DeviceStock> {
        let watches = self.watches.iter();
        watches
            .map(|(product_id, watch)| DeviceStock {
                watch: Some(*watch),
                ..DeviceStock::empty(self, product_id, self.created_at)
            })
            .collect()
    }

    /// Watches these products from now on and no others, from the version seen. `stock` is what there is of every product
    /// that it watched before or is to watch, as far as there is a row.
    ///
    /// # Errors
    /// [`Refusal::DeviceChanged`] when another version was seen: whoever looked at that has not seen what they would undo.
    pub fn rewatch(
        &self,
        seen_version: u32,
        watches: BTreeMap<ProductId, Watch>,
        stock: &BTreeMap<ProductId, DeviceStock>,
        now: Timestamp,
    ) -> Result<DeviceChange, Refusal> {
        if seen_version != self.version {
            return Err(Refusal::DeviceChanged {
                device_id: self.device_id.clone(),
                seen: seen_version,
                present: self.version,
            });
        }
        let touched: BTreeSet<&ProductId> = self.watches.keys().chain(watches.keys()).collect();
        let mut rows = Vec::new();
        for product_id in touched {
            let watch = watches.get(product_id).copied();
            match stock.get(product_id) {
                Some(row) if row.watch == watch => {}
                Some(row) => rows.push(StockWrite {
                    before: Some(row.version),
                    after: row.watched_as(watch, now),
                }),
                None => rows.push(StockWrite {
                    before: None,
                    after: DeviceStock {
                        watch,
                        ..DeviceStock::empty(self, product_id, now)
                    },
                }),
            }
        }
        Ok(DeviceChange {
            before: self.version,
            after: Self {
                watches,
                version: self.version + 1,
                ..self.clone()
            },
            rows,
        })
    }
}

/// A row of stock that is to be written under the version that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StockWrite {
    /// The version that the stored row must have; `None` for a row that must not be there yet.
    pub before: Option<u64>,
    /// The row afterwards.
    pub after: DeviceStock,
}

/// A change of what a device watches, to be committed in one transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceChange {
    /// The version that the stored device must have.
    pub before: u32,
    /// The device afterwards.
    pub after: Device,
    /// Its stock, each row at most once.
    pub rows: Vec<StockWrite>,
}

/// The owner's device, and nobody else's.
///
/// # Errors
/// [`Refusal::NotFound`] for one that is not there or not theirs: the two are not told apart.
pub fn own(device: Option<Device>, owner_id: &UserId) -> Result<Device, Refusal> {
    device
        .filter(|device| device.owner_id == *owner_id)
        .ok_or_else(|| Refusal::not_found("device"))
}
