//! JSON text from outside, and where two of them differ.

use serde_json::Value;

/// Payloads are at most 200 levels deep; what is much deeper was not recorded but made, and would exhaust the stack.
const DEPTH_MAX: usize = 1_000;
/// So many characters of a value are shown.
const SHOWN_MAX: usize = 80;

/// Reads JSON text that came from outside; the error is a sentence without a subject.
pub(crate) fn read(text: &str) -> Result<Value, String> {
    if depth(text) > DEPTH_MAX {
        return Err(format!("is more than {DEPTH_MAX} levels deep"));
    }
    crate::saved::read(text.as_bytes()).map_err(|why| format!("is no JSON: {why}"))
}

fn depth(text: &str) -> usize {
    let (mut depth, mut deepest, mut is_text, mut is_escaped) = (0usize, 0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_text => is_escaped = true,
            b'"' => is_text = !is_text,
            _ if is_text => {}
            b'[' | b'{' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// Whether two JSON texts mean the same value.
pub(super) fn same(one: &str, other: &str) -> bool {
    one == other || difference(one, other, &|_, _| false).is_none()
}

/// Where two JSON texts first differ, in words: `$.amount is 5 in the record and 6 here`. `is_near` may let differing texts
/// within them pass.
pub(super) fn difference(recorded: &str, here: &str, is_near: &dyn Fn(&str, &str) -> bool) -> Option<String> {
    if recorded == here {
        return None;
    }
    match (read(recorded), read(here)) {
        (Ok(recorded), Ok(here)) => {
            let (path, recorded, here) = first("$".to_owned(), Some(&recorded), Some(&here), is_near)?;
            Some(match (recorded, here) {
                (Some(recorded), Some(here)) => {
                    format!(
                        "{path} is {} in the record and {} here",
                        shown(recorded),
                        shown(here)
                    )
                }
                (Some(recorded), None) => {
                    format!("{path} is {} in the record and not there here", shown(recorded))
                }
                (None, here) => format!(
                    "{path} is not there in the record and {} here",
                    shown(here.unwrap_or(&Value::Null))
                ),
            })
        }
        _ => Some(format!("{} in the record, {} here", cut(recorded), cut(here))),
    }
}

type Found<'a> = (String, Option<&'a Value>, Option<&'a Value>);

fn first<'a>(
    path: String,
    recorded: Option<&'a Value>,
    here: Option<&'a Value>,
    is_near: &dyn Fn(&str, &str) -> bool,
) -> Option<Found<'a>> {
    match (recorded, here) {
        (Some(Value::Object(recorded)), Some(Value::Object(here))) => {
            let missing = here.keys().filter(|name| !recorded.contains_key(*name));
            recorded.keys().chain(missing).find_map(|name| {
                let path = match name
                    .chars()
                    .all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
                {
                    true => format!("{path}.{name}"),
                    false => format!("{path}[{name:?}]"),
                };
                first(path, recorded.get(name), here.get(name), is_near)
            })
        }
        (Some(Value::Array(recorded)), Some(Value::Array(here))) => (0..recorded.len().max(here.len()))
            .find_map(|index| {
                first(
                    format!("{path}[{index}]"),
                    recorded.get(index),
                    here.get(index),
                    is_near,
                )
            }),
        (Some(Value::Number(one)), Some(Value::Number(other))) if one.as_f64() == other.as_f64() => None,
        (Some(Value::String(one)), Some(Value::String(other))) if one == other || is_near(one, other) => None,
        _ if recorded == here => None,
        _ => Some((path, recorded, here)),
    }
}

fn shown(value: &Value) -> String {
    cut(&value.to_string())
}

/// The beginning of a text, if it is long.
pub(super) fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN_MAX) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(recorded: &str, here: &str) -> Option<String> {
        difference(recorded, here, &|_, _| false)
    }

    #[test]
    fn the_first_place_that_differs_is_named() {
        assert_eq!(told(r#"{"a":1,"b":[1,2]}"#, r#"{"b":[1,2.0],"a":1.0}"#), None);
        assert_eq!(
            told(r#"{"a":{"b c":[1,2]}}"#, r#"{"a":{"b c":[1,3]}}"#).as_deref(),
            Some(r#"$.a["b c"][1] is 2 in the record and 3 here"#)
        );
        assert_eq!(
            told(r#"{"a":1}"#, r#"{"a":1,"b":null}"#).as_deref(),
            Some("$.b is not there in the record and null here")
        );
        assert_eq!(
            told("[1]", "[]").as_deref(),
            Some("$[0] is 1 in the record and not there here")
        );
    }

    #[test]
    fn what_is_too_deep_is_refused_before_it_is_read() {
        let deep = "[".repeat(100_000);
        assert_eq!(read(&deep).unwrap_err(), "is more than 1000 levels deep");
        assert!(read(&format!("\"{deep}\"")).is_ok());
    }
}
