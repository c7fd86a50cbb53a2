//! Functions: what their policies allow is what they were seen to need.

use super::{Line, Lines, allowed, lines};
use crate::project::root;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use xtask::permissions::{USED, Used};

/// What a queue's consumer needs: Lambda reads the queue in its name.
const OF_A_QUEUE: [&str; 3] = [
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
];
/// The same of a table's stream.
const OF_A_STREAM: [&str; 3] = [
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
];

/// What functions did while all tests ran, by function.
fn used() -> BTreeMap<String, Lines> {
    let text = fs::read_to_string(root().join(USED)).expect("what was used is kept");
    let used: Used = serde_json::from_str(&text).expect("it reads");
    let lines_of = |resources: BTreeMap<String, BTreeSet<String>>| {
        let line = |(resource, actions): (String, BTreeSet<String>)| {
            actions.into_iter().map(move |action| (action, resource.clone()))
        };
        resources.into_iter().flat_map(line).collect()
    };
    used.into_iter()
        .map(|(function, resources)| (function, lines_of(resources)))
        .collect()
}

/// What Lambda itself does in the names of functions that read queues and streams.
fn of_consumers() -> BTreeMap<String, Lines> {
    let consumers: Vec<(String, String)> =
        serde_json::from_value(allowed()["consumers"].clone()).expect("consumers");
    let mut needed: BTreeMap<String, Lines> = BTreeMap::new();
    for (function, source) in consumers {
        let actions = match source.starts_with("sqs:") {
            true => OF_A_QUEUE,
            false => OF_A_STREAM,
        };
        let lines = actions.map(|action| (action.to_owned(), source.clone()));
        needed.entry(function).or_default().extend(lines);
    }
    needed
}

/// Protection: least privilege. A line that nobody needs is a way in for whoever gets hold of a function.
#[test]
fn every_line_of_a_functions_policy_was_needed_or_has_its_reason() {
    let (used, consumers) = (used(), of_consumers());
    let mut unseen: BTreeSet<(String, String, String)> = BTreeSet::new();
    for (function, lines) in lines("functions") {
        for line in lines {
            let is_needed = [&used, &consumers]
                .iter()
                .any(|needed| needed.get(&function).is_some_and(|lines| lines.contains(&line)));
            if !is_needed {
                unseen.insert((function.clone(), line.0, line.1));
            }
        }
    }
    let reasons = super::unseen::REASONS.iter();
    let explained: BTreeSet<_> = reasons
        .flat_map(|(function, resource, actions, _)| {
            let owned = move |action: &&str| {
                (
                    (*function).to_owned(),
                    (*action).to_owned(),
                    (*resource).to_owned(),
                )
            };
            actions.iter().map(owned)
        })
        .collect();
    let unexplained: Vec<_> = unseen.difference(&explained).collect();
    assert!(
        unexplained.is_empty(),
        "no test needed these; take them out of template.yaml, or see them used (cargo xtask permissions): {unexplained:#?}"
    );
    let needless: Vec<_> = explained.difference(&unseen).collect();
    assert!(
        needless.is_empty(),
        "these are needed or gone, and want no reason: {needless:#?}"
    );
}

/// What a function needs stays in its policy, whether or not the tests that need it run today.
#[test]
fn what_a_function_was_seen_to_need_is_allowed() {
    let policies = lines("functions");
    for (function, needed) in used().into_iter().chain(of_consumers()) {
        let allowed: Lines = policies.get(&function).into_iter().flatten().cloned().collect();
        let missing: Vec<_> = needed.difference(&allowed).collect();
        assert!(missing.is_empty(), "{function} misses {missing:#?}");
    }
}

/// Two lines that say the same would outlive each other.
#[test]
fn nothing_is_allowed_twice() {
    for (whose, lines) in ["functions", "machines", "others"].into_iter().flat_map(lines) {
        let mut seen: BTreeSet<&Line> = BTreeSet::new();
        for line in &lines {
            assert!(seen.insert(line), "{whose} has {line:?} twice");
        }
    }
}
