//! A mutation as it is written down, and putting it into a text.
//!
//! `git apply` takes the patches as they are. Here they are applied by what they say of the lines around, wherever these
//! stand by now: exactly once, or not at all. So a patch bears edits elsewhere in its file, and fails as soon as the code that
//! it is about has changed.

use std::fmt::{self, Display};

use sha2::{Digest, Sha256};

use crate::failure::{Failure, Result};

/// What a test is run in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// The unit tests of a package.
    Unit(String),
    /// Another test of a package: `stripe/provider`.
    Beside(String, String),
    /// The tests of the whole that need no running stack: `it`.
    Whole,
    /// The same beside a running stack of the code as it is, whose database they use: `database`.
    Database,
    /// The same with a running stack of the mutated code: `engine`.
    Engine,
}

impl Target {
    fn parse(text: &str) -> Self {
        match (text, text.split_once('/')) {
            ("it", _) => Self::Whole,
            ("database", _) => Self::Database,
            ("engine", _) => Self::Engine,
            (_, Some((package, test))) => Self::Beside(package.to_owned(), test.to_owned()),
            (package, None) => Self::Unit(package.to_owned()),
        }
    }

    /// Whether a stack has to run.
    #[must_use]
    pub const fn needs_a_stack(&self) -> bool {
        matches!(self, Self::Database | Self::Engine)
    }
}

impl Display for Target {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unit(package) => out.write_str(package),
            Self::Beside(package, test) => write!(out, "{package}/{test}"),
            Self::Whole => out.write_str("it"),
            Self::Database => out.write_str("database"),
            Self::Engine => out.write_str("engine"),
        }
    }
}

/// A test by its full name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Where it is run.
    pub target: Target,
    /// Its path, e.g. `order::tests::paid_stays_paid`.
    pub test: String,
}

/// Lines that are replaced by others.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Hunk {
    before: Vec<String>,
    after: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Change {
    path: String,
    hunks: Vec<Hunk>,
}

/// One protection taken out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mutation {
    /// The folder that it is in.
    pub room: String,
    /// Its name, in words.
    pub name: String,
    /// What is missing then, as a sentence.
    pub takes_out: String,
    /// The hazard that comes back, by its name, and how.
    pub breaks: String,
    /// The tests that must fail.
    pub caught_by: Vec<Named>,
    /// Changes with every letter of the patch.
    pub print: String,
    changes: Vec<Change>,
}

impl Mutation {
    /// Reads a patch.
    ///
    /// # Errors
    /// What is missing in it, or cannot be read.
    pub fn parse(room: &str, name: &str, text: &str) -> Result<Self> {
        let wrong = |what: &str| Failure::new(format!("The mutation {room}/{name} {what}."));
        let (head, diff) = text
            .split_once("\ndiff --git ")
            .ok_or_else(|| wrong("has no diff"))?;
        let one = |key: &str| {
            let mut found = said(head, key);
            match (found.next(), found.next()) {
                (Some(words), None) => Ok(words.trim().to_owned()),
                _ => Err(wrong(&format!("must say once what stands behind `{key}`"))),
            }
        };
        let mut caught_by = Vec::new();
        for words in said(head, "Caught by:") {
            let (target, test) = words
                .trim()
                .split_once(' ')
                .ok_or_else(|| wrong("names a test without saying where it is run"))?;
            caught_by.push(Named {
                target: Target::parse(target),
                test: test.trim().to_owned(),
            });
        }
        if caught_by.is_empty() {
            return Err(wrong("names no test"));
        }
        Ok(Self {
            room: room.to_owned(),
            name: name.to_owned(),
            takes_out: one("Takes out:")?,
            breaks: one("Breaks:")?,
            caught_by,
            print: print(text.as_bytes()),
            changes: changes(diff).ok_or_else(|| wrong("has a diff that does not read"))?,
        })
    }

    /// Room and name: what it is called everywhere.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{}/{}", self.room, self.name)
    }

    /// The file that it changes; the first of several.
    #[must_use]
    pub fn path(&self) -> &str {
        self.changes.first().map_or("", |change| &change.path)
    }

    /// The hazard that comes back, by its name alone.
    #[must_use]
    pub fn hazard(&self) -> &str {
        let is_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        self.breaks
            .split(|letter| !is_word(letter))
            .next()
            .unwrap_or_default()
    }

    /// The changed files, each with its text afterwards.
    ///
    /// # Errors
    /// The lines that a hunk replaces are not there, or are there more than once.
    pub fn applied(&self, read: impl Fn(&str) -> Result<String>) -> Result<Vec<(String, String)>> {
        let mut changed = Vec::new();
        for Change { path, hunks } in &self.changes {
            let text = read(path)?;
            let mut lines: Vec<&str> = text.lines().collect();
            for hunk in hunks {
                let at = only_place(&lines, &hunk.before).map_err(|how_often| {
                    Failure::new(format!(
                        "{} does not apply: what it changes stands {how_often} in {path}. Change the patch with the code, or \
                         take it out with a reason.",
                        self.id()
                    ))
                })?;
                let after = hunk.after.iter().map(String::as_str);
                lines.splice(at..at + hunk.before.len(), after);
            }
            changed.push((path.clone(), lines.join("\n") + "\n"));
        }
        Ok(changed)
    }
}

/// What stands behind a key, line by line.
fn said<'a>(head: &'a str, key: &'a str) -> impl Iterator<Item = &'a str> {
    head.lines().filter_map(move |line| line.strip_prefix(key))
}

/// A short name for some bytes: the same for the same, and for nothing else.
pub(super) fn print(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect()
}

fn only_place(lines: &[&str], wanted: &[String]) -> std::result::Result<usize, &'static str> {
    let mut places = lines
        .windows(wanted.len().max(1))
        .enumerate()
        .filter(|(_, window)| window.iter().zip(wanted).all(|(line, wanted)| line == wanted))
        .map(|(at, _)| at);
    match (places.next(), places.next()) {
        (Some(at), None) => Ok(at),
        (None, _) => Err("nowhere"),
        (Some(_), Some(_)) => Err("more than once"),
    }
}

/// The changes of a unified diff, from behind its first `diff --git `.
fn changes(diff: &str) -> Option<Vec<Change>> {
    let mut changes: Vec<Change> = Vec::new();
    for line in diff.lines() {
        if let Some(path) = line.strip_prefix("+++ b/") {
            changes.push(Change {
                path: path.to_owned(),
                hunks: Vec::new(),
            });
            continue;
        }
        let Some(change) = changes.last_mut() else {
            // The rest of the line that `diff --git ` began, and the file's name before.
            continue;
        };
        if line.starts_with("@@ ") {
            change.hunks.push(Hunk {
                before: Vec::new(),
                after: Vec::new(),
            });
            continue;
        }
        if line.starts_with("diff --git ") || line.starts_with("--- a/") {
            continue;
        }
        let hunk = change.hunks.last_mut()?;
        match line.split_at_checked(1) {
            Some(("-", rest)) => hunk.before.push(rest.to_owned()),
            Some(("+", rest)) => hunk.after.push(rest.to_owned()),
            Some((" ", rest)) => {
                hunk.before.push(rest.to_owned());
                hunk.after.push(rest.to_owned());
            }
            // An empty line that has lost its blank on the way.
            None => {
                hunk.before.push(String::new());
                hunk.after.push(String::new());
            }
            Some(_) => return None,
        }
    }
    let is_whole = |change: &Change| !change.hunks.is_empty();
    (!changes.is_empty() && changes.iter().all(is_whole)).then_some(changes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATCH: &str = "\
Takes out: The comparison.
Breaks: paid_stays_paid: it does not.
Caught by: domain order::tests::first
Caught by: stripe/provider broken::second

diff --git a/x.rs b/x.rs
--- a/x.rs
+++ b/x.rs
@@ -1,4 +1,3 @@
 fn f() {

-    guard();
     act();
";

    fn mutation() -> Mutation {
        Mutation::parse("domain", "a-name", PATCH).unwrap()
    }

    fn applied(text: &str) -> std::result::Result<String, String> {
        let changed = mutation().applied(|_| Ok(text.to_owned()));
        changed
            .map(|mut changed| changed.remove(0).1)
            .map_err(|failure| failure.to_string())
    }

    #[test]
    fn a_patch_says_what_it_takes_out_and_who_notices() {
        let mutation = mutation();
        assert_eq!(mutation.id(), "domain/a-name");
        assert_eq!(
            (mutation.takes_out.as_str(), mutation.hazard()),
            ("The comparison.", "paid_stays_paid")
        );
        let targets: Vec<String> = mutation
            .caught_by
            .iter()
            .map(|named| named.target.to_string())
            .collect();
        assert_eq!(targets, ["domain", "stripe/provider"]);
        assert_eq!(mutation.path(), "x.rs");
    }

    #[test]
    fn a_patch_applies_wherever_its_lines_stand_by_now() {
        let changed = applied("// new\n\nfn f() {\n\n    guard();\n    act();\n}\n");
        assert_eq!(changed.as_deref(), Ok("// new\n\nfn f() {\n\n    act();\n}\n"));
    }

    #[test]
    fn what_has_changed_or_stands_there_twice_is_not_patched() {
        for (text, why) in [
            ("fn f() {\n\n    other_guard();\n    act();\n}\n", "nowhere"),
            (
                "fn f() {\n\n    guard();\n    act();\nfn f() {\n\n    guard();\n    act();\n",
                "more than once",
            ),
            ("", "nowhere"),
        ] {
            let refused = applied(text).unwrap_err();
            assert!(refused.contains(why), "{refused}");
        }
    }

    #[test]
    fn a_patch_that_says_too_little_is_refused_by_name() {
        for missing in [
            "Takes out: The comparison.\n",
            "Breaks: paid_stays_paid: it does not.\n",
            "+++ b/x.rs\n",
            "@@ -1,4 +1,3 @@\n",
        ] {
            let refused = Mutation::parse("domain", "a-name", &PATCH.replace(missing, "")).unwrap_err();
            assert!(refused.to_string().contains("domain/a-name"), "{refused}");
        }
    }
}
