//! Which executions are asked for.

use crate::executions::merge::micros;
use contract::input::FieldErrors;
use domain::Refusal;
use serde_json::Value;

/// How many there are on a page, unless it is said.
const LIMIT: usize = 25;
const LIMIT_MAX: usize = 100;
/// Texts that are looked for.
const TEXT_MAX: usize = 200;
/// Machines named in one request.
const MACHINES_MAX: usize = 50;

const STATUSES: [&str; 6] = [
    "RUNNING",
    "SUCCEEDED",
    "FAILED",
    "TIMED_OUT",
    "ABORTED",
    "PENDING_REDRIVE",
];
/// Those with an error.
const ENDED_BADLY: [&str; 3] = ["FAILED", "TIMED_OUT", "ABORTED"];

/// Whether an execution ended otherwise than it was meant to.
pub(crate) fn ended_badly(row: &Value) -> bool {
    row["status"]
        .as_str()
        .is_some_and(|status| ENDED_BADLY.contains(&status))
}

/// What the query says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    /// Machines, by ARN or name; all of them if there are none.
    pub(crate) machines: Vec<String>,
    /// Any of these; all if there are none.
    pub(crate) statuses: Vec<String>,
    /// Part of the name, in whatever case.
    pub(crate) name: Option<String>,
    /// Part of error or cause, in lower case.
    pub(crate) error: Option<String>,
    /// The state that failed.
    pub(crate) state: Option<String>,
    /// Started then or later, microseconds.
    pub(crate) from: Option<i64>,
    /// Started before then, microseconds.
    pub(crate) to: Option<i64>,
    /// Children of this map run.
    pub(crate) map_run: Option<String>,
    pub(crate) limit: usize,
    pub(crate) cursor: Option<String>,
}

impl Wanted {
    /// Reads a query in which names may come more than once.
    pub(crate) fn read(pairs: Vec<(String, String)>) -> Result<Self, Refusal> {
        let mut wanted = Self {
            limit: LIMIT,
            ..Self::default()
        };
        let mut errors = FieldErrors::default();
        for (field, text) in pairs {
            // A field of a form that was left empty.
            if text.is_empty() {
                continue;
            }
            if text.chars().count() > TEXT_MAX && !matches!(field.as_str(), "cursor" | "machine" | "mapRun") {
                errors.add(&field, format!("must be at most {TEXT_MAX} characters"));
                continue;
            }
            match field.as_str() {
                "machine" => wanted.machines.push(text),
                "status" if STATUSES.contains(&text.as_str()) => wanted.statuses.push(text),
                "status" => errors.add(&field, format!("must be one of {}", STATUSES.join(", "))),
                "name" => wanted.name = Some(text),
                "error" => wanted.error = Some(text.to_lowercase()),
                "state" => wanted.state = Some(text),
                "from" | "to" => match text
                    .parse::<i64>()
                    .ok()
                    .and_then(|at_ms| at_ms.checked_mul(1_000))
                {
                    Some(at) if field == "from" => wanted.from = Some(at),
                    Some(at) => wanted.to = Some(at),
                    None => errors.add(&field, "must be a moment in milliseconds since 1970"),
                },
                "mapRun" => wanted.map_run = Some(text),
                "limit" => match text.parse() {
                    Ok(limit) if (1..=LIMIT_MAX).contains(&limit) => wanted.limit = limit,
                    _ => errors.add(&field, format!("must be 1 to {LIMIT_MAX}")),
                },
                "cursor" => wanted.cursor = Some(text),
                _ => errors.add(&field, "is not a field of this request"),
            }
        }
        if wanted.machines.len() > MACHINES_MAX {
            errors.add("machine", format!("may be named {MACHINES_MAX} times at most"));
        }
        if wanted.map_run.is_some() && !wanted.machines.is_empty() {
            errors.add(
                "machine",
                "a map run has its machine already; leave one of the two out",
            );
        }
        errors.check()?;
        wanted.machines.sort();
        wanted.machines.dedup();
        wanted.statuses.sort();
        wanted.statuses.dedup();
        Ok(wanted)
    }

    /// The statuses to list; none means all of them in one list.
    pub(crate) fn listed(&self) -> Vec<String> {
        if self.statuses.is_empty() && self.asks_for_errors() {
            return ENDED_BADLY.iter().map(|&status| status.to_owned()).collect();
        }
        self.statuses.clone()
    }

    /// Whether only what ended badly can be meant.
    pub(crate) fn asks_for_errors(&self) -> bool {
        self.error.is_some() || self.state.is_some()
    }

    /// Whether an item of ListExecutions, or DescribeExecution, fits as far as it tells.
    pub(crate) fn fits(&self, row: &Value) -> bool {
        let text = |name: &str| row[name].as_str().unwrap_or_default();
        let started = row["startDate"].as_f64().map(micros).unwrap_or_default();
        self.name
            .as_ref()
            .is_none_or(|part| text("name").to_lowercase().contains(&part.to_lowercase()))
            && (self.statuses.is_empty() || self.statuses.iter().any(|status| status == text("status")))
            && self.from.is_none_or(|from| started >= from)
            && self.to.is_none_or(|to| started < to)
            && (!self.asks_for_errors() || ended_badly(row))
    }

    /// Whether what was found out about its failure fits as well.
    pub(crate) fn fits_failure(&self, row: &Value) -> bool {
        let text = |name: &str| row[name].as_str().unwrap_or_default();
        let has = |name: &str, part: &String| text(name).to_lowercase().contains(part);
        self.error
            .as_ref()
            .is_none_or(|part| has("error", part) || has("cause", part))
            && self
                .state
                .as_ref()
                .is_none_or(|state| text("failedState") == state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(pairs: &[(&str, &str)]) -> Result<Wanted, Refusal> {
        let owned = |&(name, text): &(&str, &str)| (name.to_owned(), text.to_owned());
        Wanted::read(pairs.iter().map(owned).collect())
    }

    #[test]
    fn names_may_come_more_than_once_and_unknown_ones_are_refused() {
        let wanted = read(&[
            ("status", "FAILED"),
            ("status", "ABORTED"),
            ("machine", "a"),
            ("name", ""),
        ])
        .unwrap();
        assert_eq!(wanted.statuses, ["ABORTED", "FAILED"]);
        assert_eq!((wanted.limit, wanted.name), (25, None));
        for (field, text) in [
            ("status", "failed"),
            ("limit", "0"),
            ("limit", "101"),
            ("from", "yesterday"),
            ("colour", "red"),
        ] {
            let Err(Refusal::InvalidInput { errors }) = read(&[(field, text)]) else {
                panic!("{field}={text} was read");
            };
            assert_eq!(errors[0].field, field);
        }
    }

    #[test]
    fn only_what_ended_badly_has_an_error() {
        let wanted = read(&[("error", "Card")]).unwrap();
        assert_eq!(wanted.listed(), ENDED_BADLY);
        assert!(!wanted.fits(&json!({ "name": "x", "status": "SUCCEEDED" })));
        let mut row = json!({ "name": "x", "status": "FAILED", "cause": "the card was declined" });
        assert!(wanted.fits(&row) && wanted.fits_failure(&row));
        row["cause"] = "something else".into();
        assert!(!wanted.fits_failure(&row));
    }

    #[test]
    fn what_was_started_in_between_fits() {
        let wanted = read(&[("from", "1000"), ("to", "2000"), ("name", "ORD_")]).unwrap();
        let at = |start: f64| json!({ "name": "ord_1", "status": "RUNNING", "startDate": start });
        assert!(wanted.fits(&at(1.0)) && wanted.fits(&at(1.999)));
        assert!(!wanted.fits(&at(0.999)) && !wanted.fits(&at(2.0)));
        assert!(!wanted.fits(&json!({ "name": "other", "status": "RUNNING", "startDate": 1.5 })));
    }
}
