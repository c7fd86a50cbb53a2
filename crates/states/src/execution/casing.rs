//! Names of members: Step Functions writes all of them in PascalCase, services as their API has them.
//!
//! Step Functions takes its names from the second Java SDK, so `ARN` is `Arn` and `MD5OfMessageBody` is
//! `Md5OfMessageBody`; an attribute value's `BOOL` is `Bool` in answers of `aws-sdk:dynamodb` (known from reports of
//! people whose libraries do not understand it), whereas the optimized integrations leave names alone.

use serde_json::{Map, Value};

use crate::definition::services::Service;
use crate::timestamp;

/// Arguments as the service's API wants them; the error is a sentence.
pub(super) fn to_api(service: &Service, arguments: Value) -> Result<Value, String> {
    into_api(service, arguments, "")
}

/// An answer as Step Functions shows it behind `aws-sdk:`.
pub(super) fn from_api(service: &Service, answer: Value) -> Value {
    shown(service, answer, "")
}

/// Walks a value whose containers `layers` describes; what lies below them is a structure.
fn into_api(service: &Service, value: Value, layers: &str) -> Result<Value, String> {
    match value {
        Value::Array(items) => {
            let inner = layers.strip_prefix('[').unwrap_or_default();
            items
                .into_iter()
                .map(|item| into_api(service, item, inner))
                .collect()
        }
        Value::Object(members) => {
            let mut named = Map::with_capacity(members.len());
            for (name, member) in members {
                if let Some(inner) = layers.strip_prefix('{') {
                    named.insert(name, into_api(service, member, inner)?);
                    continue;
                }
                let name = api_name(service, name);
                let member = match member {
                    Value::Null => continue,
                    Value::String(_) => member,
                    _ if service.strict_texts.contains(&name.as_str()) => {
                        return Err(format!("The value for the field '{name}' must be a STRING"));
                    }
                    _ if service.texts.contains(&name.as_str()) => Value::String(member.to_string()),
                    _ => into_api(service, member, layers_of(service, &name))?,
                };
                named.insert(name, member);
            }
            Ok(Value::Object(named))
        }
        value => Ok(value),
    }
}

fn shown(service: &Service, value: Value, layers: &str) -> Value {
    match value {
        Value::Array(items) => {
            let inner = layers.strip_prefix('[').unwrap_or_default();
            items
                .into_iter()
                .map(|item| shown(service, item, inner))
                .collect()
        }
        Value::Object(members) => {
            let show = |(name, member): (String, Value)| match layers.strip_prefix('{') {
                Some(inner) => (name, shown(service, member, inner)),
                None => {
                    let member = match seconds(&member).filter(|_| service.times.contains(&name.as_str())) {
                        Some(at_ms) => Value::String(timestamp::to_text(at_ms)),
                        None => shown(service, member, layers_of(service, &name)),
                    };
                    (shown_name(service, &name), member)
                }
            };
            Value::Object(members.into_iter().map(show).collect())
        }
        value => value,
    }
}

/// Milliseconds since 1970 of a time in seconds.
fn seconds(value: &Value) -> Option<u64> {
    Some((value.as_f64()? * 1000.0).round() as u64)
}

fn layers_of(service: &Service, name: &str) -> &'static str {
    let found = service.maps.iter().find(|(member, _)| *member == name);
    found.map_or("", |(_, layers)| layers)
}

fn api_name(service: &Service, name: String) -> String {
    if let Some((api, _)) = service.renamed.iter().find(|(_, ours)| *ours == name) {
        return (*api).to_owned();
    }
    match (service.is_camel, name.chars().next()) {
        (true, Some(first)) => {
            format!("{}{}", first.to_ascii_lowercase(), &name[first.len_utf8()..])
        }
        _ => name,
    }
}

fn shown_name(service: &Service, name: &str) -> String {
    match service.renamed.iter().find(|(api, _)| *api == name) {
        Some((_, ours)) => (*ours).to_owned(),
        None => pascal(name),
    }
}

/// The name as the second Java SDK splits it into words: before a capital that follows a small letter, before the
/// last capital of an acronym that a word follows, and after a digit.
fn pascal(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut text = String::with_capacity(name.len());
    for (index, letter) in letters.iter().enumerate() {
        let before = index.checked_sub(1).map(|at| letters[at]);
        let after = letters.get(index + 1);
        let begins = match before {
            None => true,
            Some(before) if before.is_ascii_lowercase() => {
                letter.is_ascii_uppercase() && after.is_some_and(char::is_ascii_alphanumeric)
            }
            Some(before) if before.is_ascii_uppercase() => {
                letter.is_ascii_uppercase() && after.is_some_and(char::is_ascii_lowercase)
            }
            Some(before) => before.is_ascii_digit() && letter.is_ascii_alphabetic(),
        };
        text.push(match begins {
            true => letter.to_ascii_uppercase(),
            false => letter.to_ascii_lowercase(),
        });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition::integrations::SERVICES;
    use serde_json::json;

    fn service(name: &str) -> &'static Service {
        SERVICES.iter().find(|service| service.name == name).unwrap()
    }

    #[test]
    fn names_are_those_of_the_second_java_sdk() {
        for (api, ours) in [
            ("ARN", "Arn"),
            ("MD5OfMessageBody", "Md5OfMessageBody"),
            ("ETag", "ETag"),
            ("SSEKMSKeyId", "SsekmsKeyId"),
            ("executionArn", "ExecutionArn"),
            ("SecretString", "SecretString"),
            ("billedMemoryUsedInMB", "BilledMemoryUsedInMb"),
            ("S", "S"),
        ] {
            assert_eq!(pascal(api), ours);
        }
    }

    #[test]
    fn keys_of_maps_are_data_and_stay() {
        let answer = json!({ "Items": [{ "orderID": { "BOOL": true }, "tags": { "M": { "aB": { "NULL": true } } } }] });
        let ours =
            json!({ "Items": [{ "orderID": { "Bool": true }, "tags": { "M": { "aB": { "Nul": true } } } }] });
        assert_eq!(from_api(service("dynamodb"), answer.clone()), ours);
        assert_eq!(to_api(service("dynamodb"), ours), Ok(answer));
        let batch = json!({ "Responses": { "my-TABLE": [{ "ID": { "S": "1" } }] } });
        assert_eq!(from_api(service("dynamodb"), batch.clone()), batch);
        let transaction = json!({ "Responses": [{ "Item": { "ID": { "S": "1" } } }] });
        assert_eq!(from_api(service("dynamodb"), transaction.clone()), transaction);
    }

    #[test]
    fn times_are_text_and_camel_case_goes_both_ways() {
        let answer = json!({ "executionArn": "a", "startDate": 1_700_000_000.5 });
        assert_eq!(
            from_api(service("sfn"), answer),
            json!({ "ExecutionArn": "a", "StartDate": "2023-11-14T22:13:20.500Z" })
        );
        let arguments = json!({ "StateMachineArn": "m", "Input": { "Key": 1 } });
        assert_eq!(
            to_api(service("sfn"), arguments),
            Ok(json!({ "stateMachineArn": "m", "input": "{\"Key\":1}" }))
        );
    }

    #[test]
    fn a_number_of_a_table_must_be_text() {
        let refused = to_api(
            service("dynamodb"),
            json!({ "Item": { "N": { "N": "1" }, "n": { "N": 1 } } }),
        );
        assert_eq!(
            refused,
            Err("The value for the field 'N' must be a STRING".to_owned())
        );
    }
}
