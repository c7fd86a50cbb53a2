//! `cargo xtask openapi`: writes docs/openapi.json anew, by letting the test that compares it write instead.

use std::process::{Command, ExitCode};

use xtask::failure::{Failure, Result, While};
use xtask::project::Project;

/// Runs the test `openapi` with leave to write.
pub fn run() -> Result<ExitCode> {
    let project = Project::here()?;
    let status = Command::new("cargo")
        .args(["test", "--quiet", "--workspace", "--test", "it", "openapi"])
        .env("UPDATE", "1")
        .current_dir(project.path("."))
        .status()
        .while_doing("start cargo")?;
    if status.success() {
        Ok(ExitCode::SUCCESS)
    } else {
        Err(Failure::new("docs/openapi.json was not written; see above."))
    }
}
