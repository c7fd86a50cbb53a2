//! `cargo xtask viewer`: the execution viewer by itself, over any account or engine.

use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use super::session::running;
use xtask::deployment::REGION;
use xtask::failure::{Failure, Result, While};
use xtask::functions::build_one;
use xtask::project::Project;
use xtask::steps::Steps;
use xtask::web::{BUILT, Web};

/// What was asked for; without an endpoint and a profile it is the running stack.
#[derive(Debug)]
pub struct Wanted {
    /// A place that answers the AWS APIs.
    pub endpoint_url: Option<String>,
    /// A profile of `~/.aws`.
    pub profile: Option<String>,
    /// A region other than the profile's.
    pub region: Option<String>,
    /// The port on this machine.
    pub port: u16,
}

impl Default for Wanted {
    fn default() -> Self {
        Self {
            endpoint_url: None,
            profile: None,
            region: None,
            port: 8090,
        }
    }
}

/// Builds the pages and the program, and runs it until someone stops it.
pub fn run(mut wanted: Wanted) -> Result<ExitCode> {
    let project = Project::here()?;
    let mut states = None;
    if wanted.endpoint_url.is_none() && wanted.profile.is_none() {
        let stack = running(&project)?.and_then(|stack| stack.addresses).ok_or_else(|| {
            Failure::new(
                "No stack is running, so there is nothing to look at: name an engine with --endpoint-url, an account with --profile, or start a stack with `cargo xtask up`.",
            )
        })?;
        wanted.endpoint_url = Some(stack.engine);
        wanted.region.get_or_insert_with(|| REGION.to_owned());
        states = stack.states;
    }
    let steps = Steps::Shown;
    Web::prepare(&project, steps)?.build(&project, steps)?;
    steps.announce("building (the first time takes minutes)");
    // An account is reached over TLS, which takes longer to build than everything else here.
    let is_plain = wanted
        .endpoint_url
        .as_ref()
        .is_some_and(|url| url.starts_with("http://"));
    let features: &[&str] = if is_plain {
        &[]
    } else {
        &["--features", "aws/https"]
    };
    let program = build_one(&project, "viewer", features)?;

    let mut command = Command::new(program);
    command.arg("--pages").arg(project.path(BUILT));
    command.args(["--port", &wanted.port.to_string()]);
    for (name, value) in [
        ("--endpoint-url", wanted.endpoint_url),
        ("--profile", wanted.profile),
        ("--region", wanted.region),
    ] {
        if let Some(value) = value {
            command.args([name, &value]);
        }
    }
    if let Some(states) = states {
        command.env("AWS_ENDPOINT_URL_SFN", states);
    }
    // In this process's place: whoever ends this command, from a terminal or by its id, ends the viewer.
    Err(command.exec()).while_doing("start the viewer")
}
