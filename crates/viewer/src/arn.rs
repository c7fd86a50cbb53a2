//! What stands in the ARNs of Step Functions.

use domain::Refusal;

/// As long as AWS lets one be.
const LENGTH_MAX: usize = 2_000;

/// An ARN that may be asked for: whether it exists is the account's to say.
pub(crate) fn checked(arn: &str) -> Result<&str, Refusal> {
    let is_arn = arn.starts_with("arn:") && arn.len() <= LENGTH_MAX && arn.matches(':').count() >= 6;
    if is_arn && !arn.chars().any(char::is_control) {
        return Ok(arn);
    }
    Err(Refusal::invalid(
        "arn",
        "must be the ARN of a state machine, an execution or a map run",
    ))
}

/// Whether it is an execution of an Express machine.
pub(crate) fn is_express(arn: &str) -> bool {
    arn.split(':').nth(5) == Some("express")
}

/// The machine of an execution, `arn:..:execution:MACHINE:NAME` or `arn:..:express:MACHINE:NAME:RUN`; of a child of a map run
/// the machine's name is followed by the run's label.
pub(crate) fn machine_of(execution: &str) -> Option<String> {
    let mut parts = execution.split(':');
    let place: Vec<&str> = parts.by_ref().take(5).collect();
    let kind = parts.next()?;
    let machine = parts.next()?.split('/').next()?;
    matches!(kind, "execution" | "express").then(|| format!("{}:stateMachine:{machine}", place.join(":")))
}

/// The execution of this name of a machine.
pub(crate) fn execution_of(machine: &str, name: &str) -> Option<String> {
    let (place, machine) = machine.split_once(":stateMachine:")?;
    Some(format!("{place}:execution:{machine}:{name}"))
}

/// The last part of an ARN: a name, or a version after it.
pub(crate) fn last(arn: &str) -> &str {
    arn.rsplit(':').next().unwrap_or(arn)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MACHINE: &str = "arn:aws:states:eu-central-1:000000000000:stateMachine:Order";

    #[test]
    fn machine_and_execution_lead_to_one_another() {
        let execution = execution_of(MACHINE, "ord_1").unwrap();
        assert_eq!(
            execution,
            "arn:aws:states:eu-central-1:000000000000:execution:Order:ord_1"
        );
        assert_eq!(machine_of(&execution).as_deref(), Some(MACHINE));
        let child = "arn:aws:states:eu-central-1:000000000000:execution:Order/Label:x";
        assert_eq!(machine_of(child).as_deref(), Some(MACHINE));
        let express = "arn:aws:states:eu-central-1:000000000000:express:Order:x:y";
        assert_eq!(machine_of(express).as_deref(), Some(MACHINE));
        assert!(is_express(express) && !is_express(&execution));
        assert_eq!(machine_of(MACHINE), None);
    }

    #[test]
    fn what_is_no_arn_is_not_asked_for() {
        assert!(checked(MACHINE).is_ok());
        for text in ["", "Order", "arn:aws:states", "arn:aws:states:a:b:c:d\n"] {
            assert!(checked(text).is_err(), "{text}");
        }
    }
}
