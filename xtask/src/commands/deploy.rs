//! `cargo xtask deploy`: builds the functions as AWS runs them and the pages, and deploys both to an account.

use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use xtask::api_page::ApiPage;
use xtask::deployment::Deployment;
use xtask::failure::{Failure, Result, While};
use xtask::functions::LAYOUT;
use xtask::project::Project;
use xtask::python::{Environment, Python};
use xtask::steps::Steps;
use xtask::web::{BUILT, Web};

const TARGET: &str = "aarch64-unknown-linux-gnu";
/// Every crate of the workspace with a feature `https`: only a deployment needs TLS, and it needs all of them.
pub(super) const WITH_HTTPS: &[&str] = &["aws", "openfoodfacts-http", "stripe"];

/// What was asked for; without any of it, the environment decides as it does for every AWS tool.
#[derive(Debug, Default)]
pub struct Wanted {
    /// A profile of `~/.aws`.
    pub profile: Option<String>,
    /// A region other than the profile's.
    pub region: Option<String>,
    /// Another place that answers the AWS APIs.
    pub endpoint_url: Option<String>,
    /// Parameters of the template; those not named keep their value.
    pub parameters: Vec<(String, String)>,
}

/// Builds, packages and deploys.
pub fn run(wanted: Wanted) -> Result<ExitCode> {
    let project = Project::here()?;
    let steps = Steps::Shown;
    target_is_installed()?;
    let cargo_lambda = steps.run("cargo-lambda", |step| {
        Python::prepare(&project, Environment::Deploy, step)
    })?;
    let python = steps.run("Python environment", |step| {
        Python::prepare(&project, Environment::Engine, step)
    })?;
    Web::prepare(&project, steps)?.build(&project, steps)?;
    steps.announce("building for arm64");
    compile(&project, &cargo_lambda)?;

    let deployment = Deployment {
        endpoint_url: wanted.endpoint_url,
        states_url: None,
        profile: wanted.profile,
        region: wanted.region,
        parameters: wanted.parameters,
    };
    let outputs = project.local("deploy/outputs.json")?;
    let made = steps.run("stack deployed", |step| {
        deployment.run(&project, &python, &outputs, step)
    })?;
    // The API first: pages may need what is new in it, and it serves pages of the build before.
    steps.run("pages uploaded", |step| {
        let docs = project.local("deploy/docs")?;
        ApiPage::of(&project, &python).write(&docs)?;
        deployment.publish(&project, &python, &project.path(BUILT), &docs, step)
    })?;
    for (name, value) in &made {
        eprintln!("  {name:<20} {}", value.as_str().unwrap_or_default());
    }
    Ok(ExitCode::SUCCESS)
}

/// The standard library for arm64 comes with rustup, not with cargo-lambda.
fn target_is_installed() -> Result<()> {
    let found = Command::new("rustc")
        .args(["--print", "target-libdir", "--target", TARGET])
        .stdin(Stdio::null())
        .output()
        .while_doing("ask rustc for its targets")?;
    let folder = String::from_utf8_lossy(&found.stdout).trim().to_owned();
    if Path::new(&folder).is_dir() {
        return Ok(());
    }
    Err(Failure::new(format!(
        "Functions run on arm64, and Rust's standard library for it is missing: run `rustup target add {TARGET}` once."
    )))
}

fn compile(project: &Project, cargo_lambda: &Python) -> Result<()> {
    let mut command = cargo_lambda.command("cargo-lambda");
    command
        .args(["lambda", "build", "--release", "--arm64", "--lambda-dir"])
        .arg(project.path(LAYOUT));
    let features: Vec<String> = WITH_HTTPS.iter().map(|name| format!("{name}/https")).collect();
    command.args(["--features", &features.join(",")]);
    for name in project.functions()? {
        command.args(["--bin", &name]);
    }
    let status = command
        .current_dir(project.path("."))
        .status()
        .while_doing("start cargo-lambda")?;
    if status.success() {
        Ok(())
    } else {
        Err(Failure::new("The build for AWS failed; nothing was deployed."))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// Whether a manifest has this feature.
    fn has_feature(manifest: &str, wanted: &str) -> bool {
        manifest
            .lines()
            .map(str::trim)
            .skip_while(|line| *line != "[features]")
            .skip(1)
            .take_while(|line| !line.starts_with('['))
            .filter_map(|line| line.split_once('='))
            .any(|(name, _)| name.trim() == wanted)
    }

    #[test]
    fn a_deployment_builds_every_crate_with_tls_that_can_speak_it() {
        let project = Project::here().unwrap();
        let mut found: Vec<String> = fs::read_dir(project.path("crates"))
            .unwrap()
            .map(|entry| entry.unwrap())
            .filter(|entry| {
                let manifest = fs::read_to_string(entry.path().join("Cargo.toml"));
                manifest.is_ok_and(|manifest| has_feature(&manifest, "https"))
            })
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        found.sort();
        assert_eq!(found, WITH_HTTPS, "name them all in WITH_HTTPS");
    }
}
