//! `cargo xtask replay`: plays a recorded execution on a definition, by default on the one that it ran.

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use xtask::failure::{Failure, Result, While};
use xtask::functions::build_one;
use xtask::project::Project;
use xtask::steps::Steps;

/// What was asked for.
#[derive(Debug, Default)]
pub struct Wanted {
    /// What the viewer exported, or what the `aws` command answered.
    pub file: Option<PathBuf>,
    /// Another definition than the recorded one.
    pub definition: Option<PathBuf>,
    /// The name of a definition in `workflows/`, instead.
    pub workflow: Option<String>,
}

/// What the program exits with if it could not play anything.
const NOT_PLAYED: u8 = 2;

/// Builds the program and plays the file. Exits with what that does: 0 for the same way, 1 for another one, 2 for a file that
/// cannot be used.
pub fn run(wanted: &Wanted) -> Result<ExitCode> {
    let project = Project::here()?;
    let Some(file) = &wanted.file else {
        return Err(Failure::new(
            "Which execution? Name a file that the viewer exported, or that `aws stepfunctions get-execution-history` wrote.",
        ));
    };
    let definition = match (&wanted.workflow, &wanted.definition) {
        (Some(_), Some(_)) => {
            return Err(Failure::new(
                "Either --definition or --workflow says which definition, not both.",
            ));
        }
        (Some(name), None) => Some(workflow(&project, name)?),
        (None, definition) => definition.clone(),
    };
    let program = build_one(&project, "states", &[])?;
    Steps::Shown.announce("playing");
    let mut command = Command::new(program);
    command.arg("replay").arg(file);
    if let Some(definition) = definition {
        command.arg("--definition").arg(definition);
    }
    let status = command.status().while_doing("play the execution")?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(ExitCode::from(code.unwrap_or(NOT_PLAYED)))
}

fn workflow(project: &Project, name: &str) -> Result<PathBuf> {
    const ENDING: &str = ".asl.json";
    let folder = project.path("workflows");
    let path = folder.join(format!("{name}{ENDING}"));
    if path.is_file() {
        return Ok(path);
    }
    let entries = std::fs::read_dir(&folder).while_doing("list workflows/")?;
    let mut names: Vec<String> = entries
        .filter_map(|entry| {
            let name = entry.ok()?.file_name().into_string().ok()?;
            name.strip_suffix(ENDING).map(str::to_owned)
        })
        .collect();
    names.sort();
    Err(Failure::new(format!(
        "There is no workflow `{name}`; there are {}.",
        names.join(", ")
    )))
}
