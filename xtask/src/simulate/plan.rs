//! When buyers come, for what, and what sort of buyers they are: all of it decided by the seed, before anything happens.
//!
//! Each arrival draws from a sequence of its own, begun from the seed and its number. So what one buyer does never
//! depends on how fast the shop answered another: the same seed is the same day.

use std::collections::BTreeMap;
use std::time::Duration;

use fastrand::Rng;

/// What an order is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Things that there is one of.
    Tickets,
    /// What the kitchen makes.
    Dishes,
    /// Things that are counted.
    Products,
    /// Products for a device, ordered by its owner or by the device itself.
    Devices,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Tickets, Self::Dishes, Self::Products, Self::Devices];

    /// Its name in options and tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tickets => "tickets",
            Self::Dishes => "dishes",
            Self::Products => "products",
            Self::Devices => "devices",
        }
    }
}

/// How many orders are for what, by weight. At least one weight is above 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mix(BTreeMap<Kind, u32>);

impl Mix {
    /// These weights, unless all of them are 0.
    #[must_use]
    pub fn new(weights: BTreeMap<Kind, u32>) -> Option<Self> {
        weights
            .values()
            .any(|weight| *weight > 0)
            .then_some(Self(weights))
    }

    /// Whether any order is for this.
    #[must_use]
    pub fn has(&self, kind: Kind) -> bool {
        self.0.get(&kind).is_some_and(|weight| *weight > 0)
    }

    /// The same without this kind; none when nothing is left.
    #[must_use]
    pub fn without(&self, kind: Kind) -> Option<Self> {
        let mut weights = self.0.clone();
        weights.remove(&kind);
        Self::new(weights)
    }

    fn draw(&self, rng: &mut Rng) -> Kind {
        let all: u32 = self.0.values().sum();
        let mut left = rng.u32(0..all.max(1));
        for (kind, weight) in &self.0 {
            match left.checked_sub(*weight) {
                Some(rest) => left = rest,
                None => return *kind,
            }
        }
        Kind::Tickets
    }
}

/// How often orders are begun, and for how long.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// Orders begun in a second.
    pub per_second: f64,
    /// For how long.
    pub lasts: Duration,
}

impl Pace {
    /// How many orders are begun in all.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "both were checked to be above 0 and bounded"
    )]
    pub fn orders(&self) -> u64 {
        // A whisker more than the product: 90 a minute for two minutes are 180, whatever the division lost.
        (self.per_second * self.lasts.as_secs_f64() + 1e-6) as u64
    }
}

/// Which share of buyers does not simply pay, percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Habits {
    /// Have a card that does not work at once.
    pub declines: u8,
    /// Do not pay: half of them cancel, half just stay away.
    pub leavers: u8,
    /// Ask twice: pay with a double click, or repeat the same request.
    pub doubles: u8,
}

/// What sort of buyer somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Habit {
    /// Gives a card along with the order.
    PaysAlong,
    /// Holds, then pays.
    Pays,
    /// Pays, and wants the money back.
    WantsBack,
    /// The first card is declined for good; pays with another.
    DeclinedThenPays,
    /// The first card has no money; pays with another while it is tried again.
    ShortThenPays,
    /// The only card has no money: tried five times, then everything is released.
    Short,
    /// The bank charges, and its answer is lost.
    AnswerLost,
    /// The bank does not answer, and charges nothing.
    BankSilent,
    /// Gives the order up.
    Cancels,
    /// Never comes back.
    NeverPays,
    /// Clicks "pay" twice.
    PaysTwice,
    /// Sends the same order twice, under one key, one after the other.
    OrdersAgain,
    /// Sends the same order twice, under one key, at the same moment.
    OrdersTwice,
}

impl Habit {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::PaysAlong,
        Self::Pays,
        Self::WantsBack,
        Self::DeclinedThenPays,
        Self::ShortThenPays,
        Self::Short,
        Self::AnswerLost,
        Self::BankSilent,
        Self::Cancels,
        Self::NeverPays,
        Self::PaysTwice,
        Self::OrdersAgain,
        Self::OrdersTwice,
    ];

    /// What tables and complaints call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PaysAlong => "pays along with the order",
            Self::Pays => "pays",
            Self::WantsBack => "pays, wants the money back",
            Self::DeclinedThenPays => "declined, pays with another card",
            Self::ShortThenPays => "no money, pays with another card",
            Self::Short => "no money on the only card",
            Self::AnswerLost => "charged, the answer is lost",
            Self::BankSilent => "the bank is silent",
            Self::Cancels => "cancels",
            Self::NeverPays => "never pays",
            Self::PaysTwice => "clicks pay twice",
            Self::OrdersAgain => "repeats the order",
            Self::OrdersTwice => "sends the order twice at once",
        }
    }
}

impl Habits {
    fn draw(self, rng: &mut Rng) -> Habit {
        let percent = rng.u8(0..100);
        if percent < self.declines {
            return match rng.u8(0..20) {
                0..8 => Habit::DeclinedThenPays,
                8..11 => Habit::ShortThenPays,
                11..14 => Habit::Short,
                14..18 => Habit::AnswerLost,
                _ => Habit::BankSilent,
            };
        }
        if percent < self.declines + self.leavers {
            return if rng.bool() {
                Habit::Cancels
            } else {
                Habit::NeverPays
            };
        }
        if percent < self.declines + self.leavers + self.doubles {
            return match rng.u8(0..4) {
                0..2 => Habit::PaysTwice,
                2 => Habit::OrdersAgain,
                _ => Habit::OrdersTwice,
            };
        }
        match rng.u8(0..40) {
            0 => Habit::WantsBack,
            1..15 => Habit::PaysAlong,
            _ => Habit::Pays,
        }
    }
}

/// Somebody comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// Counted from 0.
    pub number: u64,
    /// When, after the beginning.
    pub at: Duration,
    /// For what.
    pub kind: Kind,
    /// What sort of buyer.
    pub habit: Habit,
    /// How long they think between the hold and the card.
    pub thinks: Duration,
    /// Where their further choices begin: which person, which things, how many.
    pub luck: u64,
}

/// The arrivals of a day, in their order.
#[derive(Clone, Debug)]
pub struct Arrivals {
    seed: u64,
    pace: Pace,
    mix: Mix,
    habits: Habits,
    next: u64,
}

impl Arrivals {
    /// The day of this seed.
    #[must_use]
    pub const fn new(seed: u64, pace: Pace, mix: Mix, habits: Habits) -> Self {
        Self {
            seed,
            pace,
            mix,
            habits,
            next: 0,
        }
    }
}

impl Iterator for Arrivals {
    type Item = Arrival;

    /// Somebody comes in each slot of 1/rate seconds, at any moment of it: evenly over a minute, by chance within a second.
    #[expect(clippy::cast_precision_loss, reason = "there are 200,000 at most")]
    fn next(&mut self) -> Option<Arrival> {
        if self.next >= self.pace.orders() {
            return None;
        }
        let number = self.next;
        self.next += 1;
        let mut rng = sequence(self.seed, number);
        let at = Duration::from_secs_f64((number as f64 + rng.f64()) / self.pace.per_second);
        Some(Arrival {
            number,
            at,
            kind: self.mix.draw(&mut rng),
            habit: self.habits.draw(&mut rng),
            thinks: Duration::from_millis(rng.u64(0..1_500)),
            luck: rng.u64(..),
        })
    }
}

/// The sequence of one arrival. Neighbouring seeds and numbers are far apart in it.
#[must_use]
pub fn sequence(seed: u64, number: u64) -> Rng {
    let mut first = Rng::with_seed(seed);
    Rng::with_seed(first.u64(..) ^ number.wrapping_mul(0x9E37_79B9_7F4A_7C15))
}

#[cfg(test)]
mod tests;
