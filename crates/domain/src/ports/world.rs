//! Ports to clock, chance, payment provider and workflows.

use super::Answer;
use crate::ids::{
    DeviceId, DishId, IdempotencyKey, IntentId, OrderId, ProductId, TaskToken, TicketId, UserId,
};
use crate::money::PriceMinor;
use crate::order::{Kind, Order};
use crate::payment::{CardToken, ChargeOutcome, Inquiry, ProviderEvent, RefundOutcome, RefundRequest};
use crate::refund::Refund;
use crate::refusal::Refusal;
use crate::supply::Supply;
use crate::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

/// What time it is.
pub trait Clock: Send + Sync {
    /// Now, by the clock of whoever decides (never the buyer's).
    fn now(&self) -> Timestamp;
}

/// Where chance comes from.
pub trait Entropy: Send + Sync {
    /// 128 random bits.
    ///
    /// # Errors
    /// [`crate::Fault::Transient`] when the system has none to give.
    fn bytes16(&self) -> Result<[u8; 16], crate::Fault>;

    /// Any number, each as likely as another: what rules draw from.
    ///
    /// # Errors
    /// As [`Entropy::bytes16`].
    fn luck(&self) -> Result<u64, crate::Fault> {
        let [a, b, c, d, e, f, g, h, ..] = self.bytes16()?;
        Ok(u64::from_le_bytes([a, b, c, d, e, f, g, h]))
    }
}

/// The payment provider, speaking Stripe's PaymentIntents.
///
/// One intent per order: the provider lets an intent succeed once, so an order cannot be charged twice whatever
/// is repeated. Creating an intent takes no money; confirming does.
///
/// Every call answers [`crate::Fault::Unknown`] when the answer was lost (time-out, broken connection, 5xx), and
/// [`crate::Fault::Transient`] only when the provider certainly did nothing (connection refused, 429).
pub trait PaymentProvider: Send + Sync {
    /// Creates the intent of an order, or finds the one created before under the same key.
    fn create_intent<'a>(&'a self, order: &'a Order, key: &'a IdempotencyKey) -> Answer<'a, IntentId>;

    /// Charges the card. A decline is an outcome, not a fault.
    fn confirm<'a>(
        &'a self,
        intent: &'a IntentId,
        card: &'a CardToken,
        key: &'a IdempotencyKey,
    ) -> Answer<'a, ChargeOutcome>;

    /// Asks for the truth about an intent.
    fn inquire<'a>(&'a self, intent: &'a IntentId) -> Answer<'a, Inquiry>;

    /// Gives money back. Refunding what is refunded already is found, not repeated.
    fn refund<'a>(&'a self, request: &'a RefundRequest, key: &'a IdempotencyKey)
    -> Answer<'a, RefundOutcome>;

    /// Asks for the truth about a refund: the one of this order and number, whatever key it was asked under. `None`:
    /// the provider has none.
    fn find_refund<'a>(&'a self, request: &'a RefundRequest) -> Answer<'a, Option<RefundOutcome>>;
}

/// What the payment provider says by itself.
pub trait ProviderEvents: Send + Sync {
    /// Checks the signature over the whole body, and its age against `now`, and reads what the message is about.
    ///
    /// # Errors
    /// [`Refusal::BadSignature`], [`Refusal::InvalidInput`] for a signed body that is no event.
    fn read(&self, signature: &str, body: &[u8], now: Timestamp) -> Result<ProviderEvent, Refusal>;
}

/// A ticket wanted, and the version that the buyer saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WantedTicket {
    /// Which ticket.
    pub ticket_id: TicketId,
    /// The version that the buyer saw; `None` takes the ticket as it is when it is held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
}

/// A dish wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WantedDish {
    /// Which dish.
    pub dish_id: DishId,
    /// How many, at least 1.
    pub quantity: u32,
}

/// A product wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WantedProduct {
    /// Which product; each at most once in a request.
    pub product_id: ProductId,
    /// How many, at least 1.
    pub quantity: u32,
    /// The version that the buyer saw; `None` takes the product as it is when it is held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// The most that one may cost, for whoever orders without having seen the price; `None` sets no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_price_minor: Option<PriceMinor>,
}

/// Input of the `hold-order` machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldRequest {
    /// The order to be.
    pub order_id: OrderId,
    /// Who buys.
    pub user_id: UserId,
    /// What kind of things; the lists of the other kinds are empty.
    pub kind: Kind,
    /// Which tickets.
    #[serde(default)]
    pub tickets: Vec<WantedTicket>,
    /// Which dishes.
    #[serde(default)]
    pub dishes: Vec<WantedDish>,
    /// Which products.
    #[serde(default)]
    pub products: Vec<WantedProduct>,
    /// The buyer's own device that the products are for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_id: Option<DeviceId>,
    /// Fingerprint of the request.
    pub request_fingerprint: String,
}

/// Input of the steps that hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldStep {
    /// What is asked for.
    #[serde(flatten)]
    pub request: HoldRequest,
    /// The ARN of the execution of `hold-order` that asks.
    pub run: String,
}

/// What `hold-order` decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HoldAnswer {
    /// Everything is held and the order's workflow runs.
    Held,
    /// A rule said no; nothing is held.
    Refused(Refusal),
}

/// Why a waiting execution is woken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WakeUp {
    /// The buyer has paid (or the order is further along): go on.
    Paid,
    /// The ingredient is there: go on.
    Arrived,
    /// The ingredient cannot be had.
    Unavailable,
    /// The buyer has cancelled.
    Cancelled,
    /// The order has ended otherwise.
    Ended,
}

/// What is known of an execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Execution {
    /// It runs.
    Running,
    /// It has ended, however.
    Closed,
    /// There is none of this name.
    Absent,
}

/// The state machines.
pub trait Workflows: Send + Sync {
    /// Runs `hold-order` and waits for its decision.
    fn hold_order<'a>(&'a self, request: &'a HoldRequest) -> Answer<'a, HoldAnswer>;

    /// Wakes the execution that waits with this token. `false`: it no longer waits (woken before, timed out or
    /// gone), which is no fault.
    fn wake<'a>(&'a self, token: &'a TaskToken, why: &'a WakeUp) -> Answer<'a, bool>;

    /// Starts the `order` machine for an order under its present execution name. Starting twice is harmless.
    fn start_order<'a>(&'a self, order: &'a Order) -> Answer<'a, ()>;

    /// Starts the `supply-ingredient` machine for a supply request under its present execution name. Starting twice is
    /// harmless.
    fn start_supply<'a>(&'a self, supply: &'a Supply) -> Answer<'a, ()>;

    /// What is known of the supply request's present execution.
    fn find_supply<'a>(&'a self, supply: &'a Supply) -> Answer<'a, Execution>;

    /// Starts the `refund-order` machine for a refund under its present execution name. Starting twice is harmless.
    fn start_refund<'a>(&'a self, order: &'a Order, refund: &'a Refund) -> Answer<'a, ()>;

    /// What is known of the refund's present execution.
    fn find_refund<'a>(&'a self, order: &'a Order, refund: &'a Refund) -> Answer<'a, Execution>;

    /// What is known of the order's present execution.
    fn find_execution<'a>(&'a self, order: &'a Order) -> Answer<'a, Execution>;
}
