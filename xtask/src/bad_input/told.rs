//! What was answered, as schemathesis wrote it down: how often, with which status, to which operation.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use serde_json::Value;

use crate::failure::{Result, While};

/// Answers, counted by operation (`POST /api/orders`) and status.
#[derive(Debug, Default)]
pub struct Told(BTreeMap<String, BTreeMap<u64, u64>>);

impl Told {
    /// Reads the report of a run: one event a line.
    ///
    /// # Errors
    /// There is none, or it is no report.
    pub fn read(report: &Path) -> Result<Self> {
        let doing = format!("read {}", report.display());
        let mut told = Self::default();
        for line in BufReader::new(File::open(report).while_doing(&doing)?).lines() {
            let event: Value = serde_json::from_str(&line.while_doing(&doing)?).while_doing(&doing)?;
            let recorder = &event["ScenarioFinished"]["recorder"];
            for (id, case) in recorder["cases"].as_object().into_iter().flatten() {
                let (Some(method), Some(path)) =
                    (case["value"]["method"].as_str(), case["value"]["path"].as_str())
                else {
                    continue;
                };
                if let Some(status) = recorder["interactions"][id]["response"]["status_code"].as_u64() {
                    let operation = told.0.entry(format!("{method} {path}")).or_default();
                    *operation.entry(status).or_default() += 1;
                }
            }
        }
        Ok(told)
    }

    /// How many answers there were.
    #[must_use]
    pub fn answers(&self) -> u64 {
        self.0.values().flat_map(BTreeMap::values).sum()
    }

    /// How many of each status, e.g. `200: 31, 404: 7`.
    #[must_use]
    pub fn by_status(&self) -> String {
        let mut sums: BTreeMap<u64, u64> = BTreeMap::new();
        for (status, count) in self.0.values().flatten() {
            *sums.entry(*status).or_default() += count;
        }
        let parts: Vec<String> = sums
            .iter()
            .map(|(status, count)| format!("{status}: {count}"))
            .collect();
        parts.join(", ")
    }

    /// Takes another run's answers in.
    pub fn add(&mut self, other: Self) {
        for (operation, statuses) in other.0 {
            let own = self.0.entry(operation).or_default();
            for (status, count) in statuses {
                *own.entry(status).or_default() += count;
            }
        }
    }

    /// The operations of a description that were carried out at least once (2xx, or led elsewhere), and the others.
    #[must_use]
    pub fn outcome(&self, description: &Value) -> (Vec<String>, Vec<String>) {
        let paths = description["paths"].as_object().into_iter().flatten();
        let operations: BTreeSet<String> = paths
            .flat_map(|(path, methods)| {
                let methods = methods.as_object().into_iter().flatten();
                methods.map(move |(method, _)| format!("{} {path}", method.to_uppercase()))
            })
            .collect();
        let is_done = |operation: &String| {
            let statuses = self.0.get(operation);
            statuses.is_some_and(|statuses| statuses.keys().any(|status| (200..400).contains(status)))
        };
        operations.into_iter().partition(is_done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn answers_are_counted_by_operation_and_what_was_only_refused_is_named() {
        let folder = std::env::temp_dir().join(format!("told-{}", std::process::id()));
        let event = |path: &str, status: u64| {
            json!({ "ScenarioFinished": { "recorder": {
                "cases": { "a": { "value": { "method": "GET", "path": path } }, "b": { "value": { "method": "GET", "path": path } } },
                "interactions": { "a": { "response": { "status_code": status } }, "b": { "response": null } },
            } } })
        };
        let lines = [
            json!({ "Initialize": {} }),
            event("/api/l", 200),
            event("/api/l", 404),
            event("/api/x", 400),
        ];
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        std::fs::write(&folder, text).expect("there is room");
        let mut told = Told::read(&folder).expect("it is a report");
        std::fs::remove_file(&folder).expect("it is ours");
        assert_eq!(
            (told.answers(), told.by_status().as_str()),
            (3, "200: 1, 400: 1, 404: 1")
        );
        let mut other = Told::default();
        other.0.entry("PUT /api/x".to_owned()).or_default().insert(204, 1);
        told.add(other);
        let description = json!({ "paths": { "/api/l": { "get": {} }, "/api/x": { "get": {}, "put": {} } } });
        let (done, refused) = told.outcome(&description);
        assert_eq!(done, ["GET /api/l", "PUT /api/x"]);
        assert_eq!(refused, ["GET /api/x"]);
    }
}
