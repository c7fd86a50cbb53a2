//! The definition to be played: `${Name}` in it is filled in from the recorded one.
//!
//! What a deployment filled in stands in the recorded definition at the same place. For what is not found there, `<Name>` is put
//! in: nobody outside is called, so it only matters where it is compared, and there it passes for anything. Only a resource
//! must be one, so it is made up.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Unreadable;

/// The definition that is to be played.
pub(super) fn definition(
    stated: Option<&str>,
    recorded: Option<&Value>,
    notes: &mut Vec<String>,
) -> Result<Filled, Unreadable> {
    let Some(stated) = stated else {
        let definition = recorded.cloned().ok_or_else(|| {
            Unreadable::new(
                "definition",
                "is missing: the history came without one, so name one",
            )
        })?;
        return Ok(Filled {
            definition,
            unknown: Vec::new(),
        });
    };
    let mut definition = super::values::read(stated).map_err(|why| Unreadable::new("The definition", why))?;
    let mut known = BTreeMap::new();
    if let Some(recorded) = recorded {
        learn(&definition, recorded, &mut known);
        // A state that has moved is still found by its name.
        let (mut here, mut there) = (BTreeMap::new(), BTreeMap::new());
        states(&definition, &mut here);
        states(recorded, &mut there);
        for (name, state) in here {
            if let Some(recorded) = there.get(name) {
                learn(state, recorded, &mut known);
            }
        }
    }
    let mut unknown = Vec::new();
    fill(&mut definition, &known, &mut unknown);
    if !unknown.is_empty() {
        unknown.sort();
        unknown.dedup();
        notes.push(format!(
            "The record does not say what stands for {}: where that is asked with, it was not compared.",
            unknown.join(", ")
        ));
    }
    Ok(Filled { definition, unknown })
}

/// Every state by its name.
pub(super) fn states<'a>(value: &'a Value, found: &mut BTreeMap<&'a str, &'a Value>) {
    match value {
        Value::Object(members) => {
            if let Some(Value::Object(states)) = members.get("States") {
                found.extend(states.iter().map(|(name, state)| (name.as_str(), state)));
            }
            members.values().for_each(|value| states(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| states(value, found)),
        _ => {}
    }
}

fn learn(template: &Value, filled: &Value, known: &mut BTreeMap<String, Value>) {
    match (template, filled) {
        (Value::Object(template), Value::Object(filled)) => {
            for (name, value) in template {
                if let Some(filled) = filled.get(name) {
                    learn(value, filled, known);
                }
            }
        }
        (Value::Array(template), Value::Array(filled)) => {
            for (template, filled) in template.iter().zip(filled) {
                learn(template, filled, known);
            }
        }
        (Value::String(text), filled) => {
            let Some((before, name, after)) = placeholder(text) else {
                return;
            };
            let value = match filled {
                Value::String(filled) => filled
                    .strip_prefix(before)
                    .and_then(|rest| rest.strip_suffix(after))
                    .filter(|value| !value.contains("${"))
                    .map(|value| Value::String(value.to_owned())),
                filled if before.is_empty() && after.is_empty() => Some(filled.clone()),
                _ => None,
            };
            if let Some(value) = value {
                known.entry(name.to_owned()).or_insert(value);
            }
        }
        _ => {}
    }
}

/// The first `${Name}` of a text, and what is around it.
fn placeholder(text: &str) -> Option<(&str, &str, &str)> {
    let start = text.find("${")?;
    let length = text[start..].find('}')?;
    let name = &text[start + 2..start + length];
    let is_name = !name.is_empty()
        && name
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '_' | ':' | '.'));
    is_name.then(|| (&text[..start], name, &text[start + length + 1..]))
}

/// A definition that is to be played, and the names in it that nothing is known for.
#[derive(Debug)]
pub(super) struct Filled {
    pub definition: Value,
    pub unknown: Vec<String>,
}

impl Filled {
    /// Whether a text has something in it that is not known.
    pub fn is_open(&self, text: &str) -> bool {
        self.unknown.iter().any(|name| text.contains(&stand_in(name)))
    }
}

fn stand_in(name: &str) -> String {
    format!("<{name}>")
}

fn fill(value: &mut Value, known: &BTreeMap<String, Value>, unknown: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            fill_resource(members, known);
            members.values_mut().for_each(|value| fill(value, known, unknown));
        }
        Value::Array(items) => items.iter_mut().for_each(|value| fill(value, known, unknown)),
        Value::String(text) => {
            let mut filled = String::new();
            let mut rest = text.as_str();
            while let Some((before, name, after)) = placeholder(rest) {
                filled += before;
                match known.get(name) {
                    Some(Value::String(value)) => filled += value,
                    Some(other) if filled.is_empty() && after.is_empty() => {
                        *value = other.clone();
                        return;
                    }
                    _ => {
                        filled += &stand_in(name);
                        unknown.push(name.to_owned());
                    }
                }
                rest = after;
            }
            filled += rest;
            *text = filled;
        }
        _ => {}
    }
}

/// A resource is a function's ARN if nobody knows better.
fn fill_resource(members: &mut Map<String, Value>, known: &BTreeMap<String, Value>) {
    let is_task = members.get("Type").is_some_and(|kind| kind == "Task");
    if let Some(Value::String(resource)) = members.get_mut("Resource").filter(|_| is_task)
        && let Some(("", name, "")) = placeholder(resource)
        && !known.contains_key(name)
    {
        *resource = format!(
            "arn:aws:lambda:us-east-1:000000000000:function:{}",
            name.replace([':', '.'], "-")
        );
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_are_filled_in_from_the_recorded_definition_also_of_states_that_have_moved() {
        let template = json!({ "States": { "A": { "B": ["x${One}y", "${Two}"] }, "M": { "ItemProcessor": {
            "States": { "T": { "Arguments": "${Three}" } } } } } });
        let recorded = json!({ "States": { "A": { "B": ["x1y", 2] }, "T": { "Arguments": "3" } } });
        let mut notes = Vec::new();
        let filled = definition(Some(&template.to_string()), Some(&recorded), &mut notes)
            .unwrap()
            .definition;
        let expected = json!({ "States": { "A": { "B": ["x1y", 2] }, "M": { "ItemProcessor": {
            "States": { "T": { "Arguments": "3" } } } } } });
        assert_eq!((filled, notes), (expected, Vec::new()));
    }

    #[test]
    fn what_nobody_knows_passes_for_anything_and_is_told() {
        let template =
            json!({ "States": { "A": { "Type": "Task", "Resource": "${F}", "Arguments": "${Q}" } } });
        let mut notes = Vec::new();
        let filled = definition(Some(&template.to_string()), None, &mut notes).unwrap();
        assert!(filled.is_open("to <Q>") && !filled.is_open("to Q"));
        let filled = filled.definition;
        assert_eq!(
            filled["States"]["A"]["Resource"],
            "arn:aws:lambda:us-east-1:000000000000:function:F"
        );
        assert_eq!(filled["States"]["A"]["Arguments"], "<Q>");
        assert_eq!(
            notes,
            ["The record does not say what stands for Q: where that is asked with, it was not compared."]
        );
    }
}
