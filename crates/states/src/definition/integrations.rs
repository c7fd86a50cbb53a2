//! Which integrations there are: the one table of names. Everything a name stands for is here: which patterns it
//! allows, the arguments it takes, where its request goes and how its errors are called.
//!
//! Sources: "Integrating optimized services with Step Functions" and the page of each service for patterns and
//! arguments; "Learning to use AWS service SDK integrations" for the other names and the rule of error names; the
//! services' API models for targets, versions, kinds of members and modelled errors.

use super::Waits;

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

/// A service that `aws-sdk:NAME:ACTION` reaches.
#[derive(Debug, PartialEq, Eq)]
pub struct Service {
    /// Its name in resources, such as `dynamodb`.
    pub name: &'static str,
    /// `resourceType` in events, such as `aws-sdk:dynamodb`.
    pub resource_type: &'static str,
    /// Its name in a request's credential scope.
    pub scope: &'static str,
    /// How requests are written.
    pub protocol: Protocol,
    /// How errors are called.
    pub errors: ErrorNames,
    /// The errors its model knows.
    pub modelled: Modelled,
    /// Whether its API writes members as `camelCase`.
    pub is_camel: bool,
    /// Members that hold maps, whose keys are data; `{` is a map and `[` a list, from the outside in.
    pub maps: &'static [(&'static str, &'static str)],
    /// Members that are times, which answers write as seconds.
    pub times: &'static [&'static str],
    /// Members whose name differs from what the rule for names makes of it: the API's, then Step Functions'.
    pub renamed: &'static [(&'static str, &'static str)],
    /// Members that are text, into which other values are written as JSON.
    pub texts: &'static [&'static str],
    /// Members that must be text already.
    pub strict_texts: &'static [&'static str],
    /// The actions there are; empty for all that the service knows.
    pub actions: &'static [&'static str],
}

/// How a service's requests are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// AWS JSON, the action named in `X-Amz-Target`.
    Json {
        /// `1.0` or `1.1`.
        version: &'static str,
        /// Before the point in `X-Amz-Target`.
        target: &'static str,
    },
    /// A form with the action in it, answered in XML.
    Query {
        /// The API's version.
        version: &'static str,
    },
    /// `lambda:invoke`.
    Lambda,
    /// Objects in buckets.
    S3,
    /// This very engine.
    Here,
}

/// The errors that a service's model knows; any other is reported as the service's general one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Modelled {
    /// Those, named as in requests' answers.
    Only(&'static [&'static str]),
    /// All but the ones common to every service, of which it knows these.
    Common(&'static [&'static str]),
}

/// Errors every service may answer with and few models name ("Common Errors" of the API references).
const COMMON_ERRORS: &[&str] = &[
    "AccessDenied",
    "AccessDeniedException",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "IncompleteSignatureException",
    "InternalFailure",
    "InvalidAction",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "MissingAction",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "MissingParameter",
    "NotAuthorized",
    "OptInRequired",
    "RequestExpired",
    "SerializationException",
    "ServiceUnavailable",
    "SignatureDoesNotMatch",
    "ThrottlingException",
    "UnknownOperationException",
    "UnrecognizedClientException",
    "ValidationError",
    "ValidationException",
];

impl Modelled {
    /// Whether an error of this name is one of them.
    pub fn has(self, code: &str) -> bool {
        match self {
            Modelled::Only(names) => names.contains(&code),
            Modelled::Common(names) => names.contains(&code) || !COMMON_ERRORS.contains(&code),
        }
    }
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

const fn second_sdk(prefix: &'static str, unmodelled: &'static str) -> ErrorNames {
    ErrorNames {
        prefix,
        first_sdk: None,
        unmodelled,
    }
}

static DYNAMODB: Service = Service {
    name: "dynamodb",
    resource_type: "aws-sdk:dynamodb",
    scope: "dynamodb",
    protocol: Protocol::Json {
        version: "1.0",
        target: "DynamoDB_20120810",
    },
    errors: second_sdk("DynamoDb", "DynamoDbException"),
    modelled: Modelled::Common(&["ThrottlingException"]),
    is_camel: false,
    maps: &[
        ("AttributeUpdates", "{"),
        ("Attributes", "{"),
        ("ExclusiveStartKey", "{"),
        ("Expected", "{"),
        ("ExpressionAttributeNames", "{"),
        ("ExpressionAttributeValues", "{"),
        ("Item", "{"),
        ("ItemCollectionKey", "{"),
        ("Items", "[{"),
        ("Key", "{"),
        ("KeyConditions", "{"),
        ("Keys", "[{"),
        ("LastEvaluatedKey", "{"),
        ("M", "{"),
        ("QueryFilter", "{"),
        ("RequestItems", "{["),
        ("Responses", "{[{"),
        ("ScanFilter", "{"),
        ("UnprocessedItems", "{["),
        ("UnprocessedKeys", "{"),
    ],
    times: &[
        "BackupCreationDateTime",
        "CreationDateTime",
        "EarliestRestorableDateTime",
        "LastDecreaseDateTime",
        "LastIncreaseDateTime",
        "LastUpdateToPayPerRequestDateTime",
        "LatestRestorableDateTime",
        "RestoreDateTime",
        "TableCreationDateTime",
    ],
    // The second Java SDK calls NULL `nul`, and so does Step Functions.
    renamed: &[
        ("NULL", "Nul"),
        ("BOOL", "Bool"),
        ("SS", "Ss"),
        ("NS", "Ns"),
        ("BS", "Bs"),
        ("SSESpecification", "SseSpecification"),
        ("SSEType", "SseType"),
        ("KMSMasterKeyId", "KmsMasterKeyId"),
    ],
    texts: &[],
    strict_texts: &["S", "N"],
    actions: &[],
};

static SQS: Service = Service {
    name: "sqs",
    resource_type: "aws-sdk:sqs",
    scope: "sqs",
    protocol: Protocol::Json {
        version: "1.0",
        target: "AmazonSQS",
    },
    errors: second_sdk("Sqs", "SqsException"),
    modelled: Modelled::Common(&[]),
    is_camel: false,
    maps: &[
        ("Attributes", "{"),
        ("MessageAttributes", "{"),
        ("MessageSystemAttributes", "{"),
        ("Tags", "{"),
        ("tags", "{"),
    ],
    times: &[],
    renamed: &[("tags", "Tags")],
    texts: &["MessageBody"],
    strict_texts: &[],
    actions: &[],
};

static SFN: Service = Service {
    name: "sfn",
    resource_type: "aws-sdk:sfn",
    scope: "states",
    protocol: Protocol::Here,
    errors: second_sdk("Sfn", "SfnException"),
    modelled: Modelled::Common(&["ValidationException"]),
    is_camel: true,
    maps: &[("assignedVariables", "{"), ("variableReferences", "{[")],
    times: &[
        "creationDate",
        "redriveDate",
        "startDate",
        "stopDate",
        "timestamp",
        "updateDate",
    ],
    renamed: &[],
    texts: &["input", "output", "definition"],
    strict_texts: &[],
    actions: &[],
};

static EVENTBRIDGE: Service = Service {
    name: "eventbridge",
    resource_type: "aws-sdk:eventbridge",
    scope: "events",
    protocol: Protocol::Json {
        version: "1.1",
        target: "AWSEvents",
    },
    errors: second_sdk("EventBridge", "EventBridgeException"),
    modelled: Modelled::Common(&["AccessDeniedException", "ThrottlingException"]),
    is_camel: false,
    maps: &[
        ("HeaderParameters", "{"),
        ("InputPathsMap", "{"),
        ("QueryStringParameters", "{"),
    ],
    times: &[
        "CreationTime",
        "EventEndTime",
        "EventLastReplayedTime",
        "EventStartTime",
        "LastAuthorizedTime",
        "LastModifiedTime",
        "ReplayEndTime",
        "ReplayStartTime",
    ],
    renamed: &[("ResourceARN", "ResourceArn")],
    texts: &["Detail", "EventPattern"],
    strict_texts: &[],
    actions: &[],
};

static SECRETS_MANAGER: Service = Service {
    name: "secretsmanager",
    resource_type: "aws-sdk:secretsmanager",
    scope: "secretsmanager",
    protocol: Protocol::Json {
        version: "1.1",
        target: "secretsmanager",
    },
    errors: second_sdk("SecretsManager", "SecretsManagerException"),
    modelled: Modelled::Common(&[]),
    is_camel: false,
    maps: &[("SecretVersionsToStages", "{["), ("VersionIdsToStages", "{[")],
    times: &[
        "CreatedDate",
        "DeletedDate",
        "DeletionDate",
        "LastAccessedDate",
        "LastChangedDate",
        "LastRotatedDate",
        "NextRotationDate",
    ],
    renamed: &[("RotationLambdaARN", "RotationLambdaArn")],
    texts: &["SecretString"],
    strict_texts: &[],
    actions: &[],
};

static SSM: Service = Service {
    name: "ssm",
    resource_type: "aws-sdk:ssm",
    scope: "ssm",
    protocol: Protocol::Json {
        version: "1.1",
        target: "AmazonSSM",
    },
    errors: second_sdk("Ssm", "SsmException"),
    modelled: Modelled::Common(&[
        "AccessDeniedException",
        "ThrottlingException",
        "ValidationException",
    ]),
    is_camel: false,
    // `Parameters` is a list of parameters in some answers and a map of lists in others; a list is left alone.
    maps: &[
        ("Parameters", "{["),
        ("Variables", "{["),
        ("Outputs", "{["),
        ("OverriddenParameters", "{["),
    ],
    times: &[
        "CreatedDate",
        "CreationDate",
        "ExecutionEndTime",
        "ExecutionStartTime",
        "ExpiresAfter",
        "LastModifiedDate",
        "RequestedDateTime",
    ],
    renamed: &[],
    texts: &[],
    strict_texts: &[],
    actions: &[],
};

static CLOUDWATCH_LOGS: Service = Service {
    name: "cloudwatchlogs",
    resource_type: "aws-sdk:cloudwatchlogs",
    scope: "logs",
    protocol: Protocol::Json {
        version: "1.1",
        target: "Logs_20140328",
    },
    errors: second_sdk("CloudWatchLogs", "CloudWatchLogsException"),
    modelled: Modelled::Common(&[
        "AccessDeniedException",
        "ThrottlingException",
        "UnrecognizedClientException",
        "ValidationException",
    ]),
    is_camel: true,
    maps: &[
        ("dimensions", "{"),
        ("extractedValues", "{"),
        ("logRecord", "{"),
        ("tags", "{"),
    ],
    times: &[],
    renamed: &[],
    texts: &["message"],
    strict_texts: &[],
    actions: &[],
};

static SNS: Service = Service {
    name: "sns",
    resource_type: "aws-sdk:sns",
    scope: "sns",
    protocol: Protocol::Query {
        version: "2010-03-31",
    },
    errors: second_sdk("Sns", "SnsException"),
    modelled: Modelled::Common(&["ValidationException"]),
    is_camel: false,
    maps: &[("Attributes", "{"), ("MessageAttributes", "{")],
    times: &[],
    renamed: &[],
    texts: &["Message"],
    strict_texts: &[],
    actions: &[
        "createTopic",
        "deleteTopic",
        "publish",
        "subscribe",
        "unsubscribe",
    ],
};

static LAMBDA: Service = Service {
    name: "lambda",
    resource_type: "aws-sdk:lambda",
    scope: "lambda",
    protocol: Protocol::Lambda,
    errors: second_sdk("Lambda", "LambdaException"),
    modelled: Modelled::Common(&[]),
    is_camel: false,
    maps: &[],
    times: &[],
    renamed: &[],
    texts: &["Payload"],
    strict_texts: &[],
    actions: &["invoke"],
};

static S3: Service = Service {
    name: "s3",
    resource_type: "aws-sdk:s3",
    scope: "s3",
    protocol: Protocol::S3,
    errors: second_sdk("S3", "S3Exception"),
    modelled: Modelled::Only(&[
        "BucketAlreadyExists",
        "BucketAlreadyOwnedByYou",
        "EncryptionTypeMismatch",
        "InvalidObjectState",
        "InvalidRequest",
        "InvalidWriteOffset",
        "NoSuchBucket",
        "NoSuchKey",
        "NoSuchUpload",
        "TooManyParts",
    ]),
    is_camel: false,
    maps: &[("Metadata", "{")],
    times: &[],
    renamed: &[],
    texts: &["Body"],
    strict_texts: &[],
    actions: &["deleteObject", "getObject", "headObject", "putObject"],
};

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

    #[test]
    fn an_error_outside_the_model_is_known_by_its_name() {
        assert!(DYNAMODB.modelled.has("ConditionalCheckFailedException"));
        assert!(!DYNAMODB.modelled.has("ValidationException"));
        assert!(SSM.modelled.has("ValidationException"));
        assert!(S3.modelled.has("NoSuchKey"));
        assert!(!S3.modelled.has("AccessDenied"));
    }
}
