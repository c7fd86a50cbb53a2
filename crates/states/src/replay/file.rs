//! Files with a recorded history: exported by the viewer, answered by the `aws` command, or lines of a log.

use serde_json::{Map, Value, json};

use crate::execution::EVENTS_MAX;

use super::event::{Event, What};
use super::read_event::{field, moment};
use super::{Unreadable, read_json};

/// What an exported history calls itself.
const FORMAT: &str = "holdfast-execution-1";

/// A history that was read from a file.
#[derive(Debug)]
pub(super) struct File {
    pub about: About,
    pub definition: Option<Value>,
    pub events: Vec<Event>,
    /// What the file does not tell, in words.
    pub notes: Vec<String>,
}

/// What the execution is called.
#[derive(Clone, Debug)]
pub(super) struct About {
    pub arn: String,
    pub name: String,
    pub machine: String,
    pub machine_arn: String,
    /// The map's label, if it is an execution of a map run.
    pub label: Option<String>,
    pub is_express: bool,
    pub started_ms: u64,
    /// Whether the file says any of it.
    pub is_known: bool,
}

/// Reads a file.
pub(super) fn read(text: &str) -> Result<File, Unreadable> {
    let value = parsed(text)?;
    let mut members = match value {
        Value::Array(events) => Map::from_iter([("events".to_owned(), Value::Array(events))]),
        Value::Object(members) => members,
        _ => return Err(no_history()),
    };
    if let Some(format) = members.get("format").and_then(Value::as_str)
        && format != FORMAT
    {
        return Err(Unreadable::new(
            "format",
            format!("is {format:?}; {FORMAT} can be played"),
        ));
    }
    for token in ["nextToken", "NextToken"] {
        if members.get(token).is_some_and(|token| !token.is_null()) {
            return Err(Unreadable::new(
                token,
                "says that this is only a part of the history",
            ));
        }
    }
    let Some(Value::Array(raw)) = members.remove("events") else {
        return Err(no_history());
    };
    let log_arn = raw.first().and_then(|line| line.get("execution_arn")).cloned();
    let events = read_events(raw)?;
    let execution = members.remove("execution").unwrap_or_default();
    let mut notes = Vec::new();
    let about = about(&execution, log_arn, &events, &mut notes)?;
    let definition = match members.remove("definition") {
        None | Some(Value::Null) => None,
        // As DescribeStateMachine answers it.
        Some(Value::String(text)) => {
            Some(read_json(&text).map_err(|why| Unreadable::new("definition", why))?)
        }
        Some(value @ Value::Object(_)) => Some(value),
        Some(_) => return Err(Unreadable::new("definition", "is not an object")),
    };
    Ok(File {
        about,
        definition,
        events,
        notes,
    })
}

fn no_history() -> Unreadable {
    Unreadable::new(
        "",
        "has no events; an exported history, or what `aws stepfunctions get-execution-history` answers, can be played",
    )
}

/// JSON, or JSON in lines, as logs are downloaded.
fn parsed(text: &str) -> Result<Value, Unreadable> {
    let whole = read_shallow(text);
    let Err(why) = whole else { return whole };
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let lines: Result<Vec<Value>, Unreadable> = lines.map(read_shallow).collect();
    match lines {
        Ok(lines) if lines.iter().any(is_log_line) => Ok(Value::Array(lines)),
        _ => Err(why),
    }
}

fn read_shallow(text: &str) -> Result<Value, Unreadable> {
    read_json(text).map_err(|why| Unreadable::new("", why))
}

fn is_log_line(value: &Value) -> bool {
    value.get("event_timestamp").is_some() && value.get("type").is_some()
}

fn read_events(raw: Vec<Value>) -> Result<Vec<Event>, Unreadable> {
    if raw.len() > EVENTS_MAX {
        let why = format!("are {}; a history has {EVENTS_MAX} at most", raw.len());
        return Err(Unreadable::new("events", why));
    }
    let mut events = Vec::with_capacity(raw.len());
    for (index, value) in raw.into_iter().enumerate() {
        let place = format!("events[{index}]");
        let value = if is_log_line(&value) {
            from_log(value)
        } else {
            value
        };
        if !value.is_object() {
            return Err(Unreadable::new(place, "is not an object"));
        }
        events.push(Event::read(&value, &place)?);
    }
    // `--reverse-order` is as good as any.
    events.sort_by_key(|event| event.id);
    for (number, event) in (1u64..).zip(&events) {
        match event.id.cmp(&number) {
            std::cmp::Ordering::Equal => {}
            std::cmp::Ordering::Less => {
                return Err(Unreadable::new(
                    "events",
                    format!("have two events with the id {}", event.id),
                ));
            }
            std::cmp::Ordering::Greater => {
                let why = format!(
                    "lack the event {number}: only a whole history can be played, not a part of it and not what a log keeps \
                     at a level other than ALL"
                );
                return Err(Unreadable::new("events", why));
            }
        }
        if event.previous >= event.id {
            let why = format!("name {} as the event before {}", event.previous, event.id);
            return Err(Unreadable::new("events", why));
        }
    }
    match events.first().map(|event| &event.what) {
        Some(What::Started { .. }) => Ok(events),
        Some(_) => Err(Unreadable::new("events", "do not begin with ExecutionStarted")),
        None => Err(Unreadable::new("events", "are none")),
    }
}

/// A line of an execution's log as the event that it tells of.
fn from_log(mut line: Value) -> Value {
    let mut take = |name: &str| line.get_mut(name).map(Value::take).unwrap_or_default();
    let (id, previous, at, details) = (
        take("id"),
        take("previous_event_id"),
        take("event_timestamp"),
        take("details"),
    );
    let type_name = take("type");
    let details_field = type_name.as_str().map(field).unwrap_or_default();
    let mut event = json!({ "id": id, "previousEventId": previous, "timestamp": at, "type": type_name });
    event[details_field] = details;
    event
}

fn about(
    execution: &Value,
    log_arn: Option<Value>,
    events: &[Event],
    notes: &mut Vec<String>,
) -> Result<About, Unreadable> {
    let first_ms = events.first().map_or(0, |event| event.at_ms);
    let arn = execution
        .get("executionArn")
        .or(log_arn.as_ref())
        .and_then(Value::as_str);
    let Some(arn) = arn else {
        notes.push(
            "The record does not say which execution it is: what its context object says of that is made up."
                .to_owned(),
        );
        return Ok(About {
            arn: "arn:aws:states:us-east-1:000000000000:execution:machine:execution".to_owned(),
            name: "execution".to_owned(),
            machine: "machine".to_owned(),
            machine_arn: "arn:aws:states:us-east-1:000000000000:stateMachine:machine".to_owned(),
            label: None,
            is_express: false,
            started_ms: first_ms,
            is_known: false,
        });
    };
    let unusable = || {
        let why = format!("is not the ARN of an execution: {arn:?}");
        Unreadable::new("execution.executionArn", why)
    };
    let parts: Vec<&str> = arn.splitn(8, ':').collect();
    let ["arn", partition, "states", region, account, kind, machine, rest] = parts[..] else {
        return Err(unusable());
    };
    let (is_express, name) = match kind {
        "execution" => (false, rest),
        "express" => (true, rest.split(':').next().unwrap_or(rest)),
        _ => return Err(unusable()),
    };
    let (machine, label) = match machine.split_once('/') {
        Some((machine, label)) => (machine, Some(label.to_owned())),
        None => (machine, None),
    };
    let started_ms = match execution.get("startDate") {
        Some(Value::Null) | None => first_ms,
        Some(value) => moment(value).map_err(|why| Unreadable::new("execution.startDate", why))?,
    };
    Ok(About {
        arn: arn.to_owned(),
        name: name.to_owned(),
        machine: machine.to_owned(),
        machine_arn: format!("arn:{partition}:states:{region}:{account}:stateMachine:{machine}"),
        label,
        is_express,
        started_ms,
        is_known: true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        match read(text) {
            Ok(file) => format!("{} events", file.events.len()),
            Err(why) => why.to_string(),
        }
    }

    fn events(more: &str) -> String {
        let first = r#"{"id":1,"timestamp":1700000000,"type":"ExecutionStarted","executionStartedEventDetails":{"input":"{}"}}"#;
        format!(r#"{{"events":[{first}{more}]}}"#)
    }

    #[test]
    fn what_is_wrong_with_a_file_is_named_by_its_place() {
        for (text, why) in [
            (
                "",
                "The file is no JSON: EOF while parsing a value at line 1 column 0",
            ),
            (
                "7",
                "The file has no events; an exported history, or what `aws stepfunctions get-execution-history` answers, can be played",
            ),
            (r#"{"events":[]}"#, "events are none"),
            (r#"{"events":[7]}"#, "events[0] is not an object"),
            (r#"{"events":[{}]}"#, "events[0].type is missing"),
            (
                r#"{"format":"x","events":[]}"#,
                "format is \"x\"; holdfast-execution-1 can be played",
            ),
            (
                r#"{"nextToken":"x","events":[]}"#,
                "nextToken says that this is only a part of the history",
            ),
            (
                &events(r#",{"id":3,"timestamp":1,"type":"TaskStarted"}"#),
                "events lack the event 2: only a whole history can be played, not a part of it and not what a log keeps at a level other than ALL",
            ),
            (
                &events(r#",{"id":2,"timestamp":"soon","type":"TaskStarted"}"#),
                "events[1].timestamp is no moment: \"soon\"",
            ),
            (
                &events(r#",{"id":2,"timestamp":1,"type":"Exploded"}"#),
                "events[1].type is no type of event that is known here: \"Exploded\"",
            ),
            (
                &events(r#",{"id":2,"timestamp":1,"type":"PassStateEntered"}"#),
                "events[1].stateEnteredEventDetails is missing",
            ),
            (
                &events(
                    r#",{"id":2,"timestamp":1,"type":"PassStateEntered","stateEnteredEventDetails":{"name":"A"}}"#,
                ),
                "events[1].stateEnteredEventDetails.input is missing: a history without data cannot be played (includeExecutionData was off)",
            ),
            (
                &events(
                    r#",{"id":2,"timestamp":1,"type":"PassStateEntered","stateEnteredEventDetails":{"name":"A","input":"{"}}"#,
                ),
                "events[1].stateEnteredEventDetails.input is no JSON: EOF while parsing an object at line 1 column 1",
            ),
        ] {
            assert_eq!(refusal(text), why, "{text}");
        }
        assert_eq!(refusal(&events("")), "1 events");
    }

    #[test]
    fn moments_are_read_as_the_api_the_command_and_logs_write_them() {
        for (value, ms) in [
            (json!(1_700_000_000.123), 1_700_000_000_123),
            (json!("1700000000123"), 1_700_000_000_123),
            (json!("2023-11-14T22:13:20.123000+00:00"), 1_700_000_000_123),
            (json!("2023-11-14 23:13:20.123+01:00"), 1_700_000_000_123),
        ] {
            assert_eq!(moment(&value), Ok(ms), "{value}");
        }
        for value in [json!(-1), json!(1e300), json!(true), json!(""), Value::Null] {
            assert!(moment(&value).is_err(), "{value}");
        }
    }

    #[test]
    fn an_execution_is_known_by_its_arn() {
        let known = |arn: &str| {
            let text = events("").replacen('{', &format!(r#"{{"execution":{{"executionArn":"{arn}"}},"#), 1);
            read(&text).map(|file| file.about).map_err(|why| why.to_string())
        };
        let about = known("arn:aws:states:eu-west-1:1:execution:order:7").unwrap();
        assert_eq!(
            (about.machine.as_str(), about.name.as_str(), about.is_express),
            ("order", "7", false)
        );
        let about = known("arn:aws:states:eu-west-1:1:express:hold:7:uuid").unwrap();
        assert_eq!(
            (about.machine.as_str(), about.name.as_str(), about.is_express),
            ("hold", "7", true)
        );
        let about = known("arn:aws:states:eu-west-1:1:execution:order/label:7").unwrap();
        assert_eq!(
            (about.label.as_deref(), about.machine.as_str()),
            (Some("label"), "order")
        );
        assert!(known("order").is_err());
    }
}
