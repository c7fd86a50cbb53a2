//! The table of mutations in docs/proof.md.

use std::fmt::Write as _;
use std::fs;

use super::FOLDER;
use super::kept::{Came, Kept};
use super::patch::Mutation;
use crate::failure::{Failure, Result, While};
use crate::project::Project;

/// The page that it stands on.
pub const PAGE: &str = "docs/proof.md";
const BEGIN: &str = "<!-- Mutations: written by `cargo xtask mutate`. -->\n";
const END: &str = "<!-- End of the mutations. -->";

/// Writes the table anew, from what is kept.
///
/// # Errors
/// The page cannot be read or written, or has no place for the table.
pub fn write(project: &Project, mutations: &[Mutation], kept: &Kept) -> Result<()> {
    let path = project.path(PAGE);
    let page = fs::read_to_string(&path).while_doing(format!("read {}", path.display()))?;
    let table = table(mutations, |mutation| kept.of(mutation));
    let page = put_in(&page, &table).ok_or_else(|| {
        Failure::new(format!(
            "{PAGE} has no place for the mutations, which begins with `{}` and ends with `{END}`.",
            BEGIN.trim_end()
        ))
    })?;
    fs::write(&path, page).while_doing(format!("write {}", path.display()))
}

/// The page with the table in its place.
fn put_in(page: &str, table: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}{table}{END}{after}"))
}

/// The table, room by room.
fn table(mutations: &[Mutation], came: impl Fn(&Mutation) -> Option<Came>) -> String {
    let all: Vec<(&Mutation, Option<Came>)> = mutations.iter().map(|one| (one, came(one))).collect();
    let is_caught =
        |(_, came): &&(&Mutation, Option<Came>)| came.as_ref().is_some_and(|came| came.caught_by.is_some());
    let caught = all.iter().filter(is_caught).count();
    let latest = all.iter().filter_map(|(_, came)| Some(&came.as_ref()?.on)).max();
    let mut text = String::new();
    let on = latest.map_or(String::new(), |day| format!(", the latest on {day}"));
    let _ = writeln!(text, "\n{} mutations, {caught} caught{on}.", all.len());
    let mut room = "";
    for (mutation, came) in &all {
        if mutation.room != room {
            room = &mutation.room;
            let _ = writeln!(
                text,
                "\n### {room}\n\n| mutation | takes out | which breaks | caught by | s |\n|---|---|---|---|---:|"
            );
        }
        let (noticed, seconds) = match came {
            None => ("not run yet".to_owned(), String::new()),
            Some(Came { caught_by: None, .. }) => ("**nobody**".to_owned(), String::new()),
            Some(Came {
                caught_by: Some(test),
                seconds,
                ..
            }) => (format!("`{test}`"), format!("{seconds:.0}")),
        };
        let Mutation {
            name,
            takes_out,
            breaks,
            ..
        } = mutation;
        let _ = writeln!(
            text,
            "| [{name}](../{FOLDER}/{room}/{name}.patch) | {takes_out} | {breaks} | {noticed} | {seconds} |"
        );
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mutation(room: &str, name: &str) -> Mutation {
        let patch = "Takes out: It.\nBreaks: a_hazard: so.\nCaught by: domain a::b\n\n\
                     diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n";
        Mutation::parse(room, name, patch).unwrap()
    }

    #[test]
    fn each_mutation_has_a_row_that_says_who_noticed() {
        let mutations = [
            mutation("aws", "one"),
            mutation("domain", "two"),
            mutation("domain", "three"),
        ];
        let came = |mutation: &Mutation| {
            (mutation.name != "three").then(|| Came {
                caught_by: (mutation.name == "one").then(|| "a::b".to_owned()),
                seconds: 12.4,
                on: "2026-11-22".to_owned(),
            })
        };
        let table = table(&mutations, came);
        for line in [
            "3 mutations, 1 caught, the latest on 2026-11-22.",
            "| [one](../tests/mutations/aws/one.patch) | It. | a_hazard: so. | `a::b` | 12 |",
            "| [two](../tests/mutations/domain/two.patch) | It. | a_hazard: so. | **nobody** |  |",
            "| [three](../tests/mutations/domain/three.patch) | It. | a_hazard: so. | not run yet |  |",
        ] {
            assert!(table.contains(line), "{line}\n{table}");
        }
        assert_eq!(table.matches("### ").count(), 2);
    }

    #[test]
    fn the_rest_of_the_page_stays_as_it_is() {
        let page = format!("# Proof\n\n{BEGIN}old\n{END}\n\nMore.\n");
        let once = put_in(&page, "new\n").unwrap();
        assert_eq!(once, format!("# Proof\n\n{BEGIN}new\n{END}\n\nMore.\n"));
        assert_eq!(put_in(&once, "new\n"), Some(once));
        assert_eq!(put_in("# Proof\n", "new\n"), None);
    }
}
