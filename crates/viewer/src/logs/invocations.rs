//! Lines of a log group, cut into the invocations that wrote them.
//!
//! Lambda writes `START RequestId: ...` before an invocation's lines and `END` and `REPORT` after them, into one stream. A
//! function that logs JSON through Lambda has the id in each line instead.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) at_ms: i64,
    pub(crate) stream: String,
    pub(crate) text: String,
    /// The invocation that wrote it, where the line itself tells.
    pub(crate) request_id: Option<String>,
}

impl Line {
    /// The lines of FilterLogEvents' answer.
    pub(crate) fn all(answer: &Value) -> Vec<Self> {
        let events = answer["events"].as_array().into_iter().flatten();
        events
            .filter_map(|event| {
                let text = event["message"].as_str()?.trim_end().to_owned();
                Some(Self {
                    at_ms: event["timestamp"].as_i64()?,
                    stream: event["logStreamName"].as_str().unwrap_or_default().to_owned(),
                    request_id: request_id(&text),
                    text,
                })
            })
            .collect()
    }
}

/// The id of the invocation, if the line names it where Lambda does.
fn request_id(text: &str) -> Option<String> {
    for word in ["START", "END", "REPORT"] {
        if let Some(rest) = text
            .strip_prefix(word)
            .and_then(|rest| rest.strip_prefix(" RequestId: "))
        {
            return rest.split_whitespace().next().map(str::to_owned);
        }
    }
    let line: Value = serde_json::from_str(text).ok()?;
    ["/requestId", "/record/requestId", "/AWSRequestId"]
        .iter()
        .find_map(|member| line.pointer(member)?.as_str())
        .map(str::to_owned)
}

/// Of the lines around, those of invocations that wrote `text`. A line with it whose invocation is not told stands alone.
pub(crate) fn with_their_invocations(around: Vec<Line>, hits: Vec<Line>, text: &str) -> Vec<Line> {
    let mut under_way: BTreeMap<String, String> = BTreeMap::new();
    let mut mentioned = BTreeSet::new();
    let mut told = Vec::new();
    for mut line in around {
        match &line.request_id {
            Some(id) if line.text.starts_with("START") => {
                under_way.insert(line.stream.clone(), id.clone());
            }
            Some(_) => {}
            None => line.request_id = under_way.get(&line.stream).cloned(),
        }
        if line.text.contains(text)
            && let Some(id) = &line.request_id
        {
            mentioned.insert(id.clone());
        }
        told.push(line);
    }
    let mut lines: Vec<Line> = told
        .into_iter()
        .filter(|line| line.request_id.as_ref().is_some_and(|id| mentioned.contains(id)))
        .collect();
    for hit in hits {
        let is_there = lines
            .iter()
            .any(|line| (line.at_ms, &line.stream, &line.text) == (hit.at_ms, &hit.stream, &hit.text));
        if !is_there {
            lines.push(hit);
        }
    }
    lines.sort_by_key(|line| line.at_ms);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn lines(of: &[(&str, &str)]) -> Vec<Line> {
        let events: Vec<Value> = of
            .iter()
            .zip(0_i64..)
            .map(|((stream, text), at)| json!({ "timestamp": at, "logStreamName": stream, "message": text }))
            .collect();
        Line::all(&json!({ "events": events }))
    }

    #[test]
    fn the_whole_invocation_comes_with_the_line_that_mentions_it() {
        let around = lines(&[
            ("one", "START RequestId: a Version: $LATEST"),
            ("two", "START RequestId: b Version: $LATEST"),
            ("one", "before ord_1"),
            ("two", "ord_2"),
            ("one", "after"),
            ("one", "END RequestId: a"),
            ("one", "REPORT RequestId: a\tDuration: 3 ms"),
            ("one", "START RequestId: c Version: $LATEST"),
            ("one", "of c"),
        ]);
        let hits = vec![around[2].clone()];
        let found = with_their_invocations(around, hits, "ord_1");
        let texts: Vec<&str> = found.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(
            texts,
            [
                "START RequestId: a Version: $LATEST",
                "before ord_1",
                "after",
                "END RequestId: a",
                "REPORT RequestId: a\tDuration: 3 ms"
            ]
        );
        assert!(found.iter().all(|line| line.request_id.as_deref() == Some("a")));
    }

    #[test]
    fn a_line_that_is_json_may_name_its_invocation_itself() {
        let found = lines(&[("s", r#"{"requestId":"a","message":"ord_1"}"#)]);
        assert_eq!(found[0].request_id.as_deref(), Some("a"));
        // Nothing of it lies around: it stands alone.
        assert_eq!(with_their_invocations(Vec::new(), found.clone(), "ord_1"), found);
    }
}
