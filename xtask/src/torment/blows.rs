//! What is done to a stack, and when: all of it drawn from a seed, before anything happens.

use std::time::Duration;

use fastrand::Rng;

/// A blow falls once in this time, on average.
pub const EVERY: Duration = Duration::from_millis(2_500);
/// How long a process stands still.
const FROZEN_MS: std::ops::Range<u64> = 500..9_000;

/// Something that is done to a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Blow {
    /// `kill -9` of a function's process, of one that is at work if there is one.
    KillFunction,
    /// `kill -9` of the local Step Functions.
    KillStates,
    /// The engine is asked to stop. It is started again on what it has written down.
    StopEngine,
    /// A function's process stands still for so long, and then goes on as if nothing had been.
    FreezeFunction(Duration),
    /// The local Step Functions stand still for so long.
    FreezeStates(Duration),
}

impl Blow {
    /// What tables call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::KillFunction => "kill -9 of a function's process",
            Self::KillStates => "kill -9 of Step Functions",
            Self::StopEngine => "clean stop of the engine, and a start",
            Self::FreezeFunction(_) => "a function's process stood still for seconds",
            Self::FreezeStates(_) => "Step Functions stood still for seconds",
        }
    }

    fn draw(rng: &mut Rng) -> Self {
        let frozen = Duration::from_millis(rng.u64(FROZEN_MS));
        match rng.u8(0..20) {
            0..10 => Self::KillFunction,
            10..15 => Self::KillStates,
            15..17 => Self::StopEngine,
            17..19 => Self::FreezeFunction(frozen),
            _ => Self::FreezeStates(frozen),
        }
    }
}

/// So many blows, each with the pause before it. Pauses are drawn evenly from nothing to twice [`EVERY`]: some blows fall while what
/// the one before ended is still starting.
#[must_use]
pub fn drawn(seed: u64, count: u32) -> Vec<(Duration, Blow)> {
    let mut rng = Rng::with_seed(seed);
    let twice_ms = u64::try_from(EVERY.as_millis()).unwrap_or(u64::MAX) * 2;
    (0..count)
        .map(|_| {
            let pause = Duration::from_millis(rng.u64(0..=twice_ms));
            (pause, Blow::draw(&mut rng))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_strikes_the_same() {
        assert_eq!(drawn(7, 50), drawn(7, 50));
        assert_ne!(drawn(7, 50), drawn(8, 50));
    }

    #[test]
    fn a_dozen_blows_have_each_of_the_three_that_end_something() {
        let blows = drawn(1, 12);
        for wanted in [Blow::KillFunction, Blow::KillStates, Blow::StopEngine] {
            assert!(blows.iter().any(|(_, blow)| *blow == wanted), "{blows:?}");
        }
        assert!(blows.iter().all(|(pause, _)| *pause <= EVERY * 2));
    }
}
