//! One ledger, counted a second time: row by row, in the order of the numbers, without the ledger's own arithmetic.

use super::{Check, Difference, Rule};
use crate::inventory::ShardMovement;
use crate::ledger::{Balance, Movement, MovementKind, Posting};
use crate::timestamp::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Broken rows that are named per ledger; one broken row is enough to look, and a thousand say no more.
const BROKEN_MAX: usize = 50;

/// What movements did to one item.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// What came: given at the start, bought, received, returned.
    pub came: i64,
    /// What left: given, served, sold, taken out.
    pub left: i64,
    /// What came from other shards of the same product, less what went there.
    pub shifted: i64,
    /// What is still held of it.
    pub held: i64,
}

impl Tally {
    /// Counts one movement.
    pub fn count(&mut self, kind: MovementKind, quantity: u32) {
        let (came, left, shifted, held) = match kind {
            MovementKind::Set | MovementKind::Bought | MovementKind::Received | MovementKind::Returned => {
                (1, 0, 0, 0)
            }
            MovementKind::Held => (0, 0, 0, 1),
            MovementKind::Released => (0, 0, 0, -1),
            MovementKind::Given | MovementKind::Served | MovementKind::Sold => (0, 1, 0, -1),
            MovementKind::Removed => (0, 1, 0, 0),
            MovementKind::MovedIn => (0, 0, 1, 0),
            MovementKind::MovedOut => (0, 0, -1, 0),
        };
        let quantity = i64::from(quantity);
        self.came += came * quantity;
        self.left += left * quantity;
        self.shifted += shifted * quantity;
        self.held += held * quantity;
    }

    /// What is there of it.
    #[must_use]
    pub const fn on_hand(self) -> i64 {
        self.came - self.left + self.shifted
    }
}

/// One movement as stored, of whatever kind of ledger.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// Its number.
    pub seq: u64,
    /// Of what.
    pub item: &'a str,
    /// How.
    pub kind: MovementKind,
    /// How much.
    pub quantity: u32,
    /// The balance that it says there is after it.
    pub balance: Balance,
}

impl<'a> From<&'a Movement> for Row<'a> {
    fn from(movement: &'a Movement) -> Self {
        Self {
            seq: movement.seq,
            item: movement.ingredient.as_str(),
            kind: movement.kind,
            quantity: movement.quantity,
            balance: movement.balance,
        }
    }
}

impl<'a> Row<'a> {
    /// A movement of a shard; `item` is the shard's name.
    #[must_use]
    pub const fn of_shard(movement: &'a ShardMovement, item: &'a str) -> Self {
        Self {
            seq: movement.seq,
            item,
            kind: movement.kind,
            quantity: movement.quantity,
            balance: movement.balance,
        }
    }
}

/// What is known of one item after the rows read so far.
#[derive(Clone, Copy, Debug, Default)]
struct Item {
    sum: Tally,
    /// The balance that its last row says: on_hand and held.
    said: (i64, i64),
}

/// One ledger, counted as far as it was read. Reading can go on at any time.
#[derive(Clone, Debug)]
pub struct Books {
    place: String,
    /// The name of the whole ledger within the place; empty when it is the place itself.
    whole: String,
    /// The range key of the last row read.
    read_to: u64,
    /// The highest number seen.
    seq: u64,
    rows: u64,
    items: BTreeMap<String, Item>,
    by_cause: BTreeMap<String, BTreeMap<String, Tally>>,
    broken: Vec<Difference>,
    /// What came from other shards (+) and went there (-), by the moment and the size of the move: both sides of one
    /// have the same. Only what is not zero.
    shifts: BTreeMap<(Timestamp, u32), i64>,
}

impl Books {
    /// A ledger of which nothing was read yet: a whole place, or one named part of it.
    pub fn new(place: impl Into<String>, whole: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            whole: whole.into(),
            read_to: 0,
            seq: 0,
            rows: 0,
            items: BTreeMap::new(),
            by_cause: BTreeMap::new(),
            broken: Vec::new(),
            shifts: BTreeMap::new(),
        }
    }

    /// Where to read on: the number of the last posting read.
    #[must_use]
    pub const fn read_to(&self) -> u64 {
        self.read_to
    }

    /// How many movements were read.
    #[must_use]
    pub const fn rows(&self) -> u64 {
        self.rows
    }

    /// Counts a posting.
    pub fn post(&mut self, posting: &Posting) {
        for movement in &posting.movements {
            self.count(&posting.cause, movement.into());
        }
        self.read_to = posting.seq;
    }

    /// Counts a movement of the shard that these books are about.
    pub fn post_of_shard(&mut self, movement: &ShardMovement) {
        let name = self.whole.clone();
        self.count(&movement.cause, Row::of_shard(movement, &name));
        self.read_to = movement.seq;
        let mut moved = Tally::default();
        moved.count(movement.kind, movement.quantity);
        if moved.shifted != 0 {
            let key = (movement.at, movement.quantity);
            let net = self.shifts.entry(key).or_default();
            *net += moved.shifted;
            if *net == 0 {
                self.shifts.remove(&key);
            }
        }
    }

    /// What came from other shards (+) and went there (-), by the moment and the size of the move.
    #[must_use]
    pub const fn shifts(&self) -> &BTreeMap<(Timestamp, u32), i64> {
        &self.shifts
    }

    /// Counts one row.
    pub fn count(&mut self, cause: &str, row: Row<'_>) {
        self.rows += 1;
        let next = self.seq + 1;
        if row.seq != next {
            let rule = Rule::NumbersHaveNoGaps;
            let whole = self.whole.clone();
            self.breaks(
                rule,
                &whole,
                format!("number {next}"),
                format!("number {}", row.seq),
                "",
            );
        }
        self.seq = self.seq.max(row.seq);

        let item = self.items.entry(row.item.to_owned()).or_default();
        let mut moved = Tally::default();
        moved.count(row.kind, row.quantity);
        item.sum.count(row.kind, row.quantity);
        let (on_hand, held) = (item.said.0 + moved.on_hand(), item.said.1 + moved.held);
        let said = (i64::from(row.balance.on_hand), i64::from(row.balance.held));
        // What it says is taken for granted from here on, so that one wrong row is one difference.
        item.said = said;
        if said != (on_hand, held) || held < 0 || held > on_hand {
            let number = row.seq.to_string();
            self.breaks(
                Rule::MovementsFollow,
                row.item,
                format!("on_hand {on_hand}, held {held}"),
                format!("on_hand {}, held {}", said.0, said.1),
                &number,
            );
        }
        self.by_cause
            .entry(cause.to_owned())
            .or_default()
            .entry(row.item.to_owned())
            .or_default()
            .count(row.kind, row.quantity);
    }

    fn breaks(&mut self, rule: Rule, item: &str, expected: String, found: String, cause: &str) {
        if self.broken.len() < BROKEN_MAX {
            let difference = Difference::of_words(rule, (&self.place, item, cause), expected, found);
            self.broken.push(difference);
        }
    }

    /// Compares what was counted with the head that was read before the rows: its number and its balances.
    #[must_use]
    pub fn against(
        &self,
        head_seq: u64,
        balances: &BTreeMap<String, Balance>,
    ) -> (Vec<Check>, Vec<Difference>) {
        let place = self.place.as_str();
        let number = |seq: u64| i64::try_from(seq).unwrap_or(i64::MAX);
        let mut checks = vec![Check::new(
            Rule::NumbersHaveNoGaps,
            place,
            &self.whole,
            number(head_seq),
            number(self.rows),
        )];
        let mut differences = self.broken.clone();
        if self.seq != head_seq {
            differences.push(Difference::of_words(
                Rule::NumbersHaveNoGaps,
                (place, &self.whole, ""),
                format!("numbers up to {head_seq}"),
                format!("numbers up to {}", self.seq),
            ));
        }
        let items: BTreeSet<&String> = self.items.keys().chain(balances.keys()).collect();
        for item in items {
            let sum = self.items.get(item).copied().unwrap_or_default().sum;
            let balance = balances.get(item).copied().unwrap_or_default();
            for (rule, expected, found) in [
                (Rule::OnHandIsSum, sum.on_hand(), i64::from(balance.on_hand)),
                (Rule::HeldIsSum, sum.held, i64::from(balance.held)),
            ] {
                let check = Check::new(rule, place, item, expected, found);
                if !check.is_green() {
                    differences.push(Difference::of_numbers(rule, (place, item, ""), expected, found));
                }
                checks.push(check);
            }
        }
        (checks, differences)
    }

    /// What was moved under a cause, by item.
    #[must_use]
    pub fn of_cause(&self, cause: &str) -> BTreeMap<String, Tally> {
        self.by_cause.get(cause).cloned().unwrap_or_default()
    }

    /// Every cause that starts like this, with what was moved under it.
    pub fn causes_from(&self, start: &str) -> impl Iterator<Item = (&String, &BTreeMap<String, Tally>)> {
        let start = start.to_owned();
        self.by_cause
            .range(start.clone()..)
            .take_while(move |(cause, _)| cause.starts_with(&start))
    }

    /// Every cause.
    pub fn causes(&self) -> impl Iterator<Item = &String> {
        self.by_cause.keys()
    }

    /// What is held of each item, all causes together.
    pub fn held(&self) -> impl Iterator<Item = (&String, i64)> {
        self.items.iter().map(|(item, known)| (item, known.sum.held))
    }
}

/// What a cause that names no order and no supply request must not have done: what is booked under one (stock of the
/// start, an owner's adjustment) holds nothing. Only an owner takes anything away without an order: `may_take`.
#[must_use]
pub fn at_no_order(
    place: &str,
    cause: &str,
    moved: &BTreeMap<String, Tally>,
    may_take: bool,
) -> Vec<Difference> {
    let mut differences = Vec::new();
    for (item, tally) in moved {
        let taken = if may_take { 0 } else { tally.left };
        for (rule, found) in [(Rule::HoldsAreAlive, tally.held), (Rule::EndsAreClaimed, taken)] {
            if found != 0 {
                differences.push(Difference::of_numbers(rule, (place, item, cause), 0, found));
            }
        }
    }
    differences
}
