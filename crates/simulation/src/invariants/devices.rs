//! Devices: what there is at them is what they said and what was delivered since, and nothing is ordered twice.

use super::{Broken, is_live};
use crate::memory::{DeviceNews, Tables};
use domain::{DeviceId, Order, OrderId, ProductId, Status};
use std::collections::{BTreeMap, BTreeSet};

/// Names what there is of one product at one device.
type StockKey = (DeviceId, ProductId);

/// What was said and delivered so far, counted a second time.
#[derive(Debug, Default)]
pub(super) struct Homes {
    seen: usize,
    counted: BTreeMap<StockKey, u64>,
    /// What each order has brought.
    brought: BTreeMap<(OrderId, StockKey), u64>,
}

impl Homes {
    /// Counts what is new, and compares everything that stands.
    ///
    /// # Errors
    /// The first invariant that does not hold.
    pub(super) fn check(&mut self, tables: &Tables) -> Result<(), Broken> {
        for news in tables.device_news.iter().skip(self.seen) {
            self.count(news);
        }
        self.seen = tables.device_news.len();
        for (key, row) in &tables.device_stock {
            let counted = self.counted.get(key).copied().unwrap_or_default();
            if row.quantity != counted {
                let why = format!("{} are there, and {counted} are counted", row.quantity);
                return Err(wrong(key, why));
            }
        }
        self.check_deliveries(tables)?;
        for (key, row) in &tables.device_stock {
            check_open(tables, key, row.reorders + 1)?;
        }
        Ok(())
    }

    fn count(&mut self, news: &DeviceNews) {
        match news.clone() {
            DeviceNews::Measured {
                device_id,
                product_id,
                quantity,
            } => {
                self.counted.insert((device_id, product_id), quantity);
            }
            DeviceNews::Arrived {
                device_id,
                product_id,
                order_id,
                quantity,
            } => {
                let (key, quantity) = ((device_id, product_id), u64::from(quantity));
                *self.counted.entry(key.clone()).or_default() += quantity;
                *self.brought.entry((order_id, key)).or_default() += quantity;
            }
        }
    }

    /// What was delivered is what completed orders were for: each of them once, and nothing else.
    fn check_deliveries(&self, tables: &Tables) -> Result<(), Broken> {
        let mut expected: BTreeMap<(OrderId, StockKey), u64> = BTreeMap::new();
        let completed = tables.orders.values().filter(|order| was_completed(order));
        for order in completed {
            let Some(device_id) = &order.device_id else {
                continue;
            };
            for (product_id, take) in order.takes() {
                let key = (order.order_id.clone(), (device_id.clone(), product_id.clone()));
                *expected.entry(key).or_default() += u64::from(take.quantity);
            }
        }
        let keys: BTreeSet<_> = expected.keys().chain(self.brought.keys()).collect();
        for key in keys {
            let (due, came) = (expected.get(key), self.brought.get(key));
            if due != came {
                let (order_id, stock) = key;
                return Err(wrong(
                    stock,
                    format!("{order_id} is to bring {due:?} and has brought {came:?}"),
                ));
            }
        }
        Ok(())
    }
}

/// Of all orders that a device has placed by itself for one product, at most one lives.
fn check_open(tables: &Tables, key: &StockKey, last: u32) -> Result<(), Broken> {
    let (device_id, product_id) = key;
    let open: Vec<String> = (1..=last)
        .filter_map(|number| {
            tables
                .orders
                .get(&OrderId::of_reorder(device_id, product_id, number))
        })
        .filter(|order| is_live(order.status))
        .map(|order| format!("{} ({})", order.order_id, order.status))
        .collect();
    if open.len() > 1 {
        return Err(wrong(key, format!("two orders are open: {}", open.join(", "))));
    }
    Ok(())
}

/// Whether it was ever handed over; a refund gives money back and no product.
fn was_completed(order: &Order) -> bool {
    let mut events = order.events.iter();
    events.any(|event| event.status == Status::Completed)
}

fn wrong((device, product): &StockKey, why: String) -> Broken {
    Broken::HomeWrong {
        device: device.to_string(),
        product: product.to_string(),
        why,
    }
}
