//! What must be true when a run is over. Each check is a pure question to the evidence, and says how much it looked at:
//! a check that has seen nothing has shown nothing.

mod evidence;

pub use evidence::{Conservation, Count, Ended, Evidence, Money};

use std::collections::BTreeMap;

use super::board::Placed;
use super::orders::is_end;
use super::plan::Kind;

/// Complaints of one check that are shown; more are counted.
pub const SHOWN_MAX: usize = 10;

/// A question and its answer.
#[derive(Clone, Debug)]
pub struct Check {
    /// What must be true, in a sentence.
    pub sentence: &'static str,
    /// How much was looked at, in words.
    pub looked_at: String,
    /// Where it is not true.
    pub wrong: Vec<String>,
    /// Why it could not be asked.
    pub not_made: Option<String>,
}

impl Check {
    fn new(sentence: &'static str, looked_at: impl Into<String>, wrong: Vec<String>) -> Self {
        Self {
            sentence,
            looked_at: looked_at.into(),
            wrong,
            not_made: None,
        }
    }

    /// Whether nothing speaks against it.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.wrong.is_empty()
    }
}

/// Asks everything.
#[must_use]
pub fn all(evidence: &Evidence) -> Vec<Check> {
    let mut checks = vec![
        answers(evidence),
        every_order_exists(evidence),
        nobody_has_an_order_unasked(evidence),
        every_order_ends(evidence),
        ends_fit(evidence),
        no_ticket_twice(evidence),
        charged_once(evidence),
        products_add_up(evidence),
    ];
    if !evidence.devices.is_empty() {
        checks.push(devices_add_up(evidence));
    }
    checks.push(conservation(&evidence.conservation));
    checks
}

/// No 5xx, no silence, no promise broken.
#[must_use]
pub fn answers(evidence: &Evidence) -> Check {
    Check::new(
        "Every request was answered, with an answer that can be",
        format!("{} requests", evidence.requests),
        evidence.wrongs.clone(),
    )
}

fn every_order_exists(evidence: &Evidence) -> Check {
    let lost = evidence.orders.iter().filter(|order| order.status.is_none());
    Check::new(
        "Every order that was answered with 201 exists",
        orders(evidence),
        lost.map(|order| {
            format!(
                "{} was placed, and the shop does not know it",
                order.placed.order_id
            )
        })
        .collect(),
    )
}

fn nobody_has_an_order_unasked(evidence: &Evidence) -> Check {
    let unknown = evidence.unknown_orders.iter();
    Check::new(
        "Nobody has an order that was not asked for",
        orders(evidence),
        unknown
            .map(|order_id| format!("{order_id} is in somebody's list, and nobody was told of it"))
            .collect(),
    )
}

/// Everything comes to an end.
#[must_use]
pub fn every_order_ends(evidence: &Evidence) -> Check {
    let open = evidence.orders.iter().filter_map(|order| {
        let status = order.status.as_deref().filter(|status| !is_end(status))?;
        Some(format!(
            "{} ({}) is still {status}",
            order.placed.order_id,
            order.placed.habit.name()
        ))
    });
    Check::new("Every order has come to an end", orders(evidence), open.collect())
}

/// What a buyer did and was told allows how the order ended.
#[must_use]
pub fn ends_fit(evidence: &Evidence) -> Check {
    let unfit = evidence.orders.iter().filter_map(|order| {
        let status = order.status.as_deref().filter(|status| is_end(status))?;
        let why = misfit(&order.placed, status)?;
        Some(format!(
            "{} ({}) is {status}, but {why}",
            order.placed.order_id,
            order.placed.habit.name()
        ))
    });
    Check::new(
        "Every order ended as its buyer's doings allow, and as its buyer was told",
        orders(evidence),
        unfit.collect(),
    )
}

/// Why an order cannot have ended like this; none when it can.
fn misfit(placed: &Placed, status: &str) -> Option<&'static str> {
    let is_sold = matches!(status, "completed" | "refunded");
    if placed.told_paid && !is_sold {
        return Some("its buyer was told that it is paid");
    }
    if placed.told_paid && status == "refunded" && !placed.asked_back {
        return Some("nobody asked for the money back, and it was told to be paid in time");
    }
    if placed.told_cancelled && status == "completed" {
        return Some("its buyer was told that it is cancelled");
    }
    if is_sold && !placed.gave_good_card && !placed.by_device {
        return Some("no card was given that can be charged");
    }
    if status == "cancelled" && !placed.told_cancelled && !placed.by_device {
        return Some("nobody was told that it is cancelled");
    }
    // A hold is undone whose order could not be started; whoever asked for it was not told that it was placed.
    if status == "unavailable" && placed.kind != Kind::Dishes && placed.told_placed {
        return Some("only what has to be gathered can turn out not to be had");
    }
    None
}

/// A ticket is one of a kind.
#[must_use]
pub fn no_ticket_twice(evidence: &Evidence) -> Check {
    let mut buyers: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let sold = evidence.orders.iter().filter(|order| {
        order.placed.kind == Kind::Tickets
            && matches!(
                order.status.as_deref(),
                Some("paying" | "paid" | "shipped" | "completed")
            )
    });
    for order in sold {
        for line in &order.placed.lines {
            buyers
                .entry(&line.thing)
                .or_default()
                .push(&order.placed.order_id);
        }
    }
    let looked_at = format!("{} tickets sold", buyers.len());
    let twice = buyers.iter().filter(|(_, orders)| orders.len() > 1);
    Check::new(
        "No ticket was sold twice",
        looked_at,
        twice
            .map(|(ticket, orders)| format!("{ticket} was sold to {}", orders.join(" and to ")))
            .collect(),
    )
}

/// A completed order is charged once, for what it costs; whatever else was taken went back.
#[must_use]
pub fn charged_once(evidence: &Evidence) -> Check {
    let known = evidence.orders.iter().filter(|order| order.status.is_some());
    let wrong = known.clone().filter_map(|order| {
        let why = miscounted(order)?;
        Some(format!(
            "{} ({}): {why}",
            order.placed.order_id,
            order.status.as_deref().unwrap_or_default()
        ))
    });
    Check::new(
        "Every completed order was charged once, for its total; of no other was money kept",
        format!("{} orders, each attempt and each refund", known.clone().count()),
        wrong.collect(),
    )
}

fn miscounted(order: &Ended) -> Option<String> {
    let succeeded = |rows: &[Money]| -> (usize, u64) {
        let rows = rows.iter().filter(|row| row.status == "succeeded");
        (rows.clone().count(), rows.map(|row| row.amount_minor).sum())
    };
    let (charges, charged) = succeeded(&order.payments);
    let (_, back) = succeeded(&order.refunds);
    let total = order.total_minor;
    if charges > 1 {
        return Some(format!(
            "was charged {charges} times, {charged} in all, for a total of {total}"
        ));
    }
    let (status, is_owed) = (
        order.status.as_deref().unwrap_or_default(),
        charged.saturating_sub(back),
    );
    match status {
        "completed" if (charges, charged) != (1, total) => Some(format!(
            "{charges} charges of {charged} in all, for a total of {total}"
        )),
        "completed" if back > 0 => Some(format!("{back} of it went back")),
        "refunded" if charged != total || is_owed != 0 => Some(format!(
            "{charged} was charged for a total of {total}, and {back} went back"
        )),
        "expired" | "cancelled" | "payment_failed" | "unavailable" if is_owed > 0 => {
            Some(format!("{charged} was charged, and {back} went back"))
        }
        _ => None,
    }
}

/// What is missing of the run's own products is what its orders took.
#[must_use]
pub fn products_add_up(evidence: &Evidence) -> Check {
    let sentence =
        "Of the run's own products as many are gone as its completed orders bought, and none is still held";
    let mut wrong = Vec::new();
    let mut sold_in_all = 0;
    for product in &evidence.products {
        let (sold, open) = bought(evidence, &product.of);
        sold_in_all += sold;
        let Some(on_hand) = product.found else {
            wrong.push(format!("{}: its inventory cannot be read", product.of));
            continue;
        };
        let gone = product.first.saturating_sub(on_hand);
        // What is under way may be counted on either side; that it is still under way is complained of elsewhere.
        if gone < sold || gone > sold + open || on_hand > product.first {
            wrong.push(format!(
                "{}: of {} there are {on_hand}, but {sold} were sold",
                product.of, product.first
            ));
        }
        if product.held > open {
            wrong.push(format!(
                "{}: {} are held, by orders that want {open}",
                product.of, product.held
            ));
        }
    }
    let looked_at = format!("{} products, {sold_in_all} sold", evidence.products.len());
    Check::new(sentence, looked_at, wrong)
}

/// How many of a product were sold, and how many orders that have not ended want.
fn bought(evidence: &Evidence, product: &str) -> (u64, u64) {
    let (mut sold, mut open) = (0, 0);
    for order in &evidence.orders {
        let lines = order.placed.lines.iter().filter(|line| line.thing == product);
        let quantity: u64 = lines.map(|line| line.quantity).sum();
        match order.status.as_deref() {
            // Money that went back brings no lamp back: whoever sells it books in what has really returned.
            Some("completed") => sold += quantity,
            Some("refunded") if order.placed.told_paid || order.placed.asked_back => sold += quantity,
            Some(status) if !is_end(status) => open += quantity,
            _ => {}
        }
    }
    (sold, open)
}

/// In a device is what was delivered to it, once.
fn devices_add_up(evidence: &Evidence) -> Check {
    let mut wrong = Vec::new();
    for device in &evidence.devices {
        let delivered: u64 = evidence
            .orders
            .iter()
            .filter(|order| order.placed.device_id == device.of)
            .filter(|order| matches!(order.status.as_deref(), Some("completed" | "refunded")))
            .flat_map(|order| &order.placed.lines)
            .map(|line| line.quantity)
            .sum();
        if device.found != Some(delivered) {
            wrong.push(format!(
                "{}: {delivered} were delivered, {:?} are there",
                device.of, device.found
            ));
        }
    }
    let looked_at = format!("{} devices", evidence.devices.len());
    Check::new(
        "In every device is what was delivered to it, exactly once",
        looked_at,
        wrong,
    )
}

/// The shop's own count of everything.
#[must_use]
pub fn conservation(conservation: &Conservation) -> Check {
    let sentence = "Conservation is green: stock, holds and money add up, by the shop's own count";
    match conservation {
        Conservation::NotAsked(why) => Check {
            not_made: Some(why.clone()),
            ..Check::new(sentence, "", Vec::new())
        },
        Conservation::Asked {
            before,
            after,
            orders,
        } => {
            let fresh = after.iter().filter(|difference| !before.contains(difference));
            let mut looked_at = format!("{orders} orders of the whole shop");
            if !before.is_empty() {
                looked_at = format!(
                    "{looked_at}; {} differences were there before the run",
                    before.len()
                );
            }
            Check::new(sentence, looked_at, fresh.cloned().collect())
        }
    }
}

fn orders(evidence: &Evidence) -> String {
    format!("{} orders", evidence.orders.len())
}

#[cfg(test)]
mod tests;
