//! `cargo xtask bad-input`: whatever can be sent, sent to a stack of its own by three people.

use std::process::ExitCode;

use xtask::bad_input::{self, asked::Asked};
use xtask::failure::Result;
use xtask::functions::{self, Tls};
use xtask::project::Project;
use xtask::python::{Environment, Python};
use xtask::steps::Steps;
use xtask::test_stacks::{Kind, TestStack};

/// Starts a stack, sends everything, stops it; the exit code says whether every answer was as it is described.
pub fn run(asked: &Asked) -> Result<ExitCode> {
    let project = Project::here()?;
    let steps = Steps::Shown;
    let engine = steps.run("Python environment", |step| {
        Python::prepare(&project, Environment::Engine, step)
    })?;
    let sender = steps.run("schemathesis", |step| {
        Python::prepare(&project, Environment::Input, step)
    })?;
    let built = functions::build(&project, Tls::Without)?;
    let stack = steps.run("stack of its own", |_| {
        TestStack::start(&project, &engine, &built, Kind::Pestered, |_| {})
    })?;
    let report = bad_input::run(&project, &sender, stack.addresses(), asked, steps)?;
    println!("\n{}", report.text);
    if report.is_right {
        println!("Every answer is as it is described (seed {}).", asked.seed);
        return Ok(ExitCode::SUCCESS);
    }
    println!(
        "What each request was: .local/bad-input; the same requests again: --seed {}",
        asked.seed
    );
    Ok(ExitCode::FAILURE)
}
