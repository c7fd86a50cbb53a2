//! A day in the shop, all of it drawn from one seed: hundreds of orders of every kind at once, and everything that can go
//! wrong going wrong.
//!
//! [`live`] makes the shop ([`shop`]), lets people in ([`crowd`]) and the weather out ([`weather`]), and waits until
//! everything has come to rest. The world checks its invariants at every step. [`tally`] says what has happened;
//! [`campaign`] lives through many days on every core.

pub mod campaign;
mod crowd;
mod shop;
pub mod tally;
mod weather;

use crate::invariants::Violation;
use crate::world::{BEGIN_MS, Machinery, NoWorld, World};
use states::chance::Chance;
use tally::Tally;

/// Everything ends within so many seconds of fair weather: the longest pauses (of a stuck order, of a refund that the bank
/// has not confirmed) are six hours.
const REST_S: u64 = 48 * 3_600;
/// How long after the last of the crowd the weather turns fair, milliseconds.
const EVENING_MS: u64 = 900_000;

/// Which day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    /// Decides everything.
    pub seed: u64,
    /// How many orders people want to place; devices place more by themselves.
    pub orders: u32,
}

/// A day that came to its end.
#[derive(Debug)]
pub struct Lived {
    /// What has happened.
    pub tally: Tally,
    /// The whole story.
    pub story: String,
}

/// A day on which something that must hold did not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct Failed {
    /// What does not hold, in words.
    pub what: String,
    /// What happened until then.
    pub story: String,
}

impl From<Box<Violation>> for Failed {
    fn from(violation: Box<Violation>) -> Self {
        Self {
            what: violation.broken.to_string(),
            story: violation.trace,
        }
    }
}

impl From<NoWorld> for Failed {
    fn from(no_world: NoWorld) -> Self {
        Self {
            what: no_world.to_string(),
            story: String::new(),
        }
    }
}

/// Lives through a day, from its seed to its rest.
///
/// # Errors
/// The first thing that does not hold, with the whole story until then.
pub fn live(machinery: &Machinery, day: Day) -> Result<Lived, Box<Failed>> {
    let mut chance = Chance::new(day.seed ^ 0x0000_6461_7973);
    let span_ms = span_ms(day.orders);
    let mut world = World::new(machinery, weather::setup(day, &mut chance))
        .map_err(|error| Box::new(Failed::from(error)))?;
    let shop = shop::open(&mut world, day.orders, &mut chance).map_err(Box::new)?;
    crowd::let_in(&mut world, &shop, day.orders, span_ms, &mut chance).map_err(Box::new)?;
    let storm = weather::gather(&mut world, day.orders, span_ms, &mut chance);
    let outcome = storm.blow(&mut world, BEGIN_MS + span_ms + EVENING_MS);
    outcome
        .and_then(|()| world.come_to_rest(REST_S))
        .map_err(|violation| Box::new(Failed::from(violation)))?;
    let tally = Tally::of(&world);
    let poisoned = world
        .queue()
        .dead_letters
        .iter()
        .filter(|message| message.is_foreign);
    let (poisoned, meant) = (poisoned.count(), weather::POISONED_QUEUES.len());
    if poisoned != meant {
        return Err(Box::new(Failed {
            what: format!("{poisoned} of {meant} poison messages were parked"),
            story: world.trace().to_string(),
        }));
    }
    Ok(Lived {
        tally,
        story: world.trace().to_string(),
    })
}

/// How long people come: the more orders, the longer, so that a buyer has no more of them alive than allowed.
const fn span_ms(orders: u32) -> u64 {
    600_000 + orders as u64 * 2_000
}

fn pick<'a, T>(from: &'a [T], chance: &mut Chance) -> Option<&'a T> {
    let last = (from.len() as u64).checked_sub(1)?;
    from.get(usize::try_from(chance.up_to(last)).ok()?)
}

fn up_to(limit: u32, chance: &mut Chance) -> u32 {
    u32::try_from(chance.up_to(u64::from(limit))).unwrap_or(limit)
}
