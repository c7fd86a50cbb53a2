//! Programs in the Python of the local engine.

use serde_json::Value;
use std::ffi::OsStr;
use std::process::Stdio;
use xtask::deployment::local_credentials;
use xtask::project::Project;
use xtask::python::{Environment, Python};
use xtask::steps::Steps;

/// The JSON that Python prints, called with these arguments.
pub(crate) fn printed<'a>(arguments: impl IntoIterator<Item = &'a OsStr>) -> Value {
    let project = Project::here().expect("there is a project");
    let python = Steps::Silent
        .run("Python", |step| {
            Python::prepare(&project, Environment::Engine, step)
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
    let mut command = python.command("python");
    command.args(arguments).stdin(Stdio::null());
    local_credentials(&mut command);
    let output = command.output().expect("Python runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).expect("it prints JSON")
}
