//! Chance that can be repeated: what happens to an attempt follows from the seed, the intent and the attempt's number.

use domain::ids::fingerprint;

/// How likely each outcome of an attempt to charge is, in percent (product.md, "Payment": 20, 20, 50).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Odds {
    insufficient_funds_percent: u8,
    timeout_percent: u8,
    charged_timeout_percent: u8,
}

/// How many requests for a refund of one intent chance may lose.
const REFUND_LOSSES_MAX: u32 = 3;

/// Percentages beyond 100, alone or together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfRange;

impl std::fmt::Display for OutOfRange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("odds are percentages: each at most 100, declines and time-outs together at most 100")
    }
}

impl std::error::Error for OutOfRange {}

/// What chance decides about one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Roll {
    Success,
    InsufficientFunds,
    /// Silence, and nothing was charged.
    TimeoutBefore,
    /// Silence, and the card was charged.
    TimeoutAfter,
}

impl Default for Odds {
    /// 20 % insufficient funds, 20 % time-out of which half have charged, 60 % success.
    fn default() -> Self {
        Self {
            insufficient_funds_percent: 20,
            timeout_percent: 20,
            charged_timeout_percent: 50,
        }
    }
}

impl Odds {
    /// Odds of one's own: of all attempts so many percent end in insufficient funds and so many in a time-out; of
    /// the time-outs so many percent have charged.
    ///
    /// # Errors
    /// [`OutOfRange`] when they do not fit into 100.
    pub fn new(
        insufficient_funds_percent: u8,
        timeout_percent: u8,
        charged_timeout_percent: u8,
    ) -> Result<Self, OutOfRange> {
        let sum = u16::from(insufficient_funds_percent) + u16::from(timeout_percent);
        if sum > 100 || charged_timeout_percent > 100 {
            return Err(OutOfRange);
        }
        Ok(Self {
            insufficient_funds_percent,
            timeout_percent,
            charged_timeout_percent,
        })
    }

    /// What happens to attempt `number` (from 1) of an intent.
    pub(crate) fn roll(self, seed: &str, intent_id: &str, number: u32) -> Roll {
        let percent = |of: &str| luck(&["odds", of, seed, intent_id, &number.to_string()], 100);
        let outcome = percent("outcome");
        let declined = u64::from(self.insufficient_funds_percent);
        if outcome < declined {
            Roll::InsufficientFunds
        } else if outcome >= declined + u64::from(self.timeout_percent) {
            Roll::Success
        } else if percent("charged") < u64::from(self.charged_timeout_percent) {
            Roll::TimeoutAfter
        } else {
            Roll::TimeoutBefore
        }
    }

    /// What happens to request `number` (from 1) for a refund of an intent: refunds are never declined by chance, and
    /// from [`REFUND_LOSSES_MAX`] on no longer lost, so that whoever asks again gets through.
    pub(crate) fn roll_refund(self, seed: &str, intent_id: &str, number: u32) -> Roll {
        let percent = |of: &str| luck(&["odds", of, seed, intent_id, &number.to_string()], 100);
        if number > REFUND_LOSSES_MAX || percent("refund") >= u64::from(self.timeout_percent) {
            Roll::Success
        } else if percent("refunded") < u64::from(self.charged_timeout_percent) {
            Roll::TimeoutAfter
        } else {
            Roll::TimeoutBefore
        }
    }
}

/// A number below `bound` that follows from `of`: chance that can be repeated.
pub(crate) fn luck(of: &[&str], bound: u64) -> u64 {
    // 60 of 128 bits: the bias of the remainder is below one in 10^16.
    let digest = fingerprint(of);
    let bits = digest.get(..15).and_then(|hex| u64::from_str_radix(hex, 16).ok());
    bits.unwrap_or_default() % bound.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_thousand_attempts_fall_as_the_odds_say_and_fall_the_same_way_again() {
        let count = |wanted: Roll| {
            (0..10_000)
                .filter(|n| Odds::default().roll("seed", &format!("pi_{n}"), 1) == wanted)
                .count()
        };
        let counts = [
            Roll::Success,
            Roll::InsufficientFunds,
            Roll::TimeoutBefore,
            Roll::TimeoutAfter,
        ]
        .map(count);
        // Four standard deviations around 60, 20, 10 and 10 percent.
        assert!((5_800..6_200).contains(&counts[0]), "{counts:?}");
        assert!((1_840..2_160).contains(&counts[1]), "{counts:?}");
        assert!((880..1_120).contains(&counts[2]), "{counts:?}");
        assert!((880..1_120).contains(&counts[3]), "{counts:?}");
        let again = [
            Roll::Success,
            Roll::InsufficientFunds,
            Roll::TimeoutBefore,
            Roll::TimeoutAfter,
        ]
        .map(count);
        assert_eq!(counts, again);
    }

    #[test]
    fn odds_that_do_not_fit_into_a_hundred_are_refused() {
        assert_eq!(Odds::new(60, 41, 0), Err(OutOfRange));
        assert_eq!(Odds::new(0, 0, 101), Err(OutOfRange));
        let always = Odds::new(0, 100, 100).unwrap();
        assert_eq!(always.roll("seed", "pi_1", 1), Roll::TimeoutAfter);
    }
}
