//! What is wrong with a definition, and where.

use std::fmt;

/// Why a definition is refused; the names are those of `ValidateStateMachineDefinition`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// The text is not JSON.
    InvalidJson,
    /// A field is missing, has a wrong type or value, or is not known.
    Schema,
    /// A transition leads nowhere, or a state cannot be reached.
    Transition,
    /// A flow that can never end.
    EndState,
    /// An expression between `{%` and `%}` does not parse.
    Expression,
    /// The language has it, this interpreter does not.
    NotSupported,
}

impl Code {
    /// The name as it stands in answers.
    pub fn name(self) -> &'static str {
        match self {
            Code::InvalidJson => "INVALID_JSON_DESCRIPTION",
            Code::Schema => "SCHEMA_VALIDATION_FAILED",
            Code::Transition => "MISSING_TRANSITION_TARGET",
            Code::EndState => "MISSING_END_STATE",
            Code::Expression => "INVALID_JSONATA_EXPRESSION",
            Code::NotSupported => "NOT_SUPPORTED",
        }
    }
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Severity {
    /// The definition is refused.
    Error,
    /// The definition is taken here, but not on AWS.
    Warning,
}

impl Severity {
    /// The name as it stands in answers.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Error => "ERROR",
            Severity::Warning => "WARNING",
        }
    }
}

/// One thing that is wrong with a definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Whether it is refused for this.
    pub severity: Severity,
    /// What kind of mistake it is.
    pub code: Code,
    /// A JSON path from the top of the definition, such as `/States/ChargePayment/Retry/0/MaxAttempts`.
    pub location: String,
    /// A sentence that names the mistake and, where it can, the way out.
    pub message: String,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}: {} at {}",
            self.code.name(),
            self.message,
            self.location
        )
    }
}
