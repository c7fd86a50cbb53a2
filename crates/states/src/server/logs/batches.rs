//! Lines as requests that PutLogEvents takes: "The maximum batch size is 1,048,576 bytes ... the sum of all event
//! messages in UTF-8, plus 26 bytes for each log event", 10,000 events, 24 hours, in the order of time (API reference).

use std::collections::BTreeMap;

use serde::Serialize;

use crate::engine::Logged;

const BYTES_MAX: usize = 1_048_576;
const LINE_BYTES: usize = 26;
const LINES_MAX: usize = 10_000;
/// A little less than a day.
const SPAN_MS: u64 = 86_000_000;

/// Where lines go: a stream of each machine.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Target {
    /// The log group's name.
    pub group: String,
    /// The machine's name.
    pub machine: String,
}

/// One line as the API takes it.
#[derive(Debug, Serialize)]
pub(super) struct Line {
    /// Milliseconds since 1970.
    pub timestamp: u64,
    pub message: String,
}

/// One request.
#[derive(Debug)]
pub(super) struct Batch {
    pub target: Target,
    pub lines: Vec<Line>,
}

/// Requests for some lines.
#[derive(Debug, Default)]
pub(super) struct Round {
    pub batches: Vec<Batch>,
    /// Lines that no request can hold.
    pub too_large: usize,
}

/// Puts lines into requests, each machine's in the order in which they came.
pub(super) fn batches(logged: Vec<Logged>) -> Round {
    let mut round = Round::default();
    let mut by_target: BTreeMap<Target, Vec<Line>> = BTreeMap::new();
    for one in logged {
        // Nothing else is ever noted.
        let Some(logging) = one.machine.settings.logs() else {
            continue;
        };
        let line = one
            .event
            .to_log_line(&one.identity.arn, one.redrive_count, logging.with_data);
        let Some(message) = line else {
            round.too_large += 1;
            continue;
        };
        let target = Target {
            group: logging.group.to_owned(),
            machine: one.machine.name.clone(),
        };
        by_target.entry(target).or_default().push(Line {
            timestamp: one.event.at_ms,
            message,
        });
    }
    for (target, mut lines) in by_target {
        lines.sort_by_key(|line| line.timestamp);
        let (mut batch, mut bytes) = (Vec::new(), 0);
        for line in lines {
            let line_bytes = line.message.len() + LINE_BYTES;
            let first_ms = batch.first().map_or(line.timestamp, |line: &Line| line.timestamp);
            let fits = bytes + line_bytes <= BYTES_MAX
                && batch.len() < LINES_MAX
                && line.timestamp.saturating_sub(first_ms) < SPAN_MS;
            if !fits {
                round.batches.push(Batch {
                    target: target.clone(),
                    lines: std::mem::take(&mut batch),
                });
                bytes = 0;
            }
            bytes += line_bytes;
            batch.push(line);
        }
        round.batches.push(Batch { target, lines: batch });
    }
    round
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::definition::{Machine, MachineType};
    use crate::engine::{MachineRecord, Settings};
    use crate::execution::Identity;
    use crate::history::{Details, EventType, HistoryEvent};
    use serde_json::json;
    use std::sync::Arc;

    const MACHINE: &str = r#"{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}"#;

    pub(in super::super) fn logged(machine: &str, at_ms: u64, input: &str) -> Logged {
        let arn = format!("arn:aws:logs:us-east-1:0:log-group:{machine}-logs:*");
        let settings = Settings {
            logging: Some(json!({
                "level": "ALL",
                "includeExecutionData": true,
                "destinations": [{ "cloudWatchLogsLogGroup": { "logGroupArn": arn } }],
            })),
            ..Settings::default()
        };
        let record = MachineRecord {
            name: machine.to_owned(),
            arn: machine.to_owned(),
            definition: MACHINE.to_owned(),
            role_arn: Arc::from("r"),
            created_ms: 0,
            updated_ms: 0,
            revision: None,
            settings,
            machine: Arc::new(Machine::parse(MACHINE, MachineType::Standard).unwrap()),
        };
        let identity = Identity {
            arn: "e".to_owned(),
            name: "e".to_owned(),
            machine_arn: machine.to_owned(),
            machine_name: machine.to_owned(),
            role_arn: Arc::from("r"),
            region: Arc::from("us-east-1"),
            version_arn: None,
            alias_arn: None,
            map_run_arn: None,
        };
        let details = Details::StateEntered {
            name: Arc::from("A"),
            input: Arc::from(input),
        };
        let event = HistoryEvent {
            id: 1,
            previous_id: 0,
            at_ms,
            event_type: EventType::SucceedStateEntered,
            details,
        };
        Logged {
            machine: Arc::new(record),
            identity: Arc::new(identity),
            redrive_count: 0,
            event,
        }
    }

    fn shape(round: &Round) -> Vec<(&str, usize)> {
        let shape = |batch: &Batch| batch.lines.len();
        let batches = round.batches.iter();
        batches
            .map(|batch| (batch.target.machine.as_str(), shape(batch)))
            .collect()
    }

    #[test]
    fn each_machine_has_its_own_requests_in_the_order_of_time() {
        let round = batches(vec![
            logged("b", 5, "1"),
            logged("a", 7, "2"),
            logged("b", 3, "3"),
        ]);
        assert_eq!(shape(&round), [("a", 1), ("b", 2)]);
        assert_eq!(round.batches[1].target.group, "b-logs");
        let times: Vec<u64> = round.batches[1].lines.iter().map(|line| line.timestamp).collect();
        assert_eq!(times, [3, 5]);
    }

    #[test]
    fn requests_keep_the_limits() {
        let large = logged("a", 1, &"x".repeat(200_000));
        let round = batches(vec![large; 12]);
        assert_eq!(shape(&round), [("a", 5), ("a", 5), ("a", 2)]);
        for batch in &round.batches {
            let bytes: usize = batch.lines.iter().map(|line| line.message.len() + 26).sum();
            assert!(bytes <= BYTES_MAX);
        }
        let many = vec![logged("a", 1, "1"); LINES_MAX + 1];
        assert!(
            batches(many)
                .batches
                .iter()
                .all(|batch| batch.lines.len() <= LINES_MAX)
        );
        let days = vec![logged("a", 0, "1"), logged("a", 86_400_000, "2")];
        assert_eq!(shape(&batches(days)), [("a", 1), ("a", 1)]);
    }
}
