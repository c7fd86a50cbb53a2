//! What docs/costs.md says of each path.

use crate::costs::{parts, prices::assumed_s};
use std::collections::BTreeMap;

/// The counts of one path, by the names of their rows.
#[derive(Clone, Debug)]
pub struct Path {
    pub name: String,
    rows: BTreeMap<String, f64>,
}

const FUNCTION: &str = "— of these, `";
const PLACE: &str = "— write units of `";

impl Path {
    /// The count of this row.
    pub fn of(&self, row: &str) -> f64 {
        let count = self.rows.get(row);
        *count.unwrap_or_else(|| panic!("docs/costs.md counts no {row}"))
    }

    /// Write units by the place where they are written: a table, one key of it, or an index.
    pub fn written(&self) -> impl Iterator<Item = (&str, f64)> {
        self.named(PLACE)
    }

    /// Write units of one place; `None` when nothing is written there.
    pub fn written_at(&self, place: &str) -> Option<f64> {
        let found = self.written().find(|(name, _)| *name == place);
        let (_, units) = found.unwrap_or_else(|| panic!("docs/costs.md knows no {place}"));
        (units > 0.0).then_some(units)
    }

    /// Environments of Lambda that one order a second keeps busy, by function. An environment takes ten requests a second
    /// at most, so that a shorter run occupies it for a tenth of one.
    pub fn busy(&self) -> impl Iterator<Item = (&str, f64)> {
        self.named(FUNCTION)
            .map(|(function, times)| (function, times * assumed_s(function).max(0.1)))
    }

    fn named<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, f64)> {
        self.rows.iter().filter_map(move |(row, count)| {
            let name = row.strip_prefix(prefix)?.strip_suffix('`')?;
            Some((name, *count))
        })
    }
}

/// Every path that is counted.
pub fn counted() -> Vec<Path> {
    let (_, text, _) = parts("docs/costs.md", "counted");
    let cells = |line: &str| -> Vec<String> {
        let inner = line.trim_matches('|').split('|');
        inner.map(|cell| cell.trim().to_owned()).collect()
    };
    let mut lines = text.lines();
    let names = cells(lines.next().expect("the table has a head"));
    let mut paths: Vec<Path> = names
        .into_iter()
        .skip(1)
        .map(|name| Path {
            name,
            rows: BTreeMap::new(),
        })
        .collect();
    // The line below the head, and then rows until the table ends.
    for line in lines.skip(1).take_while(|line| line.starts_with('|')) {
        let row = cells(line);
        for (path, count) in paths.iter_mut().zip(&row[1..]) {
            let count = count.parse().expect("a count is a number");
            path.rows.insert(row[0].clone(), count);
        }
    }
    paths
}
