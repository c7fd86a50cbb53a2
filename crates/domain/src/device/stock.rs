//! What there is of one product at one device, and when it orders more. Pure: the moment comes in, the row comes out.
//!
//! State and event are one: the write that takes a reading below the threshold also records the order that is to be placed.
//! The order's id is derived from device, product and number, and a number is used up only by an order that has ended, so
//! whoever carries out the same reorder, however late, arrives at the same order.

use super::{Device, Watch};
use crate::ids::{DeviceId, IdempotencyKey, OrderId, ProductId, UserId};
use crate::money::PriceMinor;
use crate::refusal::Refusal;
use crate::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

/// How long whoever recorded a reorder has to carry it out before it is looked after, seconds.
const LOOK_AFTER_S: u32 = 30;
/// The shortest time between two looks at a reorder whose order is under way, seconds.
const LOOK_AGAIN_S: u32 = 60;
/// The longest, seconds: an order that is stuck for a day is not looked at every minute.
const LOOK_AGAIN_MAX_S: u32 = 3_600;
/// The pause after the first failure, seconds; twice as long after each further one.
const PAUSE_S: u32 = 60;
/// The longest pause, seconds.
const PAUSE_MAX_S: u32 = 6 * 3_600;
/// How often a device whose owner has stored no payment method is looked at by itself, seconds. A reading asks at once.
const NO_PAYMENT_METHOD_S: u32 = 3_600;

/// An order that a device places by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reorder {
    /// Which of this device's orders of this product, from 1.
    pub number: u32,
    /// The order: there, or to be placed.
    pub order_id: OrderId,
    /// How many it is for.
    pub quantity: u32,
    /// The highest price of one at which it is placed, as its device was told when it was decided.
    #[serde(default)]
    pub max_price_minor: PriceMinor,
    /// When it was decided.
    pub since: Timestamp,
}

/// Why the latest reorder came to nothing, or none was begun.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// The refusal's name, as in problem documents.
    pub code: String,
    /// What happened and what to do, as sentences for a person.
    pub message: String,
    /// When.
    pub at: Timestamp,
}

impl Trouble {
    fn of(refusal: &Refusal, at: Timestamp) -> Self {
        Self {
            code: refusal.name().to_owned(),
            message: format!("{refusal} {}", refusal.advice()),
            at,
        }
    }
}

/// How a reorder ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Its order was completed; what arrived was added with that.
    Delivered,
    /// Its order ended otherwise.
    Failed(Refusal),
    /// No order came into being, as far as is known. The next reorder has the same number, and so the same order.
    NotPlaced(Refusal),
}

/// What there is of one product at one device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceStock {
    /// Where.
    pub device_id: DeviceId,
    /// What.
    pub product_id: ProductId,
    /// Whose.
    pub owner_id: UserId,
    /// How much is left: what the device said last, and what was delivered since.
    pub quantity: u64,
    /// When and how much it orders; `None` for a product that the device does not watch (it was delivered all the same,
    /// or was watched before).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watch: Option<Watch>,
    /// When the device last said how much is left. Before it has, nothing is known, and nothing is ordered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measured_at: Option<Timestamp>,
    /// What the device called that reading, if it did: a repeat of it, by whoever was not answered, is old news.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measured_by: Option<IdempotencyKey>,
    /// How much the device said then; what was delivered since is in `quantity` and not in this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity_measured: Option<u32>,
    /// The open reorder. At most one at a time, whatever happens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reorder: Option<Reorder>,
    /// How many reorders have led to an order that has ended.
    #[serde(default)]
    pub reorders: u32,
    /// How many came to nothing since the last delivery.
    #[serde(default)]
    pub failures: u32,
    /// Nothing is ordered before this moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pause_until: Option<Timestamp>,
    /// Why nothing is ordered, or why the latest reorder came to nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<Trouble>,
    /// When somebody should look at it; `None` while there is nothing to be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// Counts every write, from 1. The condition of each write but those of deliveries is the version that was read.
    pub version: u64,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl DeviceStock {
    /// A row about nothing.
    pub(super) fn empty(device: &Device, product_id: &ProductId, now: Timestamp) -> Self {
        Self::arrived(&device.device_id, product_id, &device.owner_id, 0, now)
    }

    /// A row that a delivery makes where there was none.
    #[must_use]
    pub fn arrived(
        device_id: &DeviceId,
        product_id: &ProductId,
        owner_id: &UserId,
        quantity: u32,
        now: Timestamp,
    ) -> Self {
        Self {
            device_id: device_id.clone(),
            product_id: product_id.clone(),
            owner_id: owner_id.clone(),
            quantity: u64::from(quantity),
            watch: None,
            measured_at: None,
            measured_by: None,
            quantity_measured: None,
            reorder: None,
            reorders: 0,
            failures: 0,
            pause_until: None,
            trouble: None,
            due_at: None,
            version: 1,
            updated_at: now,
        }
    }

    /// The index partition in which it is found while it is due, 0 to [`super::DUE_SHARDS`] - 1.
    #[must_use]
    pub fn due_shard(&self) -> u8 {
        self.device_id.as_str().bytes().last().unwrap_or_default() % super::DUE_SHARDS
    }

    /// Whether there is less than the device wants, as far as it has said.
    #[must_use]
    pub fn is_low(&self) -> bool {
        let is_below = |watch: &Watch| self.quantity < u64::from(watch.threshold);
        self.measured_at.is_some() && self.watch.as_ref().is_some_and(is_below)
    }

    /// The device says how much is left: that replaces what was there. If it is too little, an order is decided in the
    /// same write; `can_pay`: the owner has stored a payment method. `None`: the latest reading has this name and
    /// this quantity, so it was taken already. Taken again, it would take away what was delivered since.
    ///
    /// # Errors
    /// [`Refusal::ProductNotWatched`].
    pub fn measure(
        &self,
        quantity: u32,
        name: Option<&IdempotencyKey>,
        can_pay: bool,
        now: Timestamp,
    ) -> Result<Option<Self>, Refusal> {
        if self.watch.is_none() {
            let product_id = self.product_id.clone();
            return Err(Refusal::ProductNotWatched { product_id });
        }
        // A name that is used again for another quantity, days later maybe, names another reading.
        let is_same = self.measured_by.as_ref() == name && self.quantity_measured == Some(quantity);
        if name.is_some() && is_same {
            return Ok(None);
        }
        let mut after = self.changed(now);
        after.quantity = u64::from(quantity);
        after.measured_at = Some(now);
        after.measured_by = name.cloned();
        after.quantity_measured = Some(quantity);
        after.consider(can_pay, now);
        Ok(Some(after))
    }

    /// The device watches it differently from now on, or no longer. What is to be ordered is decided by whoever looks next.
    /// Whoever was told that it is too dear and lets it cost more need not wait.
    #[must_use]
    pub fn watched_as(&self, watch: Option<Watch>, now: Timestamp) -> Self {
        let mut after = self.changed(now);
        after.watch = watch;
        let limit = |watch: &Option<Watch>| watch.map(|watch| watch.max_price_minor);
        let is_too_dear = self
            .trouble
            .as_ref()
            .is_some_and(|trouble| trouble.code == Refusal::PRICE_ABOVE_LIMIT);
        if is_too_dear && limit(&watch) > limit(&self.watch) {
            after.pause_until = None;
        }
        if after.reorder.is_none() {
            after.due_at = after.is_low().then_some(now);
            after.trouble = after.trouble.filter(|_| watch.is_some());
        }
        after
    }

    /// Somebody looks: orders if that is needed and the pause is over. `None`: it is as it should be.
    #[must_use]
    pub fn look(&self, can_pay: bool, now: Timestamp) -> Option<Self> {
        let mut after = self.changed(now);
        if after.reorder.is_some() {
            return None;
        }
        after.consider(can_pay, now);
        let is_new = after.reorder.is_some() || after.due_at != self.due_at || after.trouble != self.trouble;
        is_new.then_some(after)
    }

    /// The open reorder's order is under way: looked at again later, the older the more seldom.
    #[must_use]
    pub fn put_off(&self, now: Timestamp) -> Self {
        let mut after = self.changed(now);
        let age_s = self
            .reorder
            .as_ref()
            .map_or(0, |reorder| reorder.since.seconds_until(now));
        let pause_s = (age_s / 4).clamp(LOOK_AGAIN_S, LOOK_AGAIN_MAX_S);
        after.due_at = Some(now.plus_s(pause_s));
        after
    }

    /// The reorder of this number has ended. What is left is looked at anew in the same write: the next order may be due
    /// at once. `None`: it was closed before.
    #[must_use]
    pub fn close(&self, number: u32, ending: &Ending, can_pay: bool, now: Timestamp) -> Option<Self> {
        if self.reorder.as_ref().map(|reorder| reorder.number) != Some(number) {
            return None;
        }
        let mut after = self.changed(now);
        after.reorder = None;
        match ending {
            Ending::Delivered => {
                after.reorders = number;
                after.failures = 0;
                after.pause_until = None;
                after.trouble = None;
            }
            Ending::Failed(why) => {
                after.reorders = number;
                after.fail(why, now);
            }
            Ending::NotPlaced(why) => after.fail(why, now),
        }
        after.consider(can_pay, now);
        Some(after)
    }

    fn fail(&mut self, why: &Refusal, now: Timestamp) {
        self.trouble = Some(Trouble::of(why, now));
        // Whoever stores a payment method need not wait.
        if *why == Refusal::NoPaymentMethod {
            return;
        }
        self.failures = self.failures.saturating_add(1);
        let pause_s = PAUSE_S
            .saturating_mul(1 << self.failures.saturating_sub(1).min(16))
            .min(PAUSE_MAX_S);
        self.pause_until = Some(now.plus_s(pause_s));
    }

    /// Decides an order if one is needed, and says when to look again.
    fn consider(&mut self, can_pay: bool, now: Timestamp) {
        if self.reorder.is_some() {
            return;
        }
        self.due_at = None;
        let Some(watch) = self.watch.filter(|_| self.is_low()) else {
            // Nothing is wanted, so nothing is wrong; but a pause goes on, and whoever asks in it is told why.
            let is_paused = self.pause_until.is_some_and(|until| now < until);
            self.trouble = self.trouble.take().filter(|_| is_paused);
            return;
        };
        if let Some(until) = self.pause_until.filter(|until| now < *until) {
            self.due_at = Some(until);
            return;
        }
        if !can_pay {
            self.trouble = Some(Trouble::of(&Refusal::NoPaymentMethod, now));
            self.due_at = Some(now.plus_s(NO_PAYMENT_METHOD_S));
            return;
        }
        // It may be needed again soon: why the latest order came to nothing stays told until one is delivered.
        self.trouble = self
            .trouble
            .take()
            .filter(|trouble| trouble.code != Refusal::NoPaymentMethod.name());
        let number = self.reorders + 1;
        self.reorder = Some(Reorder {
            number,
            order_id: OrderId::of_reorder(&self.device_id, &self.product_id, number),
            quantity: watch.order_quantity,
            max_price_minor: watch.max_price_minor,
            since: now,
        });
        self.due_at = Some(now.plus_s(LOOK_AFTER_S));
    }

    fn changed(&self, now: Timestamp) -> Self {
        Self {
            version: self.version + 1,
            updated_at: now,
            ..self.clone()
        }
    }
}
