//! Which invariants there are, and how one that does not hold is told.

use crate::trace::Trace;
use domain::ledger::{Ingredient, Place};
use domain::{OrderId, Status};
use std::fmt;

/// An invariant that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// A ticket is held by something that is not a live order of it.
    #[error("ticket {ticket} is held by {order}, which is {status}")]
    HeldByNobody {
        /// The ticket.
        ticket: String,
        /// The order that it names.
        order: String,
        /// How that order stands.
        status: String,
    },
    /// A live order does not hold one of its tickets.
    #[error("{order} is {status} and does not hold {ticket}")]
    HoldMissing {
        /// The order.
        order: OrderId,
        /// How it stands.
        status: Status,
        /// The ticket.
        ticket: String,
    },
    /// A completed order has not got its ticket, or a sold ticket has no completed order.
    #[error("{ticket} is not sold to exactly one completed order: {why}")]
    SoldWrongly {
        /// The ticket.
        ticket: String,
        /// In words.
        why: String,
    },
    /// A status followed another that it may not follow.
    #[error("{order} went from {from} to {to}")]
    IllegalTransition {
        /// The order.
        order: OrderId,
        /// Before.
        from: Status,
        /// After.
        to: Status,
    },
    /// A version was skipped or used twice.
    #[error("{order} went from version {from} to {to}")]
    VersionSkipped {
        /// The order.
        order: OrderId,
        /// Before.
        from: u32,
        /// After.
        to: u32,
    },
    /// A hold ended for want of payment before its time.
    #[error("{order} expired {early_ms} ms before its deadline")]
    ExpiredEarly {
        /// The order.
        order: OrderId,
        /// How much too early.
        early_ms: i64,
    },
    /// A hold lives on although its time is long over.
    #[error("{order} is held, {late_ms} ms after its deadline")]
    ExpiresLate {
        /// The order.
        order: OrderId,
        /// How long it has been over.
        late_ms: u64,
    },
    /// A buyer has less time than was said.
    #[error("the deadline of {order} was brought forward by {by_ms} ms")]
    DeadlineBroughtForward {
        /// The order.
        order: OrderId,
        /// By how much.
        by_ms: i64,
    },
    /// A hold that had ended lives again, or ended twice.
    #[error("the hold of {order} ended twice, or lives after its end")]
    HoldEndedTwice {
        /// The order.
        order: OrderId,
    },
    /// More than one charge, or one of the wrong amount, or one that the order does not know of.
    #[error("{order} is {status}, and was charged {times} times, {taken} of {total}")]
    ChargedWrongly {
        /// The order.
        order: OrderId,
        /// How it stands.
        status: Status,
        /// Charges.
        times: u32,
        /// Money taken, minor units.
        taken: u64,
        /// What the order costs, minor units.
        total: u64,
    },
    /// Money was taken for an order that we do not have.
    #[error("{taken} was taken for {order}, which is not there")]
    MoneyNotConserved {
        /// Taken by the provider, minor units.
        taken: u64,
        /// The order, by the provider's books.
        order: OrderId,
    },
    /// Somebody confirmed a charge without knowing what had become of the last one.
    #[error("{intent} was confirmed under {key} blindly: an unknown outcome is inquired, never re-keyed")]
    ChargedBlindly {
        /// The provider's intent.
        intent: String,
        /// The idempotency key.
        key: String,
    },
    /// Provider, ledger of money and order do not say the same of an order's money.
    #[error("the money of {order}, which is {status}: {why}")]
    MoneyWrong {
        /// The order.
        order: OrderId,
        /// How it stands.
        status: Status,
        /// In words.
        why: String,
    },
    /// A shard is not what its movements or its orders make of it.
    #[error("shard {shard} of {product}: {why}")]
    ShelfWrong {
        /// The product.
        product: String,
        /// The shard.
        shard: u8,
        /// In words.
        why: String,
    },
    /// What there is at a device is not what it said and what was delivered since, or it has ordered twice.
    #[error("{product} at {device}: {why}")]
    HomeWrong {
        /// The device.
        device: String,
        /// The product.
        product: String,
        /// In words.
        why: String,
    },
    /// A buyer's set of live holds is not the set of the buyer's live orders.
    #[error("the holds of {user} are {said:?}, and really {live:?}")]
    HoldersDiffer {
        /// The buyer.
        user: String,
        /// What the set says.
        said: Vec<OrderId>,
        /// The live orders.
        live: Vec<OrderId>,
    },
    /// A ledger is not what its movements make of it.
    #[error("{what} in the {place}: {why}")]
    LedgerWrong {
        /// The ledger.
        place: Place,
        /// The ingredient, or what else of the ledger.
        what: String,
        /// In words.
        why: String,
    },
    /// What is claimed at a place is not what is claimed by those who may claim there.
    #[error("{said} {ingredient} are claimed in the {place}, and {live} by those who live")]
    ClaimsDiffer {
        /// The ledger.
        place: Place,
        /// The ingredient.
        ingredient: Ingredient,
        /// What the ledger says.
        said: i64,
        /// The sum of the claims of those who live.
        live: i64,
    },
    /// An ingredient came from nowhere, or is gone.
    #[error("{ingredient}: {came} came and {is} are accounted for ({how})")]
    NotConserved {
        /// The ingredient.
        ingredient: Ingredient,
        /// What was there at the start, and bought.
        came: i64,
        /// What is there, was served, or is on its way.
        is: i64,
        /// Which balance does not hold.
        how: &'static str,
    },
    /// An order went on without all of its ingredients.
    #[error("{order} is {status} and has {held} of {needed} {ingredient}")]
    GatheredWrongly {
        /// The order.
        order: OrderId,
        /// How it stands.
        status: Status,
        /// The ingredient.
        ingredient: Ingredient,
        /// What it holds.
        held: u32,
        /// What it needs.
        needed: u32,
    },
    /// Nothing goes wrong any more, and something is still claimed or on its way.
    #[error("{what} at rest")]
    NotSettled {
        /// In words.
        what: String,
    },
    /// An order hangs: time has passed, nothing goes wrong any more, and it has not ended.
    #[error("{order} is still {status} at rest")]
    NotEnded {
        /// The order.
        order: OrderId,
        /// How it stands.
        status: Status,
    },
    /// A buyer was told that everything is held, and then it was not to be had.
    #[error("{order} was answered with as held, and is unavailable")]
    TakenBack {
        /// The order.
        order: OrderId,
    },
    /// An order is stuck, and nobody wrote down why.
    #[error("{order} is stuck without a reason")]
    StuckInSilence {
        /// The order.
        order: OrderId,
    },
    /// An order has ended, and is still looked at although nothing is on its way.
    #[error("{order} is {status} at rest, and still due")]
    StillDue {
        /// The order.
        order: OrderId,
        /// How it stands.
        status: Status,
    },
    /// An execution hangs.
    #[error("the execution {name} still runs at rest")]
    StillRunning {
        /// The execution.
        name: String,
    },
    /// A message of ours was parked, although not each of its receives met a fault.
    #[error("a message was parked: {body}")]
    MessageParked {
        /// Its text.
        body: String,
    },
}

/// An invariant that does not hold, and how it came to that.
#[derive(Clone, Debug, thiserror::Error)]
pub struct Violation {
    /// What does not hold.
    pub broken: Broken,
    /// The seed that shows it again.
    pub seed: u64,
    /// What happened until then.
    pub trace: String,
}

impl Violation {
    pub(crate) fn new(broken: Broken, seed: u64, trace: &Trace) -> Self {
        Self {
            broken,
            seed,
            trace: trace.to_string(),
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seed {}: {}\n{}", self.seed, self.broken, self.trace)
    }
}
