//! `cargo xtask simulate-faults`: days on which everything goes wrong, on a virtual clock, each from a seed.

use std::process::{Command, ExitCode};

use xtask::failure::{Result, While};
use xtask::functions::build_example;
use xtask::project::Project;
use xtask::steps::Steps;

/// The program in `crates/simulation/examples/`.
const PROGRAM: &str = "simulate-faults";
/// What the program exits with when it could not be run.
const NOT_RUN: u8 = 2;

/// What was asked for; what is not said is as the program has it.
#[derive(Debug, Default)]
pub struct Wanted {
    /// How many days.
    pub seeds: Option<u64>,
    /// The seed of the first.
    pub first: Option<u64>,
    /// One day alone.
    pub seed: Option<u64>,
    /// How many orders a day.
    pub orders: Option<u32>,
}

impl Wanted {
    fn arguments(&self) -> Vec<String> {
        let orders = self.orders.map(u64::from);
        [
            ("--seeds", self.seeds),
            ("--first", self.first),
            ("--seed", self.seed),
            ("--orders", orders),
        ]
        .into_iter()
        .filter_map(|(name, number)| Some([name.to_owned(), number?.to_string()]))
        .flatten()
        .collect()
    }
}

/// Builds the program and runs it: 0 when everything held, 1 when something did not.
pub fn run(wanted: &Wanted) -> Result<ExitCode> {
    let project = Project::here()?;
    let program = build_example(&project, PROGRAM)?;
    Steps::Shown.announce("simulating");
    let status = Command::new(program)
        .args(wanted.arguments())
        .current_dir(project.path("."))
        .status()
        .while_doing("run the simulation")?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(ExitCode::from(code.unwrap_or(NOT_RUN)))
}
