//! Conservation: what was moved adds up to what there is, what is held is claimed by somebody who lives, and what was
//! charged is kept or was given back. Green, or the exact difference.
//!
//! The rule is product.md's: "sum of movements = balance, for every item and place; on_hand = given at start + received -
//! sold; every hold is alive or ended once; money charged = money of kept orders + refunded." Nothing here asks the code
//! that moves things: rows are read and counted a second time ([`Books`]), and what orders and supply requests say
//! ([`OrderSays`]) is held against what is found ([`Found`]).
//!
//! **Why it is exact while everything moves.** There are two kinds of checks.
//!
//! *Within one ledger.* Head and postings are written in one transaction, and their numbers have no gaps. So the head is
//! read first, and then the postings up to its number: they are there, they never change, and their sum must be the
//! head's balances, however much is posted meanwhile. Such a difference counts at once.
//!
//! *Between an order and what it holds.* Nobody can read two tables at one moment, so a first pass over all rows finds
//! only suspects. Each is then read anew: the order, what it holds, and the order again. Whatever an order claims
//! changes only in a transaction that also changes the order, and each of those counts the order's version up. If the
//! version is the same before and after, everything between belongs to that version, and what differs now is a
//! difference. If it is not, the suspect is read again, at most [`TRIES_MAX`] times; one that never holds still is counted
//! as unsettled, is neither green nor red, and is looked at again by the next run. The same holds for supply requests
//! and the warehouse. What moves between two shards of a product is written to both in one transaction: a side that was
//! seen without the other is looked at once more, and by then the other must be there. No clock and no pause decides.
//!
//! What it costs: every run reads every row. A shop that has outgrown that keeps the sums of a former run and begins
//! there; [`Books`] can go on from any number.

mod books;
mod check;
mod inventory;
mod money;
mod orders;
mod read;
mod summary;
mod supplies;

pub use books::{Books, Row, Tally, at_no_order};
pub use check::{Sources, check};
pub use money::MoneySays;
pub use orders::{Found, NeedSays, OrderSays, TicketSays, of_order, of_ticket};
pub use supplies::of_supply;

use crate::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

/// How often a suspect is read again before it is left to the next run.
pub const TRIES_MAX: u32 = 5;
/// Suspects that one run reads again; the rest is counted as unsettled.
pub const SUSPECTS_MAX: usize = 2_000;
/// Checks shown in a report, the red ones first.
pub const CHECKS_MAX: usize = 300;
/// Differences shown in a report.
pub const DIFFERENCES_MAX: usize = 100;

/// What is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// The numbers of a ledger are 1, 2, 3 ... up to its head.
    NumbersHaveNoGaps,
    /// Each movement's balance is that of the movement before, moved.
    MovementsFollow,
    /// What there is: given at the start + received - given or sold, counted from the movements.
    OnHandIsSum,
    /// What of it is held: held - released - given or sold, counted from the movements.
    HeldIsSum,
    /// What went from one shard of a product to another has come there.
    ShiftsArrive,
    /// What is held is held by an order or a supply request that lives, and exactly as much as it says.
    HoldsAreAlive,
    /// What was received, given, served or sold is what orders and supply requests say of it.
    EndsAreClaimed,
    /// A held ticket is held by one unfinished order, and a sold one was sold by one that completed.
    TicketsHaveTheirOrder,
    /// A buyer's set of live holds names the buyer's unfinished orders and no others.
    HoldersAreLive,
    /// What was charged for an order, at most once, is what it keeps and what was given back.
    MoneyIsKeptOrRefunded,
}

impl Rule {
    /// The name in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NumbersHaveNoGaps => "numbers_have_no_gaps",
            Self::MovementsFollow => "movements_follow",
            Self::OnHandIsSum => "on_hand_is_sum",
            Self::HeldIsSum => "held_is_sum",
            Self::ShiftsArrive => "shifts_arrive",
            Self::HoldsAreAlive => "holds_are_alive",
            Self::EndsAreClaimed => "ends_are_claimed",
            Self::TicketsHaveTheirOrder => "tickets_have_their_order",
            Self::HoldersAreLive => "holders_are_live",
            Self::MoneyIsKeptOrRefunded => "money_is_kept_or_refunded",
        }
    }
}

/// One comparison: what must be, and what is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// By which rule.
    pub rule: Rule,
    /// Where: `kitchen`, `warehouse`, `inventory`, `tickets`, `holders` or `money`.
    pub place: String,
    /// Of what, e.g. an ingredient or a product; empty when it is about the whole place.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub item: String,
    /// What it must be: units, rows or minor units.
    pub expected: i64,
    /// What it is.
    pub found: i64,
}

impl Check {
    /// A comparison.
    pub fn new(
        rule: Rule,
        place: impl Into<String>,
        item: impl Into<String>,
        expected: i64,
        found: i64,
    ) -> Self {
        Self {
            rule,
            place: place.into(),
            item: item.into(),
            expected,
            found,
        }
    }

    /// `found - expected`.
    #[must_use]
    pub const fn difference(&self) -> i64 {
        self.found.saturating_sub(self.expected)
    }

    /// Whether both are equal.
    #[must_use]
    pub const fn is_green(&self) -> bool {
        self.expected == self.found
    }
}

/// One thing that does not add up, named exactly.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Difference {
    /// Which rule is broken.
    pub rule: Rule,
    /// Where.
    pub place: String,
    /// Of what: an ingredient, a product and its shard, a ticket, a buyer; empty when it is about the whole place.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub item: String,
    /// The order, supply request or number of a movement that it is about; empty when there is none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub cause: String,
    /// What must be, as a number or in words.
    pub expected: String,
    /// What is.
    pub found: String,
    /// `found - expected`, of numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference: Option<i64>,
}

impl Difference {
    /// Two numbers that are not equal.
    pub(crate) fn of_numbers(
        rule: Rule,
        (place, item, cause): (&str, &str, &str),
        expected: i64,
        found: i64,
    ) -> Self {
        Self {
            difference: Some(found.saturating_sub(expected)),
            ..Self::of_words(
                rule,
                (place, item, cause),
                expected.to_string(),
                found.to_string(),
            )
        }
    }

    /// Two things that are not the same.
    pub(crate) fn of_words(
        rule: Rule,
        (place, item, cause): (&str, &str, &str),
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Self {
        Self {
            rule,
            place: place.to_owned(),
            item: item.to_owned(),
            cause: cause.to_owned(),
            expected: expected.into(),
            found: found.into(),
            difference: None,
        }
    }
}

/// How many rows a report is made from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookedAt {
    /// Movements of ledgers.
    pub movements: u64,
    /// Orders.
    pub orders: u64,
    /// Tickets.
    pub tickets: u64,
    /// Supply requests.
    pub supplies: u64,
    /// Buyers with live holds, now or once.
    pub holders: u64,
    /// Shards of products.
    #[serde(default)]
    pub shards: u64,
    /// Rows of the ledger of money.
    #[serde(default)]
    pub money: u64,
}

/// What one run found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// When the run began.
    pub at: Timestamp,
    /// How long it took, milliseconds.
    pub took_ms: u64,
    /// Whether everything adds up.
    pub is_green: bool,
    /// What it was made from.
    pub looked_at: LookedAt,
    /// Every comparison, the red ones first, at most [`CHECKS_MAX`].
    pub checks: Vec<Check>,
    /// Comparisons beyond that; all of them are green as long as a green one is shown.
    pub checks_left_out: u64,
    /// What does not add up, at most [`DIFFERENCES_MAX`].
    pub differences: Vec<Difference>,
    /// Differences beyond that.
    pub differences_left_out: u64,
    /// Suspects that never held still; the next run looks at them again.
    pub unsettled: u64,
}

impl Report {
    /// Puts a report together: red first, bounded, and green exactly when nothing differs.
    #[must_use]
    pub fn of(
        (at, took_ms): (Timestamp, u64),
        looked_at: LookedAt,
        mut checks: Vec<Check>,
        mut differences: Vec<Difference>,
        unsettled: u64,
    ) -> Self {
        differences.sort();
        differences.dedup();
        let is_green = differences.is_empty() && checks.iter().all(Check::is_green);
        // Stable: within red and green the places stay together.
        checks.sort_by_key(Check::is_green);
        let beyond =
            |count: usize, shown: usize| u64::try_from(count.saturating_sub(shown)).unwrap_or(u64::MAX);
        let (checks_left_out, differences_left_out) = (
            beyond(checks.len(), CHECKS_MAX),
            beyond(differences.len(), DIFFERENCES_MAX),
        );
        checks.truncate(CHECKS_MAX);
        differences.truncate(DIFFERENCES_MAX);
        Self {
            at,
            took_ms,
            is_green,
            looked_at,
            checks,
            checks_left_out,
            differences,
            differences_left_out,
            unsettled,
        }
    }
}
