//! The state machines as they are in `workflows/`, filled in for a world without AWS.
//!
//! Every placeholder stands for a function, a queue or a machine, and its name says which: `LockTicketFunctionArn`
//! is the function `lock-ticket`. A definition with another kind of placeholder is refused.

use serde_json::{Value, json};
use states::definition::{MachineType, substitute};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// What a start of another machine is called when it is made visible.
pub const START_EXECUTION: &str = "start-execution";

/// One machine, ready to be registered.
#[derive(Clone, Debug)]
pub struct Definition {
    /// Its name, e.g. `hold-order`.
    pub name: String,
    /// Standard or Express.
    pub machine_type: MachineType,
    /// The definition as JSON text, with everything filled in.
    pub text: String,
}

/// Why a definition cannot be simulated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{machine}: {why}")]
pub struct NotSimulated {
    /// The machine's name.
    pub machine: String,
    /// The reason.
    pub why: String,
}

/// Every definition in this folder, filled in, by name.
///
/// # Errors
/// [`NotSimulated`] when a file cannot be read, does not say whether it is Standard or Express, or cannot be filled in.
pub fn read_all(folder: &Path) -> Result<Vec<Definition>, NotSimulated> {
    let refuse = |what: &Path, why: String| NotSimulated {
        machine: what.display().to_string(),
        why,
    };
    let entries = fs::read_dir(folder).map_err(|error| refuse(folder, error.to_string()))?;
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| refuse(folder, error.to_string()))?.path();
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        let Some(name) = file.strip_suffix(".asl.json") else {
            continue;
        };
        let source = fs::read_to_string(&path).map_err(|error| refuse(&path, error.to_string()))?;
        let document: Value =
            serde_json::from_str(&source).map_err(|error| refuse(&path, error.to_string()))?;
        // Each definition's comment begins with its type; a test holds it equal to the template.
        let comment = document["Comment"].as_str().unwrap_or_default();
        let machine_type = match comment.split('.').next() {
            Some("Express") => MachineType::Express,
            Some("Standard") => MachineType::Standard,
            _ => {
                let why = "its comment does not begin with Standard or Express";
                return Err(refuse(&path, why.to_owned()));
            }
        };
        found.push(fill_in(name, &source, machine_type)?);
    }
    found.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(found)
}

/// Fills a definition in.
///
/// # Errors
/// [`NotSimulated`] when it is not JSON, has a placeholder of unknown kind, or a start of another machine whose
/// answer is looked at.
pub fn fill_in(name: &str, source: &str, machine_type: MachineType) -> Result<Definition, NotSimulated> {
    let refuse = |why: String| NotSimulated {
        machine: name.to_owned(),
        why,
    };
    let mut values = BTreeMap::new();
    if let Err(missing) = substitute(source, &values) {
        for placeholder in missing {
            let value = address_of(&placeholder)
                .ok_or_else(|| refuse(format!("the placeholder {placeholder} is of unknown kind")))?;
            values.insert(placeholder, value);
        }
    }
    let text = substitute(source, &values)
        .map_err(|missing| refuse(format!("nothing was put in for {}", missing.join(", "))))?;
    let mut document: Value = serde_json::from_str(&text).map_err(|error| refuse(error.to_string()))?;
    make_starts_visible(&mut document).map_err(refuse)?;
    Ok(Definition {
        name: name.to_owned(),
        machine_type,
        text: document.to_string(),
    })
}

/// The ARN of a machine of this name.
#[must_use]
pub fn machine_arn(name: &str) -> String {
    format!("arn:aws:states:us-east-1:000000000000:stateMachine:{name}")
}

fn address_of(placeholder: &str) -> Option<String> {
    if let Some(function) = placeholder.strip_suffix("FunctionArn") {
        let function = kebab_case(function);
        return Some(format!(
            "arn:aws:lambda:us-east-1:000000000000:function:{function}"
        ));
    }
    if let Some(machine) = placeholder.strip_suffix("MachineArn") {
        return Some(machine_arn(&kebab_case(machine)));
    }
    let queue = placeholder.strip_suffix("QueueUrl")?;
    Some(format!(
        "https://sqs.us-east-1.amazonaws.com/000000000000/{}",
        kebab_case(queue)
    ))
}

/// `LockTicket` as `lock-ticket`.
#[must_use]
pub fn kebab_case(name: &str) -> String {
    let mut kebab = String::new();
    for (index, letter) in name.chars().enumerate() {
        if letter.is_ascii_uppercase() && index > 0 {
            kebab.push('-');
        }
        kebab.push(letter.to_ascii_lowercase());
    }
    kebab
}

/// The interpreter starts other machines inside itself, where nothing can go wrong. Here such a start goes by the
/// outside, as a call of [`START_EXECUTION`], so that it can be lost like everything else. State, retries, catches
/// and transitions stay as they are; only the answer's shape differs, so nobody may look at it.
fn make_starts_visible(value: &mut Value) -> Result<(), String> {
    match value {
        Value::Array(items) => items.iter_mut().try_for_each(make_starts_visible),
        Value::Object(members) => {
            if members.get("Resource") == Some(&json!("arn:aws:states:::states:startExecution")) {
                let reads_answer = ["Output", "Assign"]
                    .iter()
                    .filter_map(|field| members.get(*field))
                    .any(|field| field.to_string().contains("$states.result"));
                if reads_answer || !members.contains_key("Output") {
                    return Err("a start of another machine hands its answer on".to_owned());
                }
                let payload = members.remove("Arguments").unwrap_or_default();
                members.insert(
                    "Arguments".to_owned(),
                    json!({ "FunctionName": START_EXECUTION, "Payload": payload }),
                );
                members.insert("Resource".to_owned(), json!("arn:aws:states:::lambda:invoke"));
            }
            members.values_mut().try_for_each(make_starts_visible)
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_placeholder_says_what_it_stands_for() {
        let address = |placeholder| address_of(placeholder).unwrap();
        assert!(address("LockTicketFunctionArn").ends_with(":function:lock-ticket"));
        assert!(address("OrderMachineArn").ends_with(":stateMachine:order"));
        assert!(address("PaymentRequestsQueueUrl").ends_with("/payment-requests"));
        assert_eq!(address_of("OrdersTable"), None);
    }
}
