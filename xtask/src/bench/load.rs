//! Buyers who order one thing after the other, each as soon as the one before is answered.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::quantile;
use super::shop::{Buyer, Line};
use crate::failure::{Failure, Result};

/// What came of a load.
#[derive(Clone, Debug, Default)]
pub(super) struct Answered {
    pub took: Duration,
    ms: Vec<f64>,
    pub bought: usize,
    pub refused: usize,
}

impl Answered {
    /// Both loads together, one after the other.
    pub(super) fn and(mut self, other: Self) -> Self {
        self.took += other.took;
        self.ms.extend(other.ms);
        self.bought += other.bought;
        self.refused += other.refused;
        self
    }

    /// Answers in a second.
    pub(super) fn per_s(&self) -> f64 {
        #[expect(clippy::cast_precision_loss)]
        let answers = (self.bought + self.refused) as f64;
        answers / self.took.as_secs_f64()
    }

    /// The milliseconds that this share of the answers did not exceed.
    pub(super) fn ms(&self, share: f64) -> f64 {
        quantile(&mut self.ms.clone(), share)
    }
}

/// Every line is ordered once, by whichever buyer is free, and paid in the same request.
///
/// # Errors
/// An answer that is neither a bought thing nor a refusal.
pub(super) fn buy(buyers: &[Buyer], lines: &[Line]) -> Result<Answered> {
    let next = AtomicUsize::new(0);
    let answered = Mutex::new((Answered::default(), None));
    let begun = Instant::now();
    thread::scope(|scope| {
        for buyer in buyers {
            scope.spawn(|| {
                while let Some(line) = lines.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let asked = Instant::now();
                    let answer = buyer.buys(line);
                    let ms = asked.elapsed().as_secs_f64() * 1e3;
                    let Ok(mut all) = answered.lock() else { return };
                    all.0.ms.push(ms);
                    match answer {
                        Ok(answer) if answer.status < 300 => all.0.bought += 1,
                        Ok(answer) if answer.status == 409 => all.0.refused += 1,
                        Ok(answer) => {
                            all.1 = Some(Failure::new(format!(
                                "An order was answered with {} {}.",
                                answer.status, answer.body
                            )));
                        }
                        Err(failure) => all.1 = Some(failure),
                    }
                }
            });
        }
    });
    let (mut all, failure) = answered
        .into_inner()
        .map_err(|_| Failure::new("A buyer ended without a word."))?;
    all.took = begun.elapsed();
    failure.map_or(Ok(all), Err)
}
