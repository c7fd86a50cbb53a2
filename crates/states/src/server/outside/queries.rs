//! The query protocol: a form with the action in it, answered in XML. Of the services there are, SNS still needs it.

use http::Method;
use serde_json::{Map, Value};

use crate::definition::services::Service;
use crate::execution::AwsReply;

use super::xml::{self, Element};
use super::{ANSWER_MS_MAX, Answer, Ask, Outside, encoded};

impl Outside {
    pub(super) async fn ask_query(
        &self,
        service: &Service,
        version: &str,
        action: &str,
        arguments: &Value,
    ) -> Result<AwsReply, String> {
        let mut form = format!("Action={action}&Version={version}");
        add(&mut form, service, "", arguments);
        let content_type = "application/x-www-form-urlencoded; charset=utf-8";
        let answer = self
            .ask(Ask {
                method: Method::POST,
                path: "/".to_owned(),
                scope: service.scope,
                headers: vec![("Content-Type".to_owned(), content_type.to_owned())],
                body: form.into_bytes(),
                limit_ms: ANSWER_MS_MAX,
            })
            .await?;
        understood(&answer, action)
    }
}

/// Adds a value under its name: members after a point, items of a list as `member.1`, of a map as `entry.1`.
fn add(form: &mut String, service: &Service, name: &str, value: &Value) {
    let below = |part: &str| match name {
        "" => part.to_owned(),
        name => format!("{name}.{part}"),
    };
    match value {
        Value::Null => {}
        Value::String(text) => form.push_str(&format!("&{name}={}", encoded(text))),
        Value::Bool(_) | Value::Number(_) => {
            form.push_str(&format!("&{name}={}", encoded(&value.to_string())));
        }
        Value::Array(items) => {
            for (item, number) in items.iter().zip(1..) {
                add(form, service, &below(&format!("member.{number}")), item);
            }
        }
        Value::Object(members) if service.maps.iter().any(|(map, _)| *map == name) => {
            // SNS names the halves of an entry differently for the attributes of messages.
            let (key_name, value_name) = match name {
                "MessageAttributes" => ("Name", "Value"),
                _ => ("key", "value"),
            };
            for ((key, value), number) in members.iter().zip(1..) {
                let entry = below(&format!("entry.{number}"));
                form.push_str(&format!("&{entry}.{key_name}={}", encoded(key)));
                add(form, service, &format!("{entry}.{value_name}"), value);
            }
        }
        Value::Object(members) => {
            for (member, value) in members {
                add(form, service, &below(member), value);
            }
        }
    }
}

fn understood(answer: &Answer, action: &str) -> Result<AwsReply, String> {
    let text = String::from_utf8_lossy(&answer.body);
    let document = xml::read(&text).ok_or_else(|| format!("the answer is not XML: {text}"))?;
    let said_id = document
        .find("ResponseMetadata")
        .unwrap_or(&document)
        .text_of("RequestId");
    if !answer.is_good() {
        let error = document.find("Error").unwrap_or(&document);
        return Ok(AwsReply::Refused {
            code: error
                .text_of("Code")
                .unwrap_or_else(|| "InternalFailure".to_owned()),
            message: error.text_of("Message").unwrap_or_default(),
            status: answer.status,
            request_id: answer.request_id().or(said_id),
            extended_request_id: None,
        });
    }
    let members = document.find(&format!("{action}Result")).map(flat);
    let mut http = answer.seen();
    if let (None, Some(id)) = (answer.request_id(), said_id) {
        http.headers.insert("x-amzn-RequestId".to_owned(), id);
    }
    Ok(AwsReply::Answered {
        result: Value::Object(members.unwrap_or_default()),
        http: Some(http),
    })
}

/// The actions there are answer with text alone.
fn flat(result: &Element) -> Map<String, Value> {
    let member = |element: &Element| (element.name.clone(), Value::String(element.text.clone()));
    result.children.iter().map(member).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition::integrations::SERVICES;
    use serde_json::json;

    #[test]
    fn a_form_counts_entries_and_members_from_one() {
        let service = SERVICES.iter().find(|service| service.name == "sns").unwrap();
        let mut form = "Action=Publish".to_owned();
        let arguments = json!({
            "Message": "a b&c",
            "MessageAttributes": { "kind": { "DataType": "String", "StringValue": "x" } },
            "Tags": [{ "Key": "k" }],
        });
        add(&mut form, service, "", &arguments);
        assert_eq!(
            form,
            "Action=Publish&Message=a%20b%26c&MessageAttributes.entry.1.Name=kind\
             &MessageAttributes.entry.1.Value.DataType=String&MessageAttributes.entry.1.Value.StringValue=x\
             &Tags.member.1.Key=k"
        );
    }
}
