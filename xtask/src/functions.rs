//! Builds the functions and the interpreter, and lays the functions out where the template looks for them.
//!
//! Locally plain `cargo build` makes what runs: `cargo lambda build` always names a target, so it would compile
//! every dependency a second time into a folder of its own. What goes to AWS is built by cargo-lambda.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::failure::{Failure, Result, While};
use crate::project::Project;

/// Where the template's `CodeUri`s point, one folder per function.
pub const LAYOUT: &str = "target/lambda";
/// The interpreter's binary.
const STATES: &str = "states";

/// Whether functions speak to `https://` addresses. The engine on this machine needs no TLS, and leaving it out saves most of
/// a newcomer's first build; Open Food Facts and Stripe themselves cannot be reached without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    /// Plain HTTP only.
    Without,
    /// HTTPS as well, to everybody but AWS.
    With,
}

impl Tls {
    /// What cargo is told.
    const fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Without => &[],
            Self::With => &["--features", "openfoodfacts-http/https,stripe/https"],
        }
    }
}

/// What a build made.
#[derive(Clone, Debug)]
pub struct Built {
    /// The interpreter that runs the state machines locally.
    pub states: PathBuf,
    /// How many functions were laid out.
    pub functions: usize,
}

/// Builds every binary of the workspace (all at once, so that dependencies are compiled with one set of
/// features) and lays the functions out. Cargo shows its own progress and errors.
pub fn build(project: &Project, tls: Tls) -> Result<Built> {
    let binaries = compile(project, &["--bins"], tls.arguments())?;
    let found = |name: &str| {
        binaries.get(name).cloned().ok_or_else(|| {
            Failure::new(format!(
                "The build made no binary `{name}`: its folder, package and binary must share that name."
            ))
        })
    };
    let names = project.functions()?;
    for name in &names {
        lay_out(&found(name)?, &project.path(LAYOUT).join(name))?;
    }
    Ok(Built {
        states: found(STATES)?,
        functions: names.len(),
    })
}

/// What an optimised build made.
#[derive(Clone, Debug)]
pub struct Optimised {
    /// The functions, laid out, and the interpreter.
    pub laid_out: Built,
    /// Where each function is.
    pub functions: BTreeMap<String, PathBuf>,
    /// The one other program that was asked for.
    pub other: PathBuf,
}

/// Builds every function as it is deployed, optimised and with these features, but for this machine; and one other program.
pub fn build_optimised(project: &Project, features: &[String], other: &str) -> Result<Optimised> {
    let names = project.functions()?;
    let mut which = vec!["--release"];
    for name in names.iter().map(String::as_str).chain([STATES, other]) {
        which.extend(["--bin", name]);
    }
    let binaries = compile(project, &which, &["--features", &features.join(",")])?;
    let found = |name: &str| {
        let binary = binaries.get(name).cloned();
        binary.ok_or_else(|| Failure::new(format!("The build made no binary `{name}`.")))
    };
    let mut functions = BTreeMap::new();
    for name in names {
        let binary = found(&name)?;
        lay_out(&binary, &project.path(LAYOUT).join(&name))?;
        functions.insert(name, binary);
    }
    Ok(Optimised {
        laid_out: Built {
            states: found(STATES)?,
            functions: functions.len(),
        },
        functions,
        other: found(other)?,
    })
}

/// Builds one program of the workspace; where it is.
pub fn build_one(project: &Project, name: &str, features: &[&str]) -> Result<PathBuf> {
    let mut binaries = compile(project, &["--bin", name], features)?;
    binaries
        .remove(name)
        .ok_or_else(|| Failure::new(format!("The build made no binary `{name}`.")))
}

/// Builds one example of the workspace; where it is.
pub fn build_example(project: &Project, name: &str) -> Result<PathBuf> {
    let mut binaries = compile(project, &["--example", name], &[])?;
    binaries
        .remove(name)
        .ok_or_else(|| Failure::new(format!("The build made no example `{name}`.")))
}

/// Runs the compiler and returns the binaries by name. Always of the whole workspace: features are those of all that is
/// built, so a package by itself would compile its dependencies a second time.
fn compile(project: &Project, which: &[&str], features: &[&str]) -> Result<BTreeMap<String, PathBuf>> {
    let mut cargo = Command::new("cargo")
        .args(["build", "--workspace", "--message-format=json-render-diagnostics"])
        .args(which)
        .args(features)
        .current_dir(project.path("."))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .while_doing("start cargo")?;
    let mut binaries = BTreeMap::new();
    if let Some(messages) = cargo.stdout.take() {
        for line in BufReader::new(messages).lines() {
            let line = line.while_doing("read what cargo says")?;
            if let Some((name, binary)) = binary_of(&line) {
                binaries.insert(name, binary);
            }
        }
    }
    let status = cargo.wait().while_doing("wait for cargo")?;
    if status.success() {
        Ok(binaries)
    } else {
        Err(Failure::new(
            "The build failed; the compiler's errors are above. Nothing was started.",
        ))
    }
}

/// The binary that one of cargo's messages announces, if it does.
fn binary_of(line: &str) -> Option<(String, PathBuf)> {
    let message: Value = serde_json::from_str(line).ok()?;
    let binary = message.get("executable")?.as_str()?;
    let name = message.get("target")?.get("name")?.as_str()?;
    Some((name.to_owned(), PathBuf::from(binary)))
}

/// Puts a function's binary where AWS wants it: alone in a folder, under the name `bootstrap`.
fn lay_out(binary: &Path, folder: &Path) -> Result<()> {
    let doing = format!("lay out {}", folder.display());
    fs::create_dir_all(folder).while_doing(&doing)?;
    // Made aside and moved into place in one step: two builds at once must never find half of it.
    let aside = folder.with_extension(format!("{}.new", std::process::id()));
    match fs::remove_file(&aside) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error).while_doing(&doing),
        _ => {}
    }
    // A link costs nothing; across file systems only a copy works.
    fs::hard_link(binary, &aside)
        .or_else(|_| fs::copy(binary, &aside).map(|_| ()))
        .and_then(|()| fs::rename(&aside, folder.join("bootstrap")))
        .while_doing(&doing)?;
    // Moving a link onto another link to the same file leaves both.
    let _ = fs::remove_file(&aside);
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::process::Command;

    use crate::project::Project;

    /// What the workspace compiles with these kinds of dependencies: each crate with the features asked of it.
    fn crates(kinds: &str) -> BTreeMap<String, BTreeSet<String>> {
        let tree = Command::new("cargo")
            .args([
                "tree",
                "--workspace",
                "--edges",
                kinds,
                "--prefix",
                "none",
                "--format",
                "{p}|{f}",
            ])
            .current_dir(Project::here().unwrap().path("."))
            .output()
            .unwrap();
        assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
        let mut crates: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for line in String::from_utf8_lossy(&tree.stdout).lines() {
            if let Some((name, features)) = line.trim_end_matches(" (*)").split_once('|') {
                crates
                    .entry(name.to_owned())
                    .or_default()
                    .insert(features.to_owned());
            }
        }
        crates
    }

    /// A feature that only tests ask for would compile that crate, and all that is built upon it, a second time.
    #[test]
    fn functions_and_tests_share_what_is_compiled() {
        let (with_tests, without) = (crates("normal,build,dev"), crates("no-dev"));
        for (name, features) in without {
            assert_eq!(
                Some(&features),
                with_tests.get(&name),
                "{name}: ask for the feature in [workspace.dependencies] of Cargo.toml, not in [dev-dependencies]"
            );
        }
    }
}
