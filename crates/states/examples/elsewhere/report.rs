//! What came of the cases, as Markdown.

use crate::run::compare::Difference;
use crate::run::play::Outcome;

/// What went otherwise: in what an execution does, only in what is told of it, and what could not be played; and the
/// names of the cases that were the same.
pub fn tables(outcomes: &[(String, Outcome)]) -> String {
    let mut done = Vec::new();
    let mut told = Vec::new();
    let mut not_played = Vec::new();
    let mut same = Vec::new();
    for (name, outcome) in outcomes {
        match outcome {
            Outcome::Same => same.push(name.as_str()),
            Outcome::Refused(why) => {
                done.push((name, format!("refused at registration: {}", first_words(why))))
            }
            Outcome::NotPlayed(why) => not_played.push((name, why.clone())),
            Outcome::Differs(found) => {
                let does = sentences(found, |difference| match difference {
                    Difference::Done(sentence) => Some(sentence),
                    Difference::Told(_) | Difference::Woven => None,
                });
                let tells = sentences(found, |difference| match difference {
                    Difference::Told(sentence) => Some(sentence),
                    Difference::Woven => Some("events of branches are woven together in another way"),
                    Difference::Done(_) => None,
                });
                match does.is_empty() {
                    true => told.push((name, tells)),
                    false => done.push((name, does)),
                }
            }
        }
    }
    let counts = format!(
        "{} cases: {} the same, {} the same but for what is told of it, {} differ, {} not played.\n",
        outcomes.len(),
        same.len(),
        told.len(),
        done.len(),
        not_played.len(),
    );
    [
        counts,
        table("What differs", &done),
        table("Only history and description differ", &told),
        table("Not played", &not_played),
        format!("The same: {}.\n", same.join(", ")),
    ]
    .join("\n")
}

fn sentences(found: &[Difference], pick: fn(&Difference) -> Option<&str>) -> String {
    let picked: Vec<&str> = found.iter().filter_map(pick).collect();
    picked.join("<br>")
}

/// Refusals repeat the whole definition.
fn first_words(why: &str) -> String {
    match why.char_indices().nth(200) {
        Some((end, _)) => format!("{} ...", &why[..end]),
        None => why.to_owned(),
    }
}

fn table(title: &str, rows: &[(&String, String)]) -> String {
    let mut text = format!("| {title} | |\n|---|---|\n");
    for (name, what) in rows {
        let what = what.replace('|', "\\|").replace(['\n', '\r'], " ");
        text += &format!("| {name} | {what} |\n");
    }
    text
}

/// A document with the tables in their place.
pub fn placed(text: &str, name: &str, tables: &str) -> String {
    let (begin, end) = (format!("<!-- {name} -->"), format!("<!-- /{name} -->"));
    let before = text.split_once(&begin).map(|(before, _)| before);
    let after = text.split_once(&end).map(|(_, after)| after);
    match (before, after) {
        (Some(before), Some(after)) => format!("{before}{begin}\n\n{tables}\n{end}{after}"),
        _ => panic!("the file has no lines {begin} and {end}"),
    }
}
