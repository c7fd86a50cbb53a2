//! Reading `Retry` and `Catch`.

use serde_json::Value;

use super::fields::{Fields, complain};
use super::flows::{FlowReader, SECONDS_MAX, Targets};
use super::{Catcher, Code, Language, Placement, Retrier};

/// Largest `MaxDelaySeconds` (a leap year) that AWS takes.
const DELAY_S_MAX: u64 = 31_622_400;

impl FlowReader {
    pub(super) fn read_retry(&mut self, fields: Fields<'_>) -> Vec<Retrier> {
        let entries = self.entries(fields, "Retry");
        let mut retriers = Vec::new();
        for (index, entry) in entries.iter().enumerate() {
            let place = format!("{}/Retry/{index}", fields.path);
            let Some(fields) = Fields::of(entry, &place, &mut self.report) else {
                continue;
            };
            fields.allow(
                &[
                    "ErrorEquals",
                    "IntervalSeconds",
                    "MaxAttempts",
                    "BackoffRate",
                    "MaxDelaySeconds",
                    "JitterStrategy",
                    "Comment",
                ],
                &[],
                &mut self.report,
            );
            let errors = self.read_errors(fields, index + 1 == entries.len());
            let interval_s = fields
                .whole("IntervalSeconds", 1, SECONDS_MAX, &mut self.report)
                .unwrap_or(1);
            let attempts_max = fields
                .whole("MaxAttempts", 0, SECONDS_MAX, &mut self.report)
                .unwrap_or(3);
            let delay_max_s = fields.whole("MaxDelaySeconds", 1, DELAY_S_MAX, &mut self.report);
            if delay_max_s.is_some_and(|delay_max_s| delay_max_s <= interval_s) {
                let message = "MaxDelaySeconds must be greater than IntervalSeconds";
                complain(
                    &mut self.report,
                    Code::Schema,
                    &fields.place("MaxDelaySeconds"),
                    message,
                );
            }
            let backoff_rate = match fields.raw("BackoffRate") {
                None => 2.0,
                Some(value) => match value.as_f64().filter(|rate| *rate >= 1.0) {
                    Some(rate) => rate,
                    None => {
                        let message = "BackoffRate must be a number of at least 1.0";
                        complain(
                            &mut self.report,
                            Code::Schema,
                            &fields.place("BackoffRate"),
                            message,
                        );
                        1.0
                    }
                },
            };
            let full_jitter = match fields.text("JitterStrategy", &mut self.report) {
                Some("FULL") => true,
                Some("NONE") | None => false,
                Some(_) => {
                    let message = "JitterStrategy must be \"FULL\" or \"NONE\"";
                    complain(
                        &mut self.report,
                        Code::Schema,
                        &fields.place("JitterStrategy"),
                        message,
                    );
                    false
                }
            };
            retriers.push(Retrier {
                errors,
                interval_s,
                attempts_max,
                backoff_rate,
                delay_max_s,
                full_jitter,
            });
        }
        retriers
    }

    pub(super) fn read_catch(&mut self, fields: Fields<'_>, targets: &Targets) -> Vec<Catcher> {
        let entries = self.entries(fields, "Catch");
        let mut catchers = Vec::new();
        for (index, entry) in entries.iter().enumerate() {
            let place = format!("{}/Catch/{index}", fields.path);
            let within = format!("Catch[{index}]/");
            let Some(fields) = fields.inner(entry, &place, &within, &mut self.report) else {
                continue;
            };
            let own = match fields.language {
                Language::Jsonata => "Output",
                Language::JsonPath => "ResultPath",
            };
            fields.allow(
                &["ErrorEquals", "Next", "Assign", "Comment", own],
                &[],
                &mut self.report,
            );
            let placement = Placement::read(fields, &mut self.report);
            let errors = self.read_errors(fields, index + 1 == entries.len());
            let assign = fields.assign(&mut self.report);
            let output = fields.output(&mut self.report);
            if let Some(next) = self.read_target(fields, "Next", targets) {
                catchers.push(Catcher {
                    errors,
                    assign,
                    output,
                    placement,
                    next,
                });
            }
        }
        catchers
    }

    fn entries<'a>(&mut self, fields: Fields<'a>, name: &str) -> &'a [Value] {
        match fields.raw(name) {
            None => &[],
            Some(Value::Array(entries)) => entries,
            Some(_) => {
                let message = format!("{name} must be a list");
                complain(&mut self.report, Code::Schema, &fields.place(name), &message);
                &[]
            }
        }
    }

    fn read_errors(&mut self, fields: Fields<'_>, is_last: bool) -> Vec<String> {
        let place = fields.place("ErrorEquals");
        if fields.raw("ErrorEquals").is_none() {
            complain(
                &mut self.report,
                Code::Schema,
                fields.path,
                "The field \"ErrorEquals\" is missing",
            );
        }
        let mut names = Vec::new();
        for entry in fields.list("ErrorEquals", &mut self.report).into_iter().flatten() {
            match entry.as_str() {
                Some(name) => names.push(name.to_owned()),
                None => complain(&mut self.report, Code::Schema, &place, "Error names must be text"),
            }
        }
        if names.iter().any(|name| name == "States.ALL") && (names.len() > 1 || !is_last) {
            let message = "States.ALL must stand alone and in the last entry";
            complain(&mut self.report, Code::Schema, &place, message);
        }
        names
    }
}
