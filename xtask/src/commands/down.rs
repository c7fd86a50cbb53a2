//! `cargo xtask down`: stops the stack from another terminal, and says when it is really gone.

use std::process::ExitCode;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::session::{Running, running};
use xtask::failure::{Failure, Result};
use xtask::project::Project;
use xtask::steps::{Step, Steps};

/// How long a stack may take to write its state down; after that its guards end what is left.
const POLITE_MAX: Duration = Duration::from_secs(40);
const HARD_MAX: Duration = Duration::from_secs(15);

/// Stops the running stack.
pub fn run() -> Result<ExitCode> {
    let project = Project::here()?;
    match running(&project)? {
        None => eprintln!("No stack is running here."),
        Some(stack) => Steps::Shown.run("stack stopped", |step| stop(&project, &stack, step))?,
    }
    Ok(ExitCode::SUCCESS)
}

fn stop(project: &Project, stack: &Running, step: &mut Step) -> Result<()> {
    if signal_until_gone(project, stack, Signal::TERM, POLITE_MAX)? {
        step.tell("what it knows is kept for the next `cargo xtask up`");
        return Ok(());
    }
    step.tell("it does not stop by itself; ending it");
    if signal_until_gone(project, stack, Signal::KILL, HARD_MAX)? {
        return Ok(());
    }
    Err(Failure::new(format!(
        "The stack (process {}) does not end; end it by hand.",
        stack.pid
    )))
}

fn signal_until_gone(project: &Project, stack: &Running, with: Signal, within: Duration) -> Result<bool> {
    if let Some(holder) = Pid::from_raw(stack.pid) {
        // An error means that it is gone; the lock will say so.
        let _ = kill_process(holder, with);
    }
    let deadline = Instant::now() + within;
    while Instant::now() < deadline {
        if running(project)?.is_none() {
            return Ok(true);
        }
        sleep(Duration::from_millis(50));
    }
    Ok(false)
}
