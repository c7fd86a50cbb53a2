//! The state machines hold what the house promises: every state explained and bounded, and the step table of
//! workflows/README.md equal to them.

use crate::project::root;
use serde_json::Value;
use states::definition::{Machine, MachineType};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// Each definition with its name: `order` for workflows/order.asl.json.
fn definitions() -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(root().join("workflows")).expect("there are workflows") {
        let path = entry.expect("it can be listed").path();
        let file = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if let Some(name) = file.strip_suffix(".asl.json") {
            let text = fs::read_to_string(&path).expect("it can be read");
            found.insert(name.to_owned(), serde_json::from_str(&text).expect("it is JSON"));
        }
    }
    assert!(found.len() >= 2, "{:?}", found.keys());
    found
}

/// Every state, with those inside a Map or Parallel; each with what catches its errors: its own `Catch`, or that of
/// the state it is inside of.
fn states(definition: &Value) -> Vec<(&String, &Value, &Value)> {
    fn collect<'a>(
        machine: &'a Value,
        caught: &'a Value,
        found: &mut Vec<(&'a String, &'a Value, &'a Value)>,
    ) {
        for (name, state) in machine["States"].as_object().into_iter().flatten() {
            let caught = if state["Catch"].is_null() {
                caught
            } else {
                &state["Catch"]
            };
            found.push((name, state, caught));
            collect(&state["ItemProcessor"], caught, found);
            for branch in state["Branches"].as_array().into_iter().flatten() {
                collect(branch, caught, found);
            }
        }
    }
    let mut found = Vec::new();
    collect(definition, &Value::Null, &mut found);
    found
}

fn tasks(definition: &Value) -> impl Iterator<Item = (&String, &Value, &Value)> {
    states(definition)
        .into_iter()
        .filter(|(_, state, _)| state["Type"] == "Task")
}

/// `LockTicket` as `lock-ticket`.
fn kebab(name: &str) -> String {
    let mut kebab = String::new();
    for (index, letter) in name.chars().enumerate() {
        if letter.is_uppercase() && index > 0 {
            kebab.push('-');
        }
        kebab.extend(letter.to_lowercase());
    }
    kebab
}

#[test]
fn every_definition_is_accepted_by_our_step_functions() {
    for (name, definition) in definitions() {
        let text = with_addresses(&definition.to_string());
        let machine_type = if name == "hold-order" {
            MachineType::Express
        } else {
            MachineType::Standard
        };
        if let Err(diagnostics) = Machine::parse(&text, machine_type) {
            panic!("{name}: {diagnostics:?}");
        }
    }
}

/// Replaces every `${Name}` by an address of that name.
fn with_addresses(text: &str) -> String {
    let mut rest = text;
    let mut out = String::new();
    while let Some((before, after)) = rest.split_once("${") {
        let (name, tail) = after.split_once('}').expect("a placeholder ends");
        out.push_str(before);
        out.push_str(&address(name));
        rest = tail;
    }
    out + rest
}

fn address(name: &str) -> String {
    match name.strip_suffix("FunctionArn") {
        Some(function) => format!("arn:aws:lambda:us-east-1:000000000000:function:{function}"),
        None if name.ends_with("MachineArn") => {
            format!("arn:aws:states:us-east-1:000000000000:stateMachine:{name}")
        }
        None => format!("http://localhost/000000000000/{name}"),
    }
}

#[test]
fn every_state_says_why_it_is_there() {
    for (name, definition) in definitions() {
        assert!(definition["Comment"].is_string(), "{name} has no comment");
        assert!(
            definition["TimeoutSeconds"].is_number(),
            "{name} may run for ever"
        );
        for (state_name, state, _) in states(&definition) {
            let comment = state["Comment"].as_str().unwrap_or_default();
            assert!(
                comment.len() > 20,
                "{name}/{state_name} does not say why it is there"
            );
        }
    }
}

#[test]
fn every_task_is_bounded_retried_and_caught() {
    for (name, definition) in definitions() {
        for (state_name, state, caught) in tasks(&definition) {
            let place = format!("{name}/{state_name}");
            assert!(!state["TimeoutSeconds"].is_null(), "{place} has no time limit");
            for retrier in state["Retry"]
                .as_array()
                .unwrap_or_else(|| panic!("{place} has no Retry"))
            {
                for bound in ["IntervalSeconds", "MaxAttempts", "MaxDelaySeconds"] {
                    assert!(retrier[bound].is_number(), "{place}: a Retry without {bound}");
                }
                let errors = retrier["ErrorEquals"].to_string();
                assert!(
                    !errors.contains("Defect") && !errors.contains("States.ALL"),
                    "{place} retries defects"
                );
            }
            let catchers = caught
                .as_array()
                .unwrap_or_else(|| panic!("{place} has no Catch"));
            let last = catchers.last().map(|catcher| catcher["ErrorEquals"].to_string());
            assert_eq!(
                last.as_deref(),
                Some(r#"["States.ALL"]"#),
                "{place} leaves an error uncaught"
            );
        }
    }
}

#[test]
fn every_task_that_invokes_a_function_bears_its_name() {
    for (name, definition) in definitions() {
        for (state_name, state, _) in tasks(&definition) {
            if let Some(function) = state["Arguments"]["FunctionName"].as_str() {
                assert_eq!(
                    function,
                    format!("${{{state_name}FunctionArn}}"),
                    "{name}/{state_name}"
                );
                let folder = root().join("functions").join(kebab(state_name));
                assert!(
                    folder.is_dir(),
                    "{name}/{state_name}: there is no {}",
                    folder.display()
                );
            }
        }
    }
}

#[test]
fn every_error_a_definition_names_is_on_the_closed_list() {
    let refusals = fs::read_to_string(root().join("crates/domain/src/refusal.rs")).expect("there is a list");
    let ours = [
        "Transient",
        "PaymentOutcomeUnknown",
        "Defect",
        "OrderCancelled",
        "IngredientUnavailable",
    ];
    for (name, definition) in definitions() {
        for (state_name, state, _) in tasks(&definition) {
            let handlers = ["Retry", "Catch"]
                .into_iter()
                .flat_map(|kind| state[kind].as_array().into_iter().flatten());
            for error in handlers.flat_map(|handler| handler["ErrorEquals"].as_array().into_iter().flatten())
            {
                let error = error.as_str().unwrap_or_default();
                let known = error.contains('.')
                    || ours.contains(&error)
                    || refusals.contains(&format!("Self::{error}"));
                assert!(
                    known,
                    "{name}/{state_name} waits for {error}, which nobody raises"
                );
            }
        }
    }
}

#[test]
fn nothing_is_calculated_in_a_definition() {
    for (name, definition) in definitions() {
        for expression in definition.to_string().split("{%").skip(1) {
            let expression = expression.split("%}").next().unwrap_or_default();
            for operator in [" + ", " - ", " * ", " / ", "$sum", "$now", "$millis", "$random"] {
                assert!(!expression.contains(operator), "{name} calculates: {expression}");
            }
        }
    }
}

#[test]
fn the_step_table_is_equal_to_the_definitions() {
    let readme = fs::read_to_string(root().join("workflows/README.md")).expect("workflows/ has a README");
    let mut written: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut machine = String::new();
    for line in readme.lines() {
        if let Some(heading) = line.strip_prefix("## `") {
            machine = heading.split('`').next().unwrap_or_default().to_owned();
        }
        let first_cell = line.strip_prefix("| `").and_then(|rest| rest.split('`').next());
        if let Some(state) = first_cell {
            written
                .entry(machine.clone())
                .or_default()
                .insert(state.to_owned());
            let cells = line.trim_matches('|').split('|').count();
            assert_eq!(cells, 5, "{machine}/{state}: state, do, undo, refusals, why here");
        }
    }
    let drawn: BTreeMap<String, BTreeSet<String>> = definitions()
        .into_iter()
        .map(|(name, definition)| {
            (
                name,
                tasks(&definition).map(|(state, ..)| state.clone()).collect(),
            )
        })
        .collect();
    assert_eq!(
        written, drawn,
        "workflows/README.md lists other steps than the definitions have"
    );
}
