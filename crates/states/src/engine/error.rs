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
    /// Only for the other type of machine.
    #[error("This operation is not supported by this type of state machine")]
    StateMachineTypeNotSupported,
    /// An execution of this name exists and is over or differs.
    #[error("Execution Already Exists: '{0}'")]
    ExecutionAlreadyExists(String),
    /// No such execution.
    #[error("Execution Does Not Exist: '{0}'")]
    ExecutionDoesNotExist(String),
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
    /// A field is missing or has a value it cannot have.
    #[error("{0}")]
    Validation(String),
}

impl EngineError {
    /// The name in `__type`.
    pub fn name(&self) -> &'static str {
        match self {
            EngineError::InvalidDefinition(_) => "InvalidDefinition",
            EngineError::StateMachineAlreadyExists(_) => "StateMachineAlreadyExists",
            EngineError::StateMachineDoesNotExist(_) => "StateMachineDoesNotExist",
            EngineError::StateMachineTypeNotSupported => "StateMachineTypeNotSupported",
            EngineError::ExecutionAlreadyExists(_) => "ExecutionAlreadyExists",
            EngineError::ExecutionDoesNotExist(_) => "ExecutionDoesNotExist",
            EngineError::ExecutionLimitExceeded => "ExecutionLimitExceeded",
            EngineError::ActivityDoesNotExist(_) => "ActivityDoesNotExist",
            EngineError::InvalidArn(_) => "InvalidArn",
            EngineError::InvalidName(_) => "InvalidName",
            EngineError::InvalidExecutionInput(_) => "InvalidExecutionInput",
            EngineError::InvalidOutput(_) => "InvalidOutput",
            EngineError::InvalidToken => "InvalidToken",
            EngineError::TaskTimedOut => "TaskTimedOut",
            EngineError::MissingRequiredParameter => "MissingRequiredParameter",
            EngineError::Validation(_) => "ValidationException",
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
