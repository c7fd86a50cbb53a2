//! What services answer, in the shape and with the error names that Step Functions gives them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::chance::Chance;
use crate::definition::Resource;
use crate::definition::integrations::ErrorNames;
use crate::definition::services::Service;

use super::Failure;
use super::casing;
use super::integration::with_sdk_metadata;

/// What came of asking a service.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum AwsReply {
    /// It did as asked.
    Answered {
        /// Its answer, members named as its API names them.
        result: Value,
        /// What was seen of the exchange; made up if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        http: Option<Http>,
    },
    /// It refused.
    Refused {
        /// The error as its API names it, such as `ConditionalCheckFailedException`.
        code: String,
        /// What it said.
        message: String,
        /// The HTTP status.
        status: u16,
        /// The request's id; made up if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request_id: Option<String>,
        /// The second id that S3 gives a request.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        extended_request_id: Option<String>,
    },
    /// No answer came.
    Unreachable {
        /// Why.
        reason: String,
    },
}

/// An HTTP exchange, as far as results show it.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Http {
    /// The status.
    pub status: u16,
    /// The headers of the answer.
    pub headers: BTreeMap<String, String>,
}

impl Http {
    fn request_id(&self) -> Option<&String> {
        ["x-amzn-RequestId", "x-amz-request-id"]
            .into_iter()
            .find_map(|name| self.headers.get(name))
    }

    /// Adds what the SDK inside Step Functions says of the exchange.
    pub(super) fn describe(http: Option<Http>, mut answer: Value, chance: &mut Chance) -> Value {
        let Some(http) = http else {
            return with_sdk_metadata(answer, chance);
        };
        let request_id = http.request_id().cloned().unwrap_or_else(|| chance.uuid());
        let all: BTreeMap<&String, [&String; 1]> =
            http.headers.iter().map(|(name, value)| (name, [value])).collect();
        answer["SdkHttpMetadata"] =
            json!({ "AllHttpHeaders": all, "HttpHeaders": http.headers, "HttpStatusCode": http.status });
        answer["SdkResponseMetadata"] = json!({ "RequestId": request_id });
        answer
    }
}

impl AwsReply {
    /// The task's result, or its failure.
    pub(super) fn shaped(self, resource: &Resource, chance: &mut Chance) -> Result<Value, Failure> {
        let Some((service, errors)) = resource.asks() else {
            return Err(Failure::runtime("The resource asks no service."));
        };
        match self {
            AwsReply::Answered { result, http } => match resource {
                Resource::Optimized { integration, .. } => {
                    fail_on_failed_entries(errors, &result)?;
                    Ok(match integration.with_metadata {
                        true => Http::describe(http, result, chance),
                        false => result,
                    })
                }
                _ => Ok(casing::from_api(service, result)),
            },
            AwsReply::Refused {
                code,
                message,
                status,
                request_id,
                extended_request_id,
            } => {
                let request_id = request_id.unwrap_or_else(|| chance.uuid());
                let extended = extended_request_id
                    .map(|id| format!(", Extended Request ID: {id}"))
                    .unwrap_or_default();
                let cause = match errors.first_sdk {
                    Some(name) => format!(
                        "{message} (Service: {name}; Status Code: {status}; Error Code: {code}; \
                         Request ID: {request_id}; Proxy: null)"
                    ),
                    None => format!(
                        "{message} (Service: {}, Status Code: {status}, Request ID: {request_id}{extended})",
                        errors.prefix
                    ),
                };
                Err(Failure::new(error_name(service, errors, &code), cause))
            }
            AwsReply::Unreachable { reason } => Err(Failure::new(
                format!("{}.SdkClientException", errors.prefix),
                format!("Unable to execute HTTP request: {reason}"),
            )),
        }
    }
}

/// `events:putEvents` fails if any of its entries did; the cause is the answer.
fn fail_on_failed_entries(errors: &ErrorNames, result: &Value) -> Result<(), Failure> {
    let failed = result.get("FailedEntryCount").and_then(Value::as_u64);
    match failed {
        Some(1..) => Err(Failure::new(
            format!("{}.FailedEntry", errors.prefix),
            result.to_string(),
        )),
        _ => Ok(()),
    }
}

/// "Some AWS services do not include the Exception suffix ... make sure to add the Exception suffix" (Developer
/// Guide, "Learning to use AWS service SDK integrations").
fn error_name(service: &Service, errors: &ErrorNames, code: &str) -> String {
    match service.modelled.has(code) {
        true => format!(
            "{}.{}Exception",
            errors.prefix,
            code.trim_end_matches("Exception")
        ),
        false => format!("{}.{}", errors.prefix, errors.unmodelled),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(resource: &str, code: &str) -> (String, String) {
        let resource = Resource::parse(&format!("arn:aws:states:::{resource}")).unwrap();
        let reply = AwsReply::Refused {
            code: code.to_owned(),
            message: "No.".to_owned(),
            status: 400,
            request_id: Some("id".to_owned()),
            extended_request_id: None,
        };
        let failure = reply.shaped(&resource, &mut Chance::new(1)).unwrap_err();
        (failure.error.unwrap(), failure.cause.unwrap())
    }

    #[test]
    fn errors_bear_the_names_and_causes_that_were_recorded() {
        for (resource, code, error, cause) in [
            (
                "dynamodb:putItem",
                "ResourceNotFoundException",
                "DynamoDB.ResourceNotFoundException",
                "No. (Service: AmazonDynamoDBv2; Status Code: 400; Error Code: ResourceNotFoundException; Request ID: id; Proxy: null)",
            ),
            (
                "dynamodb:putItem",
                "ValidationException",
                "DynamoDB.AmazonDynamoDBException",
                "No. (Service: AmazonDynamoDBv2; Status Code: 400; Error Code: ValidationException; Request ID: id; Proxy: null)",
            ),
            (
                "aws-sdk:dynamodb:putItem",
                "ConditionalCheckFailedException",
                "DynamoDb.ConditionalCheckFailedException",
                "No. (Service: DynamoDb, Status Code: 400, Request ID: id)",
            ),
            (
                "aws-sdk:dynamodb:putItem",
                "ValidationException",
                "DynamoDb.DynamoDbException",
                "No. (Service: DynamoDb, Status Code: 400, Request ID: id)",
            ),
            (
                "sqs:sendMessage",
                "MissingParameter",
                "SQS.AmazonSQSException",
                "No. (Service: AmazonSQS; Status Code: 400; Error Code: MissingParameter; Request ID: id; Proxy: null)",
            ),
            (
                "aws-sdk:s3:getObject",
                "NoSuchBucket",
                "S3.NoSuchBucketException",
                "No. (Service: S3, Status Code: 400, Request ID: id)",
            ),
            (
                "aws-sdk:secretsmanager:createSecret",
                "ValidationException",
                "SecretsManager.SecretsManagerException",
                "No. (Service: SecretsManager, Status Code: 400, Request ID: id)",
            ),
            (
                "aws-sdk:sfn:sendTaskSuccess",
                "InvalidToken",
                "Sfn.InvalidTokenException",
                "No. (Service: Sfn, Status Code: 400, Request ID: id)",
            ),
        ] {
            assert_eq!(
                refused(resource, code),
                (error.to_owned(), cause.to_owned()),
                "{resource}"
            );
        }
    }
}
