//! Structured logs: JSON, one line per event, one event per step with the order id.
//!
//! Never a password, a token or a card: types that carry one have a `Debug` that hides it, and bodies are not
//! logged at all.

use domain::Fault;
use domain::conservation::Difference;
use std::time::Instant;
use tracing::level_filters::LevelFilter;

/// Installs the subscriber. No filter is parsed: it costs start-up time and nothing here is noisy.
pub(crate) fn install() {
    let subscriber = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_max_level(LevelFilter::INFO)
        .with_target(false)
        .with_current_span(false)
        .with_span_list(false)
        .finish();
    // Only fails when one is installed already, which is as good.
    drop(tracing::subscriber::set_global_default(subscriber));
}

/// By what a line is found.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Ids<'a> {
    /// The order that the step is about.
    pub(crate) order: Option<&'a str>,
    /// The request that problem documents name.
    pub(crate) request: Option<&'a str>,
}

/// The one line that a step leaves behind.
pub(crate) fn step(step: &str, ids: Ids<'_>, began: Instant, fault: Option<&Fault>) {
    let took_us = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
    let (order_id, request_id) = (ids.order.unwrap_or("-"), ids.request.unwrap_or("-"));
    match fault {
        None => tracing::info!(step, order_id, request_id, outcome = "Ok", took_us),
        Some(fault @ Fault::Refused(_)) => {
            tracing::info!(step, order_id, request_id, outcome = fault.name(), took_us)
        }
        Some(fault @ (Fault::Transient(why) | Fault::Unknown(why))) => {
            tracing::warn!(step, order_id, request_id, outcome = fault.name(), why, took_us);
        }
        Some(fault @ Fault::Defect(why)) => {
            tracing::error!(step, order_id, request_id, outcome = fault.name(), why, took_us)
        }
    }
}

/// A line of its own for something that does not add up, at level error, with a field for each name in it.
pub fn difference(step: &str, found: &Difference) {
    let Difference {
        rule,
        place,
        item,
        cause,
        expected,
        found,
        ..
    } = found;
    let rule = rule.as_str();
    tracing::error!(
        step,
        outcome = "Difference",
        rule,
        place,
        item,
        cause,
        expected,
        found
    );
}

/// How many orders somebody should know of; template.yaml makes metrics of the numbers, so there is a line also when they are 0.
pub fn stood_still(step: &str, stuck: u32, late: u32) {
    tracing::info!(step, stuck, late, "orders that stood still");
}
