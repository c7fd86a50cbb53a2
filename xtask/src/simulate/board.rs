//! What a run knows: every order that was placed, what its buyer did and was told, how fast the answers were, and
//! whatever went wrong. Shared by all buyers; nothing in it waits.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use serde_json::Value;

use super::plan::{Habit, Kind};

/// Complaints that are kept word for word; more are counted.
const WRONGS_KEPT: usize = 200;
/// The slowest latency that is told apart from slower ones, microseconds.
const SLOWEST_US: u64 = 120_000_000;

/// Something that must not happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// What, in a sentence.
    pub what: String,
    /// The id by which the request is found in the logs; empty where none is to blame.
    pub request_id: String,
}

/// What one line of an order is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Ticket, dish or product, by its id.
    pub thing: String,
    /// How many.
    pub quantity: u64,
    /// Price of one, minor units.
    pub price_minor: u64,
}

impl Line {
    /// The lines of an order as the API tells it.
    #[must_use]
    pub fn all_of(order: &Value) -> Vec<Self> {
        let lines = order["lines"].as_array().map(Vec::as_slice).unwrap_or_default();
        lines
            .iter()
            .map(|line| Self {
                thing: ["ticketId", "productId", "dishId"]
                    .into_iter()
                    .find_map(|name| line[name].as_str())
                    .unwrap_or_default()
                    .to_owned(),
                quantity: line["quantity"].as_u64().unwrap_or_default(),
                price_minor: line["priceMinor"].as_u64().unwrap_or_default(),
            })
            .collect()
    }
}

/// An order that the shop said yes to, and what its buyer did and was told since.
#[derive(Clone, Debug)]
pub struct Placed {
    /// Its id.
    pub order_id: String,
    /// The buyer: a place in the list of people.
    pub person: usize,
    /// What it is for.
    pub kind: Kind,
    /// What sort of buyer placed it.
    pub habit: Habit,
    /// The status it was last seen in.
    pub status: String,
    /// What was asked for.
    pub lines: Vec<Line>,
    /// The sum it was placed at, minor units.
    pub total_minor: u64,
    /// Whether the shop said that it was placed. Of an order whose answer was lost its buyer may hear only how it ended.
    pub told_placed: bool,
    /// Whether a card that can be charged was given.
    pub gave_good_card: bool,
    /// Whether the shop said that it was charged.
    pub told_paid: bool,
    /// Whether the shop said that it was cancelled.
    pub told_cancelled: bool,
    /// Whether money was asked back.
    pub asked_back: bool,
    /// Whether a device placed it, and not a person.
    pub by_device: bool,
    /// The device that it is for; empty when for none.
    pub device_id: String,
}

/// Arrivals that did not go as planned, because the shop or this machine is too slow for the rate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Slips {
    /// Began noticeably after their time.
    pub late: u64,
    /// How late the latest of them was.
    pub latest: Duration,
    /// Not begun at all: too much was under way already.
    pub skipped: u64,
    /// Not begun: every buyer had as many unpaid orders as one may have.
    pub nobody_free: u64,
}

/// Everything that is known so far.
#[derive(Debug, Default)]
pub struct Known {
    /// Orders by id.
    pub orders: BTreeMap<String, Placed>,
    /// Orders that devices were said to place.
    pub promised: BTreeSet<String>,
    /// Orders begun, whether or not they came to be.
    pub begun: BTreeMap<Kind, u64>,
    /// Refusals of orders and payments, by code.
    pub refused: BTreeMap<String, u64>,
    /// Requests sent.
    pub requests: u64,
    /// 5xx, requests without an answer, and answers that cannot be.
    pub wrongs: Vec<Wrong>,
    /// Those that were not kept.
    pub wrongs_left_out: u64,
    /// Requests that were answered "busy, repeat it", and were repeated.
    pub busy: u64,
    /// In rough weather: requests that nobody was there to answer, by what was said instead. They were repeated.
    pub nobody: BTreeMap<String, u64>,
    /// How long answers took, by kind of request, microseconds.
    pub latencies: BTreeMap<&'static str, Histogram<u32>>,
    /// Late and skipped arrivals.
    pub slips: Slips,
}

impl Known {
    /// How many orders of a kind are in each state.
    #[must_use]
    pub fn states(&self) -> BTreeMap<(Kind, &str), usize> {
        let mut states = BTreeMap::new();
        for order in self.orders.values() {
            *states.entry((order.kind, order.status.as_str())).or_default() += 1;
        }
        states
    }

    /// How much went wrong.
    #[must_use]
    pub fn wrongs_in_all(&self) -> u64 {
        self.wrongs.len() as u64 + self.wrongs_left_out
    }
}

/// What a run knows, for everybody.
#[derive(Debug)]
pub struct Board {
    known: Mutex<Known>,
    started: Instant,
}

impl Default for Board {
    fn default() -> Self {
        Self {
            known: Mutex::default(),
            started: Instant::now(),
        }
    }
}

impl Board {
    /// How long the run has been going on.
    #[must_use]
    pub fn age(&self) -> Duration {
        self.started.elapsed()
    }

    /// What is known. Nobody may hold this across a wait.
    pub fn known(&self) -> MutexGuard<'_, Known> {
        // Numbers stay numbers, even if somebody panicked beside them.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Somebody begins an order.
    pub fn begins(&self, kind: Kind) {
        *self.known().begun.entry(kind).or_default() += 1;
    }

    /// The shop was busy, and said so.
    pub fn busy(&self) {
        self.known().busy += 1;
    }

    /// Nobody was there to answer, and somebody or nobody said so.
    pub fn nobody(&self, said: &str) {
        *self.known().nobody.entry(said.trim().to_owned()).or_default() += 1;
    }

    /// The shop said no, politely.
    pub fn refused(&self, code: &str) {
        *self.known().refused.entry(code.to_owned()).or_default() += 1;
    }

    /// Something must not happen, and did.
    pub fn wrong(&self, what: impl Into<String>, request_id: &str) {
        let mut known = self.known();
        if known.wrongs.len() < WRONGS_KEPT {
            known.wrongs.push(Wrong {
                what: what.into(),
                request_id: request_id.to_owned(),
            });
        } else {
            known.wrongs_left_out += 1;
        }
    }

    /// A request was answered, or given up, after so long.
    pub fn took(&self, what: &'static str, time: Duration) {
        let mut known = self.known();
        known.requests += 1;
        let micros = u64::try_from(time.as_micros())
            .unwrap_or(SLOWEST_US)
            .clamp(1, SLOWEST_US);
        if !known.latencies.contains_key(what)
            // Three digits are told apart. These bounds are constants that fit.
            && let Ok(empty) = Histogram::new_with_bounds(1, SLOWEST_US, 3)
        {
            known.latencies.insert(what, empty);
        }
        if let Some(histogram) = known.latencies.get_mut(what) {
            histogram.saturating_record(micros);
        }
    }

    /// The shop said yes to an order. False when it was known already.
    pub fn placed(&self, order: Placed) -> bool {
        let mut known = self.known();
        let is_new = !known.orders.contains_key(&order.order_id);
        if is_new {
            known.orders.insert(order.order_id.clone(), order);
        }
        is_new
    }

    /// Notes something about an order.
    pub fn note(&self, order_id: &str, note: impl FnOnce(&mut Placed)) {
        if let Some(order) = self.known().orders.get_mut(order_id) {
            note(order);
        }
    }
}
