//! What came of each mutation, kept for the code that it was found on.

use std::fs;
use std::path::PathBuf;

use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use super::patch::{Mutation, Target};
use crate::failure::{Result, While};
use crate::project::Project;

/// What came of a mutation.
#[derive(Clone, Debug, PartialEq)]
pub struct Came {
    /// The test that noticed; `None` when none did.
    pub caught_by: Option<String>,
    /// How long that took, with compiling, seconds.
    pub seconds: f64,
    /// The day.
    pub on: String,
}

/// Everything that is kept.
#[derive(Debug)]
pub struct Kept {
    file: PathBuf,
    rows: Map<String, Value>,
}

impl Kept {
    /// Reads what earlier runs have left. What does not read is as good as nothing.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub fn read(project: &Project) -> Result<Self> {
        let file = project.local("mutants/kept.json")?;
        let text = fs::read_to_string(&file).unwrap_or_default();
        let rows = serde_json::from_str(&text).unwrap_or_default();
        Ok(Self { file, rows })
    }

    /// What came of this very patch, whatever code it was put into.
    #[must_use]
    pub fn of(&self, mutation: &Mutation) -> Option<Came> {
        let row = self.rows.get(&mutation.id())?;
        (row["patch"] == mutation.print.as_str()).then(|| Came {
            caught_by: row["caught_by"].as_str().map(str::to_owned),
            seconds: row["seconds"].as_f64().unwrap_or_default(),
            on: row["on"].as_str().unwrap_or_default().to_owned(),
        })
    }

    /// The same, if it was put into this very code.
    #[must_use]
    pub fn of_this(&self, mutation: &Mutation, code: &str) -> Option<Came> {
        let row = self.rows.get(&mutation.id())?;
        self.of(mutation).filter(|_| row["code"] == code)
    }

    /// Keeps what came of a mutation.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn keep(
        &mut self,
        mutation: &Mutation,
        code: &str,
        caught_by: Option<&str>,
        seconds: f64,
    ) -> Result<()> {
        let row = json!({
            "patch": mutation.print, "code": code, "caught_by": caught_by,
            "seconds": seconds, "on": OffsetDateTime::now_utc().date().to_string(),
        });
        self.rows.insert(mutation.id(), row);
        self.write()
    }

    /// Whether these tests have passed on this code without any mutation.
    #[must_use]
    pub fn has_passed(&self, target: &Target, tests: &[String], code: &str) -> bool {
        let row = self.rows.get(&passed(target));
        let has = |test: &String| row.is_some_and(|row| row["tests"][test] == code);
        tests.iter().all(has)
    }

    /// Keeps that they have.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn keep_passed(&mut self, target: &Target, tests: &[String], code: &str) -> Result<()> {
        let row = self
            .rows
            .entry(passed(target))
            .or_insert_with(|| json!({ "tests": {} }));
        for test in tests {
            row["tests"][test] = json!(code);
        }
        self.write()
    }

    fn write(&self) -> Result<()> {
        let doing = format!("write {}", self.file.display());
        let aside = self.file.with_extension("new");
        let text = Value::Object(self.rows.clone()).to_string();
        fs::write(&aside, text).while_doing(&doing)?;
        fs::rename(&aside, &self.file).while_doing(&doing)
    }
}

/// No mutation's id begins like this.
fn passed(target: &Target) -> String {
    format!("passed {target}")
}
