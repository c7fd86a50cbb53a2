//! The history of an Express execution, from the log group of its machine.
//!
//! Step Functions on AWS keeps none: each event is a line of the log group that the machine names, if its level lets it be
//! written. The lines have the members of GetExecutionHistory under other names.

use crate::arn::machine_of;
use crate::ask::Asker;
use crate::problem::{Reply, is_unreadable, missing};
use aws::Api;
use serde_json::{Map, Value, json};

/// A group is searched from its beginning, so most of the answers to come are empty.
const PAGES_MAX: usize = 15;

/// The machine of an execution and where it is recorded.
#[derive(Clone, Debug)]
pub(crate) struct Recorded {
    /// DescribeStateMachine's answer.
    pub(crate) machine: Value,
}

/// What a log group tells.
#[derive(Clone, Debug, Default)]
pub(crate) struct LoggedPage {
    /// Events as GetExecutionHistory has them, in their order.
    pub(crate) events: Vec<Value>,
    pub(crate) next: Option<String>,
    /// What they do not tell.
    pub(crate) gaps: Vec<String>,
}

impl Recorded {
    /// Asks for the machine of an execution.
    pub(crate) async fn of(asker: &Asker, execution: &str) -> Reply<Self> {
        let machine = machine_of(execution)
            .ok_or_else(|| missing("ExecutionDoesNotExist", "This is not the ARN of an execution."))?;
        let input = json!({ "stateMachineArn": machine });
        let machine = asker.ask(Api::States, "DescribeStateMachine", input).await?;
        Ok(Self { machine })
    }

    fn group(&self) -> Option<&str> {
        let arn = self
            .machine
            .pointer("/loggingConfiguration/destinations/0/cloudWatchLogsLogGroup/logGroupArn")?
            .as_str()?;
        arn.split(":log-group:")
            .nth(1)
            .map(|name| name.trim_end_matches(":*"))
    }

    /// What the machine's settings keep out of the group.
    fn gaps(&self) -> Vec<String> {
        let logging = &self.machine["loggingConfiguration"];
        let mut gaps = Vec::new();
        match logging["level"].as_str() {
            Some("ALL") => {}
            Some(level @ ("ERROR" | "FATAL")) => gaps.push(format!(
                "The machine logs at level {level}: only what went wrong was written. Set its level to ALL to see the rest of later executions."
            )),
            _ => gaps.push(
                "The machine logs nothing: set its level to ALL and give it a log group to see later executions."
                    .to_owned(),
            ),
        }
        if logging["includeExecutionData"] != true && gaps.is_empty() {
            gaps.push(
                "The machine logs without execution data: inputs and outputs were not written.".to_owned(),
            );
        }
        gaps
    }

    /// A page of an execution's events.
    pub(crate) async fn page(
        &self,
        asker: &Asker,
        execution: &str,
        token: Option<&str>,
    ) -> Reply<LoggedPage> {
        let mut page = LoggedPage {
            gaps: self.gaps(),
            ..LoggedPage::default()
        };
        let Some(group) = self.group() else {
            return Ok(page);
        };
        // ARNs have no quotation marks.
        let pattern = format!("{{ $.execution_arn = \"{}\" }}", execution.replace('"', ""));
        let mut token = token.map(str::to_owned);
        for _ in 0..PAGES_MAX {
            let mut input = json!({ "logGroupName": group, "filterPattern": pattern });
            if let Some(token) = token.take() {
                input["nextToken"] = token.into();
            }
            let mut answer = match asker.ask(Api::Logs, "FilterLogEvents", input).await {
                Ok(answer) => answer,
                Err(error) if error.code().is_some_and(is_unreadable) => {
                    page.gaps
                        .push(format!("The log group {group} cannot be read ({error})."));
                    return Ok(page);
                }
                Err(error) => return Err(error.into()),
            };
            token = answer["nextToken"].as_str().map(str::to_owned);
            if let Value::Array(lines) = answer["events"].take() {
                // Not every engine understands the pattern.
                let lines = lines
                    .iter()
                    .filter_map(|line| serde_json::from_str::<Value>(line["message"].as_str()?).ok());
                page.events.extend(
                    lines
                        .filter(|line| line["execution_arn"] == execution)
                        .filter_map(|line| as_event(&line)),
                );
            }
            let is_whole = page.events.iter().any(ends);
            if token.is_none() || is_whole || !asker.may(1) {
                break;
            }
        }
        page.events.sort_by_key(|event| event["id"].as_u64());
        page.events.dedup_by_key(|event| event["id"].as_u64());
        // Lines of one execution lie within minutes, so beyond its end there are none.
        page.next = token.filter(|_| !page.events.iter().any(ends));
        Ok(page)
    }
}

fn ends(event: &Value) -> bool {
    event["type"]
        .as_str()
        .is_some_and(|kind| kind.starts_with("Execution") && kind != "ExecutionStarted")
}

/// A line as GetExecutionHistory would tell it: numbers are texts in the log, and details have no name of their own there.
fn as_event(line: &Value) -> Option<Value> {
    let number = |name: &str| match line.get(name)? {
        Value::String(text) => text.parse::<u64>().ok(),
        other => other.as_u64(),
    };
    let kind = line["type"].as_str()?;
    let mut event = Map::new();
    event.insert("id".to_owned(), number("id")?.into());
    event.insert("previousEventId".to_owned(), number("previous_event_id")?.into());
    event.insert("type".to_owned(), kind.into());
    #[expect(
        clippy::cast_precision_loss,
        reason = "milliseconds since 1970 fit for 200,000 years"
    )]
    let seconds = number("event_timestamp")? as f64 / 1_000.0;
    event.insert("timestamp".to_owned(), seconds.into());
    if let Some(details) = line.get("details").filter(|details| details.is_object()) {
        event.insert(details_name(kind), details.clone());
    }
    Some(Value::Object(event))
}

/// The member of an event that holds its details: all kinds of states share two.
fn details_name(kind: &str) -> String {
    for (ending, name) in [
        ("StateEntered", "stateEnteredEventDetails"),
        ("StateExited", "stateExitedEventDetails"),
    ] {
        if kind.ends_with(ending) {
            return name.to_owned();
        }
    }
    let mut letters = kind.chars();
    let first = letters.next().map(|letter| letter.to_ascii_lowercase());
    first
        .into_iter()
        .chain(letters)
        .chain("EventDetails".chars())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_log_becomes_an_event() {
        let line = json!({
            "id": "3", "type": "TaskScheduled", "previous_event_id": "2", "event_timestamp": "1710347410123",
            "redrive_count": "0", "execution_arn": "arn",
            "details": { "resource": "invoke", "resourceType": "lambda", "parameters": "{}" },
        });
        assert_eq!(
            as_event(&line),
            Some(json!({
                "id": 3, "previousEventId": 2, "type": "TaskScheduled", "timestamp": 1_710_347_410.123,
                "taskScheduledEventDetails": { "resource": "invoke", "resourceType": "lambda", "parameters": "{}" },
            }))
        );
        assert_eq!(details_name("PassStateEntered"), "stateEnteredEventDetails");
        assert_eq!(
            details_name("ExecutionSucceeded"),
            "executionSucceededEventDetails"
        );
        assert_eq!(as_event(&json!({ "id": "x" })), None);
    }

    #[test]
    fn what_the_level_keeps_out_is_a_gap() {
        let machine = |logging: Value| Recorded {
            machine: json!({ "loggingConfiguration": logging }),
        };
        let group =
            json!([{ "cloudWatchLogsLogGroup": { "logGroupArn": "arn:aws:logs:r:a:log-group:/aws/x:*" } }]);
        let all = machine(json!({ "level": "ALL", "includeExecutionData": true, "destinations": group }));
        assert_eq!((all.group(), all.gaps().len()), (Some("/aws/x"), 0));
        assert!(machine(json!({ "level": "ALL" })).gaps()[0].contains("execution data"));
        assert!(machine(json!({ "level": "ERROR" })).gaps()[0].contains("ERROR"));
        assert!(machine(Value::Null).gaps()[0].contains("logs nothing"));
    }
}
