//! What has happened on a day, in numbers: so that one sees that it was not a calm one.

use crate::wire::lock;
use crate::world::{BEGIN_MS, World};
use domain::{Order, RefundReason};
use std::collections::BTreeMap;
use std::fmt;

/// Counts by name.
type Counted = BTreeMap<String, u64>;

/// What has happened on one day, or on many.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Days.
    pub days: u64,
    /// Simulated time, milliseconds.
    pub simulated_ms: u64,
    /// Orders that were held.
    pub orders: u64,
    /// How they ended, by kind and status, e.g. `dishes completed`.
    pub ends: Counted,
    /// What else became of them.
    pub fates: Counted,
    /// What went wrong, by kind.
    pub faults: Counted,
    /// What people were answered, by HTTP status.
    pub answers: Counted,
    /// Steps after which what they wrote was checked.
    pub checked_steps: u64,
    /// Rows that were checked there.
    pub checked_rows: u64,
    /// How often everything was checked.
    pub checked_whole: u64,
}

fn add(to: &mut Counted, what: &str, times: u64) {
    if times > 0 {
        *to.entry(what.to_owned()).or_default() += times;
    }
}

fn kind_of(order: &Order) -> &'static str {
    if order.device_id.is_some() {
        "devices"
    } else if order.tickets().next().is_some() {
        "tickets"
    } else if order.takes().next().is_some() {
        "products"
    } else {
        "dishes"
    }
}

impl Tally {
    /// What has happened in this world.
    #[must_use]
    pub fn of(world: &World) -> Self {
        let looks = world.looks();
        let mut tally = Self {
            days: 1,
            simulated_ms: world.now_ms() - BEGIN_MS,
            checked_steps: looks.steps,
            checked_rows: looks.rows,
            checked_whole: looks.whole,
            ..Self::default()
        };
        for (what, times) in world.struck() {
            add(&mut tally.faults, what, times);
        }
        for reply in world.replies() {
            add(&mut tally.answers, &reply.status.to_string(), 1);
        }
        let tables = lock(world.tables());
        for order in tables.orders.values() {
            tally.orders += 1;
            add(
                &mut tally.ends,
                &format!("{} {}", kind_of(order), order.status),
                1,
            );
            tally.count_fates(order);
        }
        let fates = &mut tally.fates;
        let supplies = tables.supplies.values();
        let rounds = supplies.map(|supply| supply.purchases.len() as u64);
        add(fates, "purchase at the market", rounds.sum());
        add(fates, "delivery to a device", tables.device_news.len() as u64);
        let reorders = tables.device_stock.values().map(|row| u64::from(row.reorders));
        add(fates, "order that a device placed", reorders.sum());
        tally
    }

    fn count_fates(&mut self, order: &Order) {
        let is_late = |reason| reason == RefundReason::ArrivedTooLate;
        let late = order.refunds.iter().filter(|refund| is_late(refund.reason));
        let fates = &mut self.fates;
        add(fates, "refund of money that came late", late.count() as u64);
        add(fates, "refund", order.refunds.len() as u64);
        add(
            fates,
            "order held again for late money",
            u64::from(order.hold.version > 1),
        );
        add(fates, "attempt to charge", order.attempts.len() as u64);
        let tries_again = order.attempts.len() > 1;
        add(fates, "order charged in several attempts", u64::from(tries_again));
        let was_unknown = order.was_ever_unanswered();
        add(
            fates,
            "order with a charge of unknown outcome",
            u64::from(was_unknown),
        );
        let was_lost = order.reentries > 0;
        add(fates, "order picked up by the reconciler", u64::from(was_lost));
        let is_spread = order.takes().count() > order.lines.len();
        add(fates, "order from several shards", u64::from(is_spread));
    }

    /// Adds another day, or many.
    pub fn add(&mut self, other: &Self) {
        self.days += other.days;
        self.simulated_ms += other.simulated_ms;
        self.orders += other.orders;
        self.checked_steps += other.checked_steps;
        self.checked_rows += other.checked_rows;
        self.checked_whole += other.checked_whole;
        for (to, from) in [
            (&mut self.ends, &other.ends),
            (&mut self.fates, &other.fates),
            (&mut self.faults, &other.faults),
            (&mut self.answers, &other.answers),
        ] {
            from.iter().for_each(|(what, times)| add(to, what, *times));
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let groups = [
            ("orders ended", &self.ends),
            ("what became of them", &self.fates),
            ("what went wrong", &self.faults),
            ("answers over HTTP", &self.answers),
        ];
        for (heading, counted) in groups {
            writeln!(f, "{heading}:")?;
            for (what, times) in counted {
                writeln!(f, "  {times:>9}  {what}")?;
            }
        }
        writeln!(f, "invariants checked:")?;
        writeln!(f, "  {:>9}  steps, each for what it wrote", self.checked_steps)?;
        writeln!(f, "  {:>9}  rows in these", self.checked_rows)?;
        writeln!(f, "  {:>9}  times everything that stands", self.checked_whole)
    }
}
