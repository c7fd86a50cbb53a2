//! Reading one event of a recorded history from AWS's JSON.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::timestamp;

use super::event::{End, Event, Passed, What};
use super::{Unreadable, values};

impl Event {
    /// Reads an event; `place` names it in complaints, such as `events[3]`.
    pub fn read(value: &Value, place: &str) -> Result<Event, Unreadable> {
        let reader = Reader { value, place };
        let type_name = reader.needed_text("type")?;
        let id = reader.number("id")?;
        let id = id.ok_or_else(|| reader.complain("id", "is missing"))?;
        Ok(Event {
            id,
            previous: reader.number("previousEventId")?.unwrap_or(0),
            at_ms: moment(value.get("timestamp").unwrap_or(&Value::Null))
                .map_err(|why| reader.complain("timestamp", &why))?,
            what: reader.what(&type_name)?,
        })
    }
}

/// A moment in milliseconds since 1970: of seconds with a fraction (the API), milliseconds as text (logs), or RFC 3339.
pub(crate) fn moment(value: &Value) -> Result<u64, String> {
    const LATEST_S: f64 = 253_402_300_799.0;
    let seconds = |seconds: f64| match (0.0..=LATEST_S).contains(&seconds) {
        true => Ok((seconds * 1000.0).round() as u64),
        false => Err(format!("is no moment between 1970 and 9999: {seconds}")),
    };
    match value {
        Value::Number(number) => seconds(number.as_f64().unwrap_or(-1.0)),
        Value::String(text) if text.len() >= 12 && text.bytes().all(|byte| byte.is_ascii_digit()) => {
            seconds(text.parse::<f64>().unwrap_or(-1.0) / 1000.0)
        }
        Value::String(text) => timestamp::parse(text)
            .or_else(|| timestamp::parse(&text.replacen(' ', "T", 1)))
            .ok_or_else(|| format!("is no moment: {text:?}")),
        Value::Null => Err("is missing".to_owned()),
        _ => Err("is no moment".to_owned()),
    }
}

/// A member that may be JSON text, or, as some tools write it, the value itself.
pub(crate) fn json_text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        value => Some(value.to_string()),
    }
}

/// A whole number, also as text, as logs have it.
fn whole(value: &Value) -> Option<u64> {
    match value {
        Value::String(text) => text.parse().ok(),
        value => value.as_u64(),
    }
}

struct Reader<'a> {
    value: &'a Value,
    place: &'a str,
}

impl Reader<'_> {
    fn complain(&self, member: &str, why: &str) -> Unreadable {
        Unreadable::new(format!("{}.{member}", self.place), why)
    }

    fn needed_text(&self, member: &str) -> Result<String, Unreadable> {
        match self.value.get(member) {
            Some(Value::String(text)) => Ok(text.clone()),
            Some(_) => Err(self.complain(member, "is not text")),
            None => Err(self.complain(member, "is missing")),
        }
    }

    fn number(&self, member: &str) -> Result<Option<u64>, Unreadable> {
        let number = match self.value.get(member) {
            None | Some(Value::Null) => return Ok(None),
            Some(value) => whole(value),
        };
        number
            .map(Some)
            .ok_or_else(|| self.complain(member, "is not a whole number of at least 0"))
    }

    fn what(&self, type_name: &str) -> Result<What, Unreadable> {
        if let Some(kind) = type_name.strip_suffix("StateEntered") {
            let details = self.details("stateEnteredEventDetails")?;
            return Ok(What::Entered {
                kind: kind.to_owned(),
                name: details.text("name")?,
                input: details.payload("input")?,
            });
        }
        if type_name.ends_with("StateExited") {
            let details = self.details("stateExitedEventDetails")?;
            return Ok(What::Exited {
                name: details.text("name")?,
                output: details.payload("output")?,
                assigned: details.assigned()?,
            });
        }
        if type_name.ends_with("StateAborted") {
            return Ok(What::Beside);
        }
        for (kind, rest) in ["Map", "Parallel"]
            .into_iter()
            .filter_map(|kind| Some((kind, type_name.strip_prefix(kind)?)))
        {
            if let Some(passed) = rest.strip_prefix("State").and_then(passed) {
                let details = self.details_if_any(type_name);
                return Ok(What::Round {
                    kind,
                    passed,
                    length: details.and_then(|details| whole(details.get("length")?)),
                });
            }
            if let Some(passed) = rest.strip_prefix("Iteration").and_then(passed) {
                let details = self.details(&field(type_name))?;
                return Ok(What::Iteration {
                    name: details.text("name")?,
                    index: details.number("index")?,
                    passed,
                });
            }
            if let Some(how) = rest.strip_prefix("Run") {
                let is_redrive = how == "Redriven";
                let passed = if is_redrive {
                    Some(Passed::Began)
                } else {
                    passed(how)
                };
                if let Some(passed) = passed {
                    let details = self.details_if_any(type_name);
                    let text = |name: &str| details.and_then(|details| json_text(details.get(name)?));
                    return Ok(What::MapRun {
                        passed,
                        is_redrive,
                        arn: text("mapRunArn"),
                        error: text("error"),
                        cause: text("cause"),
                    });
                }
            }
        }
        match type_name {
            "ExecutionStarted" => {
                let details = self.details("executionStartedEventDetails")?;
                Ok(What::Started {
                    input: details.payload("input")?,
                    role: details.text("roleArn").unwrap_or_default(),
                })
            }
            "ExecutionRedriven" => Ok(What::Redriven),
            "ExecutionSucceeded" => Ok(What::Ended(End {
                status: "SUCCEEDED",
                output: Some(
                    self.details("executionSucceededEventDetails")?
                        .payload("output")?,
                ),
                ..End::default()
            })),
            "ExecutionFailed" => Ok(What::Ended(self.bad_end(type_name, "FAILED"))),
            "ExecutionAborted" => Ok(What::Ended(self.bad_end(type_name, "ABORTED"))),
            "ExecutionTimedOut" => Ok(What::Ended(self.bad_end(type_name, "TIMED_OUT"))),
            "EvaluationFailed" => {
                let details = self.details("evaluationFailedEventDetails")?;
                Ok(What::Evaluation {
                    state: details.text("state")?,
                    location: details.text("location").unwrap_or_default(),
                    error: details.text("error").unwrap_or_default(),
                    cause: details.text("cause").unwrap_or_default(),
                })
            }
            _ => self.work(type_name),
        }
    }

    /// A step of a task's work.
    fn work(&self, type_name: &str) -> Result<What, Unreadable> {
        let step = ["Task", "LambdaFunction", "Activity"]
            .into_iter()
            .find_map(|who| type_name.strip_prefix(who).map(|step| (who, step)));
        let Some((who, step)) = step else {
            return Err(self.complain(
                "type",
                &format!("is no type of event that is known here: {type_name:?}"),
            ));
        };
        match step {
            "Scheduled" => {
                let details = self.details(&field(type_name))?;
                let resource = details.text("resource")?;
                let service = details.members.get("resourceType").and_then(Value::as_str);
                Ok(What::Asked {
                    resource: service.map_or(resource.clone(), |service| format!("{service}:{resource}")),
                    parameters: details.payload(if who == "Task" { "parameters" } else { "input" })?,
                    timeout_s: details.members.get("timeoutInSeconds").and_then(whole),
                    heartbeat_s: details.members.get("heartbeatInSeconds").and_then(whole),
                })
            }
            "Started" if who == "Activity" => {
                let details = self.details_if_any(type_name);
                let worker = details.and_then(|details| details.get("workerName")?.as_str());
                Ok(What::Taken {
                    worker: worker.map(str::to_owned),
                })
            }
            "Started" => Ok(What::Beside),
            "Submitted" => Ok(What::Submitted {
                output: self.details(&field(type_name))?.payload("output")?,
            }),
            "Succeeded" => Ok(What::Answered {
                output: self.details(&field(type_name))?.payload("output")?,
            }),
            "Failed" | "TimedOut" | "ScheduleFailed" | "StartFailed" | "SubmitFailed" => {
                let end = self.bad_end(type_name, "");
                Ok(What::Failed {
                    error: end.error,
                    cause: end.cause,
                    is_time_out: step == "TimedOut",
                })
            }
            _ => Err(self.complain(
                "type",
                &format!("is no type of event that is known here: {type_name:?}"),
            )),
        }
    }

    fn bad_end(&self, type_name: &str, status: &'static str) -> End {
        let details = self.details_if_any(type_name);
        let text = |name: &str| details.and_then(|details| json_text(details.get(name)?));
        End {
            status,
            output: None,
            error: text("error"),
            cause: text("cause"),
        }
    }

    fn details_if_any(&self, type_name: &str) -> Option<&Map<String, Value>> {
        self.value.get(field(type_name))?.as_object()
    }

    fn details(&self, field: &str) -> Result<Details<'_>, Unreadable> {
        match self.value.get(field) {
            Some(Value::Object(members)) => Ok(Details {
                members,
                place: format!("{}.{field}", self.place),
            }),
            Some(_) => Err(self.complain(field, "is not an object")),
            None => Err(self.complain(field, "is missing")),
        }
    }
}

struct Details<'a> {
    members: &'a Map<String, Value>,
    place: String,
}

impl Details<'_> {
    fn complain(&self, member: &str, why: &str) -> Unreadable {
        Unreadable::new(format!("{}.{member}", self.place), why)
    }

    fn text(&self, name: &str) -> Result<String, Unreadable> {
        match self.members.get(name) {
            Some(Value::String(text)) => Ok(text.clone()),
            Some(_) => Err(self.complain(name, "is not text")),
            None => Err(self.complain(name, "is missing")),
        }
    }

    fn number(&self, name: &str) -> Result<u64, Unreadable> {
        match self.members.get(name) {
            None => Ok(0),
            Some(value) => {
                whole(value).ok_or_else(|| self.complain(name, "is not a whole number of at least 0"))
            }
        }
    }

    /// JSON text that is whole.
    fn payload(&self, name: &str) -> Result<String, Unreadable> {
        let is_cut = |details: &Value| details["truncated"] == true;
        if self.members.get(&format!("{name}Details")).is_some_and(is_cut) {
            return Err(self.complain(name, "was cut off when it was recorded, so nobody knows the rest"));
        }
        let text = self.members.get(name).and_then(json_text).ok_or_else(|| {
            self.complain(
                name,
                "is missing: a history without data cannot be played (includeExecutionData was off)",
            )
        })?;
        match values::read(&text) {
            Ok(_) => Ok(text),
            Err(why) => Err(self.complain(name, &why)),
        }
    }

    fn assigned(&self) -> Result<BTreeMap<String, String>, Unreadable> {
        let is_cut = |details: &Value| details["truncated"] == true;
        if self.members.get("assignedVariablesDetails").is_some_and(is_cut) {
            return Err(self.complain("assignedVariables", "were cut off when they were recorded"));
        }
        let Some(assigned) = self.members.get("assignedVariables") else {
            return Ok(BTreeMap::new());
        };
        let assigned = assigned
            .as_object()
            .ok_or_else(|| self.complain("assignedVariables", "is not an object"))?;
        Ok(assigned
            .iter()
            .map(|(name, value)| {
                (
                    name.clone(),
                    json_text(value).unwrap_or_else(|| "null".to_owned()),
                )
            })
            .collect())
    }
}

fn passed(how: &str) -> Option<Passed> {
    match how {
        "Started" => Some(Passed::Began),
        "Succeeded" => Some(Passed::Well),
        "Failed" | "TimedOut" => Some(Passed::Badly),
        "Aborted" => Some(Passed::Aborted),
        _ => None,
    }
}

/// The member of an event that holds its details.
pub(super) fn field(type_name: &str) -> String {
    for (end, member) in [
        ("StateEntered", "stateEnteredEventDetails"),
        ("StateExited", "stateExitedEventDetails"),
    ] {
        if type_name.ends_with(end) {
            return member.to_owned();
        }
    }
    let mut letters = type_name.chars();
    let first = letters.next().map(|letter| letter.to_ascii_lowercase());
    format!("{}{}EventDetails", first.unwrap_or_default(), letters.as_str())
}
