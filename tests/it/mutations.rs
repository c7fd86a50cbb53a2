//! The mutations of `tests/mutations/` do not rot: each still applies, and names tests and hazards that are there.
//!
//! That each is caught is seen by `cargo xtask mutate`, which takes hours. Whoever changes a line that a mutation is about
//! changes the mutation with it.

use crate::project::root;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use xtask::failure::While;
use xtask::mutate::patch::{Mutation, Target};
use xtask::mutate::{FOLDER, all, table};

fn mutations() -> Vec<Mutation> {
    all(&root()).unwrap_or_else(|failure| panic!("{failure}"))
}

#[test]
fn every_mutation_applies_to_the_code_as_it_is() {
    let mutations = mutations();
    for mutation in &mutations {
        let read = |path: &str| fs::read_to_string(root().join(path)).while_doing(format!("read {path}"));
        let changed = mutation
            .applied(read)
            .unwrap_or_else(|failure| panic!("{failure}"));
        for (path, text) in changed {
            assert_ne!(fs::read_to_string(root().join(&path)).ok(), Some(text), "{path}");
        }
    }
    assert!(mutations.len() >= 60, "{}", mutations.len());
}

/// All Rust in a folder, as one text.
fn sources(folder: &Path) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.expect("it can be listed").path();
        if path.is_dir() {
            text.push_str(&sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text.push_str(&fs::read_to_string(&path).expect("it can be read"));
        }
    }
    text
}

/// Where the tests of a target are.
fn folder_of(target: &Target) -> String {
    let of_package = |package: &str| {
        let own = format!("functions/{package}");
        match root().join(&own).is_dir() {
            true => own,
            false => format!("crates/{package}"),
        }
    };
    match target {
        Target::Unit(package) => format!("{}/src", of_package(package)),
        Target::Beside(package, test) => format!("{}/tests/{test}", of_package(package)),
        Target::Whole | Target::Database | Target::Engine => "tests/it".to_owned(),
    }
}

#[test]
fn every_mutation_names_tests_and_a_hazard_that_are_there() {
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    let mut has = |folder: String, test: &str| {
        let text = known
            .entry(folder)
            .or_insert_with_key(|folder| sources(&root().join(folder)));
        text.contains(&format!("fn {test}("))
    };
    for mutation in mutations() {
        for named in &mutation.caught_by {
            let test = named.test.rsplit("::").next().unwrap_or_default();
            let folder = folder_of(&named.target);
            assert!(
                has(folder.clone(), test),
                "{}: {folder} has no test {test}",
                mutation.id()
            );
        }
        let hazard = mutation.hazard();
        assert!(
            has("tests/it".to_owned(), hazard),
            "{}: no test bears the hazard's name {hazard:?}",
            mutation.id()
        );
    }
}

#[test]
fn every_mutation_has_its_row_on_the_page_and_every_row_its_mutation() {
    let page = fs::read_to_string(root().join(table::PAGE)).expect("there is a page");
    let linked = page.matches(&format!("](../{FOLDER}/")).count();
    let mutations = mutations();
    for mutation in &mutations {
        let link = format!("](../{FOLDER}/{}.patch)", mutation.id());
        assert!(
            page.contains(&link),
            "{} has no row: run `cargo xtask mutate`",
            mutation.id()
        );
    }
    assert_eq!(linked, mutations.len(), "rows of mutations that are gone");
}
