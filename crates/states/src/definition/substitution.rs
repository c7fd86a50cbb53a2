//! `${Name}` placeholders: what a deployment fills in before a definition is registered.

use std::collections::{BTreeMap, BTreeSet};

/// Replaces every `${Name}` by its value. JSON strings stay JSON strings: values are escaped as JSON text.
///
/// # Errors
///
/// The names, each once and sorted, that have no value.
pub fn substitute(definition: &str, values: &BTreeMap<String, String>) -> Result<String, Vec<String>> {
    let mut filled = String::with_capacity(definition.len());
    let mut missing = BTreeSet::new();
    let mut rest = definition;
    while let Some(start) = rest.find("${") {
        let (before, from_placeholder) = rest.split_at(start);
        filled.push_str(before);
        let end = from_placeholder.find('}');
        let name = end
            .map(|end| &from_placeholder[2..end])
            .filter(|name| is_name(name));
        match (name, end) {
            (Some(name), Some(end)) => {
                match values.get(name) {
                    Some(value) => filled.push_str(&escaped(value)),
                    None => {
                        missing.insert(name.to_owned());
                    }
                }
                rest = &from_placeholder[end + 1..];
            }
            // Not a placeholder, so it stays as it is.
            _ => {
                filled.push_str("${");
                rest = &from_placeholder[2..];
            }
        }
    }
    filled.push_str(rest);
    if missing.is_empty() {
        Ok(filled)
    } else {
        Err(missing.into_iter().collect())
    }
}

/// CloudFormation's rule for substitution keys.
pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

fn escaped(value: &str) -> String {
    let quoted = serde_json::Value::from(value).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_filled_and_other_dollars_left_alone() {
        let values = BTreeMap::from([("Arn".to_owned(), "a\"b".to_owned())]);
        let text = r#"{"a":"${Arn}","b":"${not a name}","c":"$x"}"#;
        let filled = substitute(text, &values).unwrap();
        assert_eq!(filled, r#"{"a":"a\"b","b":"${not a name}","c":"$x"}"#);
    }

    #[test]
    fn every_missing_value_is_named_once() {
        let missing = substitute("${B} ${A} ${B}", &BTreeMap::new()).unwrap_err();
        assert_eq!(missing, ["A", "B"]);
    }
}
