//! Reading a data set from S3: which calls it takes, and what comes of their answers.
//!
//! A reading is asked for its next call until it has none; then it has its items. It does nothing itself, and may be
//! written to a snapshot between two calls.

use std::collections::VecDeque;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::definition::{Format, Source};
use crate::timestamp;

use super::read_items::{ReadItem, read_items};

/// A data set has so many bytes at most, texts of objects and what is kept of lists together: all of it is in memory until
/// the map run has ended.
const BYTES_MAX: usize = 64 * 1024 * 1024;

/// How far a reading has come.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct Reading {
    bucket: String,
    /// What the first call takes.
    arguments: Map<String, Value>,
    /// How many items are wanted at most; nothing for all.
    items_max: Option<usize>,
    items: Vec<ReadItem>,
    /// How many bytes were read or listed.
    #[serde(default)]
    bytes: usize,
    /// Objects that were listed and are still to be read.
    keys: VecDeque<String>,
    /// Leads to the next page of the list.
    page: Option<String>,
    /// Whether the first call is still to be made.
    is_new: bool,
}

/// A call of S3 by its action, with its arguments.
pub(super) type ReadCall = (&'static str, Value);

impl Reading {
    /// Begins with evaluated arguments; `items_max` is nothing or more than 0.
    ///
    /// # Errors
    ///
    /// A cause of `States.ItemReaderFailed`, if the arguments say no bucket, or no object where one is needed.
    pub fn begin(source: &Source, arguments: Value, items_max: Option<usize>) -> Result<Reading, String> {
        let Value::Object(arguments) = arguments else {
            return Err("The arguments of ItemReader must be an object.".to_owned());
        };
        let needed: &[&str] = match source {
            Source::Object(_) => &["Bucket", "Key"],
            Source::Listing | Source::Objects(_) => &["Bucket"],
        };
        for name in needed {
            if !arguments.get(*name).is_some_and(Value::is_string) {
                return Err(format!("The argument {name} of ItemReader must be text."));
            }
        }
        let bucket = arguments["Bucket"].as_str().unwrap_or_default().to_owned();
        Ok(Reading {
            bucket,
            arguments,
            items_max,
            items: Vec::new(),
            bytes: 0,
            keys: VecDeque::new(),
            page: None,
            is_new: true,
        })
    }

    /// The next call, or nothing if everything is read. Until its answer was taken in, it stays the next one.
    pub fn next_call(&self, source: &Source) -> Option<ReadCall> {
        if self.wanted() == 0 {
            return None;
        }
        let is_list = !matches!(source, Source::Object(_));
        if self.is_new {
            let action = if is_list { "ListObjectsV2" } else { "GetObject" };
            return Some((action, Value::Object(self.arguments.clone())));
        }
        // What was listed is read before the list goes on, so that no more is listed than is wanted.
        if let Some(key) = self.keys.front() {
            return Some(("GetObject", json!({ "Bucket": self.bucket, "Key": key })));
        }
        let page = self.page.as_deref()?;
        let mut arguments = self.arguments.clone();
        arguments.insert("ContinuationToken".to_owned(), page.into());
        Some(("ListObjectsV2", Value::Object(arguments)))
    }

    /// Takes in the result of the call that was the next one.
    ///
    /// # Errors
    ///
    /// A cause of `States.ItemReaderFailed`.
    pub fn take_in(&mut self, source: &Source, result: &Value) -> Result<(), String> {
        match source {
            Source::Object(format) => {
                self.is_new = false;
                let key = self.arguments["Key"].as_str().unwrap_or_default().to_owned();
                self.read_object(&key, format, result)
            }
            Source::Objects(format) if !self.is_new && !self.keys.is_empty() => {
                let key = self.keys.pop_front().unwrap_or_default();
                self.read_object(&key, format, result)
            }
            Source::Listing | Source::Objects(_) => {
                self.is_new = false;
                self.read_list(matches!(source, Source::Listing), result)
            }
        }
    }

    /// What was read.
    pub fn into_items(self) -> Vec<ReadItem> {
        self.items
    }

    fn wanted(&self) -> usize {
        let items_max = self.items_max.unwrap_or(usize::MAX);
        items_max.saturating_sub(self.items.len())
    }

    fn count(&mut self, bytes: usize) -> Result<(), String> {
        self.bytes = self.bytes.saturating_add(bytes);
        match self.bytes > BYTES_MAX {
            true => {
                Err("The data set is larger than 64 MB, which is as much as this server reads.".to_owned())
            }
            false => Ok(()),
        }
    }

    fn read_object(&mut self, key: &str, format: &Format, result: &Value) -> Result<(), String> {
        let Some(text) = result["Body"].as_str() else {
            return Err(format!("The object {key} has no body."));
        };
        self.count(text.len())?;
        let source = Arc::from(format!("s3://{}/{key}", self.bucket));
        self.items
            .append(&mut read_items(text, format, self.wanted(), &source)?);
        Ok(())
    }

    fn read_list(&mut self, is_data: bool, result: &Value) -> Result<(), String> {
        let page = result["NextContinuationToken"].as_str();
        self.page = page.filter(|_| result["IsTruncated"] == true).map(str::to_owned);
        let objects = result["Contents"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        if is_data {
            let source: Arc<str> = Arc::from(format!("s3://{}", self.bucket));
            let item = |object| ReadItem {
                key: None,
                value: described(object),
                source: Arc::clone(&source),
            };
            for item in objects.iter().take(self.wanted()).map(item) {
                self.count(item.value.to_string().len())?;
                self.items.push(item);
            }
            return Ok(());
        }
        for object in objects {
            let Some(key) = object["Key"].as_str() else {
                return Err("An object in the list has no key.".to_owned());
            };
            // What a console made to look like a folder has nothing in it.
            if !(key.ends_with('/') && object["Size"] == 0) {
                self.count(key.len())?;
                self.keys.push_back(key.to_owned());
            }
        }
        Ok(())
    }
}

/// What is known of an object, with the names and the time in seconds that the Developer Guide shows.
fn described(object: &Value) -> Value {
    let mut members = Map::new();
    for (name, told) in [
        ("Etag", "ETag"),
        ("Key", "Key"),
        ("Size", "Size"),
        ("StorageClass", "StorageClass"),
    ] {
        if !object[told].is_null() {
            members.insert(name.to_owned(), object[told].clone());
        }
    }
    let modified = &object["LastModified"];
    let seconds = match modified.as_str().and_then(timestamp::parse) {
        Some(at_ms) => json!(at_ms / 1_000),
        None => modified.clone(),
    };
    if !seconds.is_null() {
        members.insert("LastModified".to_owned(), seconds);
    }
    Value::Object(members)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads all of it from a bucket that answers by key, or by page; returns the calls and the items.
    fn read(source: &Source, items_max: Option<usize>) -> (Vec<ReadCall>, Vec<ReadItem>) {
        let arguments = match source {
            Source::Object(_) => json!({ "Bucket": "b", "Key": "in/a.json" }),
            _ => json!({ "Bucket": "b", "Prefix": "in/" }),
        };
        let mut reading = Reading::begin(source, arguments, items_max).unwrap();
        let mut calls = Vec::new();
        while let Some((action, arguments)) = reading.next_call(source) {
            let listed = |key: &str, size: u64| {
                json!({ "Key": key, "ETag": "\"1\"", "Size": size, "StorageClass": "STANDARD",
                    "LastModified": "2022-11-17T15:44:41.000Z", "ChecksumType": "FULL_OBJECT" })
            };
            let result = match (action, &arguments["ContinuationToken"], &arguments["Key"]) {
                ("ListObjectsV2", Value::Null, _) => {
                    json!({ "IsTruncated": true, "NextContinuationToken": "2",
                    "Contents": [listed("in/", 0), listed("in/a.json", 5)] })
                }
                ("ListObjectsV2", _, _) => {
                    json!({ "IsTruncated": false, "Contents": [listed("in/b.json", 3)] })
                }
                (_, _, key) if key == "in/a.json" => json!({ "Body": "[1,2]" }),
                _ => json!({ "Body": "{\"x\":3}" }),
            };
            calls.push((action, arguments));
            // It may be written down at any moment.
            reading = serde_json::from_value(serde_json::to_value(&reading).unwrap()).unwrap();
            reading.take_in(source, &result).unwrap();
        }
        (calls, reading.into_items())
    }

    fn whole() -> Format {
        Format::Json {
            pointer: String::new(),
        }
    }

    #[test]
    fn a_data_set_that_never_ends_is_read_no_further_than_64_megabytes() {
        let lines = json!({ "Body": format!("\"{}\"\n", "x".repeat(6_000_000)) });
        let list = |key: &str| json!({ "IsTruncated": true, "NextContinuationToken": "more", "Contents": [{ "Key": key, "Size": 1 }] });
        let long = list(&"k".repeat(1_000_000));
        let listed = |source: Source, listed: &Value| {
            let arguments = json!({ "Bucket": "b" });
            let mut reading = Reading::begin(&source, arguments, None).unwrap();
            // What is counted is written down as well.
            reading = serde_json::from_value(serde_json::to_value(&reading).unwrap()).unwrap();
            for answers in 1.. {
                let answer = match reading.next_call(&source) {
                    Some(("GetObject", _)) => &lines,
                    _ => listed,
                };
                if let Err(cause) = reading.take_in(&source, answer) {
                    return (answers, cause);
                }
            }
            unreachable!()
        };
        let cause = "The data set is larger than 64 MB, which is as much as this server reads.".to_owned();
        // Eleven lists and objects of 6 MB each, and the list before a twelfth one.
        let read = listed(Source::Objects(Format::JsonLines), &list("k"));
        assert_eq!(read, (24, cause.clone()));
        assert_eq!(listed(Source::Listing, &long), (68, cause));
    }

    #[test]
    fn one_object_is_one_call() {
        let (calls, items) = read(&Source::Object(whole()), None);
        assert_eq!(
            calls,
            [("GetObject", json!({ "Bucket": "b", "Key": "in/a.json" }))]
        );
        let values: Vec<&Value> = items.iter().map(|item| &item.value).collect();
        assert_eq!(values, [&json!(1), &json!(2)]);
        assert_eq!(&*items[0].source, "s3://b/in/a.json");
    }

    #[test]
    fn a_list_has_pages_and_its_items_describe_objects() {
        let (calls, items) = read(&Source::Listing, None);
        let page = json!({ "Bucket": "b", "Prefix": "in/", "ContinuationToken": "2" });
        assert_eq!(calls[1], ("ListObjectsV2", page));
        assert_eq!(calls.len(), 2);
        assert_eq!(items.len(), 3);
        assert_eq!(&*items[0].source, "s3://b");
        let described = json!({ "Etag": "\"1\"", "Key": "in/a.json", "LastModified": 1_668_699_881, "Size": 5,
            "StorageClass": "STANDARD" });
        assert_eq!(items[1].value, described);
    }

    #[test]
    fn no_more_is_asked_for_than_is_wanted() {
        let (calls, items) = read(&Source::Listing, Some(2));
        assert_eq!((calls.len(), items.len()), (1, 2));
        let (calls, items) = read(&Source::Objects(whole()), Some(2));
        assert_eq!((calls.len(), items.len()), (2, 2));
    }

    #[test]
    fn objects_of_a_list_are_read_and_their_items_are_one_list() {
        let (calls, items) = read(&Source::Objects(whole()), None);
        let actions: Vec<&str> = calls.iter().map(|(action, _)| *action).collect();
        assert_eq!(
            actions,
            ["ListObjectsV2", "GetObject", "ListObjectsV2", "GetObject"]
        );
        let inputs: Vec<Value> = items.iter().map(ReadItem::input).collect();
        assert_eq!(inputs, [json!(1), json!(2), json!({ "Key": "x", "Value": 3 })]);
        assert_eq!(&*items[2].source, "s3://b/in/b.json");
    }

    #[test]
    fn what_is_not_said_or_not_text_fails() {
        let object = Source::Object(whole());
        assert!(Reading::begin(&object, json!({ "Bucket": "b" }), None).is_err());
        assert!(Reading::begin(&Source::Listing, json!({ "Bucket": 7 }), None).is_err());
        let mut reading = Reading::begin(&object, json!({ "Bucket": "b", "Key": "k" }), None).unwrap();
        assert!(reading.take_in(&object, &json!({})).is_err());
    }
}
