//! What an engine made of a case, held against what must come of it.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use states::timestamp;

use super::case::{Expected, START_MS};

/// Times on the wire that are milliseconds since 1970 are larger than this, other numbers of the cases smaller.
const MOMENTS_FROM: f64 = 1.6e12;
/// As much of a value as a table can show.
const SHOWN_CHARACTERS: usize = 160;

/// How an engine's times are read.
#[derive(Clone, Copy)]
pub struct Timing {
    /// When the execution began, milliseconds since 1970.
    pub begin_ms: u64,
    /// How much later than on the virtual clock something may happen.
    pub slack_ms: u64,
    /// Whether times of calls can be told: not on a hurried clock.
    pub tells_calls: bool,
}

/// What an engine made of a case.
pub struct Seen {
    pub described: Value,
    pub events: Vec<Value>,
    /// Name, milliseconds since the start, payload.
    pub calls: Vec<(String, i64, Option<Value>)>,
    /// Names that the engine gives by itself, such as of a message, where it sends it itself.
    pub own_names: bool,
}

/// A difference, as a sentence.
pub enum Difference {
    /// In what the execution does: how it ends, when, and what it asks.
    Done(String),
    /// Only in what is told of it: its history and description.
    Told(String),
    /// Only in the order of events of branches that run at the same time.
    Woven,
}

/// Every difference; if the execution ends in another way, only that.
pub fn differences(expected: &Expected, seen: &Seen, account: &str, timing: Timing) -> Vec<Difference> {
    let eye = Eye {
        timing,
        own_names: seen.own_names,
    };
    let here = |value: &Value| super::case::in_value(value, account);
    let ended = Ended::of(seen);
    if seen.described["status"] != expected.status {
        return vec![Difference::Done(
            ended.instead_of(expected, &seen.described["status"]),
        )];
    }
    let mut done = Vec::new();
    let succeeded = expected.status == "SUCCEEDED";
    if succeeded {
        done.extend(eye.differ("output", &ended.output, &here(&expected.output)));
    }
    done.extend(eye.differ("error", &ended.error, &expected.error));
    if let Some(part) = expected.cause_contains.as_ref().and_then(Value::as_str) {
        let part = super::case::in_account(part, account);
        if !ended.cause.contains(&part) {
            done.push(format!(
                "cause is {}, without {part:?}",
                shown(&json!(ended.cause))
            ));
        }
    }
    done.extend(elapsed(expected, seen, timing));
    done.extend(calls(expected, seen, timing));
    done.extend(eye.payloads(&here(&expected.payloads), seen));
    let mut told = Vec::new();
    if !succeeded && !ended.output.is_null() {
        told.push("an execution that did not succeed is described with an output".to_owned());
    }
    let types = seen
        .events
        .iter()
        .map(|event| event["type"].as_str().unwrap_or("?"));
    let types: Vec<&str> = types.collect();
    let events_differ = events(&expected.events, &types);
    let same_ids = events_differ.is_none();
    let history = here(&Value::Object(expected.history.clone()));
    for (id, members) in history.as_object().unwrap_or(&Map::new()) {
        told.extend(eye.event(id, members, &seen.events, same_ids));
    }
    let done = done.into_iter().map(Difference::Done);
    let told = told.into_iter().map(Difference::Told);
    done.chain(events_differ).chain(told).collect()
}

/// How an execution ended, as DescribeExecution says.
struct Ended {
    output: Value,
    error: Value,
    cause: String,
}

impl Ended {
    fn of(seen: &Seen) -> Ended {
        let part = |name: &str| seen.described[name].clone();
        let text = seen.described["output"].as_str().unwrap_or("null");
        Ended {
            output: serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
            error: part("error"),
            cause: part("cause").as_str().unwrap_or_default().to_owned(),
        }
    }

    fn instead_of(&self, expected: &Expected, status: &Value) -> String {
        let ways = |status: &Value, error: &Value, rest: String| match status.as_str() {
            Some("SUCCEEDED") => format!("succeeds with {rest}"),
            Some("RUNNING") => "does not end".to_owned(),
            Some("TIMED_OUT") => "times out".to_owned(),
            _ => format!("fails with {}{rest}", error.as_str().unwrap_or("nothing")),
        };
        let seen = match status == "SUCCEEDED" {
            true => shown(&self.output),
            false => format!(": {}", shown(&json!(self.cause))),
        };
        let must = match expected.status == "SUCCEEDED" {
            true => shown(&expected.output),
            false => String::new(),
        };
        format!(
            "{}; must be: {}",
            ways(status, &self.error, seen),
            ways(&expected.status, &expected.error, must)
        )
    }
}

fn elapsed(expected: &Expected, seen: &Seen, timing: Timing) -> Option<String> {
    let moment = |name: &str| milliseconds(&seen.described[name]);
    let took_ms = moment("stopDate")?.saturating_sub(moment("startDate")?);
    let (took_ms, must_ms) = (took_ms as u64, expected.elapsed_ms);
    let late = took_ms > must_ms + timing.slack_ms;
    let early = took_ms + 150 < must_ms && !expected.elapsed_is_most;
    (late || early).then(|| format!("takes {}, not {}", seconds(took_ms), seconds(must_ms)))
}

/// A time of the API: seconds since 1970, or text.
fn milliseconds(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => timestamp::parse(text).map(|at_ms| at_ms as i64),
        _ => value.as_f64().map(|at_s| (at_s * 1000.0) as i64),
    }
}

fn seconds(ms: u64) -> String {
    format!("{:.1} s", ms as f64 / 1000.0)
}

/// Types of events, in order; those of branches may be woven together in another way.
fn events(expected: &Value, seen: &[&str]) -> Option<Difference> {
    let names = expected.as_array().into_iter().flatten();
    let expected: Vec<&str> = names.filter_map(Value::as_str).collect();
    if expected == seen {
        return None;
    }
    let mut counts: BTreeMap<&str, i64> = BTreeMap::new();
    expected
        .iter()
        .for_each(|name| *counts.entry(name).or_default() -= 1);
    seen.iter().for_each(|name| *counts.entry(name).or_default() += 1);
    let part = |sign: i64| -> Vec<String> {
        let there = counts.iter().filter(|(_, count)| **count * sign > 0);
        there
            .map(|(name, count)| match count.abs() {
                1 => (*name).to_owned(),
                many => format!("{many} {name}"),
            })
            .collect()
    };
    let (missing, more) = (part(-1), part(1));
    Some(Difference::Told(match (missing.is_empty(), more.is_empty()) {
        (true, true) => {
            return Some(Difference::Woven);
        }
        (false, true) => format!("events lack {}", missing.join(", ")),
        (true, false) => format!("events also have {}", more.join(", ")),
        (false, false) => format!("events lack {} and have {}", missing.join(", "), more.join(", ")),
    }))
}

/// How often each function and service was asked, and when.
fn calls(expected: &Expected, seen: &Seen, timing: Timing) -> Vec<String> {
    let mut found = Vec::new();
    for (name, times) in expected.calls.as_object().into_iter().flatten() {
        let must_ms: Vec<i64> = times
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_i64)
            .collect();
        let asked_ms: Vec<i64> = seen
            .calls
            .iter()
            .filter(|(asked, ..)| asked == name)
            .map(|(_, at_ms, _)| *at_ms)
            .collect();
        if asked_ms.len() != must_ms.len() {
            found.push(format!(
                "{name} is asked {} times, not {}",
                asked_ms.len(),
                must_ms.len()
            ));
            continue;
        }
        let slack_ms = timing.slack_ms as i64;
        let off = asked_ms
            .iter()
            .zip(&must_ms)
            .find(|(at, must)| !(**must - 150..=**must + slack_ms).contains(at));
        if let Some((at_ms, must_ms)) = off.filter(|_| timing.tells_calls && !expected.elapsed_is_most) {
            found.push(format!(
                "{name} is asked after {}, not {}",
                seconds((*at_ms).max(0) as u64),
                seconds(*must_ms as u64)
            ));
        }
    }
    found
}

/// Compares values as far as an engine elsewhere and later can have the same.
struct Eye {
    timing: Timing,
    own_names: bool,
}

impl Eye {
    fn differ(&self, what: &str, seen: &Value, expected: &Value) -> Option<String> {
        let (place, seen, expected) = self.first(what, seen, expected, true)?;
        Some(format!("{place} is {}, not {}", shown(&seen), shown(&expected)))
    }

    /// An event must have these members, at this id; if the events differ in number, at any.
    fn event(&self, id: &str, members: &Value, events: &[Value], same_ids: bool) -> Option<String> {
        let index = id.parse::<usize>().ok()?.checked_sub(1)?;
        let mut members = members.clone();
        if !same_ids {
            members.as_object_mut()?.remove("previousEventId");
            if events
                .iter()
                .any(|event| self.first("", event, &members, false).is_none())
            {
                return None;
            }
        }
        let name = details_name(&members);
        let alike = |event: &&Value| name.as_ref().is_some_and(|name| event.get(name).is_some());
        let nearest = match same_ids {
            true => events.get(index),
            false => events
                .get(index)
                .filter(alike)
                .or_else(|| events.iter().find(alike)),
        };
        let Some(nearest) = nearest else {
            // That it is missing was said already.
            return None;
        };
        let place = format!("event {id}");
        let (place, seen, expected) = self.first(&place, nearest, &members, false)?;
        Some(format!("{place} is {}, not {}", shown(&seen), shown(&expected)))
    }

    fn payloads(&self, expected: &Value, seen: &Seen) -> Option<String> {
        let mut left: Vec<&Value> = expected.as_array()?.iter().collect();
        for payload in seen.calls.iter().filter_map(|(_, _, payload)| payload.as_ref()) {
            match left
                .iter()
                .position(|must| self.first("", payload, must, true).is_none())
            {
                Some(index) => drop(left.remove(index)),
                None => {
                    let must = left.first().copied().unwrap_or(&Value::Null);
                    let (place, seen, expected) = self.first("payload", payload, must, true)?;
                    return Some(format!("{place} is {}, not {}", shown(&seen), shown(&expected)));
                }
            }
        }
        None
    }

    /// The first place where two values differ. Objects may have more members than expected unless they are `whole`;
    /// text that holds JSON is compared as JSON.
    fn first(
        &self,
        place: &str,
        seen: &Value,
        expected: &Value,
        whole: bool,
    ) -> Option<(String, Value, Value)> {
        let here = || Some((place.to_owned(), seen.clone(), expected.clone()));
        match (seen, expected) {
            (Value::Object(seen), Value::Object(must)) => {
                let odd = seen.iter().find(|(name, _)| whole && must.get(*name).is_none());
                if let Some((name, value)) = odd {
                    return Some((format!("{place}.{name}"), value.clone(), json!("nothing")));
                }
                must.iter().find_map(|(name, must)| {
                    let seen = seen.get(name).unwrap_or(&Value::Null);
                    self.first(&format!("{place}.{name}"), seen, must, whole)
                })
            }
            (Value::Array(seen), Value::Array(must)) if seen.len() == must.len() => {
                (seen.iter().zip(must).enumerate()).find_map(|(index, (seen, must))| {
                    self.first(&format!("{place}[{index}]"), seen, must, whole)
                })
            }
            (Value::String(text), Value::Object(_) | Value::Array(_)) => {
                match serde_json::from_str::<Value>(text) {
                    Ok(inner) => self.first(place, &inner, expected, whole),
                    Err(_) => here(),
                }
            }
            (Value::String(text), Value::String(must)) => {
                let inner = |text: &str| serde_json::from_str::<Value>(text).ok().filter(Value::is_object);
                if let (Some(seen), Some(must)) = (inner(text), inner(must)) {
                    return self.first(place, &seen, &must, whole);
                }
                let own_name = self.own_names && matches!(must.as_str(), "message-1" | "request-1");
                match text == must || own_name || self.same_moment(text, must) {
                    true => None,
                    false => here(),
                }
            }
            (Value::Number(number), Value::Number(must)) => match (number.as_f64(), must.as_f64()) {
                (Some(number), Some(must)) if number == must => None,
                (Some(number), Some(must)) if number > MOMENTS_FROM && must > MOMENTS_FROM => {
                    match self.near(number as u64, must as u64) {
                        true => None,
                        false => here(),
                    }
                }
                _ => here(),
            },
            _ if seen == expected => None,
            _ => here(),
        }
    }

    fn same_moment(&self, text: &str, must: &str) -> bool {
        match (timestamp::parse(text), timestamp::parse(must)) {
            (Some(seen_ms), Some(must_ms)) => self.near(seen_ms, must_ms),
            _ => false,
        }
    }

    /// Whether a moment is as far from the beginning as on the virtual clock.
    fn near(&self, seen_ms: u64, must_ms: u64) -> bool {
        let must_ms = must_ms.saturating_sub(START_MS) + self.timing.begin_ms;
        (must_ms.saturating_sub(1_000)..=must_ms + self.timing.slack_ms).contains(&seen_ms)
    }
}

fn details_name(members: &Value) -> Option<String> {
    let mut names = members.as_object()?.keys();
    names.find(|name| name.ends_with("EventDetails")).cloned()
}

fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(SHOWN_CHARACTERS) {
        Some((end, _)) => format!("{} ...", &text[..end]),
        None => text,
    }
}
