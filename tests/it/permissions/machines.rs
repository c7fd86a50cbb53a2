//! State machines: what their policies allow is what their states do.

use super::{Line, Lines, allowed, lines};
use crate::project::root;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;

/// How a machine writes logs. CloudWatch Logs' delivery API knows no resources.
const LOGS: [&str; 8] = [
    "CreateLogDelivery",
    "GetLogDelivery",
    "UpdateLogDelivery",
    "DeleteLogDelivery",
    "ListLogDeliveries",
    "PutResourcePolicy",
    "DescribeResourcePolicies",
    "DescribeLogGroups",
];
/// How Step Functions learns that a child has ended: a rule of EventBridge that it manages itself.
const CHILDREN: &str = "events:rule/StepFunctionsGetEventsForStepFunctionsExecutionRule";

/// What the states of a definition need; `names` is what stands for each placeholder.
fn needs(definition: &Value, names: &BTreeMap<String, String>, needed: &mut Lines) {
    match definition {
        Value::Object(members) => {
            if let Some(integration) = members.get("Resource").and_then(Value::as_str) {
                needed.extend(needs_of(integration, &members["Arguments"], names));
            }
            members.values().for_each(|member| needs(member, names, needed));
        }
        Value::Array(elements) => elements.iter().for_each(|element| needs(element, names, needed)),
        _ => {}
    }
}

fn needs_of(integration: &str, arguments: &Value, names: &BTreeMap<String, String>) -> Vec<Line> {
    let (task, pattern) = integration
        .trim_start_matches("arn:aws:states:::")
        .split_once('.')
        .unwrap_or((integration.trim_start_matches("arn:aws:states:::"), ""));
    let (action, argument) = match task {
        "lambda:invoke" => ("lambda:InvokeFunction", "FunctionName"),
        "sqs:sendMessage" => ("sqs:SendMessage", "QueueUrl"),
        "states:startExecution" => ("states:StartExecution", "StateMachineArn"),
        _ => panic!("say here what {integration} needs"),
    };
    let placeholder = arguments[argument].as_str().unwrap_or_default();
    let resource = placeholder
        .strip_prefix("${")
        .and_then(|rest| names.get(rest.strip_suffix('}')?))
        .unwrap_or_else(|| panic!("{placeholder:?} stands for nothing"));
    let mut needed = vec![(action.to_owned(), resource.clone())];
    if pattern.starts_with("sync") {
        let executions = format!("{}:*", resource.replace(":stateMachine:", ":execution:"));
        for action in ["DescribeExecution", "StopExecution"] {
            needed.push((format!("states:{action}"), executions.clone()));
        }
        for action in ["PutTargets", "PutRule", "DescribeRule"] {
            needed.push((format!("events:{action}"), CHILDREN.to_owned()));
        }
    }
    needed
}

/// Protection: least privilege. The engine does not see a machine's role, but a definition says everything that its machine does.
#[test]
fn a_machine_may_do_what_its_states_do_and_no_more() {
    let definitions: BTreeMap<String, (String, BTreeMap<String, String>)> =
        serde_json::from_value(allowed()["definitions"].clone()).expect("definitions");
    let policies = lines("machines");
    assert!(policies.keys().eq(definitions.keys()), "{:?}", policies.keys());
    for (machine, (path, names)) in definitions {
        let text = fs::read_to_string(root().join(&path)).expect("there is a definition");
        let mut needed: Lines = LOGS
            .iter()
            .map(|action| (format!("logs:{action}"), "*".to_owned()))
            .collect();
        let definition = serde_json::from_str(&text).expect("it is JSON");
        needs(&definition, &names, &mut needed);
        let allowed: Lines = policies[&machine].iter().cloned().collect();
        assert_eq!(allowed, needed, "{machine}");
    }
}

/// The roles that are no function's and no machine's are those of schedules.
#[test]
fn a_schedule_may_start_its_own_function_and_nothing_else() {
    let schedules = lines("others");
    assert!(schedules.len() >= 4, "{schedules:?}");
    for (role, lines) in schedules {
        let [(action, function)] = &lines[..] else {
            panic!("{role} may do {lines:?}");
        };
        assert_eq!(action, "lambda:InvokeFunction", "{role}");
        let function = function.strip_prefix("lambda:function:").unwrap_or_default();
        assert!(
            !function.is_empty() && role.starts_with(function),
            "{role} starts {function}"
        );
    }
}
