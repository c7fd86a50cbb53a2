//! Ports to devices, to what there is at them, and to what their orders are charged to.

use super::Answer;
use crate::device::{Device, DeviceChange, DeviceStock, StockWrite};
use crate::fault::Fault;
use crate::ids::{DeviceId, ProductId, UserId};
use crate::page::{Page, PageRequest};
use crate::payment::CardToken;
use crate::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

/// Why something about a device was not written. In every case nothing was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeviceError {
    /// It is not the one that was read. Read again and decide again.
    Moved,
    /// The database was away or refused for reasons of its own.
    Fault(Fault),
}

/// Devices and what there is of products at them. What is delivered is added by [`super::Orders::commit`].
pub trait Devices: Send + Sync {
    /// Writes a fresh device with its empty stock, its address and its place among its owner's devices, in one
    /// transaction; refuses with `MacAddressTaken` or `TooManyDevices`. "Already there, the same" is success;
    /// another one under its id is refused as [`KeyReused`](crate::Refusal::KeyReused).
    fn register<'a>(&'a self, device: &'a Device) -> Answer<'a, ()>;

    /// The device as last written.
    fn get<'a>(&'a self, device_id: &'a DeviceId) -> Answer<'a, Option<Device>>;

    /// A user's devices, newest first. May lag a little behind.
    fn list_of<'a>(&'a self, owner_id: &'a UserId, page: &'a PageRequest) -> Answer<'a, Page<Device>>;

    /// What there is of one product at one device, as last written.
    fn stock<'a>(
        &'a self,
        device_id: &'a DeviceId,
        product_id: &'a ProductId,
    ) -> Answer<'a, Option<DeviceStock>>;

    /// What there is at one device, in the order of product ids.
    fn stock_of<'a>(
        &'a self,
        device_id: &'a DeviceId,
        page: &'a PageRequest,
    ) -> Answer<'a, Page<DeviceStock>>;

    /// Writes one row under the version that was read.
    fn restock<'a>(&'a self, write: &'a StockWrite) -> Answer<'a, (), DeviceError>;

    /// Writes device and rows in one transaction, each under the version that was read, or nothing.
    fn rewatch<'a>(&'a self, change: &'a DeviceChange) -> Answer<'a, (), DeviceError>;

    /// At most `limit` rows of stock in one shard whose `due_at` has come, longest due first.
    fn list_due(&self, shard: u8, now: Timestamp, limit: u16) -> Answer<'_, Vec<(DeviceId, ProductId)>>;
}

/// What a user's devices pay with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentMethod {
    /// Whose.
    pub user_id: UserId,
    /// The provider's token. Never a card number.
    pub card: CardToken,
    /// When it was stored.
    pub stored_at: Timestamp,
}

/// Stored payment methods, at most one for each user.
pub trait PaymentMethods: Send + Sync {
    /// The user's, as last written.
    fn get<'a>(&'a self, user_id: &'a UserId) -> Answer<'a, Option<PaymentMethod>>;

    /// Stores it in place of what was there.
    fn put<'a>(&'a self, method: &'a PaymentMethod) -> Answer<'a, ()>;

    /// Removes it. Nothing there is success.
    fn remove<'a>(&'a self, user_id: &'a UserId) -> Answer<'a, ()>;
}
