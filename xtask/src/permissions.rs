//! What functions were allowed to do, and what they were refused, while tests ran.
//!
//! The engine of each stack writes it down (`localstack/permissions.py`), once for each line of a policy. All of it together is
//! kept in [`USED`], to which `tests/it/permissions.rs` holds the template.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::SystemTime;

use serde_json::Value;

use crate::failure::{Result, While};
use crate::project::Project;
use crate::test_stacks::Kind;

/// The record's name, among the logs of a stack.
pub const RECORD: &str = "permissions.jsonl";
/// Where what was used is kept.
pub const USED: &str = "tests/permissions/used.json";

/// Function, resource, actions.
pub type Used = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

/// What stacks for tests have written down.
#[derive(Debug, Default)]
pub struct Recorded {
    /// What policies allowed and functions did.
    pub used: Used,
    /// What functions tried and no policy allowed, a sentence each. Of the stack that is sent whatever can be sent none: it is
    /// rightly refused what it makes up.
    pub refused: BTreeSet<String>,
    /// How many stacks have written.
    pub stacks: usize,
}

impl Recorded {
    /// Everything that was written from then on.
    ///
    /// # Errors
    /// A record cannot be read.
    pub fn since(project: &Project, then: SystemTime) -> Result<Self> {
        let mut recorded = Self::default();
        let stacks = fs::read_dir(project.local("tests")?);
        for folder in stacks.into_iter().flatten().flatten() {
            let path = folder.path().join("log").join(RECORD);
            let written = fs::metadata(&path).and_then(|record| record.modified());
            if written.is_ok_and(|written| written >= then) {
                let made_up = folder
                    .file_name()
                    .to_string_lossy()
                    .starts_with(Kind::Pestered.name());
                recorded.read(&path, !made_up)?;
            }
        }
        Ok(recorded)
    }

    fn read(&mut self, path: &Path, with_refused: bool) -> Result<()> {
        let doing = format!("read {}", path.display());
        self.stacks += 1;
        for line in fs::read_to_string(path).while_doing(&doing)?.lines() {
            let line: Value = serde_json::from_str(line).while_doing(&doing)?;
            let text = |name: &str| line[name].as_str().unwrap_or_default();
            // Roles of something else are those of tests that try what is refused.
            let Some(function) = text("role")
                .strip_suffix("Role")
                .filter(|name| name.ends_with("Function"))
            else {
                continue;
            };
            let (action, resource) = (text("action").to_owned(), text("resource").to_owned());
            if line["allowed"] == true {
                let resources = self.used.entry(function.to_owned()).or_default();
                resources.entry(resource).or_default().insert(action);
            } else if with_refused {
                self.refused
                    .insert(format!("{function} has no policy for {action} on {resource}"));
            }
        }
        Ok(())
    }
}

/// When the functions that run now were built; what was recorded before is of others.
///
/// # Errors
/// They are not built.
pub fn built(project: &Project) -> Result<SystemTime> {
    let mut newest = SystemTime::UNIX_EPOCH;
    for name in project.functions()? {
        let program = project.path(format!("target/lambda/{name}/bootstrap"));
        let built = fs::metadata(&program).and_then(|program| program.modified());
        newest = newest.max(built.while_doing(format!("find {}", program.display()))?);
    }
    Ok(newest)
}
