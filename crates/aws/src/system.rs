//! Time and chance as the operating system has them.

use domain::ports::{Clock, Entropy};
use domain::{Fault, Timestamp};
use std::time::{SystemTime, UNIX_EPOCH};

/// The system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        // A clock before 1970 is a broken clock; 0 then makes every deadline lie far ahead, so nothing expires.
        let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_ms(i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX))
    }
}

/// The system's source of randomness.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn bytes16(&self) -> Result<[u8; 16], Fault> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)
            .map_err(|error| Fault::Transient(format!("the system has no randomness to give: {error}")))?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_is_past_2025_and_does_not_go_back() {
        let first = SystemClock.now();
        assert!(first > Timestamp::from_ms(1_735_689_600_000));
        assert!(SystemClock.now() >= first);
    }

    #[test]
    fn chance_does_not_repeat() {
        assert_ne!(SystemEntropy.bytes16(), SystemEntropy.bytes16());
    }
}
