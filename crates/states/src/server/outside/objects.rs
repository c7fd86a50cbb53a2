//! Objects in buckets: the part of S3 that state machines use, by path and headers. Lists are [`super::object_lists`].

use http::Method;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use crate::execution::AwsReply;
use crate::timestamp;

use super::{ANSWER_MS_MAX, Answer, Ask, Outside, TOO_LARGE, encoded, xml};

/// Arguments that are headers of a request.
const ASKED_HEADERS: &[(&str, &str)] = &[
    ("CacheControl", "Cache-Control"),
    ("ContentDisposition", "Content-Disposition"),
    ("ContentEncoding", "Content-Encoding"),
    ("ContentLanguage", "Content-Language"),
    ("ContentType", "Content-Type"),
    ("IfMatch", "If-Match"),
    ("IfNoneMatch", "If-None-Match"),
    ("Range", "Range"),
    ("ServerSideEncryption", "X-Amz-Server-Side-Encryption"),
    ("StorageClass", "X-Amz-Storage-Class"),
    ("Tagging", "X-Amz-Tagging"),
];

/// Headers of an answer that are text in results.
const TOLD_HEADERS: &[(&str, &str)] = &[
    ("AcceptRanges", "Accept-Ranges"),
    ("CacheControl", "Cache-Control"),
    ("ContentDisposition", "Content-Disposition"),
    ("ContentEncoding", "Content-Encoding"),
    ("ContentLanguage", "Content-Language"),
    ("ContentRange", "Content-Range"),
    ("ContentType", "Content-Type"),
    ("ETag", "Etag"),
    ("ServerSideEncryption", "X-Amz-Server-Side-Encryption"),
    ("StorageClass", "X-Amz-Storage-Class"),
    ("VersionId", "X-Amz-Version-Id"),
];

const METADATA_PREFIX: &str = "X-Amz-Meta-";

impl Outside {
    pub(super) async fn ask_objects(&self, action: &str, arguments: &Value) -> Result<AwsReply, String> {
        if action == "ListObjectsV2" {
            return self.list_objects(arguments).await;
        }
        let ask = match asked(action, arguments) {
            Ok(ask) => ask,
            Err(message) => return Ok(invalid(message)),
        };
        let key = arguments["Key"].as_str().unwrap_or_default();
        let answer = match self.ask(ask).await {
            Err(reason) if reason == TOO_LARGE => {
                let message =
                    format!("The object {key} is larger than 6 MB, which is as much as this server reads");
                return Ok(invalid(message));
            }
            answer => answer?,
        };
        if !answer.is_good() {
            return Ok(refused(&answer));
        }
        let result = match action {
            "GetObject" => match std::str::from_utf8(&answer.body) {
                Ok(text) => {
                    let mut result = described(&answer);
                    result["Body"] = text.into();
                    result
                }
                Err(reason) => return Ok(no_text(key, &reason)),
            },
            "HeadObject" => described(&answer),
            _ => Value::Object(told(&answer, &["ETag", "ServerSideEncryption", "VersionId"])),
        };
        Ok(AwsReply::Answered { result, http: None })
    }
}

/// The request of an action; the error is a sentence.
fn asked(action: &str, arguments: &Value) -> Result<Ask<'static>, String> {
    let method = match action {
        "PutObject" => Method::PUT,
        "DeleteObject" => Method::DELETE,
        "HeadObject" => Method::HEAD,
        _ => Method::GET,
    };
    let members = arguments.as_object().cloned().unwrap_or_default();
    let (mut bucket, mut key, mut query) = (None, None, String::new());
    let (mut headers, mut body) = (Vec::new(), Vec::new());
    for (name, value) in members {
        let text = match &value {
            Value::String(text) => text.clone(),
            value => value.to_string(),
        };
        let header = ASKED_HEADERS.iter().find(|(member, _)| *member == name);
        match (name.as_str(), header) {
            ("Bucket", _) => bucket = Some(text),
            ("Key", _) => key = Some(text),
            ("VersionId", _) => query = format!("?versionId={}", encoded(&text)),
            ("Body", _) if method == Method::PUT => body = text.into_bytes(),
            ("Metadata", _) if method == Method::PUT => {
                for (name, value) in value.as_object().into_iter().flatten() {
                    let value = value.as_str().unwrap_or_default().to_owned();
                    headers.push((format!("{METADATA_PREFIX}{name}"), value));
                }
            }
            (_, Some((_, header))) => headers.push(((*header).to_owned(), text)),
            _ => return Err(format!("The argument {name:?} of {action} is not supported")),
        }
    }
    let (Some(bucket), Some(key)) = (bucket, key) else {
        return Err(format!("{action} needs the arguments Bucket and Key"));
    };
    let key: Vec<String> = key.split('/').map(encoded).collect();
    Ok(Ask {
        method,
        path: format!("/{}/{}{query}", encoded(&bucket), key.join("/")),
        scope: "s3",
        headers,
        body,
        limit_ms: ANSWER_MS_MAX,
    })
}

fn told(answer: &Answer, names: &[&str]) -> Map<String, Value> {
    TOLD_HEADERS
        .iter()
        .filter(|(name, _)| names.is_empty() || names.contains(name))
        .filter_map(|(name, header)| Some(((*name).to_owned(), answer.header(header)?.into())))
        .collect()
}

fn described(answer: &Answer) -> Value {
    let mut result = told(answer, &[]);
    let length = answer.header("Content-Length").and_then(|text| text.parse().ok());
    result.insert(
        "ContentLength".to_owned(),
        json!(length.unwrap_or(answer.body.len() as u64)),
    );
    if let Some(modified) = answer
        .header("Last-Modified")
        .and_then(|text| OffsetDateTime::parse(text, &Rfc2822).ok())
    {
        let at_ms = u64::try_from(modified.unix_timestamp()).unwrap_or_default() * 1000;
        result.insert("LastModified".to_owned(), timestamp::to_text(at_ms).into());
    }
    let metadata: Map<String, Value> = answer
        .headers
        .iter()
        .filter_map(|(name, value)| {
            let name = name.strip_prefix(METADATA_PREFIX)?;
            Some((name.to_ascii_lowercase(), value.as_str().into()))
        })
        .collect();
    result.insert("Metadata".to_owned(), Value::Object(metadata));
    Value::Object(result)
}

/// Nobody would notice if other letters took the place of bytes that are none.
fn no_text(key: &str, reason: &std::str::Utf8Error) -> AwsReply {
    let place = reason.valid_up_to();
    invalid(format!(
        "The object {key} is not UTF-8 at byte {place}; this server reads text only"
    ))
}

/// What is refused without being asked.
pub(super) fn invalid(message: String) -> AwsReply {
    AwsReply::Refused {
        code: "InvalidArgument".to_owned(),
        message,
        status: 400,
        request_id: None,
        extended_request_id: None,
    }
}

pub(super) fn refused(answer: &Answer) -> AwsReply {
    let document = xml::read(&String::from_utf8_lossy(&answer.body)).unwrap_or_default();
    // The answer to HEAD has no body to say more.
    let code = document.text_of("Code").unwrap_or_else(|| match answer.status {
        404 => "NoSuchKey".to_owned(),
        _ => "InternalError".to_owned(),
    });
    AwsReply::Refused {
        code,
        message: document.text_of("Message").unwrap_or_default(),
        status: answer.status,
        request_id: answer.request_id().or(document.text_of("RequestId")),
        extended_request_id: answer.header("x-amz-id-2").map(str::to_owned),
    }
}
