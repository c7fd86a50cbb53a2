//! Each state of each machine, found in the definitions: it can be repeated, it can fail before its effect and after
//! it, it can time out with the effect done, its undo can run twice and on nothing. Afterwards the world is clean.
//!
//! Nobody lists the states here. A Task state that no path of [`paths`] reaches fails the suite, and so does one
//! whose comment names no undo and no reason to have none.

use crate::paths::{Path, befalls, paths, walked};
use crate::simulated::{REST_S, definitions, held, status_of, world};
use domain::Status;
use serde_json::Value;
use simulation::{Mishap, Setup};
use states::execution::LambdaReply;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// A Task state.
struct Task {
    machine: String,
    state: String,
    comment: String,
}

/// Every Task state of every definition, nested ones too, that asks something of a function, a queue or a start.
///
/// A state that runs another machine and waits for its end is none of them: Step Functions itself does both. What can go
/// wrong there goes wrong in the other machine, whose states are here; that it dies whole is a path of its own
/// (`product_whose_delivery_dies`).
fn tasks() -> Vec<Task> {
    let mut tasks = Vec::new();
    for definition in definitions() {
        let document: Value = serde_json::from_str(&definition.text).unwrap();
        collect(&definition.name, &document, &mut tasks);
    }
    tasks
}

fn collect(machine: &str, value: &Value, tasks: &mut Vec<Task>) {
    if let Some(states) = value["States"].as_object() {
        let runs_another = |fields: &Value| {
            let resource = fields["Resource"].as_str().unwrap_or_default();
            resource.starts_with("arn:aws:states:::states:startExecution.sync")
        };
        let asks = |fields: &Value| fields["Type"] == "Task" && !runs_another(fields);
        for (state, fields) in states.iter().filter(|(_, fields)| asks(fields)) {
            tasks.push(Task {
                machine: machine.to_owned(),
                state: state.clone(),
                comment: fields["Comment"].as_str().unwrap_or_default().to_owned(),
            });
        }
    }
    match value {
        Value::Object(members) => members
            .values()
            .for_each(|member| collect(machine, member, tasks)),
        Value::Array(items) => items.iter().for_each(|item| collect(machine, item, tasks)),
        _ => {}
    }
}

/// The shortest path that asks something in this state, and the shortest that does and ends well.
fn paths_to(task: &Task) -> Vec<&'static Path> {
    static REACHED: std::sync::OnceLock<Vec<BTreeSet<(String, String)>>> = std::sync::OnceLock::new();
    let reached = REACHED.get_or_init(|| {
        paths()
            .map(|path| walked(path, |_| {}).0.asked().keys().cloned().collect())
            .collect()
    });
    let wanted = (task.machine.clone(), task.state.clone());
    let shortest = |ends: fn(Status) -> bool| {
        paths()
            .zip(reached)
            .filter(|(path, asked)| ends(path.ends) && asked.contains(&wanted))
            .min_by_key(|(_, asked)| asked.len())
            .map(|(path, _)| path)
    };
    let any = shortest(|_| true);
    let any = any.unwrap_or_else(|| panic!("no path reaches {}/{}: add one", task.machine, task.state));
    let well = shortest(|status| status == Status::Completed).filter(|well| well.name != any.name);
    std::iter::once(any).chain(well).collect()
}

/// The shortest path that asks something in this state.
fn path_to(task: &Task) -> &'static Path {
    paths_to(task)[0]
}

/// Once: a retry, or the way round. Always: until everything the definition provides for is used up.
const TIMES: [(&str, u32); 2] = [("once", 1), ("always", 9_999)];

#[test]
fn every_state_bears_every_mishap() {
    let mut table = String::new();
    let tasks = tasks();
    for (task, path) in tasks
        .iter()
        .flat_map(|task| paths_to(task).into_iter().map(move |path| (task, path)))
    {
        writeln!(table, "{}/{} on {}", task.machine, task.state, path.name).unwrap();
        for mishap in Mishap::ALL {
            for (often, times) in TIMES {
                let (mut world, scene) = walked(path, |world| {
                    befalls(world, &task.machine, &task.state, mishap, times);
                });
                let told = format!("{mishap:?}");
                assert!(
                    world.trace().to_string().contains(&told),
                    "{}: {told} never came",
                    task.state
                );
                // The invariants have held at every step; now everything has to end.
                held(world.come_to_rest(REST_S));
                let status = status_of(&world, &scene.order_id);
                let status = status.map_or("no order".to_owned(), |status| status.to_string());
                let counts = world.counts().transitions;
                let billed = [
                    "order",
                    "deliver-product",
                    "supply-ingredient",
                    "refund-order",
                    "import-products",
                ]
                .map(|machine| counts.get(machine).copied());
                let transitions: u64 = billed.into_iter().flatten().sum();
                writeln!(table, "  {mishap:?} {often}: {status}, {transitions} billed").unwrap();
            }
        }
    }
    insta::assert_snapshot!("every_state_bears_every_mishap", table);
}

/// A step that runs again long after everything has ended (a message or a retry that comes late) changes nothing.
#[test]
fn every_step_can_be_repeated_after_the_end() {
    for task in tasks() {
        let (mut world, _) = walked(path_to(&task), |_| {});
        held(world.come_to_rest(REST_S));
        let asked = world.asked()[&(task.machine.clone(), task.state.clone())].clone();
        let before = format!("{:?}", world.tables().lock().unwrap());
        let reply = held(world.invoke(&asked.function, asked.payload));
        let after = format!("{:?}", world.tables().lock().unwrap());
        let keeps_token = matches!(asked.function.as_str(), "request-payment" | "supply-ingredient");
        assert!(
            keeps_token || before == after,
            "{} changed the world:\n{before}\n{after}",
            task.state
        );
        assert!(!is_defect(&reply), "{}: {reply:?}", task.state);
    }
}

/// Undoes that are asked for by a record: without one there is nothing that they could be about, and they say so.
const NEEDS_ITS_RECORD: [&str; 1] = ["RefundPayment"];

/// A step that finds nothing at all says so by name; an undo is content.
#[test]
fn every_undo_runs_on_nothing() {
    let undoes = undoes();
    for task in tasks() {
        let (full, _) = walked(path_to(&task), |_| {});
        let asked = full.asked()[&(task.machine.clone(), task.state.clone())].clone();
        let mut empty = world(Setup::calm(1));
        let reply = held(empty.invoke(&asked.function, asked.payload));
        if undoes.contains_key(&task.state) && !NEEDS_ITS_RECORD.contains(&task.state.as_str()) {
            assert!(
                matches!(reply, LambdaReply::Returned(_)),
                "{}: {reply:?}",
                task.state
            );
        }
        assert!(!is_defect(&reply), "{}: {reply:?}", task.state);
    }
}

/// Which state undoes which, as the comments say it: the names before the colon or the full stop.
fn undoes() -> BTreeMap<String, BTreeSet<String>> {
    let mut undoes: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for task in tasks() {
        if let Some((_, rest)) = task.comment.split_once("Undo of ") {
            let names = rest.split([':', '.']).next().unwrap_or_default();
            let words = names.split(|c: char| !c.is_alphanumeric());
            let undone = words.filter(|word| word.starts_with(|c: char| c.is_ascii_uppercase()));
            let undone: BTreeSet<String> = undone.map(str::to_owned).collect();
            assert!(!undone.is_empty(), "{} undoes no state", task.state);
            undoes.entry(task.state).or_default().extend(undone);
        }
    }
    undoes
}

#[test]
fn every_state_names_its_undo_or_says_why_it_has_none() {
    let states: BTreeSet<String> = tasks().into_iter().map(|task| task.state).collect();
    let undoes = undoes();
    for task in tasks() {
        if let Some(undone) = undoes.get(&task.state) {
            let unknown: Vec<&String> = undone.difference(&states).collect();
            assert!(
                unknown.is_empty(),
                "{} undoes {unknown:?}, which are no states",
                task.state
            );
            continue;
        }
        let Some((_, undo)) = task.comment.split_once("Undo: ") else {
            panic!("{}/{} says nothing of its undo", task.machine, task.state);
        };
        let word = undo
            .split(|c: char| !c.is_alphanumeric())
            .next()
            .unwrap_or_default();
        let names_a_state = word.starts_with(|c: char| c.is_ascii_uppercase());
        if names_a_state {
            assert!(
                states.contains(word),
                "{}: the undo {word} is missing",
                task.state
            );
            assert!(
                undoes
                    .get(word)
                    .is_some_and(|undone| undone.contains(&task.state)),
                "{word} does not say that it is the undo of {}",
                task.state
            );
        } else {
            assert!(
                undo.len() > 20,
                "{}: the reason for no undo is a sentence",
                task.state
            );
        }
    }
}

fn is_defect(reply: &LambdaReply) -> bool {
    matches!(reply, LambdaReply::FunctionError(error) if error["errorType"] == "Defect")
}
