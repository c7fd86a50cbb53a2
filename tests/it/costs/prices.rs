//! Prices, and what a path costs by them. Dollars here are arithmetic for a document; nothing is ever charged by it.

use super::Counts;
use std::collections::BTreeMap;
use std::fmt::Write;

/// What one unit of something costs.
struct Price {
    what: &'static str,
    dollars_per_million: f64,
    count: fn(&Counts) -> f64,
}

/// us-east-1, on demand, first tier, as AWS published them in November 2026.
const PRICES: &[Price] = &[
    Price {
        what: "Step Functions Standard transitions",
        dollars_per_million: 25.0,
        count: |c| f64::from(c.transitions),
    },
    Price {
        what: "Step Functions Express requests",
        dollars_per_million: 1.0,
        count: |c| f64::from(c.express_requests),
    },
    Price {
        what: "Lambda requests",
        dollars_per_million: 0.2,
        count: |c| f64::from(c.invocations()),
    },
    Price {
        what: "DynamoDB write request units",
        dollars_per_million: 0.625,
        count: |c| c.write_units,
    },
    Price {
        what: "DynamoDB read request units",
        dollars_per_million: 0.125,
        count: |c| c.read_units,
    },
    Price {
        what: "SQS requests",
        dollars_per_million: 0.4,
        count: |c| f64::from(c.sqs_requests),
    },
    Price {
        what: "API Gateway HTTP API requests",
        dollars_per_million: 1.0,
        count: |c| f64::from(c.http_requests),
    },
];

/// Lambda on arm64, dollars per million GB-seconds.
const LAMBDA_GB_S: f64 = 13.333_4;
/// Express, dollars per million GB-seconds; billed in steps of 64 MB and 100 ms.
const EXPRESS_GB_S: f64 = 16.67;
const EXPRESS_GB: f64 = 64.0 / 1024.0;
const EXPRESS_S: f64 = 0.1;

/// How long a function runs, seconds. Not counted, because a test machine says nothing about it: assumed.
pub fn assumed_s(function: &str) -> f64 {
    match function {
        // Waits for the provider's answer.
        "charge-payment" => 1.0,
        // Waits for `hold-order`.
        "place-order" => 0.1,
        _ => 0.02,
    }
}

/// Dollars for a million walks of one path, by item.
pub fn bill(counts: &Counts, memory_mb: &BTreeMap<String, u32>) -> Vec<(String, f64)> {
    let mut lines: Vec<(String, f64)> = PRICES
        .iter()
        .map(|price| {
            (
                price.what.to_owned(),
                (price.count)(counts) * price.dollars_per_million,
            )
        })
        .collect();
    let gb_s: f64 = counts
        .by_function
        .iter()
        .map(|(function, times)| {
            let gb = memory_mb.get(function).map_or(0.0, |mb| f64::from(*mb) / 1024.0);
            f64::from(*times) * gb * assumed_s(function)
        })
        .sum();
    lines.push(("Lambda duration (assumed)".to_owned(), gb_s * LAMBDA_GB_S));
    let express = f64::from(counts.express_requests) * EXPRESS_GB * EXPRESS_S * EXPRESS_GB_S;
    lines.push(("Express duration (assumed)".to_owned(), express));
    lines
}

/// The counts as a table: one row for each thing counted, one column for each path.
pub fn table(paths: &[(&str, Counts)]) -> String {
    let mut text = header("", paths);
    for price in PRICES {
        let counts = paths.iter().map(|(_, counts)| (price.count)(counts));
        row(&mut text, price.what, counts.map(|count| format!("{count}")));
    }
    let executions = paths.iter().map(|(_, counts)| counts.executions.to_string());
    row(&mut text, "Step Functions Standard executions", executions);
    let answers = paths.iter().map(|(_, counts)| counts.task_answers.to_string());
    row(&mut text, "Step Functions tasks answered", answers);
    let mut functions: Vec<&String> = paths
        .iter()
        .flat_map(|(_, counts)| counts.by_function.keys())
        .collect();
    functions.sort();
    functions.dedup();
    for function in functions {
        let counts = paths
            .iter()
            .map(|(_, counts)| counts.by_function.get(function).copied().unwrap_or_default());
        row(
            &mut text,
            &format!("— of these, `{function}`"),
            counts.map(|count| format!("{count}")),
        );
    }
    let mut places: Vec<&String> = paths
        .iter()
        .flat_map(|(_, counts)| counts.written.keys())
        .collect();
    places.sort();
    places.dedup();
    for place in places {
        let units = paths
            .iter()
            .map(|(_, counts)| counts.written.get(place).copied().unwrap_or_default());
        row(
            &mut text,
            &format!("— write units of `{place}`"),
            units.map(|units| format!("{units}")),
        );
    }
    text
}

/// The bills as a table, with their sums.
pub fn dollars(paths: &[(&str, Counts)], memory_mb: &BTreeMap<String, u32>) -> String {
    let bills: Vec<_> = paths.iter().map(|(_, counts)| bill(counts, memory_mb)).collect();
    let mut text = header("US dollars per million", paths);
    for index in 0..bills.first().map_or(0, Vec::len) {
        let amounts = bills.iter().map(|bill| format!("{:.2}", bill[index].1));
        row(&mut text, &bills[0][index].0, amounts);
    }
    let sums = bills
        .iter()
        .map(|bill| bill.iter().map(|(_, dollars)| dollars).sum::<f64>());
    row(&mut text, "**Together**", sums.map(|sum| format!("**{sum:.2}**")));
    text
}

fn header(first: &str, paths: &[(&str, Counts)]) -> String {
    let mut text = String::new();
    row(&mut text, first, paths.iter().map(|(name, _)| (*name).to_owned()));
    let lines = paths.iter().map(|_| "---:".to_owned());
    row(&mut text, "---", lines);
    text
}

fn row(text: &mut String, first: &str, cells: impl Iterator<Item = String>) {
    let _ = write!(text, "| {first} |");
    for cell in cells {
        let _ = write!(text, " {cell} |");
    }
    text.push('\n');
}
