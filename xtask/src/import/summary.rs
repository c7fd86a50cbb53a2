//! What was counted, and how it is shown.

use std::fmt::{self, Display};

use openfoodfacts::Tally;
use serde_json::Value;

/// Stands below every summary, because the licence asks for it.
pub const CREDIT: &str = "Data from Open Food Facts, https://openfoodfacts.org, made by its contributors, under the Open Database \
                          Licence 1.0 (https://opendatacommons.org/licenses/odbl/1-0/).";

/// What an import has counted so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Every row, by what became of it.
    pub tally: Tally,
    /// Products that were made.
    pub created: u64,
    /// Products that were brought up to date.
    pub updated: u64,
    /// Products that were there already, the same.
    pub unchanged: u64,
    /// Products that their owner took off, and that stay so.
    pub withdrawn: u64,
    /// Products of somebody else, which were left alone.
    pub foreign: u64,
}

impl Summary {
    /// Reads it from a step's output.
    pub(super) fn read(output: &Value) -> serde_json::Result<Self> {
        let stored = |name: &str| output["stored"][name].as_u64().unwrap_or_default();
        Ok(Self {
            tally: serde_json::from_value(output["tally"].clone())?,
            created: stored("created"),
            updated: stored("updated"),
            unchanged: stored("unchanged"),
            withdrawn: stored("withdrawn"),
            foreign: stored("foreign"),
        })
    }

    /// Rows that a rule refused.
    #[must_use]
    pub fn rejected(&self) -> u64 {
        self.tally.rejected.values().sum()
    }

    /// Rows that could not be read.
    #[must_use]
    pub fn unreadable(&self) -> u64 {
        self.tally.unreadable.values().sum()
    }

    /// The same in one line, while it grows.
    #[must_use]
    pub fn line(&self) -> String {
        format!(
            "{} rows: {} kept, {} rejected, {} unreadable",
            self.tally.rows(),
            self.tally.kept,
            self.rejected(),
            self.unreadable()
        )
    }
}

/// A table for people: what was kept and what became of it, what was not and why.
impl Display for Summary {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut row = |indent: usize, what: &str, rows: u64| {
            let width = 52 - indent;
            writeln!(out, "  {:indent$}{what:<width$}{rows:>8}", "")
        };
        row(0, "kept", self.tally.kept)?;
        for (what, products) in [
            ("new products", self.created),
            ("brought up to date", self.updated),
            ("unchanged", self.unchanged),
            ("taken off by their owner, left alone", self.withdrawn),
            ("somebody else's, left alone", self.foreign),
        ] {
            if products > 0 {
                row(2, what, products)?;
            }
        }
        let table = self.tally.table();
        for (outcome, rows) in [("rejected", self.rejected()), ("unreadable", self.unreadable())] {
            row(0, outcome, rows)?;
            for reason in table.iter().filter(|reason| reason.outcome == outcome) {
                row(2, reason.meaning, reason.rows)?;
            }
        }
        row(0, "rows", self.tally.rows())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_table_says_what_became_of_every_row_in_words() {
        let output = json!({
            "tally": { "kept": 3, "rejected": { "missing_name": 22 }, "unreadable": { "cut_off": 1 } },
            "stored": { "created": 2, "unchanged": 1 },
        });
        let summary = Summary::read(&output).expect("it reads");
        let table = summary.to_string();
        let cells: Vec<(&str, &str)> = table
            .lines()
            .filter_map(|line| line.trim().rsplit_once(' '))
            .map(|(what, rows)| (what.trim(), rows))
            .collect();
        assert_eq!(
            cells,
            [
                ("kept", "3"),
                ("new products", "2"),
                ("unchanged", "1"),
                ("rejected", "22"),
                ("no name", "22"),
                ("unreadable", "1"),
                ("the source ended in the middle", "1"),
                ("rows", "26"),
            ]
        );
        assert_eq!(summary.line(), "26 rows: 3 kept, 22 rejected, 1 unreadable");
    }
}
