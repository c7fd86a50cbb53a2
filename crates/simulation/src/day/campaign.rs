//! Many days, on every core. Each day is a world of its own, so what comes of it depends on its seed alone.

use super::tally::Tally;
use super::{Day, Failed, Lived, live};
use crate::world::Machinery;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// What came of many days.
#[derive(Debug, Default)]
pub struct Outcome {
    /// What has happened on all that went well.
    pub tally: Tally,
    /// The first day, by its seed, on which something did not hold, and what.
    pub failed: Option<(Day, Box<Failed>)>,
}

/// How far it is.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// Days lived.
    pub days: u64,
    /// Orders on them.
    pub orders: u64,
}

/// Lives through the days of these seeds, as many at a time as `threads`; after a day that fails no other is begun. Says
/// after each how far it is.
pub fn run(
    machinery: &Machinery,
    seeds: Range<u64>,
    orders: u32,
    threads: usize,
    tell: impl Fn(Progress) + Sync,
) -> Outcome {
    let next = AtomicU64::new(seeds.start);
    let is_over = AtomicBool::new(false);
    let outcome: Mutex<Outcome> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end {
                        return;
                    }
                    let day = Day { seed, orders };
                    let lived = live_safely(machinery, day);
                    let mut outcome = outcome.lock().unwrap_or_else(PoisonError::into_inner);
                    match lived {
                        Ok(lived) => outcome.tally.add(&lived.tally),
                        Err(failed) => {
                            is_over.store(true, Ordering::Relaxed);
                            let is_first = outcome.failed.as_ref().is_none_or(|(first, _)| seed < first.seed);
                            if is_first {
                                outcome.failed = Some((day, failed));
                            }
                        }
                    }
                    tell(Progress {
                        days: outcome.tally.days,
                        orders: outcome.tally.orders,
                    });
                }
            });
        }
    });
    outcome.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// As [`live`]; a panic is a failure like every other.
///
/// # Errors
/// As [`live`].
pub fn live_safely(machinery: &Machinery, day: Day) -> Result<Lived, Box<Failed>> {
    catch_unwind(AssertUnwindSafe(|| live(machinery, day))).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        Err(Box::new(Failed {
            what: format!("it panicked: {}", text.unwrap_or("without a word")),
            story: String::new(),
        }))
    })
}
