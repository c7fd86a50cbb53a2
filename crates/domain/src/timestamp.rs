//! A moment in time, as milliseconds since 1970 UTC. It never asks the system for "now": see [`crate::ports::Clock`].

use serde::{Deserialize, Serialize};
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

/// Milliseconds since the Unix epoch, UTC. Stored as a number so that the database can compare it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From milliseconds since the Unix epoch.
    #[must_use]
    pub const fn from_ms(ms: i64) -> Self {
        Self(ms)
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub const fn as_ms(self) -> i64 {
        self.0
    }

    /// This moment plus so many whole seconds.
    #[must_use]
    pub const fn plus_s(self, seconds: u32) -> Self {
        Self(self.0.saturating_add(seconds as i64 * 1000))
    }

    /// So many milliseconds later.
    #[must_use]
    pub const fn plus_ms(self, milliseconds: u32) -> Self {
        Self(self.0.saturating_add(milliseconds as i64))
    }

    /// Whole seconds from `self` until `later`, rounded up; 0 when `later` has passed.
    ///
    /// Rounded up so that a timer set for it never fires before the deadline.
    #[must_use]
    pub const fn seconds_until(self, later: Self) -> u32 {
        let ms = later.0.saturating_sub(self.0);
        if ms <= 0 {
            return 0;
        }
        let seconds = ms.saturating_add(999) / 1000;
        if seconds > u32::MAX as i64 {
            u32::MAX
        } else {
            seconds as u32
        }
    }

    /// RFC 3339 in UTC with milliseconds, as the HTTP API shows it, e.g. `2026-11-21T13:05:00.250Z`.
    #[must_use]
    pub fn to_rfc3339(self) -> String {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000_000)
            .ok()
            .and_then(|moment| moment.format(&Rfc3339).ok())
            .unwrap_or_else(|| format!("{} ms", self.0))
    }

    /// Reads RFC 3339. `None` when the text is not a moment in time, or one that cannot be written in UTC: the last hours of
    /// the year 9999 somewhere are the year 10000 there, for which RFC 3339 has no digits.
    #[must_use]
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        let moment = OffsetDateTime::parse(text, &Rfc3339).ok()?;
        let year = moment.checked_to_offset(UtcOffset::UTC)?.year();
        if !(0..=9999).contains(&year) {
            return None;
        }
        i64::try_from(moment.unix_timestamp_nanos() / 1_000_000)
            .ok()
            .map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_survives_its_own_text() {
        let moment = Timestamp::from_ms(1_795_266_300_250);
        assert_eq!(moment.to_rfc3339(), "2026-11-21T13:05:00.25Z");
        assert_eq!(Timestamp::parse_rfc3339(&moment.to_rfc3339()), Some(moment));
        assert_eq!(Timestamp::parse_rfc3339("tomorrow"), None);
    }

    #[test]
    fn remaining_seconds_round_up_and_never_go_below_zero() {
        let start = Timestamp::from_ms(1_000);
        assert_eq!(start.seconds_until(Timestamp::from_ms(1_001)), 1);
        assert_eq!(start.seconds_until(Timestamp::from_ms(3_000)), 2);
        assert_eq!(start.seconds_until(Timestamp::from_ms(999)), 0);
        assert_eq!(start.seconds_until(Timestamp::from_ms(i64::MAX)), u32::MAX);
        let dawn = Timestamp::from_ms(i64::MIN);
        assert_eq!(dawn.seconds_until(Timestamp::from_ms(i64::MAX)), u32::MAX);
    }
}
