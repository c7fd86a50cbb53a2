//! What only shows when all states are known: unreachable states, and variables that hide outer ones.

use std::collections::BTreeSet;

use super::fields::{Report, complain};
use super::{Code, Flow, Kind, Next, State, Template};

pub(super) fn check(flows: &[Flow], whole: bool, report: &mut Report) {
    for flow in flows {
        let reached = reached_from_start(flow);
        for (_, state) in flow
            .states
            .iter()
            .enumerate()
            .filter(|(index, _)| !reached.contains(index))
        {
            let message = format!("The state {:?} is not reachable", state.name);
            complain(report, Code::Transition, &place(flow, state), &message);
        }
        let ends = |state: &State| state.next == Next::End && !matches!(state.kind, Kind::Choice(_));
        let may_go_on = !whole && flow.path.is_empty();
        if !may_go_on
            && !reached
                .iter()
                .filter_map(|index| flow.states.get(*index))
                .any(ends)
        {
            let message =
                "No state ends this flow: one must be a Succeed or Fail state or have \"End\": true";
            complain(report, Code::EndState, &flow.path, message);
        }
    }
    check_scopes(flows, 0, &BTreeSet::new(), report);
}

fn place(flow: &Flow, state: &State) -> String {
    format!("{}/States/{}", flow.path, state.name)
}

fn reached_from_start(flow: &Flow) -> BTreeSet<usize> {
    let mut reached = BTreeSet::new();
    let mut open = vec![flow.start];
    while let Some(index) = open.pop() {
        if reached.insert(index)
            && let Some(state) = flow.states.get(index)
        {
            open.extend(targets(state));
        }
    }
    reached
}

fn targets(state: &State) -> Vec<usize> {
    let mut targets: Vec<usize> = state.catch.iter().map(|catcher| catcher.next).collect();
    if let Next::State(next) = state.next {
        targets.push(next);
    }
    if let Kind::Choice(rules) = &state.kind {
        targets.extend(rules.iter().map(|rule| rule.next));
    }
    targets
}

/// A variable of an inner flow may not have the name of one of a flow around it: assigning it would look as if
/// it changed the outer one, which it never does.
fn check_scopes(flows: &[Flow], index: usize, outer: &BTreeSet<String>, report: &mut Report) {
    let Some(flow) = flows.get(index) else { return };
    let mut own = BTreeSet::new();
    for state in &flow.states {
        for name in assigned(state) {
            if outer.contains(&name) {
                let message = format!("The variable {name:?} is already set in a flow around this one");
                complain(
                    report,
                    Code::Schema,
                    &format!("{}/Assign/{name}", place(flow, state)),
                    &message,
                );
            }
            own.insert(name);
        }
    }
    own.extend(outer.iter().cloned());
    for state in &flow.states {
        match &state.kind {
            Kind::Parallel { branches, .. } => {
                for branch in branches {
                    check_scopes(flows, *branch, &own, report);
                }
            }
            // An execution of its own sees no variables of the flow around it, so it can hide none.
            Kind::Map(map) if map.distributed.is_some() => {
                check_scopes(flows, map.processor, &BTreeSet::new(), report);
            }
            Kind::Map(map) => check_scopes(flows, map.processor, &own, report),
            _ => {}
        }
    }
}

fn assigned(state: &State) -> Vec<String> {
    let mut templates: Vec<&Template> = state.assign.iter().collect();
    templates.extend(state.catch.iter().filter_map(|catcher| catcher.assign.as_ref()));
    if let Kind::Choice(rules) = &state.kind {
        templates.extend(rules.iter().filter_map(|rule| rule.assign.as_ref()));
    }
    templates.into_iter().flat_map(Template::member_names).collect()
}
