//! Bad input at scale: whatever can be sent, sent by schemathesis (docs/decisions.md says why by it), and whether the shop answers as its
//! description says.
//!
//! It reads docs/openapi.json and makes requests of it, right ones and wrong ones: the examples, every bound of every field,
//! chance, and chains of requests in which one uses what another made. Three people send them: somebody unknown, a buyer,
//! an operator. What must be so of every answer: no 5xx; a status, a kind of content and a body that are described; what breaks the
//! description is refused, and what needs a session is refused without one.
//!
//! Wrong input alone would never come past the first check. So each person first buys and sells a little, and the ids of
//! what came of it are mixed into the requests ([`scene`]).

pub mod asked;
pub mod scene;
mod settings;
pub mod told;

use std::fmt::Write as _;
use std::fs;
use std::process::Stdio;

use serde_json::Value;

use crate::failure::{Result, While};
use crate::project::Project;
use crate::python::Python;
use crate::stack::Addresses;
use crate::steps::Steps;
use asked::Asked;
use scene::{Scene, Who};
use told::Told;

/// The description that is held against the answers.
pub const DESCRIPTION: &str = "docs/openapi.json";

/// Requests under way at one time, of one person: one for each core of a small machine.
const WORKERS: &str = "2";

/// What came of it.
#[derive(Debug)]
pub struct Report {
    /// A table, and what schemathesis says of each answer that was wrong.
    pub text: String,
    /// Whether every answer was as it is described.
    pub is_right: bool,
    /// Operations that were carried out at least once, by anybody.
    pub carried_out: Vec<String>,
    /// Those that nobody succeeded with.
    pub only_refused: Vec<String>,
}

/// Sends everything to the shop at these addresses, as one person after the other. It has to be a shop of its own: an operator
/// stops executions and moves messages.
///
/// # Errors
/// The shop does not answer while people are signed up, or schemathesis cannot be run. Wrong answers are no error, but the report.
pub fn run(
    project: &Project,
    python: &Python,
    at: &Addresses,
    asked: &Asked,
    steps: Steps,
) -> Result<Report> {
    let path = project.path(DESCRIPTION);
    let doing = format!("read {}", path.display());
    let description: Value =
        serde_json::from_str(&fs::read_to_string(&path).while_doing(&doing)?).while_doing(&doing)?;
    let mut all = Told::default();
    let (mut text, mut is_right) = (String::new(), true);
    for who in Who::ALL {
        let scene = steps.run(&format!("things for {}", who.name()), |_| {
            Scene::set(project, at, who)
        })?;
        let folder = project.local("bad-input")?.join(who.name());
        fs::create_dir_all(&folder).while_doing(format!("make the folder {}", folder.display()))?;
        let settings = settings::write(&folder, &description, &scene, who, asked)?;
        let answers = folder.join("answers.ndjson");
        let mut command = python.command("schemathesis");
        command
            .arg("--config-file")
            .arg(&settings.options)
            .arg("run")
            .arg(&settings.description)
            .args(["--url", &at.front, "--phases", asked.phases(who), "--no-color"])
            .args([
                "--max-examples",
                &asked.examples.to_string(),
                "--seed",
                &asked.seed.to_string(),
            ])
            // The shop answers several at once, and so it is asked.
            .args(["--workers", WORKERS])
            .args(["--continue-on-failure", "--generation-database", "none"])
            .args(["--report", "ndjson", "--report-ndjson-path"])
            .arg(&answers)
            .current_dir(&folder)
            .stdin(Stdio::null());
        let (told, said, ended_well) = steps.run(&format!("sent by {}", who.name()), |step| {
            let output = command.output().while_doing("run schemathesis")?;
            let told = Told::read(&answers)?;
            step.tell(format!("{} answers", told.answers()));
            let said = String::from_utf8_lossy(&output.stdout).into_owned()
                + &String::from_utf8_lossy(&output.stderr);
            Ok((told, said, output.status.success()))
        })?;
        fs::write(folder.join("said.txt"), &said).while_doing("write what schemathesis said")?;
        let _ = writeln!(
            text,
            "{:<10} {:>6} answers  {}",
            who.name(),
            told.answers(),
            told.by_status()
        );
        if !ended_well {
            is_right = false;
            let _ = writeln!(text, "\n{}\n", said.trim());
        }
        all.add(told);
    }
    let (carried_out, only_refused) = all.outcome(&description);
    let _ = writeln!(
        text,
        "\n{} of {} operations were carried out at least once. Only refused: {}.",
        carried_out.len(),
        carried_out.len() + only_refused.len(),
        if only_refused.is_empty() {
            "none".to_owned()
        } else {
            only_refused.join(", ")
        }
    );
    Ok(Report {
        text,
        is_right,
        carried_out,
        only_refused,
    })
}
