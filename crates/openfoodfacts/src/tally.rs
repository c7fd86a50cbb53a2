//! Counting: every row once, as kept, rejected or unreadable.

use crate::judge::{Kept, Reason, judge};
use crate::row::{BadRow, Row, Unreadable};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What became of one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is a product.
    Kept(Kept),
    /// It could be read, but a rule says no.
    Rejected {
        /// Where it stood, as in [`Row::at`].
        at: u64,
        /// The first rule that says no.
        reason: Reason,
    },
    /// It could not be read.
    Unreadable(BadRow),
}

/// Judges a row as a reader gave it.
#[must_use]
pub fn decide(row: Result<Row, BadRow>) -> Outcome {
    match row {
        Err(bad) => Outcome::Unreadable(bad),
        Ok(row) => match judge(&row) {
            Ok(kept) => Outcome::Kept(kept),
            Err(reason) => Outcome::Rejected { at: row.at, reason },
        },
    }
}

/// How many rows had which outcome. Small, so that a workflow can carry it from page to page as JSON:
/// `{"kept": 127, "rejected": {"missing_name": 22}, "unreadable": {}}`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tally {
    /// Rows that became products.
    #[serde(default)]
    pub kept: u64,
    /// Rows that a rule refused, by the first reason.
    #[serde(default)]
    pub rejected: BTreeMap<Reason, u64>,
    /// Rows that could not be read, by kind. A source that ended in the middle counts as one.
    #[serde(default)]
    pub unreadable: BTreeMap<Unreadable, u64>,
}

/// One line of a table that shows a [`Tally`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableRow {
    /// `kept`, `rejected` or `unreadable`.
    pub outcome: &'static str,
    /// The reason's or the kind's name; empty for what was kept.
    pub name: &'static str,
    /// The same in plain words.
    pub meaning: &'static str,
    /// How many rows.
    pub rows: u64,
}

impl Tally {
    /// Counts one row.
    pub fn count(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Kept(_) => self.kept += 1,
            Outcome::Rejected { reason, .. } => *self.rejected.entry(*reason).or_default() += 1,
            Outcome::Unreadable(bad) => *self.unreadable.entry(bad.kind).or_default() += 1,
        }
    }

    /// Adds what another tally counted, e.g. that of the next page.
    pub fn add(&mut self, other: &Self) {
        self.kept = self.kept.saturating_add(other.kept);
        for (reason, rows) in &other.rejected {
            let sum = self.rejected.entry(*reason).or_default();
            *sum = sum.saturating_add(*rows);
        }
        for (kind, rows) in &other.unreadable {
            let sum = self.unreadable.entry(*kind).or_default();
            *sum = sum.saturating_add(*rows);
        }
    }

    /// All rows that were counted: the sum of all outcomes.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rejected
            .values()
            .chain(self.unreadable.values())
            .fold(self.kept, |sum, rows| sum.saturating_add(*rows))
    }

    /// Whether everything was read that there was to read.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        !self
            .unreadable
            .iter()
            .any(|(kind, rows)| kind.is_the_end() && *rows > 0)
    }

    /// The lines of a table: what was kept, then each reason and each kind that occurred, in their order.
    #[must_use]
    pub fn table(&self) -> Vec<TableRow> {
        let kept = TableRow {
            outcome: "kept",
            name: "",
            meaning: "became a product",
            rows: self.kept,
        };
        let rejected = self.rejected.iter().map(|(reason, rows)| TableRow {
            outcome: "rejected",
            name: reason.name(),
            meaning: reason.meaning(),
            rows: *rows,
        });
        let unreadable = self.unreadable.iter().map(|(kind, rows)| TableRow {
            outcome: "unreadable",
            name: kind.name(),
            meaning: kind.meaning(),
            rows: *rows,
        });
        std::iter::once(kept).chain(rejected).chain(unreadable).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(outcomes: &[Outcome]) -> Tally {
        let mut tally = Tally::default();
        for outcome in outcomes {
            tally.count(outcome);
        }
        tally
    }

    fn bad(kind: Unreadable) -> Outcome {
        Outcome::Unreadable(BadRow::new(1, kind, "x"))
    }

    #[test]
    fn tallies_of_pages_add_up_and_travel_as_json() {
        let rejected = |reason| Outcome::Rejected { at: 1, reason };
        let mut sum = counted(&[rejected(Reason::MissingName), bad(Unreadable::NotJson)]);
        sum.add(&counted(&[
            rejected(Reason::MissingName),
            rejected(Reason::MissingCode),
        ]));
        assert_eq!(sum.rows(), 4);
        let json = serde_json::to_string(&sum).expect("it can be written");
        assert_eq!(
            json,
            r#"{"kept":0,"rejected":{"missing_code":1,"missing_name":2},"unreadable":{"not_json":1}}"#
        );
        assert_eq!(serde_json::from_str::<Tally>(&json).expect("and read"), sum);
        assert_eq!(
            serde_json::from_str::<Tally>("{}").expect("nothing counted yet"),
            Tally::default()
        );
    }

    #[test]
    fn an_import_is_complete_only_if_its_source_was_read_to_the_end() {
        assert!(counted(&[bad(Unreadable::NotJson), bad(Unreadable::LineTooLong)]).is_complete());
        assert!(!counted(&[bad(Unreadable::CutOff)]).is_complete());
    }
}
