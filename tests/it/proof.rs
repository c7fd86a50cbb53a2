//! What docs/proof.md says of the hazards is true: each has its row, and each row names tests and files that are there.

use crate::project::root;
use std::collections::BTreeSet;
use std::fs;

const PAGE: &str = "docs/proof.md";
/// How many there are, numbered from 1.
const HAZARDS: u32 = 36;

/// One row of the table.
struct Row {
    number: u32,
    hazards: Vec<String>,
    protects: String,
    proves: Vec<String>,
}

fn rows() -> Vec<Row> {
    let page = fs::read_to_string(root().join(PAGE)).expect("there is a page");
    let (_, section) = page
        .split_once("\n## Hazards\n")
        .expect("it tells of the hazards");
    let section = section.split("\n## ").next().unwrap_or_default();
    let table = section.lines().filter(|line| line.starts_with("| "));
    table
        .filter_map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            let number = cells.first()?.parse().ok()?;
            let [_, hazards, protects, proves] = cells[..] else {
                panic!("{PAGE}: this row has not four cells: {line}");
            };
            let (hazards, proves) = (quoted(hazards), quoted(proves));
            let protects = protects.to_owned();
            Some(Row {
                number,
                hazards,
                protects,
                proves,
            })
        })
        .collect()
}

fn quoted(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn every_hazard_has_its_row_and_a_test_of_its_name() {
    let rows = rows();
    let numbers: Vec<u32> = rows.iter().map(|row| row.number).collect();
    assert_eq!(numbers, (1..=HAZARDS).collect::<Vec<_>>());
    for Row {
        number,
        hazards,
        proves,
        ..
    } in &rows
    {
        let names: BTreeSet<&str> = proves
            .iter()
            .filter_map(|test| test.rsplit("::").next())
            .collect();
        assert!(!hazards.is_empty(), "hazard {number} has no name");
        for hazard in hazards {
            assert!(
                names.contains(hazard.as_str()),
                "no test is named after hazard {number}, {hazard}"
            );
        }
    }
}

#[test]
fn every_test_that_is_said_to_prove_something_is_there() {
    for Row { number, proves, .. } in rows() {
        for test in proves {
            let (module, name) = test.rsplit_once("::").expect("a module and a name");
            let path = format!("tests/it/{}.rs", module.replace("::", "/"));
            let text = fs::read_to_string(root().join(&path))
                .unwrap_or_else(|_| panic!("hazard {number}: no {path}"));
            let is_test = text.split("test]\n").skip(1).any(|after| {
                // Attributes may stand between, and the body comes after the name.
                let head = after.split('(').next().unwrap_or_default();
                head.ends_with(&format!("fn {name}"))
            });
            assert!(is_test, "hazard {number}: {path} has no test {name}");
        }
    }
}

#[test]
fn every_file_that_is_said_to_protect_is_there() {
    for Row { number, protects, .. } in rows() {
        let links: Vec<&str> = protects
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
            .collect();
        assert!(
            !links.is_empty(),
            "hazard {number} says of no file that it protects"
        );
        for link in links {
            let path = root().join("docs").join(link);
            assert!(path.exists(), "hazard {number}: {link} leads nowhere");
        }
    }
}
