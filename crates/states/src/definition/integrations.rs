//! Which integrations there are: the one table of names. Everything a name stands for is here: which patterns it
//! allows, the arguments it takes, and how its errors are called. How each service is spoken to: [`super::services`].
//!
//! Sources: "Integrating optimized services with Step Functions" and the page of each service for patterns and
//! arguments; "Learning to use AWS service SDK integrations" for the other names and the rule of error names.

use super::Waits;
use super::services::{
    CLOUDWATCH_LOGS, DYNAMODB, EVENTBRIDGE, LAMBDA, S3, SECRETS_MANAGER, SFN, SNS, SQS, SSM, Service,
};

/// What a state asks for and how it is handed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Does {
    /// Calls a function.
    Invoke,
    /// Sends a message.
    Send,
    /// Starts another execution.
    Start,
    /// Asks a service and hands its answer on.
    Ask,
}

/// An integration with a name of its own, such as `dynamodb:putItem` ("optimized").
#[derive(Debug, PartialEq, Eq)]
pub struct Integration {
    /// `resourceType` in events, such as `dynamodb`.
    pub resource_type: &'static str,
    /// The action in resources and events, such as `putItem`.
    pub action: &'static str,
    /// What it does.
    pub does: Does,
    /// What a task may wait for.
    pub waits: &'static [Waits],
    /// Arguments it takes.
    pub known: &'static [&'static str],
    /// Arguments it cannot do without.
    pub required: &'static [&'static str],
    /// How its errors are called.
    pub errors: ErrorNames,
    /// Whether the answer says what the SDK saw of the exchange. Recorded histories have it for all but EventBridge.
    pub with_metadata: bool,
    /// Where requests go.
    pub service: &'static Service,
}

/// How an integration's errors and causes are worded: these speak through the first Java SDK, the others through
/// the second.
#[derive(Debug, PartialEq, Eq)]
pub struct ErrorNames {
    /// Before the point, such as `DynamoDB`.
    pub prefix: &'static str,
    /// The service in causes, such as `AmazonDynamoDBv2`; `None` words causes as the second SDK does.
    pub first_sdk: Option<&'static str>,
    /// The error of which the service's model knows nothing, such as `AmazonDynamoDBException`.
    pub unmodelled: &'static str,
}

const ANSWER: &[Waits] = &[Waits::ForAnswer];
const TOKEN: &[Waits] = &[Waits::ForAnswer, Waits::ForToken];
const JOB: &[Waits] = &[
    Waits::ForAnswer,
    Waits::ForToken,
    Waits::ForJob,
    Waits::ForJobJson,
];

const DYNAMODB_ERRORS: ErrorNames = ErrorNames {
    prefix: "DynamoDB",
    first_sdk: Some("AmazonDynamoDBv2"),
    unmodelled: "AmazonDynamoDBException",
};

const fn dynamodb(
    action: &'static str,
    known: &'static [&'static str],
    required: &'static [&'static str],
) -> Integration {
    Integration {
        resource_type: "dynamodb",
        action,
        does: Does::Ask,
        waits: ANSWER,
        known,
        required,
        errors: DYNAMODB_ERRORS,
        with_metadata: true,
        service: &DYNAMODB,
    }
}

/// The optimized integrations.
pub static INTEGRATIONS: &[Integration] = &[
    Integration {
        resource_type: "lambda",
        action: "invoke",
        does: Does::Invoke,
        waits: TOKEN,
        known: &[
            "ClientContext",
            "FunctionName",
            "InvocationType",
            "Payload",
            "Qualifier",
        ],
        required: &["FunctionName"],
        errors: ErrorNames {
            prefix: "Lambda",
            first_sdk: None,
            unmodelled: "AWSLambdaException",
        },
        with_metadata: true,
        service: &LAMBDA,
    },
    Integration {
        resource_type: "sqs",
        action: "sendMessage",
        does: Does::Send,
        waits: TOKEN,
        known: &[
            "DelaySeconds",
            "MessageAttributes",
            "MessageBody",
            "MessageDeduplicationId",
            "MessageGroupId",
            "QueueUrl",
        ],
        required: &["QueueUrl", "MessageBody"],
        errors: ErrorNames {
            prefix: "SQS",
            first_sdk: Some("AmazonSQS"),
            unmodelled: "AmazonSQSException",
        },
        with_metadata: true,
        service: &SQS,
    },
    Integration {
        resource_type: "states",
        action: "startExecution",
        does: Does::Start,
        waits: JOB,
        known: &["StateMachineArn", "Input", "Name"],
        required: &["StateMachineArn"],
        errors: ErrorNames {
            prefix: "StepFunctions",
            first_sdk: Some("AWSStepFunctions"),
            unmodelled: "AWSStepFunctionsException",
        },
        with_metadata: true,
        service: &SFN,
    },
    dynamodb(
        "getItem",
        &[
            "AttributesToGet",
            "ConsistentRead",
            "ExpressionAttributeNames",
            "Key",
            "ProjectionExpression",
            "ReturnConsumedCapacity",
            "TableName",
        ],
        &["TableName", "Key"],
    ),
    dynamodb(
        "putItem",
        &[
            "ConditionalOperator",
            "ConditionExpression",
            "Expected",
            "ExpressionAttributeNames",
            "ExpressionAttributeValues",
            "Item",
            "ReturnConsumedCapacity",
            "ReturnItemCollectionMetrics",
            "ReturnValues",
            "TableName",
        ],
        &["TableName", "Item"],
    ),
    dynamodb(
        "updateItem",
        &[
            "AttributeUpdates",
            "ConditionalOperator",
            "ConditionExpression",
            "Expected",
            "ExpressionAttributeNames",
            "ExpressionAttributeValues",
            "Key",
            "ReturnConsumedCapacity",
            "ReturnItemCollectionMetrics",
            "ReturnValues",
            "TableName",
            "UpdateExpression",
        ],
        &["TableName", "Key"],
    ),
    dynamodb(
        "deleteItem",
        &[
            "ConditionalOperator",
            "ConditionExpression",
            "Expected",
            "ExpressionAttributeNames",
            "ExpressionAttributeValues",
            "Key",
            "ReturnConsumedCapacity",
            "ReturnItemCollectionMetrics",
            "ReturnValues",
            "TableName",
        ],
        &["TableName", "Key"],
    ),
    Integration {
        resource_type: "sns",
        action: "publish",
        does: Does::Ask,
        waits: TOKEN,
        known: &[
            "Message",
            "MessageAttributes",
            "MessageDeduplicationId",
            "MessageGroupId",
            "MessageStructure",
            "PhoneNumber",
            "Subject",
            "TargetArn",
            "TopicArn",
        ],
        required: &["Message"],
        errors: ErrorNames {
            prefix: "SNS",
            first_sdk: Some("AmazonSNS"),
            unmodelled: "AmazonSNSException",
        },
        with_metadata: true,
        service: &SNS,
    },
    Integration {
        resource_type: "events",
        action: "putEvents",
        does: Does::Ask,
        waits: TOKEN,
        known: &["Entries"],
        required: &["Entries"],
        errors: ErrorNames {
            prefix: "EventBridge",
            first_sdk: None,
            unmodelled: "EventBridgeException",
        },
        with_metadata: false,
        service: &EVENTBRIDGE,
    },
];

/// The services behind `aws-sdk:`.
pub static SERVICES: &[&Service] = &[
    &CLOUDWATCH_LOGS,
    &DYNAMODB,
    &EVENTBRIDGE,
    &LAMBDA,
    &S3,
    &SECRETS_MANAGER,
    &SFN,
    &SNS,
    &SQS,
    &SSM,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_integration_needs_it_also_knows_and_no_name_stands_twice() {
        for (index, integration) in INTEGRATIONS.iter().enumerate() {
            let unknown = integration
                .required
                .iter()
                .find(|name| !integration.known.contains(name));
            assert_eq!(unknown, None, "{}", integration.action);
            let name = |one: &Integration| (one.resource_type, one.action);
            assert!(
                !INTEGRATIONS[..index]
                    .iter()
                    .any(|other| name(other) == name(integration))
            );
        }
        for service in SERVICES {
            assert_eq!(service.resource_type, format!("aws-sdk:{}", service.name));
        }
    }
}
