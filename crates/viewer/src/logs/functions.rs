//! Which functions a definition names.

use serde_json::Value;

/// Names or ARNs of the functions of a state, or of all states, in the definition's order and each once.
///
/// A function whose name is only known when the state runs is left out; the event that scheduled it has it.
pub(crate) fn functions_in(definition: &Value, state: Option<&str>) -> Vec<String> {
    let mut found = Vec::new();
    look_through(definition, state, &mut found);
    found
}

fn look_through(flow: &Value, wanted: Option<&str>, found: &mut Vec<String>) {
    let Some(states) = flow["States"].as_object() else {
        return;
    };
    for (name, state) in states {
        let is_wanted = wanted.is_none_or(|wanted| wanted == name);
        if is_wanted
            && let Some(function) = function_of(state)
            && !found.contains(&function)
        {
            found.push(function);
        }
        // What is asked for of a Map or Parallel state is what is in it.
        let inner = if is_wanted { None } else { wanted };
        for body in ["ItemProcessor", "Iterator"] {
            look_through(&state[body], inner, found);
        }
        for branch in state["Branches"].as_array().into_iter().flatten() {
            look_through(branch, inner, found);
        }
    }
}

/// The function that a Task calls, by its own ARN or through `lambda:invoke`.
fn function_of(state: &Value) -> Option<String> {
    let resource = state["Resource"].as_str()?;
    if resource.contains(":lambda:") && resource.contains(":function:") {
        return Some(resource.to_owned());
    }
    if !resource.contains(":::lambda:invoke") {
        return None;
    }
    ["Arguments", "Parameters"]
        .iter()
        .find_map(|given| state[given]["FunctionName"].as_str())
        .filter(|name| !name.starts_with("{%"))
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn definition() -> Value {
        json!({ "StartAt": "A", "States": {
            "A": { "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
                   "Arguments": { "FunctionName": "arn:aws:lambda:r:a:function:charge" } },
            "B": { "Type": "Map", "ItemProcessor": { "States": {
                "C": { "Type": "Task", "Resource": "arn:aws:lambda:r:a:function:old-way" } } } },
            "D": { "Type": "Parallel", "Branches": [ { "States": {
                "E": { "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
                       "Parameters": { "FunctionName": "token" } } } } ] },
            "F": { "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
                   "Arguments": { "FunctionName": "{% $which %}" } },
            "G": { "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage" },
        } })
    }

    #[test]
    fn states_name_their_functions_wherever_they_stand() {
        assert_eq!(
            functions_in(&definition(), None),
            [
                "arn:aws:lambda:r:a:function:charge",
                "arn:aws:lambda:r:a:function:old-way",
                "token"
            ]
        );
        for (state, function) in [
            ("A", "arn:aws:lambda:r:a:function:charge"),
            ("B", "arn:aws:lambda:r:a:function:old-way"),
            ("C", "arn:aws:lambda:r:a:function:old-way"),
            ("E", "token"),
        ] {
            assert_eq!(functions_in(&definition(), Some(state)), [function], "{state}");
        }
        for state in ["F", "G", "H"] {
            assert!(functions_in(&definition(), Some(state)).is_empty(), "{state}");
        }
        assert!(functions_in(&Value::Null, None).is_empty());
    }
}
