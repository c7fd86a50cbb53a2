//! Runs `localstack/deploy.py`, the one deployer: for the local engine, another engine, or an AWS account; and
//! `localstack/site.py`, which uploads the pages.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use serde_json::{Map, Value};

use crate::failure::{Failure, Result, While};
use crate::project::Project;
use crate::python::Python;
use crate::steps::Step;

/// The region of everything that runs on this machine.
pub const REGION: &str = "eu-central-1";
/// The account of everything that runs on this machine; the engine's own choice for credentials that open none.
pub const ACCOUNT: &str = "000000000000";

/// Where a stack is deployed and what is asked of it.
#[derive(Clone, Debug, Default)]
pub struct Deployment {
    /// An engine; without one, the AWS account the environment or `profile` names.
    pub endpoint_url: Option<String>,
    /// Our interpreter, where it stands in for Step Functions.
    pub states_url: Option<String>,
    /// A profile of `~/.aws`.
    pub profile: Option<String>,
    /// A region other than the profile's.
    pub region: Option<String>,
    /// Parameters of the template; those not named keep their value, or start at their default.
    pub parameters: Vec<(String, String)>,
}

impl Deployment {
    /// Deploys, tells `step` how it goes, and returns the stack's outputs. `outputs` is a file to keep them in.
    pub fn run(
        &self,
        project: &Project,
        python: &Python,
        outputs: &Path,
        step: &mut Step,
    ) -> Result<Map<String, Value>> {
        let mut command = python.command("python");
        // Unbuffered, so that progress arrives while it is progress.
        command
            .arg("-u")
            .arg(project.path("localstack/deploy.py"))
            .arg("--outputs")
            .arg(outputs);
        self.say_where(&mut command);
        if let Some(url) = &self.states_url {
            command.arg("--states-url").arg(url);
        }
        for (name, value) in &self.parameters {
            command.arg("--parameter").arg(format!("{name}={value}"));
        }
        follow(command, "deployment", step)?;
        let text = std::fs::read_to_string(outputs).while_doing(format!("read {}", outputs.display()))?;
        serde_json::from_str(&text).while_doing(format!("read {}", outputs.display()))
    }

    /// Uploads the built pages in `folder`, and the page at `/docs` whose files are in `docs`, to the bucket of the stack, which
    /// must be there.
    ///
    /// # Errors
    /// What the program says.
    pub fn publish(
        &self,
        project: &Project,
        python: &Python,
        folder: &Path,
        docs: &Path,
        step: &mut Step,
    ) -> Result<()> {
        let mut command = python.command("python");
        command
            .arg("-u")
            .arg(project.path("localstack/site.py"))
            .arg(folder)
            .arg("--docs")
            .arg(docs);
        self.say_where(&mut command);
        follow(command, "upload of the pages", step)
    }

    /// Tells a program where the stack is.
    fn say_where(&self, command: &mut Command) {
        for (option, value) in [
            ("--endpoint-url", &self.endpoint_url),
            ("--profile", &self.profile),
            ("--region", &self.region),
        ] {
            if let Some(value) = value {
                command.arg(option).arg(value);
            }
        }
        if self.endpoint_url.is_some() && self.profile.is_none() {
            local_credentials(command);
        }
    }
}

/// Credentials that open no account: engines take any, and real ones must never get near one.
pub fn local_credentials(command: &mut Command) {
    for secret in [
        "AWS_PROFILE",
        "AWS_SESSION_TOKEN",
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_SFN",
    ] {
        command.env_remove(secret);
    }
    command
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_REGION", REGION)
        .env("AWS_DEFAULT_REGION", REGION)
        .env("AWS_EC2_METADATA_DISABLED", "true");
}

/// Runs a program, its lines becoming the step's details and its error the failure.
fn follow(mut command: Command, what: &str, step: &mut Step) -> Result<()> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .while_doing(format!("start the {what}"))?;
    // Standard error is read aside: a full pipe would stop the program.
    let errors = child.stderr.take().map(|mut pipe| {
        thread::spawn(move || {
            let mut said = String::new();
            let _ = pipe.read_to_string(&mut said);
            said
        })
    });
    if let Some(lines) = child.stdout.take() {
        for line in BufReader::new(lines).lines() {
            step.tell(line.while_doing(format!("read what the {what} says"))?);
        }
    }
    let status = child.wait().while_doing(format!("wait for the {what}"))?;
    let said = errors.and_then(|reader| reader.join().ok()).unwrap_or_default();
    if status.success() {
        Ok(())
    } else {
        Err(Failure::new(format!("The {what} failed: {}", said.trim())))
    }
}
