//! Devices: what there is at them is what they said and what was delivered since, and nothing is ordered twice.

use super::links::{Links, Sums};
use super::written::Written;
use super::{Broken, is_live};
use crate::memory::{DeviceNews, Tables};
use domain::{DeviceId, Order, OrderId, ProductId, Status};
use std::collections::{BTreeMap, BTreeSet};

/// Names what there is of one product at one device.
type StockKey = (DeviceId, ProductId);

/// Names what an order brings.
type Delivery = (OrderId, StockKey);

/// What was said and delivered so far, counted a second time.
#[derive(Debug, Default)]
pub(super) struct Homes {
    seen: usize,
    counted: BTreeMap<StockKey, i64>,
    /// What each order has brought.
    brought: BTreeMap<Delivery, i64>,
    /// What each completed order is to bring.
    due: Sums<OrderId, Delivery>,
    /// The orders that devices have placed by themselves or will place next.
    reorders: BTreeMap<OrderId, StockKey>,
    /// How many of these are known.
    known: BTreeMap<StockKey, u32>,
    /// Those of them that live.
    open: Links<OrderId, StockKey>,
    /// Where one is under way, by what the device says.
    reordering: BTreeSet<StockKey>,
}

impl Homes {
    /// Counts what is new, and compares everything that it is about.
    ///
    /// # Errors
    /// The first invariant that does not hold.
    pub(super) fn check(&mut self, tables: &Tables, written: &Written) -> Result<(), Broken> {
        let mut keys = written.device_stock.clone();
        let mut deliveries = BTreeSet::new();
        for news in tables.device_news.iter().skip(self.seen) {
            self.count(news, &mut keys, &mut deliveries);
        }
        self.seen = tables.device_news.len();
        let mut orders = written.orders.clone();
        for key in &keys {
            let row = tables.device_stock.get(key);
            let is_there = row.map_or(0, |row| i64::try_from(row.quantity).unwrap_or(i64::MAX));
            let counted = self.counted.get(key).copied().unwrap_or_default();
            if is_there != counted {
                return Err(wrong(
                    key,
                    format!("{is_there} are there, and {counted} are counted"),
                ));
            }
            match row.is_some_and(|row| row.reorder.is_some()) {
                true => self.reordering.insert(key.clone()),
                false => self.reordering.remove(key),
            };
            let known = self.known.entry(key.clone()).or_default();
            let last = row.map_or(0, |row| row.reorders + 1);
            for number in *known + 1..=last {
                let order_id = OrderId::of_reorder(&key.0, &key.1, number);
                self.reorders.insert(order_id.clone(), key.clone());
                orders.insert(order_id);
            }
            *known = last.max(*known);
        }
        for order_id in &orders {
            let order = tables.orders.get(order_id);
            deliveries.extend(self.due.put(order_id, brings(order)));
            self.check_open(tables, order_id)?;
        }
        deliveries
            .iter()
            .try_for_each(|delivery| self.check_delivery(delivery))
    }

    /// Whether no device has an order under way.
    pub(super) fn is_settled(&self) -> bool {
        self.reordering.is_empty()
    }

    fn count(
        &mut self,
        news: &DeviceNews,
        keys: &mut BTreeSet<StockKey>,
        deliveries: &mut BTreeSet<Delivery>,
    ) {
        match news.clone() {
            DeviceNews::Measured {
                device_id,
                product_id,
                quantity,
            } => {
                let key = (device_id, product_id);
                keys.insert(key.clone());
                self.counted
                    .insert(key, i64::try_from(quantity).unwrap_or(i64::MAX));
            }
            DeviceNews::Arrived {
                device_id,
                product_id,
                order_id,
                quantity,
            } => {
                let (key, quantity) = ((device_id, product_id), i64::from(quantity));
                keys.insert(key.clone());
                *self.counted.entry(key.clone()).or_default() += quantity;
                let delivery = (order_id, key);
                deliveries.insert(delivery.clone());
                *self.brought.entry(delivery).or_default() += quantity;
            }
        }
    }

    /// What was delivered is what completed orders were for: each of them once, and nothing else.
    fn check_delivery(&self, delivery: &Delivery) -> Result<(), Broken> {
        let due = self.due.of(delivery);
        let came = self.brought.get(delivery).copied().unwrap_or_default();
        if due == came {
            return Ok(());
        }
        let (order_id, stock) = delivery;
        Err(wrong(
            stock,
            format!("{order_id} is to bring {due} and has brought {came}"),
        ))
    }

    /// Of all orders that a device has placed by itself for one product, at most one lives.
    fn check_open(&mut self, tables: &Tables, order_id: &OrderId) -> Result<(), Broken> {
        let Some(key) = self.reorders.get(order_id) else {
            return Ok(());
        };
        let order = tables.orders.get(order_id);
        let lives = order.is_some_and(|order| is_live(order.status));
        self.open
            .put(order_id, lives.then(|| key.clone()).into_iter().collect());
        let open: Vec<&str> = self.open.from(key).map(OrderId::as_str).collect();
        if open.len() > 1 {
            return Err(wrong(key, format!("two orders are open: {}", open.join(", "))));
        }
        Ok(())
    }
}

/// What an order is to bring to which device: nothing before it is completed.
fn brings(order: Option<&Order>) -> Vec<(Delivery, i64)> {
    let order = order.filter(|order| was_completed(order));
    let Some((order, device_id)) = order.and_then(|order| Some((order, order.device_id.as_ref()?))) else {
        return Vec::new();
    };
    let takes = order.takes().map(|(product_id, take)| {
        let key = (device_id.clone(), product_id.clone());
        ((order.order_id.clone(), key), i64::from(take.quantity))
    });
    takes.collect()
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
