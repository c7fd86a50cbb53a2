//! What is asked of a campaign.

use std::ffi::OsString;
use std::time::Duration;

use crate::failure::{Failure, Result};
use crate::simulate;

/// Longer than all blows take, per blow: buyers come until the last one has fallen.
const PER_BLOW_MAX: Duration = Duration::from_secs(20);

/// A campaign.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// How many blows.
    pub blows: u32,
    /// Where its choices begin: the blows, and what buyers do.
    pub seed: u64,
    /// Orders begun in a second.
    pub per_second: f64,
    /// What is ordered, by weight, as `simulate --mix` has it.
    pub mix: String,
    /// How long to wait at the end for orders that are still under way.
    pub settle_max: Duration,
    /// Whether time is let pass at the end, as a test has no time to wait for.
    pub hurries: bool,
}

impl Options {
    /// The load: buyers come for as long as blows fall.
    ///
    /// # Errors
    /// A rate or a mix that `simulate` would not take, in its words.
    pub fn load(&self) -> Result<simulate::options::Options> {
        let lasts = PER_BLOW_MAX * self.blows;
        let words = [
            ("--rate", format!("{}/s", self.per_second)),
            ("--for", format!("{}s", lasts.as_secs())),
            ("--seed", self.seed.to_string()),
            ("--mix", self.mix.clone()),
            ("--settle", format!("{}s", self.settle_max.as_secs())),
        ];
        let words = words
            .into_iter()
            .flat_map(|(name, value)| [OsString::from(name), OsString::from(value)]);
        let load = simulate::options::Options::parse(words, || self.seed);
        load.map_err(|bad| Failure::new(bad.to_string()))
    }
}
