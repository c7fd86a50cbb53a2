//! docs/errors.md lists every refusal, with the status it has.

use crate::project::root;
use std::collections::BTreeMap;
use std::fs;

/// The statuses in `Refusal::status`, read from the source: a variant cannot be listed without being there.
fn in_code() -> BTreeMap<String, String> {
    let source = fs::read_to_string(root().join("crates/domain/src/refusal/telling.rs")).expect("it is told");
    let (_, status) = source
        .split_once("pub const fn status")
        .expect("refusals have a status");
    let (status, _) = status.split_once("\n    }\n").expect("the match ends");
    let mut statuses = BTreeMap::new();
    let mut waiting = Vec::new();
    for line in status.lines() {
        waiting.extend(line.split("Self::").skip(1).map(|rest| {
            rest.chars()
                .take_while(|letter| letter.is_alphanumeric())
                .collect::<String>()
        }));
        if let Some((_, number)) = line.split_once("=> ") {
            let number = number.trim_end_matches(',').to_owned();
            statuses.extend(waiting.drain(..).map(|name| (name, number.clone())));
        }
    }
    statuses
}

#[test]
fn every_refusal_is_explained_with_its_status() {
    let page = fs::read_to_string(root().join("docs/errors.md")).expect("docs/errors.md is there");
    let (refusals, _) = page.split_once("Not refusals:").expect("the page has two tables");
    let explained: BTreeMap<String, String> = refusals
        .lines()
        .filter_map(|line| {
            let mut cells = line.strip_prefix("| `")?.split('|');
            let name = cells.next()?.trim().trim_end_matches('`').to_owned();
            Some((name, cells.next()?.trim().to_owned()))
        })
        .collect();
    let in_code = in_code();
    assert!(in_code.len() > 20, "{in_code:?}");
    assert_eq!(explained, in_code);
}
