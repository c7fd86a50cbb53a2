//! `s3:ListObjectsV2`: a form in the address, answered in XML.

use http::Method;
use serde_json::{Map, Value, json};

use crate::execution::AwsReply;

use super::objects::{invalid, refused};
use super::xml::{self, Element};
use super::{ANSWER_MS_MAX, Ask, Outside, encoded};

/// Arguments, and their names in the address.
const ASKED: &[(&str, &str)] = &[
    ("ContinuationToken", "continuation-token"),
    ("Delimiter", "delimiter"),
    ("FetchOwner", "fetch-owner"),
    ("MaxKeys", "max-keys"),
    ("Prefix", "prefix"),
    ("StartAfter", "start-after"),
];

/// Elements that are numbers, and those that say yes or no.
const NUMBERS: &[&str] = &["KeyCount", "MaxKeys", "Size"];
const FLAGS: &[&str] = &["IsTruncated"];
/// Elements of which there may be many.
const LISTS: &[&str] = &["ChecksumAlgorithm", "CommonPrefixes", "Contents"];

impl Outside {
    pub(super) async fn list_objects(&self, arguments: &Value) -> Result<AwsReply, String> {
        let members = arguments.as_object().cloned().unwrap_or_default();
        let mut path = String::new();
        let mut query = "list-type=2".to_owned();
        for (name, value) in &members {
            let text = match value {
                Value::String(text) => text.clone(),
                value => value.to_string(),
            };
            match ASKED.iter().find(|(member, _)| member == name) {
                Some((_, in_query)) => query += &format!("&{in_query}={}", encoded(&text)),
                None if name == "Bucket" => path = format!("/{}", encoded(&text)),
                None => {
                    let message = format!("The argument {name:?} of ListObjectsV2 is not supported");
                    return Ok(invalid(message));
                }
            }
        }
        if path.is_empty() {
            return Ok(invalid("ListObjectsV2 needs the argument Bucket".to_owned()));
        }
        let ask = Ask {
            method: Method::GET,
            path: format!("{path}?{query}"),
            scope: "s3",
            headers: Vec::new(),
            body: Vec::new(),
            limit_ms: ANSWER_MS_MAX,
        };
        let answer = self.ask(ask).await?;
        if !answer.is_good() {
            return Ok(refused(&answer));
        }
        let text = String::from_utf8_lossy(&answer.body);
        let document = xml::read(&text).ok_or_else(|| "the answer is not XML".to_owned())?;
        Ok(AwsReply::Answered {
            result: told(&document),
            http: None,
        })
    }
}

/// An element as JSON.
fn told(element: &Element) -> Value {
    let mut members = Map::new();
    for child in &element.children {
        let value = match child.name.as_str() {
            name if NUMBERS.contains(&name) => json!(child.text.parse::<u64>().unwrap_or_default()),
            name if FLAGS.contains(&name) => json!(child.text == "true"),
            _ if child.children.is_empty() => json!(child.text),
            _ => told(child),
        };
        if LISTS.contains(&child.name.as_str()) {
            let list = members.entry(child.name.clone()).or_insert_with(|| json!([]));
            if let Some(list) = list.as_array_mut() {
                list.push(value);
            }
        } else {
            members.insert(child.name.clone(), value);
        }
    }
    Value::Object(members)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_objects_is_read() {
        let text = r#"<?xml version="1.0" encoding="UTF-8"?>
            <ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><Prefix>in/</Prefix>
            <KeyCount>2</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>true</IsTruncated>
            <NextContinuationToken>t</NextContinuationToken>
            <Contents><Key>in/a&amp;b.csv</Key><LastModified>2024-01-01T00:00:00.000Z</LastModified>
            <ETag>&quot;e&quot;</ETag><Size>7</Size><StorageClass>STANDARD</StorageClass></Contents>
            <Contents><Key>in/c.csv</Key><Size>0</Size></Contents></ListBucketResult>"#;
        let expected = json!({
            "Name": "b", "Prefix": "in/", "KeyCount": 2, "MaxKeys": 1000, "IsTruncated": true,
            "NextContinuationToken": "t",
            "Contents": [
                { "Key": "in/a&b.csv", "LastModified": "2024-01-01T00:00:00.000Z", "ETag": "\"e\"", "Size": 7,
                    "StorageClass": "STANDARD" },
                { "Key": "in/c.csv", "Size": 0 },
            ],
        });
        assert_eq!(told(&xml::read(text).unwrap()), expected);
    }
}
