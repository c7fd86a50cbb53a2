//! Why a request is refused, by AWS's names.

use crate::definition::Diagnostic;

/// A refused request. [`EngineError::name`] is the AWS error's name, `Display` its message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// The definition has mistakes.
    #[error("Invalid State Machine Definition: '{}'", listed(.0))]
    InvalidDefinition(Vec<Diagnostic>),
    /// A machine of this name exists and differs.
    #[error("State Machine Already Exists: '{0}'")]
    StateMachineAlreadyExists(String),
    /// No such machine.
    #[error("State Machine Does Not Exist: '{0}'")]
    StateMachineDoesNotExist(String),
    /// The machine is being deleted.
    #[error("State Machine Deleting: '{0}'")]
    StateMachineDeleting(String),
    /// Only for the other type of machine.
    #[error("This operation is not supported by this type of state machine")]
    StateMachineTypeNotSupported,
    /// An execution of this name exists and is over or differs.
    #[error("Execution Already Exists: '{0}'")]
    ExecutionAlreadyExists(String),
    /// No such execution.
    #[error("Execution Does Not Exist: '{0}'")]
    ExecutionDoesNotExist(String),
    /// The execution cannot be redriven; the text says why.
    #[error("{0}")]
    ExecutionNotRedrivable(String),
    /// Too many started at once.
    #[error("The maximum number of running executions has been reached")]
    ExecutionLimitExceeded,
    /// No such activity.
    #[error("Activity Does Not Exist: '{0}'")]
    ActivityDoesNotExist(String),
    /// Not an ARN of the right kind.
    #[error("Invalid Arn: '{0}'")]
    InvalidArn(String),
    /// Not a name.
    #[error("Invalid Name: '{0}'")]
    InvalidName(String),
    /// The input is not JSON, or too large.
    #[error("Invalid State Machine Execution Input: '{0}'")]
    InvalidExecutionInput(String),
    /// The output is not JSON, or too large.
    #[error("Invalid Output: '{0}'")]
    InvalidOutput(String),
    /// Not a task token.
    #[error("Invalid Token: 'Invalid token'")]
    InvalidToken,
    /// Nobody waits for this task any more.
    #[error("Task Timed Out: 'Provided task does not exist anymore'")]
    TaskTimedOut,
    /// An update that says nothing to update.
    #[error(
        "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified"
    )]
    MissingRequiredParameter,
    /// Something else than a machine or execution is named and does not exist.
    #[error("{message}")]
    ResourceNotFound {
        /// What is said of it.
        message: String,
        /// What was named.
        resource: Option<String>,
    },
    /// Something else stands in the way.
    #[error("{0}")]
    Conflict(String),
    /// There would be more than there may be.
    #[error("{0}")]
    ServiceQuotaExceeded(String),
    /// Nothing can be logged like that.
    #[error("Invalid Logging Configuration: {0}")]
    InvalidLoggingConfiguration(String),
    /// Nothing can be encrypted like that.
    #[error("Invalid Encryption Configuration: {0}")]
    InvalidEncryptionConfiguration(String),
    /// An activity of this name exists and is encrypted otherwise.
    #[error("Activity Already Exists: '{0}'")]
    ActivityAlreadyExists(String),
    /// More than 50 tags of one machine.
    #[error("The number of tags exceeds the maximum of 50 for '{0}'")]
    TooManyTags(String),
    /// An alias may not lead there.
    #[error("{0}")]
    Routing(String),
    /// An ARN with the label of a Map state, where none may be.
    #[error("State machine ARN with a map state label is not supported by this operation: '{0}'")]
    Labeled(String),
    /// A state that cannot be tested by itself.
    #[error("{0}")]
    NotTestable(String),
    /// A request that lacks something.
    #[error("{0}")]
    Missing(String),
    /// A request that is not JSON of the right shape.
    #[error("{0}")]
    Serialization(String),
    /// A field is missing or has a value it cannot have.
    #[error("{0}")]
    Validation(String),
}

impl EngineError {
    /// The name in `__type`.
    pub fn name(&self) -> &'static str {
        match self {
            EngineError::InvalidDefinition(_) | EngineError::NotTestable(_) => "InvalidDefinition",
            EngineError::StateMachineAlreadyExists(_) => "StateMachineAlreadyExists",
            EngineError::StateMachineDoesNotExist(_) => "StateMachineDoesNotExist",
            EngineError::StateMachineDeleting(_) => "StateMachineDeleting",
            EngineError::StateMachineTypeNotSupported => "StateMachineTypeNotSupported",
            EngineError::ExecutionAlreadyExists(_) => "ExecutionAlreadyExists",
            EngineError::ExecutionDoesNotExist(_) => "ExecutionDoesNotExist",
            EngineError::ExecutionNotRedrivable(_) => "ExecutionNotRedrivable",
            EngineError::ExecutionLimitExceeded => "ExecutionLimitExceeded",
            EngineError::ActivityDoesNotExist(_) => "ActivityDoesNotExist",
            EngineError::InvalidArn(_) => "InvalidArn",
            EngineError::InvalidName(_) => "InvalidName",
            EngineError::InvalidEncryptionConfiguration(_) => "InvalidEncryptionConfiguration",
            EngineError::ActivityAlreadyExists(_) => "ActivityAlreadyExists",
            EngineError::InvalidLoggingConfiguration(_) => "InvalidLoggingConfiguration",
            EngineError::InvalidExecutionInput(_) => "InvalidExecutionInput",
            EngineError::InvalidOutput(_) => "InvalidOutput",
            EngineError::InvalidToken => "InvalidToken",
            EngineError::TaskTimedOut => "TaskTimedOut",
            EngineError::MissingRequiredParameter => "MissingRequiredParameter",
            EngineError::ResourceNotFound { .. } => "ResourceNotFound",
            EngineError::Conflict(_) => "ConflictException",
            EngineError::ServiceQuotaExceeded(_) => "ServiceQuotaExceededException",
            EngineError::TooManyTags(_) => "TooManyTags",
            EngineError::Serialization(_) => "SerializationException",
            EngineError::Routing(_)
            | EngineError::Labeled(_)
            | EngineError::Missing(_)
            | EngineError::Validation(_) => "ValidationException",
        }
    }

    /// The `reason` of a `ValidationException`, where the API has one for it.
    pub fn reason(&self) -> Option<&'static str> {
        match self {
            EngineError::Routing(_) => Some("INVALID_ROUTING_CONFIGURATION"),
            EngineError::Labeled(_) => Some("API_DOES_NOT_SUPPORT_LABELED_ARNS"),
            EngineError::Missing(_) => Some("MISSING_REQUIRED_PARAMETER"),
            _ => None,
        }
    }

    /// The `resourceName` of an error that has one.
    pub fn resource(&self) -> Option<&str> {
        match self {
            EngineError::ResourceNotFound { resource, .. } => resource.as_deref(),
            EngineError::TooManyTags(arn) => Some(arn),
            _ => None,
        }
    }
}

fn listed(diagnostics: &[Diagnostic]) -> String {
    diagnostics
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("; ")
}
