//! What was found out when a run was over.

use crate::simulate::board::Placed;

/// An attempt to charge, or a refund.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Money {
    /// `succeeded`, `declined` ...
    pub status: String,
    /// Minor units.
    pub amount_minor: u64,
}

/// An order as the shop tells it when the run is over.
#[derive(Clone, Debug)]
pub struct Ended {
    /// What the run knows of it.
    pub placed: Placed,
    /// Where it stands; none: the shop does not know it.
    pub status: Option<String>,
    /// The sum of its lines, minor units.
    pub total_minor: u64,
    /// Attempts to charge it.
    pub payments: Vec<Money>,
    /// What went back.
    pub refunds: Vec<Money>,
}

/// How many of a thing there must be, and how many there are.
#[derive(Clone, Debug)]
pub struct Count {
    /// Of what.
    pub of: String,
    /// How many there were at first.
    pub first: u64,
    /// How many there are; none when the shop did not tell.
    pub found: Option<u64>,
    /// How many are held.
    pub held: u64,
}

/// What the shop's own count says.
#[derive(Clone, Debug)]
pub enum Conservation {
    /// It was not asked, and why.
    NotAsked(String),
    /// What did not add up before the run and after it, each in words.
    Asked {
        /// Before.
        before: Vec<String>,
        /// After.
        after: Vec<String>,
        /// How many orders it counted.
        orders: usize,
    },
}

/// Everything that was found out when the run was over.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// Orders that the shop said yes to.
    pub orders: Vec<Ended>,
    /// Orders in the lists of the run's people that nobody placed.
    pub unknown_orders: Vec<String>,
    /// The run's own products.
    pub products: Vec<Count>,
    /// Devices that only their owners fill.
    pub devices: Vec<Count>,
    /// The shop's own count.
    pub conservation: Conservation,
    /// Answers that must not be.
    pub wrongs: Vec<String>,
    /// Requests sent.
    pub requests: u64,
}
