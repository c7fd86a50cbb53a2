//! How the services behind the integrations are spoken to: protocols, names of members, errors.
//!
//! Source: the services' API models, for targets, versions, kinds of members and modelled errors.

use super::integrations::ErrorNames;

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

const fn second_sdk(prefix: &'static str, unmodelled: &'static str) -> ErrorNames {
    ErrorNames {
        prefix,
        first_sdk: None,
        unmodelled,
    }
}

pub(super) static DYNAMODB: Service = Service {
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

pub(super) static SQS: Service = Service {
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

pub(crate) static SFN: Service = Service {
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

pub(super) static EVENTBRIDGE: Service = Service {
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

pub(super) static SECRETS_MANAGER: Service = Service {
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

pub(super) static SSM: Service = Service {
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

pub(super) static CLOUDWATCH_LOGS: Service = Service {
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

pub(super) static SNS: Service = Service {
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

pub(super) static LAMBDA: Service = Service {
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

pub(crate) static S3: Service = Service {
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
    actions: &[
        "deleteObject",
        "getObject",
        "headObject",
        "listObjectsV2",
        "putObject",
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_outside_the_model_is_known_by_its_name() {
        assert!(DYNAMODB.modelled.has("ConditionalCheckFailedException"));
        assert!(!DYNAMODB.modelled.has("ValidationException"));
        assert!(SSM.modelled.has("ValidationException"));
        assert!(S3.modelled.has("NoSuchKey"));
        assert!(!S3.modelled.has("AccessDenied"));
    }
}
