//! How many orders a second there can be, and what gives way first: docs/scale.md, computed from what docs/costs.md counted
//! and from AWS's published quotas. Nothing is measured here, so nothing depends on the machine.

mod counted;
mod keys;
mod page;
mod quotas;

use crate::costs::keep_in;
use counted::counted;
use page::{by_keys, by_quotas, narrowest, of_quotas, short_at_rates};

const DOCUMENT: &str = "docs/scale.md";

#[test]
fn the_page_about_scale_says_what_the_counts_and_the_quotas_come_to() {
    let paths = counted();
    keep_in(DOCUMENT, "quotas", &of_quotas());
    keep_in(DOCUMENT, "by quotas", &by_quotas(&paths));
    keep_in(DOCUMENT, "by keys", &by_keys(&paths));
    keep_in(DOCUMENT, "short", &short_at_rates(&paths));
}

#[test]
fn a_hundred_orders_of_tickets_or_products_a_second_need_nothing_but_the_template() {
    for path in counted() {
        let (name, orders_per_s) = narrowest(&path);
        let is_enough = orders_per_s >= 100.0;
        assert_eq!(is_enough, !path.name.starts_with("dish"), "{}: {name}", path.name);
    }
}

#[test]
fn a_loser_takes_nothing_of_what_the_winners_need_first() {
    for path in counted() {
        let is_loser = ["came late", "lost the race"].contains(&path.name.as_str());
        let starts = path.of("Step Functions Standard executions") > 0.0;
        assert_eq!(starts, !is_loser, "{}", path.name);
    }
}
