//! `cargo xtask permissions`: writes anew which lines of the functions' policies were needed in tests.

use std::fs;
use std::process::ExitCode;

use xtask::failure::{Failure, Result, While};
use xtask::permissions::{Recorded, USED, built};
use xtask::project::Project;

/// Reads what the stacks of the last day have recorded of the functions as they are built now.
pub fn run() -> Result<ExitCode> {
    let project = Project::here()?;
    let recorded = Recorded::since(&project, built(&project)?)?;
    if recorded.stacks == 0 {
        return Err(Failure::new(
            "No tests have run with these functions: run `cargo xtask test` first.",
        ));
    }
    for refused in &recorded.refused {
        println!("{refused}");
    }
    let text = serde_json::to_string_pretty(&recorded.used).while_doing("write JSON")?;
    let path = project.path(USED);
    fs::write(&path, text + "\n").while_doing(format!("write {}", path.display()))?;
    println!(
        "{USED}: {} functions, from the records of {} stacks.",
        recorded.used.len(),
        recorded.stacks
    );
    Ok(ExitCode::SUCCESS)
}
