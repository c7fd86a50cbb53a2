//! Days on which everything goes wrong: a few of those that `cargo xtask simulate-faults` lives through by the hundred.

use super::machinery;
use simulation::day::campaign::{self, live_safely};
use simulation::day::tally::Tally;
use simulation::day::{Day, Failed};

/// Orders wanted on a day.
const ORDERS: u32 = 60;
/// Days.
const DAYS: u64 = 12;

fn lived(threads: usize) -> Tally {
    let outcome = campaign::run(machinery(), 0..DAYS, ORDERS, threads, |_| {});
    if let Some((day, failed)) = outcome.failed {
        let Failed { what, story } = *failed;
        panic!("seed {}: {what}\n{story}", day.seed);
    }
    outcome.tally
}

/// Hazard 26, with everything at once. Protections: all of them. Whatever goes wrong, what must hold holds at every step,
/// and everything ends; and everything has gone wrong, and every end has come about.
#[test]
fn everything_holds_on_days_on_which_everything_goes_wrong() {
    let tally = lived(2);
    assert_eq!(tally.days, DAYS);
    let kinds = ["tickets", "products", "dishes", "devices"];
    let ends = kinds.map(|kind| format!("{kind} completed"));
    for (counted, all) in [
        (&tally.ends, ends.each_ref().map(String::as_str).as_slice()),
        (
            &tally.fates,
            &[
                "attempt to charge",
                "order from several shards",
                "order picked up by the reconciler",
                "order that a device placed",
                "order with a charge of unknown outcome",
                "purchase at the market",
                "refund",
            ],
        ),
        (
            &tally.faults,
            &[
                "answer of a call lost",
                "call that took seconds",
                "call throttled",
                "clock of a function jumped",
                "clock of the world jumped",
                "condition that was false",
                "execution dead as a whole",
                "function dead after a call",
                "function dead before a call",
                "invocation failed after its effect",
                "invocation failed before it began",
                "invocation lost",
                "invocation twice",
                "invocation twice at once",
                "invocation without an answer",
                "message doubled",
                "message late",
                "message parked",
                "transaction conflict",
                "webhook doubled",
                "webhook forged",
                "webhook late",
                "webhook lost",
            ],
        ),
    ] {
        for what in all {
            assert!(counted.contains_key(*what), "{what} never came about:\n{tally}");
        }
    }
    for status in [
        "completed",
        "expired",
        "cancelled",
        "payment_failed",
        "refunded",
        "unavailable",
    ] {
        let is_there = |end: &String| end.ends_with(&format!(" {status}"));
        assert!(
            tally.ends.keys().any(is_there),
            "no order ended {status}:\n{tally}"
        );
    }
    assert!(
        tally.checked_steps > 1_000 && tally.checked_whole > DAYS,
        "{tally}"
    );
}

/// The same seed tells the same story, to the last line, however many days are lived at once.
#[test]
fn a_day_replays_bit_for_bit() {
    let story = |seed| {
        live_safely(machinery(), Day { seed, orders: ORDERS })
            .map_or_else(|failed| failed.story, |lived| lived.story)
    };
    for seed in [2, 7] {
        let told = story(seed);
        assert!(told.lines().count() > 1_000, "seed {seed}: {told}");
        assert!(told == story(seed), "seed {seed}");
    }
}
