//! The items that are written in an object of S3.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::definition::{Format, HEADER_BYTES_MAX};

use super::csv::Rows;

/// An item of a data set.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) struct ReadItem {
    /// The name of the object's member that it is, if the data set is an object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    pub value: Value,
    /// Where it was read: `s3://bucket/key`, or `s3://bucket` if it describes an object.
    #[serde(with = "crate::saved::text")]
    pub source: Arc<str>,
}

impl ReadItem {
    /// The input of a child without an `ItemSelector`: the item or, of an object's member, `{"Key": .., "Value": ..}`.
    pub fn input(&self) -> Value {
        let Some(key) = &self.key else {
            return self.value.clone();
        };
        let mut members = Map::new();
        members.insert("Key".to_owned(), key.as_str().into());
        members.insert("Value".to_owned(), self.value.clone());
        Value::Object(members)
    }
}

/// Reads the items of a text, `items_max` at most.
///
/// # Errors
///
/// Why it cannot be read: the cause of a `States.ItemReaderFailed`.
pub(super) fn read_items(
    text: &str,
    format: &Format,
    items_max: usize,
    source: &Arc<str>,
) -> Result<Vec<ReadItem>, String> {
    let item = |key: Option<String>, value: Value| ReadItem {
        key,
        value,
        source: Arc::clone(source),
    };
    match format {
        Format::Csv { headers, delimiter } => {
            let rows = read_rows(text, headers.as_deref(), *delimiter, items_max)?;
            Ok(rows.into_iter().map(|row| item(None, row)).collect())
        }
        Format::JsonLines => {
            let lines = text.strip_prefix('\u{feff}').unwrap_or(text).lines().enumerate();
            lines
                .filter(|(_, line)| !line.trim().is_empty())
                .take(items_max)
                .map(|(number, line)| match serde_json::from_str(line) {
                    Ok(value) => Ok(item(None, value)),
                    Err(reason) => Err(format!("Line {} is no JSON: {reason}.", number + 1)),
                })
                .collect()
        }
        Format::Json { pointer } => match read_json(text, pointer)? {
            Value::Array(items) => Ok(items
                .into_iter()
                .take(items_max)
                .map(|value| item(None, value))
                .collect()),
            Value::Object(members) => Ok(members
                .into_iter()
                .take(items_max)
                .map(|(key, value)| item(Some(key), value))
                .collect()),
            _ => Err("Attempting to map over non-iterable node.".to_owned()),
        },
    }
}

fn read_json(text: &str, pointer: &str) -> Result<Value, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut value: Value =
        serde_json::from_str(text).map_err(|reason| format!("The object is no JSON: {reason}."))?;
    value.pointer_mut(pointer).map(Value::take).ok_or_else(|| {
        "The provided ReaderConfig.ItemsPointer does not match any valid path in the JSON structure."
            .to_owned()
    })
}

/// "If the number of fields in a row is less than the number of fields in the header, Step Functions provides empty
/// strings for the missing values. If [it] is more .., Step Functions skips the additional fields" (Developer Guide,
/// "How Step Functions parses input CSV files").
fn read_rows(
    text: &str,
    headers: Option<&[String]>,
    delimiter: u8,
    items_max: usize,
) -> Result<Vec<Value>, String> {
    let mut rows = Rows::of(text, delimiter)
        .map(|row| row.map_err(|_| "A field in double quotation marks does not end.".to_owned()));
    let first_row = match headers {
        Some(_) => Vec::new(),
        None => rows.next().transpose()?.unwrap_or_default(),
    };
    let headers = headers.unwrap_or(&first_row);
    if headers.iter().map(|name| name.len() + 1).sum::<usize>() > HEADER_BYTES_MAX {
        return Err("The header is larger than 10 KiB.".to_owned());
    }
    let item = |row: Vec<String>| {
        let fields = row.into_iter().chain(std::iter::repeat(String::new()));
        let members = headers.iter().cloned().zip(fields.map(Value::String));
        Value::Object(members.collect())
    };
    rows.take(items_max).map(|row| row.map(item)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const ALL: usize = usize::MAX;

    fn read(text: &str, format: &Format, items_max: usize) -> Result<Vec<Value>, String> {
        let items = read_items(text, format, items_max, &Arc::from("s3://b/k"))?;
        Ok(items.iter().map(ReadItem::input).collect())
    }

    fn csv(headers: Option<&[&str]>) -> Format {
        Format::Csv {
            headers: headers.map(|names| names.iter().map(|name| (*name).to_owned()).collect()),
            delimiter: b',',
        }
    }

    fn json_at(pointer: &str) -> Format {
        Format::Json {
            pointer: pointer.to_owned(),
        }
    }

    #[test]
    fn rows_have_the_names_of_the_header_and_as_many_fields() {
        let text = "id,name\n1,Alice\n2\n3,Carol,more\n";
        let expected = [
            json!({ "id": "1", "name": "Alice" }),
            json!({ "id": "2", "name": "" }),
            json!({ "id": "3", "name": "Carol" }),
        ];
        assert_eq!(read(text, &csv(None), ALL).unwrap(), expected);
        assert_eq!(read(text, &csv(None), 1).unwrap(), expected[..1]);
        let given = read("1,Alice\n", &csv(Some(&["id", "name"])), ALL);
        assert_eq!(given.unwrap(), expected[..1]);
        assert!(read("", &csv(None), ALL).unwrap().is_empty());
        assert!(read("id,name", &csv(None), ALL).unwrap().is_empty());
    }

    #[test]
    fn a_header_may_have_ten_kibibytes() {
        let at_limit = "a".repeat(HEADER_BYTES_MAX - 1);
        assert!(read(&format!("{at_limit}\n1"), &csv(None), ALL).is_ok());
        let reason = read(&format!("{at_limit}a\n1"), &csv(None), ALL).unwrap_err();
        assert!(reason.contains("10 KiB"), "{reason}");
    }

    #[test]
    fn lines_are_items_and_empty_ones_are_none() {
        let text = "{\"id\":\"x\"}\n\n  \n[1]\r\n7";
        let read_all = read(text, &Format::JsonLines, ALL).unwrap();
        assert_eq!(read_all, [json!({ "id": "x" }), json!([1]), json!(7)]);
        assert_eq!(read(text, &Format::JsonLines, 2).unwrap().len(), 2);
        let reason = read("1\n\n{", &Format::JsonLines, ALL).unwrap_err();
        assert!(reason.starts_with("Line 3 is no JSON"), "{reason}");
        // What is not needed is not looked at.
        assert!(read("1\n{", &Format::JsonLines, 1).is_ok());
    }

    #[test]
    fn a_pointer_leads_to_the_array_or_the_object_whose_members_are_items() {
        let text = r#"{"inventory":{"a/b":{"featured":[1,2,3]},"more":{"y":1,"x":[2]},"n":4}}"#;
        let featured = json_at("/inventory/a~1b/featured");
        assert_eq!(read(text, &featured, 2).unwrap(), [json!(1), json!(2)]);
        let members = read(text, &json_at("/inventory/more"), ALL).unwrap();
        assert_eq!(
            members,
            [
                json!({ "Key": "y", "Value": 1 }),
                json!({ "Key": "x", "Value": [2] })
            ]
        );
        assert_eq!(read("[]", &json_at(""), ALL).unwrap(), Vec::<Value>::new());
        for (pointer, cause) in [
            ("/inventory/n", "Attempting to map over non-iterable node."),
            (
                "/inventory/nothing",
                "The provided ReaderConfig.ItemsPointer does not match any valid path in the JSON structure.",
            ),
        ] {
            assert_eq!(read(text, &json_at(pointer), ALL).unwrap_err(), cause);
        }
        assert!(read("[1", &json_at(""), ALL).unwrap_err().contains("no JSON"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(
            bytes in prop::collection::vec(any::<u8>(), 0..200),
            items_max in 0..5_usize,
        ) {
            let text = String::from_utf8_lossy(&bytes);
            for format in [csv(None), csv(Some(&["a", "b"])), Format::JsonLines, json_at(""), json_at("/a/0")] {
                if let Ok(items) = read(&text, &format, items_max) {
                    prop_assert!(items.len() <= items_max);
                }
            }
        }
    }
}
