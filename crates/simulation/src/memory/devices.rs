//! Devices, what there is at them, and what they pay with, in memory.

use super::{SharedTables, Tables, page_of};
use crate::faults::Verdict;
use crate::wire::{Access, Wire, lock};
use domain::device::{DEVICES_MAX, DeviceChange, StockWrite};
use domain::order::Arrival;
use domain::ports::{Answer, DeviceError, Devices, PaymentMethod, PaymentMethods};
use domain::{
    Cursor, Device, DeviceId, DeviceStock, Fault, Order, OrderId, Page, PageRequest, ProductId, Refusal,
    Timestamp, UserId,
};

/// Something that changed how much there is at a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeviceNews {
    /// The device said how much is left.
    Measured {
        /// Which device.
        device_id: DeviceId,
        /// Of what.
        product_id: ProductId,
        /// How much.
        quantity: u64,
    },
    /// Something was delivered.
    Arrived {
        /// Where.
        device_id: DeviceId,
        /// What.
        product_id: ProductId,
        /// By which order.
        order_id: OrderId,
        /// How many.
        quantity: u32,
    },
}

impl Tables {
    /// Adds what arrives, whatever is there.
    pub(super) fn deliver(&mut self, arrivals: &[Arrival], order: &Order) {
        for arrival in arrivals {
            let key = (arrival.device_id.clone(), arrival.product_id.clone());
            self.device_news.push(DeviceNews::Arrived {
                device_id: key.0.clone(),
                product_id: key.1.clone(),
                order_id: order.order_id.clone(),
                quantity: arrival.quantity,
            });
            let at = order.updated_at;
            match self.device_stock.get_mut(&key) {
                Some(row) => {
                    row.quantity += u64::from(arrival.quantity);
                    row.version += 1;
                    row.updated_at = at;
                }
                None => {
                    let (device_id, product_id) = &key;
                    let row =
                        DeviceStock::arrived(device_id, product_id, &order.user_id, arrival.quantity, at);
                    self.device_stock.insert(key, row);
                }
            }
        }
    }

    fn register(&mut self, device: &Device) -> Result<(), Fault> {
        if let Some(present) = self.devices.get(&device.device_id) {
            let is_same =
                (&present.owner_id, &present.mac_address) == (&device.owner_id, &device.mac_address);
            return if is_same {
                Ok(())
            } else {
                Err(Refusal::KeyReused.into())
            };
        }
        if self
            .devices
            .values()
            .any(|other| other.mac_address == device.mac_address)
        {
            let mac_address = device.mac_address.to_string();
            return Err(Refusal::MacAddressTaken { mac_address }.into());
        }
        let own = self
            .devices
            .values()
            .filter(|other| other.owner_id == device.owner_id);
        if own.count() >= DEVICES_MAX as usize {
            return Err(Refusal::TooManyDevices {
                devices_max: DEVICES_MAX,
            }
            .into());
        }
        for row in device.empty_stock() {
            self.device_stock
                .insert((row.device_id.clone(), row.product_id.clone()), row);
        }
        self.devices.insert(device.device_id.clone(), device.clone());
        Ok(())
    }

    fn is_stock_as_read(&self, write: &StockWrite) -> bool {
        let key = (write.after.device_id.clone(), write.after.product_id.clone());
        self.device_stock.get(&key).map(|row| row.version) == write.before
    }

    fn put_stock(&mut self, after: &DeviceStock) {
        let key = (after.device_id.clone(), after.product_id.clone());
        let before = self.device_stock.get(&key);
        if before.and_then(|row| row.measured_at) != after.measured_at
            || before.is_some_and(|row| row.quantity != after.quantity)
        {
            self.device_news.push(DeviceNews::Measured {
                device_id: key.0.clone(),
                product_id: key.1.clone(),
                quantity: after.quantity,
            });
        }
        self.device_stock.insert(key, after.clone());
    }

    fn restock(&mut self, write: &StockWrite) -> Result<(), DeviceError> {
        if !self.is_stock_as_read(write) {
            return Err(DeviceError::Moved);
        }
        self.put_stock(&write.after);
        Ok(())
    }

    fn rewatch(&mut self, change: &DeviceChange) -> Result<(), DeviceError> {
        let present = self.devices.get(&change.after.device_id);
        let stands = present.map(|device| device.version) == Some(change.before);
        if !stands || !change.rows.iter().all(|row| self.is_stock_as_read(row)) {
            return Err(DeviceError::Moved);
        }
        self.devices
            .insert(change.after.device_id.clone(), change.after.clone());
        for row in &change.rows {
            self.put_stock(&row.after);
        }
        Ok(())
    }

    fn due_stock(&self, shard: u8, now: Timestamp, limit: u16) -> Vec<(DeviceId, ProductId)> {
        let mut due: Vec<(Timestamp, &(DeviceId, ProductId))> = self
            .device_stock
            .iter()
            .filter(|(_, row)| row.due_shard() == shard)
            .filter_map(|(key, row)| Some((row.due_at.filter(|at| *at <= now)?, key)))
            .collect();
        due.sort();
        due.truncate(usize::from(limit.max(1)));
        due.into_iter().map(|(_, key)| key.clone()).collect()
    }
}

/// [`Devices`] in memory.
#[derive(Clone, Debug)]
pub struct MemoryDevices {
    tables: SharedTables,
    wire: Wire,
}

impl MemoryDevices {
    /// Devices in these tables, reached over this wire.
    #[must_use]
    pub fn new(tables: SharedTables, wire: Wire) -> Self {
        Self { tables, wire }
    }
}

impl Devices for MemoryDevices {
    fn register<'a>(&'a self, device: &'a Device) -> Answer<'a, ()> {
        Box::pin(async move {
            let passage = self.wire.there("Devices.register", Access::Write).await;
            passage.admit()?;
            let registered = lock(&self.tables).register(device);
            passage.back().await?;
            registered
        })
    }

    fn get<'a>(&'a self, device_id: &'a DeviceId) -> Answer<'a, Option<Device>> {
        Box::pin(async move {
            let passage = self.wire.there("Devices.get", Access::Read).await;
            passage.admit()?;
            let device = lock(&self.tables).devices.get(device_id).cloned();
            passage.back().await?;
            Ok(device)
        })
    }

    fn list_of<'a>(&'a self, owner_id: &'a UserId, page: &'a PageRequest) -> Answer<'a, Page<Device>> {
        Box::pin(async move {
            let passage = self.wire.there("Devices.list_of", Access::Read).await;
            passage.admit()?;
            let rows = lock(&self.tables)
                .devices
                .values()
                .filter(|device| device.owner_id == *owner_id)
                .cloned()
                .collect();
            passage.back().await?;
            page_of(
                rows,
                page,
                |device| (device.created_at, device.device_id.to_string()),
                |text| DeviceId::parse(text).is_ok(),
            )
        })
    }

    fn stock<'a>(
        &'a self,
        device_id: &'a DeviceId,
        product_id: &'a ProductId,
    ) -> Answer<'a, Option<DeviceStock>> {
        Box::pin(async move {
            let passage = self.wire.there("Devices.stock", Access::Read).await;
            passage.admit()?;
            let key = (device_id.clone(), product_id.clone());
            let row = lock(&self.tables).device_stock.get(&key).cloned();
            passage.back().await?;
            Ok(row)
        })
    }

    fn stock_of<'a>(
        &'a self,
        device_id: &'a DeviceId,
        page: &'a PageRequest,
    ) -> Answer<'a, Page<DeviceStock>> {
        Box::pin(async move {
            let passage = self.wire.there("Devices.stock_of", Access::Read).await;
            passage.admit()?;
            let mut rows: Vec<DeviceStock> = lock(&self.tables)
                .device_stock
                .values()
                .filter(|row| row.device_id == *device_id)
                .cloned()
                .collect();
            passage.back().await?;
            if let Some(Cursor(last)) = &page.cursor {
                let last = ProductId::parse(last).map_err(|_| {
                    Refusal::invalid(
                        "cursor",
                        "This is not a cursor of this list; start again without one.",
                    )
                })?;
                rows.retain(|row| last < row.product_id);
            }
            let limit = usize::from(page.limit.clamp(1, PageRequest::LIMIT_MAX));
            let more = rows.len() > limit;
            rows.truncate(limit);
            let next = rows.last().filter(|_| more);
            let next = next.map(|last| Cursor(last.product_id.to_string()));
            Ok(Page { rows, next })
        })
    }

    fn restock<'a>(&'a self, write: &'a StockWrite) -> Answer<'a, (), DeviceError> {
        Box::pin(async move {
            let passage = self.wire.there("Devices.restock", Access::Write).await;
            passage.admit().map_err(DeviceError::Fault)?;
            if passage.verdict() == Verdict::Conflict {
                return Err(DeviceError::Moved);
            }
            let written = lock(&self.tables).restock(write);
            if written.is_err() {
                passage.was_refused();
            }
            passage.back().await.map_err(DeviceError::Fault)?;
            written
        })
    }

    fn rewatch<'a>(&'a self, change: &'a DeviceChange) -> Answer<'a, (), DeviceError> {
        Box::pin(async move {
            let passage = self.wire.there("Devices.rewatch", Access::Write).await;
            passage.admit().map_err(DeviceError::Fault)?;
            if passage.verdict() == Verdict::Conflict {
                return Err(DeviceError::Moved);
            }
            let written = lock(&self.tables).rewatch(change);
            if written.is_err() {
                passage.was_refused();
            }
            passage.back().await.map_err(DeviceError::Fault)?;
            written
        })
    }

    fn list_due(&self, shard: u8, now: Timestamp, limit: u16) -> Answer<'_, Vec<(DeviceId, ProductId)>> {
        Box::pin(async move {
            let passage = self.wire.there("Devices.list_due", Access::Read).await;
            passage.admit()?;
            let due = lock(&self.tables).due_stock(shard, now, limit);
            passage.back().await?;
            Ok(due)
        })
    }
}

/// [`PaymentMethods`] in memory.
#[derive(Clone, Debug)]
pub struct MemoryPaymentMethods {
    tables: SharedTables,
    wire: Wire,
}

impl MemoryPaymentMethods {
    /// Payment methods in these tables, reached over this wire.
    #[must_use]
    pub fn new(tables: SharedTables, wire: Wire) -> Self {
        Self { tables, wire }
    }
}

impl PaymentMethods for MemoryPaymentMethods {
    fn get<'a>(&'a self, user_id: &'a UserId) -> Answer<'a, Option<PaymentMethod>> {
        Box::pin(async move {
            let passage = self.wire.there("PaymentMethods.get", Access::Read).await;
            passage.admit()?;
            let method = lock(&self.tables).payment_methods.get(user_id).cloned();
            passage.back().await?;
            Ok(method)
        })
    }

    fn put<'a>(&'a self, method: &'a PaymentMethod) -> Answer<'a, ()> {
        Box::pin(async move {
            let passage = self.wire.there("PaymentMethods.put", Access::Write).await;
            passage.admit()?;
            let user_id = method.user_id.clone();
            lock(&self.tables).payment_methods.insert(user_id, method.clone());
            passage.back().await
        })
    }

    fn remove<'a>(&'a self, user_id: &'a UserId) -> Answer<'a, ()> {
        Box::pin(async move {
            let passage = self.wire.there("PaymentMethods.remove", Access::Write).await;
            passage.admit()?;
            lock(&self.tables).payment_methods.remove(user_id);
            passage.back().await
        })
    }
}
