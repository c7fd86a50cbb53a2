//! Real input, damaged: what property tests feed to whatever reads from outside.
//!
//! Noise is refused at its first byte. What is almost right goes deeper, so each strategy here begins with something that
//! is right and changes a few places of it. For tests alone; nothing that runs depends on it.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

/// How many places are damaged at most. Zero is among the cases: what is right must be read.
const DAMAGES_MAX: usize = 4;

/// Pieces of text at which readers have stumbled.
const PIECES: [&str; 34] = [
    "",
    "\0",
    "\n",
    "\r\n",
    "\t",
    " ",
    "\u{a0}",
    "\u{feff}",
    "\u{202e}",
    "\u{fffd}",
    "\u{1f600}",
    "\u{e9}",
    "\u{130}",
    "\u{2028}",
    "%00",
    "%ff",
    "+",
    "-",
    "-0",
    "_",
    ".",
    "..",
    ",",
    ";",
    "=",
    "\"",
    "\\",
    "\\u0000",
    "\\ud800",
    "{",
    "[",
    "1e999",
    "99999999999999999999",
    "$",
];

/// One of these texts, whole or with a few places removed, doubled, replaced or cut off.
pub fn text<T: Into<String>>(real: impl IntoIterator<Item = T>) -> impl Strategy<Value = String> {
    let real: Vec<String> = real.into_iter().map(Into::into).collect();
    let damage = (0..6_u8, any::<Index>(), any::<Index>(), select(&PIECES[..]));
    (select(real), vec(damage, 0..=DAMAGES_MAX)).prop_map(|(mut text, damages)| {
        for (how, from, to, piece) in damages {
            let places: Vec<usize> = text
                .char_indices()
                .map(|(place, _)| place)
                .chain([text.len()])
                .collect();
            let (one, other) = (places[from.index(places.len())], places[to.index(places.len())]);
            let (from, to) = (one.min(other), one.max(other));
            match how {
                0 => text.truncate(from),
                1 => text.insert_str(from, piece),
                2 => text.replace_range(from..to, piece),
                3 => {
                    let again = text[from..to].to_owned();
                    text.insert_str(to, &again);
                }
                4 => {
                    let swapped: String = text[from..to].chars().map(swap_case).collect();
                    text.replace_range(from..to, &swapped);
                }
                _ => text = text[from..to].to_owned(),
            }
        }
        text
    })
}

fn swap_case(letter: char) -> char {
    match letter.is_ascii_uppercase() {
        true => letter.to_ascii_lowercase(),
        false => letter.to_ascii_uppercase(),
    }
}

/// These bytes, whole or with a few places changed, removed, doubled or cut off.
pub fn bytes(real: Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
    let damage = (0..5_u8, any::<Index>(), any::<Index>(), any::<u8>());
    vec(damage, 0..=DAMAGES_MAX).prop_map(move |damages| {
        let mut bytes = real.clone();
        for (how, one, other, byte) in damages {
            let (one, other) = (one.index(bytes.len() + 1), other.index(bytes.len() + 1));
            let (from, to) = (one.min(other), one.max(other));
            match how {
                0 => bytes.truncate(from),
                1 => bytes.insert(from, byte),
                2 => bytes.get_mut(from).into_iter().for_each(|at| *at = byte),
                3 => drop(bytes.drain(from..to)),
                _ => {
                    let again = bytes[from..to].to_vec();
                    bytes.splice(to..to, again);
                }
            }
        }
        bytes
    })
}

/// Values that stand where others are expected.
fn values() -> impl Strategy<Value = Value> {
    prop_oneof![
        select(vec![
            Value::Null,
            json!(true),
            json!(0),
            json!(-1),
            json!(0.5),
            json!(1e300),
            json!(u64::MAX),
            json!(i64::MIN),
            json!([]),
            json!({}),
            json!([[[[[[[[]]]]]]]]),
            json!(""),
        ]),
        select(&PIECES[..]).prop_map(|piece| json!(piece)),
        select(vec![255_usize, 256, 5_000]).prop_map(|length| json!("x".repeat(length))),
    ]
}

/// This JSON, whole or with a few of its values replaced, removed, renamed, doubled or wrapped.
pub fn json(real: Value) -> impl Strategy<Value = Value> {
    let damage = (0..5_u8, any::<Index>(), values());
    vec(damage, 0..=DAMAGES_MAX).prop_map(move |damages| {
        let mut whole = real.clone();
        for (how, place, value) in damages {
            let mut left = place.index(count(&whole));
            if let Some(at) = nth(&mut whole, &mut left) {
                harm(at, how, value);
            }
        }
        whole
    })
}

fn harm(at: &mut Value, how: u8, value: Value) {
    match (how, at) {
        (0, Value::Object(members)) => {
            if let Some(name) = members.keys().next().cloned() {
                members.remove(&name);
            }
        }
        (1, Value::Object(members)) => {
            if let Some(name) = members.keys().next_back().cloned()
                && let Some(member) = members.remove(&name)
            {
                members.insert(name + "_", member);
            }
        }
        (0 | 1, Value::Array(items)) => drop(items.pop()),
        (2, Value::Array(items)) => items.extend(items.clone()),
        (2, Value::String(text)) => *text += &text.clone(),
        (3, at) => *at = json!([at.take()]),
        (_, at) => *at = value,
    }
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(members) => members.values().map(count).sum(),
        _ => 0,
    }
}

/// The value at this place, counted from the root.
fn nth<'a>(value: &'a mut Value, left: &mut usize) -> Option<&'a mut Value> {
    if *left == 0 {
        return Some(value);
    }
    *left -= 1;
    match value {
        Value::Array(items) => items.iter_mut().find_map(|item| nth(item, left)),
        Value::Object(members) => members.values_mut().find_map(|member| nth(member, left)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    /// How many of a few hundred cases are this.
    fn drawn<T: std::fmt::Debug>(strategy: &impl Strategy<Value = T>, is: impl Fn(&T) -> bool) -> usize {
        let mut runner = TestRunner::deterministic();
        (0..400)
            .filter(|_| is(&strategy.new_tree(&mut runner).expect("a case").current()))
            .count()
    }

    #[test]
    fn what_is_right_is_among_the_cases_and_most_are_not() {
        let whole = json!({ "id": "evt_1", "data": { "object": [1, 2, { "a": null }] } });
        for intact in [
            drawn(&text(["tkt_000"]), |text| text == "tkt_000"),
            drawn(&bytes(b"tkt_000".to_vec()), |bytes| bytes == b"tkt_000"),
            drawn(&json(whole.clone()), |value| *value == whole),
        ] {
            assert!((20..300).contains(&intact), "{intact} of 400 are intact");
        }
    }

    #[test]
    fn every_value_of_a_document_is_reached() {
        let whole = json!({ "a": [1, { "b": "x" }], "c": null });
        let mut seen = Vec::new();
        for place in 0..count(&whole) {
            let mut left = place;
            seen.push(nth(&mut whole.clone(), &mut left).cloned().expect("it is there"));
        }
        assert_eq!(
            seen,
            [
                whole.clone(),
                json!([1, { "b": "x" }]),
                json!(1),
                json!({ "b": "x" }),
                json!("x"),
                Value::Null
            ]
        );
    }
}
