//! What a run says when it is over: what happened, how fast, what went wrong, what was checked.

use std::fmt::Write as _;
use std::time::Duration;

use super::board::Known;
use super::checks::{Check, Ended, SHOWN_MAX};
use super::on_sale::Rush;
use super::plan::Kind;

/// Where an order can stand, in the order of its life.
pub const STATES: [&str; 12] = [
    "gathering",
    "held",
    "paying",
    "paid",
    "shipped",
    "completed",
    "expired",
    "cancelled",
    "payment_failed",
    "refunded",
    "unavailable",
    "stuck",
];

/// A run that is over.
#[derive(Clone, Debug)]
pub struct Report {
    /// Everything, for people to read.
    pub text: String,
    /// What was checked.
    pub checks: Vec<Check>,
    /// Every order, as the shop told it in the end.
    pub orders: Vec<Ended>,
}

impl Report {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_right(&self) -> bool {
        self.checks.iter().all(Check::holds)
    }
}

/// Puts it all together.
#[must_use]
pub fn report(
    known: &Known,
    took: Duration,
    rush: Option<&Rush>,
    checks: Vec<Check>,
    orders: Vec<Ended>,
) -> Report {
    let mut text = String::new();
    if let Some(rush) = rush {
        text += &rushed(rush);
    }
    text += &states(known);
    text += &refusals(known);
    text += "\nLatency, from the wish to send to the whole answer\n";
    text += &latencies(known);
    let slips = slips(known);
    if !slips.is_empty() {
        let _ = writeln!(
            text,
            "\nToo slow for this rate: {slips}. What was skipped was never asked for."
        );
    }
    if known.busy > 0 {
        let _ = writeln!(
            text,
            "\nBusy: {} requests were answered 503 and repeated; whether each was answered in the end is checked below.",
            known.busy
        );
    }
    if !known.nobody.is_empty() {
        let said: Vec<String> = known
            .nobody
            .iter()
            .map(|(said, count)| format!("{count} times {said}"))
            .collect();
        let _ = writeln!(
            text,
            "\nNobody there: {}. Each was repeated until it was answered.",
            said.join(", ")
        );
    }
    let _ = writeln!(
        text,
        "\n{} requests in {:.0} s. Checked:",
        known.requests,
        took.as_secs_f64()
    );
    for check in &checks {
        text += &checked(check);
    }
    let report = Report { text, checks, orders };
    let wrong: usize = report.checks.iter().map(|check| check.wrong.len()).sum();
    let not_made = report
        .checks
        .iter()
        .filter(|check| check.not_made.is_some())
        .count();
    let end = match (wrong, not_made) {
        (0, 0) => "\nEverything is as it should be.\n".to_owned(),
        (0, _) => {
            "\nWhat was checked is as it should be; see above for what could not be checked.\n".to_owned()
        }
        (1, _) => "\n1 thing is wrong.\n".to_owned(),
        (wrong, _) => format!("\n{wrong} things are wrong.\n"),
    };
    Report {
        text: report.text + &end,
        ..report
    }
}

fn rushed(rush: &Rush) -> String {
    let mut text = format!(
        "\n{} won; from the first request to the last answer {} ms\n",
        rush.winners.len(),
        rush.took.as_millis()
    );
    for (code, count) in &rush.losers {
        let _ = writeln!(text, "  {count:>6}  {code}");
    }
    if !rush.own_again.is_empty() {
        let _ = writeln!(
            text,
            "  {:>6}  (told of the order that their own account had won)",
            rush.own_again.len()
        );
    }
    if rush.failed > 0 {
        let _ = writeln!(
            text,
            "  {:>6}  not answered, or with 5xx; asked again afterwards, under the same key",
            rush.failed
        );
    }
    text
}

/// Orders by kind and state; states that nobody is in are left out.
fn states(known: &Known) -> String {
    let states = known.states();
    let shown: Vec<&str> = STATES
        .into_iter()
        .filter(|state| states.keys().any(|(_, named)| named == state))
        .collect();
    let mut text = format!("\n{:<10} {:>7}", "orders", "begun");
    for state in &shown {
        let _ = write!(text, "  {state}");
    }
    text += "\n";
    for kind in Kind::ALL {
        let begun = known.begun.get(&kind).copied().unwrap_or_default();
        if begun == 0 {
            continue;
        }
        let _ = write!(text, "{:<10} {begun:>7}", kind.name());
        for state in &shown {
            let count = states.get(&(kind, *state)).copied().unwrap_or_default();
            let _ = write!(text, "  {count:>width$}", width = state.len());
        }
        text += "\n";
    }
    text
}

fn refusals(known: &Known) -> String {
    if known.refused.is_empty() {
        return String::new();
    }
    let mut text = "\nRefused, as promised\n".to_owned();
    for (code, count) in &known.refused {
        let _ = writeln!(text, "  {count:>6}  {code}");
    }
    text
}

/// A table of latencies by kind of request, milliseconds.
#[must_use]
pub fn latencies(known: &Known) -> String {
    let mut text = format!(
        "  {:<20} {:>8} {:>8} {:>8} {:>8} {:>8}\n",
        "ms", "count", "p50", "p95", "p99", "max"
    );
    for (what, histogram) in &known.latencies {
        let ms = |micros: u64| format!("{}.{}", micros / 1_000, micros % 1_000 / 100);
        let at = |quantile: f64| ms(histogram.value_at_quantile(quantile));
        let _ = writeln!(
            text,
            "  {what:<20} {:>8} {:>8} {:>8} {:>8} {:>8}",
            histogram.len(),
            at(0.5),
            at(0.95),
            at(0.99),
            ms(histogram.max())
        );
    }
    text
}

/// Arrivals that were late or skipped, in words; empty when there were none.
#[must_use]
pub fn slips(known: &Known) -> String {
    let slips = known.slips;
    let mut parts = Vec::new();
    if slips.late > 0 {
        parts.push(format!(
            "{} began late, by {} ms at most",
            slips.late,
            slips.latest.as_millis()
        ));
    }
    if slips.skipped > 0 {
        parts.push(format!("{} were skipped", slips.skipped));
    }
    if slips.nobody_free > 0 {
        parts.push(format!(
            "{} found every buyer with as many unpaid orders as one may have",
            slips.nobody_free
        ));
    }
    parts.join(", ")
}

/// A check, as people read it.
#[must_use]
pub fn checked(check: &Check) -> String {
    if let Some(why) = &check.not_made {
        return format!("  -  {}\n     not checked: {why}\n", check.sentence);
    }
    let mark = if check.holds() { "✓" } else { "✗" };
    let mut text = format!("  {mark}  {} ({})\n", check.sentence, check.looked_at);
    for wrong in check.wrong.iter().take(SHOWN_MAX) {
        let _ = writeln!(text, "       {wrong}");
    }
    if check.wrong.len() > SHOWN_MAX {
        let _ = writeln!(text, "       and {} more", check.wrong.len() - SHOWN_MAX);
    }
    text
}
