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

    /// The machine's name in an ARN, with or without a version or alias behind it.
    ///
    /// # Errors
    ///
    /// [`EngineError::InvalidArn`] if it is no machine's ARN.
    pub fn machine_name<'a>(&self, arn: &'a str) -> Result<&'a str, EngineError> {
        let parts: Vec<&str> = arn.split(':').collect();
        match parts.as_slice() {
            ["arn", _, "states", _, _, "stateMachine", name] if !name.is_empty() => Ok(name),
            _ => Err(EngineError::InvalidArn(arn.to_owned())),
        }
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
