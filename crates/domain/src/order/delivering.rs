//! Delivering products: the supplier packs, the parcel travels, and both take a while that nobody can hurry.
//!
//! How long each takes is drawn once and kept with the order, so that whoever repeats a step, or enters the order
//! again after a crash, finds the same moments. A timer is only a reason to look: each step compares the moment with the
//! clock of whoever decides.

use super::{Arrival, Decision, Kind, Order, Ruling, STANDSTILL_S, Status, Thing};
use crate::fault::Fault;
use crate::ledger::MovementKind;
use crate::refusal::Refusal;
use crate::stock::HolderChange;
use crate::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

/// The longest that the supplier, or the parcel, takes, in minutes of this deployment (product.md, "Fulfilment").
pub const DELIVERY_MINUTES_MAX: u32 = 4;
/// The longest minute of a deployment, milliseconds: an hour.
pub const MINUTE_MS_MAX: u32 = 3_600_000;

/// Where the products of a paid order are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// When the supplier has packed them.
    pub ships_at: Timestamp,
    /// When they arrive; known once they have left the supplier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrives_at: Option<Timestamp>,
}

/// How long something takes that takes 1 to [`DELIVERY_MINUTES_MAX`] minutes, milliseconds. `luck` is any random number;
/// `minute_ms` is the length of a minute, at most [`MINUTE_MS_MAX`].
#[must_use]
pub fn minutes_ms(luck: u64, minute_ms: u32) -> u32 {
    // The remainder is below four.
    let more = u32::try_from(luck % u64::from(DELIVERY_MINUTES_MAX)).unwrap_or_default();
    (1 + more) * minute_ms.min(MINUTE_MS_MAX)
}

impl Order {
    /// Sells what the order holds, and asks the supplier for it: from now on it is neither held nor counted as a live
    /// hold. `takes_ms` is how long the supplier will take.
    ///
    /// # Errors
    /// [`Refusal::OrderNotPaid`] before the money is there, [`Refusal::OrderIsStuck`] while somebody has to look,
    /// [`Fault::Defect`] for an order of other things.
    pub fn ask_supplier(&self, takes_ms: u32, now: Timestamp) -> Result<Ruling, Fault> {
        self.must_be_delivered()?;
        match self.status {
            _ if self.delivery.is_some() => Ok(Ruling::AlreadyDone),
            Status::Paid => {
                let mut after = self.clone();
                let ships_at = now.plus_ms(takes_ms);
                after.delivery = Some(Delivery {
                    ships_at,
                    arrives_at: None,
                });
                after.due_at = Some(ships_at.plus_s(STANDSTILL_S));
                after.note(now, "The supplier was asked and is packing it.".to_owned());
                let sold = self.products_moved(MovementKind::Sold);
                Ok(self.write(after, now, sold, HolderChange::Remove))
            }
            Status::Stuck => Err(self.is_stuck()),
            _ => Err(self.is_not_paid()),
        }
    }

    /// What was packed leaves the supplier. `takes_ms` is how long it will travel.
    ///
    /// # Errors
    /// [`Refusal::DeliveryNotDue`] when the timer came too early, [`Refusal::OrderNotPaid`] before the money is there,
    /// [`Refusal::OrderIsStuck`] while somebody has to look, [`Fault::Defect`] for an order of other things, or one that
    /// nobody has asked the supplier for.
    pub fn ship(&self, takes_ms: u32, now: Timestamp) -> Result<Ruling, Fault> {
        self.must_be_delivered()?;
        match (self.status, &self.delivery) {
            (Status::Shipped | Status::Completed | Status::Refunded, Some(_)) => Ok(Ruling::AlreadyDone),
            (Status::Paid, Some(delivery)) if now < delivery.ships_at => {
                Err(self.is_not_due(delivery.ships_at, now))
            }
            (Status::Paid, Some(delivery)) => {
                let mut after = self.clone();
                // An order that was stuck on its way ships again; it does not start its way anew.
                let arrives_at = delivery.arrives_at.unwrap_or_else(|| now.plus_ms(takes_ms));
                after.delivery = Some(Delivery {
                    arrives_at: Some(arrives_at),
                    ..delivery.clone()
                });
                after.due_at = Some(arrives_at.plus_s(STANDSTILL_S));
                self.transition(
                    after,
                    Status::Shipped,
                    now,
                    "Shipped: it is on its way to you.".to_owned(),
                )
            }
            (Status::Paid, None) => Err(Fault::Defect(format!(
                "{} was to be shipped before anybody asked the supplier for it",
                self.order_id
            ))),
            (Status::Stuck, _) => Err(self.is_stuck()),
            _ => Err(self.is_not_paid()),
        }
    }

    /// What was shipped has arrived: the end of an order of products. If it is for a device, what arrives is added to
    /// that device's stock in the same write, so once.
    pub(super) fn arrive(&self, now: Timestamp) -> Result<Ruling, Fault> {
        match self.delivery.as_ref().and_then(|delivery| delivery.arrives_at) {
            Some(arrives_at) if now < arrives_at => return Err(self.is_not_due(arrives_at, now)),
            Some(_) if self.status == Status::Shipped => {}
            _ => {
                return Err(Fault::Defect(format!(
                    "{} was to be completed before it was shipped",
                    self.order_id
                )));
            }
        }
        let mut ruling = self.end(Status::Completed, now, "Delivered. Completed.".to_owned())?;
        if let Ruling::Change(decision) = &mut ruling {
            self.arrive_at_device(decision);
        }
        Ok(ruling)
    }

    fn arrive_at_device(&self, decision: &mut Decision) {
        let Some(device_id) = &self.device_id else {
            return;
        };
        let arrivals = self.lines.iter().filter_map(|line| match &line.thing {
            Thing::Product { product_id, .. } => Some(Arrival {
                device_id: device_id.clone(),
                product_id: product_id.clone(),
                quantity: line.quantity,
            }),
            Thing::Ticket { .. } | Thing::Dish { .. } => None,
        });
        decision.arrivals = arrivals.collect();
    }

    /// Whether the products that it took are sold, and no longer held. An order that was completed before there were
    /// deliveries sold them with that.
    #[must_use]
    pub fn has_sold_products(&self) -> bool {
        self.delivery.is_some() || self.has_completed()
    }

    /// Whether it was completed, whatever happened later.
    #[must_use]
    pub fn has_completed(&self) -> bool {
        let mut events = self.events.iter();
        events.any(|event| event.status == Status::Completed)
    }

    /// Whether it claims anything that somebody else could have instead. What was sold, or has ended, claims nothing.
    #[must_use]
    pub fn has_live_hold(&self) -> bool {
        !self.status.is_end() && !self.has_sold_products()
    }

    fn must_be_delivered(&self) -> Result<(), Fault> {
        if self.kind() == Kind::Product {
            return Ok(());
        }
        Err(Fault::Defect(format!(
            "{} was to be delivered, and is no order of products",
            self.order_id
        )))
    }

    fn is_not_due(&self, due_at: Timestamp, now: Timestamp) -> Fault {
        Refusal::DeliveryNotDue {
            order_id: self.order_id.clone(),
            remaining_s: now.seconds_until(due_at).max(1),
        }
        .into()
    }

    fn is_stuck(&self) -> Fault {
        let order_id = self.order_id.clone();
        Refusal::OrderIsStuck { order_id }.into()
    }

    fn is_not_paid(&self) -> Fault {
        let order_id = self.order_id.clone();
        Refusal::OrderNotPaid { order_id }.into()
    }
}

#[cfg(test)]
mod tests;
