//! An order and its life: what it is made of, which status may follow which, and what each step decides.
//!
//! A step reads the order, asks it for a [`Ruling`] and commits the [`Decision`] under the condition that the
//! order is still the one that was read. The rules are the methods in `steps`, `paying`, `gather` and `admission`; the table is [`Status::may_become`].

mod admission;
mod delivering;
mod gather;
mod late;
mod paying;
mod refunds;
mod settling;
mod status;
mod steps;
#[cfg(test)]
mod tests;

pub use admission::Admission;
pub use delivering::{DELIVERY_MINUTES_MAX, Delivery, MINUTE_MS_MAX, minutes_ms};
pub use gather::Missing;
pub use status::Status;
pub use steps::{Interruption, NewOrder};

use crate::ids::{
    DeviceId, DishId, HoldId, HoldRun, IntentId, OrderId, ProductId, TaskToken, TicketId, UserId,
};
use crate::inventory::Take;
use crate::ledger::Ingredient;
use crate::money::{Currency, PriceMinor};
use crate::money_ledger::MoneyMovement;
use crate::payment::{CardToken, PaymentAttempt};
use crate::ports::WakeUp;
use crate::refund::Refund;
use crate::stock::{HolderChange, StockChange};
use crate::ticket::TicketHold;
use crate::timestamp::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Lines in one order. Ten tickets plus order and holder stay far below the 100 items of a transaction.
pub const LINES_MAX: usize = 10;
/// Live holds per buyer.
pub const HOLDS_MAX: u32 = 10;
/// How long after a deadline the reconciler waits for the workflow's own timer, seconds.
pub const RECONCILE_GRACE_S: u32 = 30;
/// How long a paying or paid order may stand still before the reconciler looks, seconds.
pub const STANDSTILL_S: u32 = 60;
/// How long a dish order may wait for what is short before it is looked at, seconds. The machine's own limit is shorter.
pub const GATHER_LIMIT_S: u32 = 900;
/// How long after it got stuck an order is entered again, seconds; twice as long after each further time.
pub const STUCK_PAUSE_S: u32 = 300;
/// The longest pause between two entries of a stuck order, seconds.
pub const STUCK_PAUSE_MAX_S: u32 = 6 * 3600;
/// How long after its end an order whose provider once kept silent is asked after for the last time, seconds.
pub const LATE_MONEY_S: u32 = 900;
/// Reconciler look-ups are spread over so many index partitions.
pub const UNFINISHED_SHARDS: u8 = 8;

/// What a line sells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Thing {
    /// One ticket.
    Ticket {
        /// Which.
        ticket_id: TicketId,
        /// The version that the buyer saw.
        version: u32,
    },
    /// A dish.
    Dish {
        /// Which.
        dish_id: DishId,
    },
    /// Counted stock.
    Product {
        /// Which.
        product_id: ProductId,
        /// What the order holds of it, by shard; together the quantity of the line.
        takes: Vec<Take>,
    },
}

/// The kind of things that an order is made of; all of its lines are of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Tickets.
    Ticket,
    /// Dishes.
    Dish,
    /// Products.
    Product,
}

/// Input of the `order` machine, and output of the step that holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StartInput {
    /// The order.
    pub order_id: OrderId,
    /// What it is made of.
    pub kind: Kind,
    /// How long to wait for payment, whole seconds, at least 1.
    pub await_payment_s: u32,
    /// What has to be gathered first; empty when everything is held.
    pub missing: Vec<Missing>,
}

/// One line of an order, with the price that the buyer saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// What is sold.
    pub thing: Thing,
    /// Its name when the order was placed.
    pub title: String,
    /// How many.
    pub quantity: u32,
    /// Price of one when the order was placed.
    pub price_minor: PriceMinor,
}

/// What a dish order needs of one ingredient, all its dishes together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Need {
    /// How much is needed, at least 1.
    pub needed: u32,
    /// How much of it the order holds in the kitchen.
    pub held: u32,
    /// Whether what was asked of the warehouse has come.
    #[serde(default)]
    pub arrived: bool,
    /// What wakes the execution that waits for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiter: Option<Waiter>,
}

impl Need {
    /// What has to be asked of the warehouse.
    #[must_use]
    pub const fn shortfall(&self) -> u32 {
        self.needed.saturating_sub(self.held)
    }
}

/// An execution that waits, and since when: a token of an earlier wait, delivered late, must not replace it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiter {
    /// What wakes it.
    pub token: TaskToken,
    /// When it began to wait.
    pub since: Timestamp,
}

impl Waiter {
    /// Whether a message about a wait that began at `since` is older than this one.
    #[must_use]
    pub fn is_newer_than(&self, since: Timestamp) -> bool {
        since < self.since
    }
}

/// An order's expiring claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Its id, derived from the order's.
    pub hold_id: HoldId,
    /// 1 for the first claim; a renewed one has the next.
    pub version: u32,
    /// From this moment on it can no longer be paid.
    pub expires_at: Timestamp,
    /// How long it lives once everything is held, seconds.
    pub ttl_s: u32,
}

/// What happened to an order, one entry per change of status and per attempt to charge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderEvent {
    /// When.
    pub at: Timestamp,
    /// The status after it.
    pub status: Status,
    /// What happened, as a sentence for the buyer.
    pub what: String,
}

/// An order as stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Its id; also the name of its execution.
    pub order_id: OrderId,
    /// Who buys.
    pub user_id: UserId,
    /// Where it stands.
    pub status: Status,
    /// Counts every write, from 1. The condition of each write is the version that was read.
    pub version: u32,
    /// What is bought; all of one kind.
    pub lines: Vec<Line>,
    /// The sum of the lines.
    pub total_minor: PriceMinor,
    /// The money it is in.
    pub currency: Currency,
    /// The claim.
    pub hold: Hold,
    /// Every attempt to charge, oldest first.
    #[serde(default)]
    pub attempts: Vec<PaymentAttempt>,
    /// When the card of the latest attempt is tried again by itself; `None` when it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_at: Option<Timestamp>,
    /// Money that went back or is to go back, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refunds: Vec<Refund>,
    /// Who was let in at the door, oldest first; at most one for each line of tickets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub admissions: Vec<Admission>,
    /// The provider's payment intent: one per order, so that it can succeed only once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent_id: Option<IntentId>,
    /// The execution that waits for payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiter: Option<Waiter>,
    /// What a dish order needs, by ingredient; empty for other kinds.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub needs: BTreeMap<Ingredient, Need>,
    /// The card to charge as soon as everything is held, if it was given along with the order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pay_with: Option<CardToken>,
    /// Where the products are, once they are sold; `None` before that, and for other kinds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery: Option<Delivery>,
    /// The buyer's device that the products are for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_id: Option<DeviceId>,
    /// What happened, oldest first.
    pub events: Vec<OrderEvent>,
    /// Fingerprint of the request that created it.
    pub request_fingerprint: String,
    /// The run of `hold-order` that alone answers for the hold, and hence may undo it; `None` once another has answered
    /// with it too, or the order has gone on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sole_run: Option<HoldRun>,
    /// How often the reconciler started a fresh execution for it.
    #[serde(default)]
    pub reentries: u32,
    /// When the reconciler should look at it if it has not moved; `None` once it has ended, nothing that it asked
    /// for is claimed in the warehouse or on its way, and no money is owed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// When it was placed.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Order {
    /// Name of the execution that carries it now: the order's id, or that and the number of the re-entry.
    #[must_use]
    pub fn execution_name(&self) -> String {
        match self.reentries {
            0 => self.order_id.to_string(),
            n => format!("{}-{n}", self.order_id),
        }
    }

    /// The index partition in which the reconciler finds it, 0 to [`UNFINISHED_SHARDS`] - 1.
    #[must_use]
    pub fn unfinished_shard(&self) -> u8 {
        self.order_id.as_str().bytes().last().unwrap_or_default() % UNFINISHED_SHARDS
    }

    /// What an execution that waits for this order's payment is to be told; `None` while it has to wait.
    #[must_use]
    pub const fn wake_up(&self) -> Option<WakeUp> {
        match self.status {
            // A declined card waits for its next try, and no execution waits for it: whoever enters the order again
            // has to go on with that.
            Status::Held if self.retry_at.is_some() => Some(WakeUp::Paid),
            Status::Gathering | Status::Held => None,
            // Stuck: the charge is asked after again; the truth decides how it goes on.
            Status::Paying | Status::Paid | Status::Shipped | Status::Completed | Status::Stuck => {
                Some(WakeUp::Paid)
            }
            Status::Cancelled => Some(WakeUp::Cancelled),
            Status::Expired | Status::PaymentFailed | Status::Refunded | Status::Unavailable => {
                Some(WakeUp::Ended)
            }
        }
    }

    /// What kind of things it is made of.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self.lines.first().map(|line| &line.thing) {
            Some(Thing::Dish { .. }) => Kind::Dish,
            Some(Thing::Product { .. }) => Kind::Product,
            Some(Thing::Ticket { .. }) | None => Kind::Ticket,
        }
    }

    /// What the `order` machine needs to carry it from where it stands.
    #[must_use]
    pub fn start_input(&self, now: Timestamp) -> StartInput {
        StartInput {
            order_id: self.order_id.clone(),
            kind: self.kind(),
            // A timer needs at least one second; the deadline itself is checked again by every write.
            await_payment_s: now.seconds_until(self.hold.expires_at).max(1),
            missing: self.missing().collect(),
        }
    }

    /// The claim as each of its tickets remembers it.
    #[must_use]
    pub fn ticket_hold(&self) -> TicketHold {
        TicketHold {
            hold_id: self.hold.hold_id.clone(),
            hold_version: self.hold.version,
            order_id: self.order_id.clone(),
            user_id: self.user_id.clone(),
            expires_at: self.hold.expires_at,
        }
    }

    /// The tickets it is made of.
    pub fn tickets(&self) -> impl Iterator<Item = (&TicketId, u32)> {
        self.lines.iter().filter_map(|line| match &line.thing {
            Thing::Ticket { ticket_id, version } => Some((ticket_id, *version)),
            Thing::Dish { .. } | Thing::Product { .. } => None,
        })
    }

    /// What it takes of products, shard by shard.
    pub fn takes(&self) -> impl Iterator<Item = (&ProductId, Take)> {
        self.lines.iter().flat_map(|line| match &line.thing {
            Thing::Product { product_id, takes } => {
                takes.iter().map(|take| (product_id, *take)).collect::<Vec<_>>()
            }
            Thing::Ticket { .. } | Thing::Dish { .. } => Vec::new(),
        })
    }
}

/// Products that were delivered to a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// Where.
    pub device_id: DeviceId,
    /// What.
    pub product_id: ProductId,
    /// How many, at least 1.
    pub quantity: u32,
}

/// A change that is to be committed in one transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Version and status that the stored order must still have; `None` for an order that must not exist yet.
    pub before: Option<(u32, Status)>,
    /// The order afterwards.
    pub after: Order,
    /// What happens to scarce things.
    pub stock: Vec<StockChange>,
    /// What happens to the buyer's set of live holds.
    pub holder: HolderChange,
    /// New rows of the ledger of money. Condition of each: it is not there yet.
    pub money: Vec<MoneyMovement>,
    /// What arrives at the buyer's device. Added to what is there, whatever it is.
    pub arrivals: Vec<Arrival>,
}

/// What a step rules: either there is something to write, or the same was done before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ruling {
    /// Commit this.
    Change(Box<Decision>),
    /// Done already, the same way. Success.
    AlreadyDone,
}
