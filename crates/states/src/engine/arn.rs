//! Names of machines and executions.

use super::EngineError;

/// Where everything is.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Place {
    /// Such as `us-east-1`.
    pub region: String,
    /// Twelve digits.
    pub account: String,
}

impl Default for Place {
    fn default() -> Self {
        Place {
            region: "us-east-1".to_owned(),
            account: "000000000000".to_owned(),
        }
    }
}

impl Place {
    fn arn(&self, rest: &str) -> String {
        format!("arn:aws:states:{}:{}:{rest}", self.region, self.account)
    }

    /// The ARN of a machine.
    pub fn machine_arn(&self, machine: &str) -> String {
        self.arn(&format!("stateMachine:{machine}"))
    }

    /// The ARN of an activity.
    pub fn activity_arn(&self, activity: &str) -> String {
        self.arn(&format!("activity:{activity}"))
    }

    /// The ARN of a Standard execution.
    pub fn execution_arn(&self, machine: &str, name: &str) -> String {
        self.arn(&format!("execution:{machine}:{name}"))
    }

    /// The ARN of an Express execution, of which many may have one name.
    pub fn express_arn(&self, machine: &str, name: &str, run: &str) -> String {
        self.arn(&format!("express:{machine}:{name}:{run}"))
    }

    /// The machine's name in an ARN without a version or alias.
    ///
    /// # Errors
    ///
    /// [`EngineError::InvalidArn`] if it is no machine's ARN, [`EngineError::Labeled`] if it is a Map state's.
    pub fn machine_name<'a>(&self, arn: &'a str) -> Result<&'a str, EngineError> {
        match self.machine_parts(arn)? {
            (name, None) => Ok(name),
            _ => Err(EngineError::InvalidArn(arn.to_owned())),
        }
    }

    /// The machine's name in an ARN, and the version or alias behind it.
    ///
    /// # Errors
    ///
    /// As [`Place::machine_name`].
    pub fn machine_parts<'a>(&self, arn: &'a str) -> Result<(&'a str, Option<&'a str>), EngineError> {
        let parts = parts_of(arn)?;
        match parts.as_slice() {
            [.., "stateMachine", name] if parts.len() == 7 && name.contains('/') => {
                Err(EngineError::Labeled(arn.to_owned()))
            }
            [.., "stateMachine", name] if parts.len() == 7 && !name.is_empty() => Ok((name, None)),
            [.., "stateMachine", name, qualifier]
                if parts.len() == 8 && !name.is_empty() && !qualifier.is_empty() =>
            {
                Ok((name, Some(qualifier)))
            }
            _ => Err(wrong_resource(&parts)),
        }
    }
}

/// The kind of execution an ARN is of: `execution` or `express`.
pub(super) fn execution_kind(arn: &str) -> Result<&str, EngineError> {
    let parts = parts_of(arn)?;
    match (parts.get(5), parts.len()) {
        (Some(kind @ &"execution"), 8) | (Some(kind @ &"express"), 9) => Ok(kind),
        _ => Err(wrong_resource(&parts)),
    }
}

pub(super) fn parts_of(arn: &str) -> Result<Vec<&str>, EngineError> {
    let parts: Vec<&str> = arn.split(':').collect();
    match parts.as_slice() {
        ["arn", _, "states", _, _, _, ..] => Ok(parts),
        ["arn", ..] => Err(EngineError::InvalidArn(arn.to_owned())),
        _ => Err(EngineError::InvalidArn(format!("Invalid ARN prefix: {arn}"))),
    }
}

fn wrong_resource(parts: &[&str]) -> EngineError {
    let kind = parts.get(5).copied().unwrap_or_default();
    EngineError::InvalidArn(format!("Resource type not valid in this context: {kind}"))
}

/// That an ARN is of a Standard execution, for operations that Express ones have not.
///
/// # Errors
///
/// [`EngineError::InvalidArn`].
pub fn only_standard(arn: &str) -> Result<(), EngineError> {
    match execution_kind(arn)? {
        "execution" => Ok(()),
        _ => Err(wrong_resource(&parts_of(arn)?)),
    }
}

/// As [`only_standard`]; Express ones that a map run started are known too: "not supported by EXPRESS state machines unless
/// they were dispatched by a Map Run" (API reference, DescribeExecution). They have the state's label in their ARN.
///
/// # Errors
///
/// [`EngineError::InvalidArn`].
pub fn check_described(arn: &str) -> Result<(), EngineError> {
    let is_labelled = parts_of(arn)?.get(6).is_some_and(|machine| machine.contains('/'));
    match is_labelled {
        true => execution_kind(arn).map(|_| ()),
        false => only_standard(arn),
    }
}

/// AWS's rule for names of machines and executions: 1 to 80 characters, none of them white space, a bracket, a
/// wildcard or another special one.
pub(super) fn check_name(name: &str) -> Result<(), EngineError> {
    let length = name.chars().count();
    let forbidden = |letter: char| {
        letter.is_whitespace() || letter.is_control() || "<>{}[]?*\"#%\\^|~`$&,;:/".contains(letter)
    };
    if length == 0 || length > 80 || name.chars().any(forbidden) {
        return Err(EngineError::InvalidName(name.to_owned()));
    }
    Ok(())
}
