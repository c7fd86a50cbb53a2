//! `cargo xtask test`: everything CI runs, the cheapest first, ending with the test runner's own summary.

use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};
use std::time::SystemTime;

use xtask::browser;
use xtask::failure::{Failure, Result, While};
use xtask::functions;
use xtask::permissions::Recorded;
use xtask::processes::complete;
use xtask::project::Project;
use xtask::python::{Environment, Python};
use xtask::steps::{Step, Steps};
use xtask::test_stacks::{Shared, WHERE};
use xtask::web::{self, Web};

/// The cargo-deny whose configuration `deny.toml` is.
const CARGO_DENY: &str = "0.20.2";

/// Runs every check; stops at the first that fails.
pub fn run() -> Result<ExitCode> {
    let project = Project::here()?;
    let steps = Steps::Shown;
    steps.run("formatting", |_| {
        cargo(
            &project,
            &["fmt", "--all", "--check"],
            "find the code formatted (run `cargo fmt --all`)",
        )
    })?;
    steps.run("licences, bans, sources", |step| deny(&project, step))?;
    let sam = steps.run("template checker", |step| {
        Python::prepare(&project, Environment::Check, step)
    })?;
    steps.run("template.yaml", |_| template(&project, &sam))?;
    steps.run("workflows of .github", |_| workflows(&project, &sam))?;
    let checkov = steps.run("weakness checker", |step| {
        Python::prepare(&project, Environment::Checkov, step)
    })?;
    steps.run("weaknesses of template.yaml", |_| weaknesses(&project, &checkov))?;
    let python = steps.run("local stack's Python", |step| {
        Python::prepare(&project, Environment::Engine, step)
    })?;

    let chromium = steps.run("Chromium", browser::prepare)?;
    let web = Web::prepare(&project, steps)?;
    steps.run("web types, unit tests", |_| web.check())?;
    web.build(&project, steps)?;
    steps.run("web pages' weight", |step| weigh(&project, step))?;

    steps.announce("clippy");
    loudly(
        &project,
        &[
            "clippy",
            "--quiet",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ],
        "clippy is content",
    )?;
    steps.announce("functions");
    let built = functions::build(&project, functions::Tls::Without)?;
    steps.announce("tests: compiling");
    let runner: &[&str] = if has_nextest() {
        &["nextest", "run"]
    } else {
        &["test"]
    };
    let compile = [runner, &["--workspace", "--no-run"]].concat();
    loudly(&project, &compile, "the tests compile")?;

    // Nothing compiles any more, so the stacks have the machine to themselves.
    let begun = SystemTime::now();
    let stacks = Shared::start(&project, &python, &built, steps)?;
    steps.announce("tests");
    let status = Command::new("cargo")
        .args(runner)
        // One that fails says nothing about the others; whoever reads the result wants to know of all of them.
        .args(["--workspace", "--no-fail-fast"])
        .env(WHERE, stacks.whereabouts())
        .env(browser::WHERE, chromium)
        .current_dir(project.path("."))
        .status()
        .while_doing("start cargo")?;
    nobody_was_refused(&project, begun)?;
    // The runner has had the last word; only its verdict is passed on.
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// A function that was refused something may have gone on without it, so that no test has noticed.
fn nobody_was_refused(project: &Project, since: SystemTime) -> Result<()> {
    let refused = Recorded::since(project, since)?.refused;
    if refused.is_empty() {
        return Ok(());
    }
    let sentences: Vec<_> = refused.into_iter().collect();
    Err(Failure::new(format!(
        "template.yaml allows less than the functions do:\n{}",
        sentences.join("\n")
    )))
}

/// A cargo command whose output matters only when it fails.
fn cargo(project: &Project, arguments: &[&str], doing: &str) -> Result<()> {
    let mut command = Command::new("cargo");
    command.args(arguments).current_dir(project.path("."));
    complete(command, doing)
}

/// A cargo command that shows its own progress and errors.
fn loudly(project: &Project, arguments: &[&str], hope: &str) -> Result<()> {
    let status = Command::new("cargo")
        .args(arguments)
        .current_dir(project.path("."))
        .status()
        .while_doing("start cargo")?;
    if status.success() {
        Ok(())
    } else {
        Err(Failure::new(format!("Not so: {hope}. Its findings are above.")))
    }
}

/// Checks dependencies against deny.toml. The advisory database is left out: it needs the network, and a new
/// advisory must not turn an unchanged commit red.
fn deny(project: &Project, step: &mut Step) -> Result<()> {
    let program = cargo_deny(project, step)?;
    let mut command = Command::new(program);
    command
        .args(["--log-level", "error", "check", "bans", "licenses", "sources"])
        .current_dir(project.path("."));
    complete(command, "accept the dependencies by deny.toml")
}

/// Our cargo-deny: the installed one if it is the right one, else one built once into the ignored folder.
///
/// No package index has a wheel of it that is young enough for this edition. Without optimisation and debug
/// information it builds in little more than a minute on two cores.
fn cargo_deny(project: &Project, step: &mut Step) -> Result<PathBuf> {
    let own = project.local("cargo/bin/cargo-deny")?;
    if is_right(&own) {
        return Ok(own);
    }
    let installed = PathBuf::from("cargo-deny");
    if is_right(&installed) {
        return Ok(installed);
    }
    step.tell(format!("building cargo-deny {CARGO_DENY} once (a minute or two)"));
    let mut install = Command::new("cargo");
    install
        .args([
            "install",
            "cargo-deny",
            "--version",
            CARGO_DENY,
            "--locked",
            "--debug",
            "--force",
            "--root",
        ])
        .arg(project.local("cargo")?)
        .args(["--config", "profile.dev.debug=0"]);
    complete(install, "build cargo-deny")?;
    step.tell(format!("with cargo-deny {CARGO_DENY}"));
    Ok(own)
}

fn is_right(cargo_deny: &PathBuf) -> bool {
    let said = Command::new(cargo_deny)
        .arg("--version")
        .stdin(Stdio::null())
        .output();
    said.is_ok_and(|said| String::from_utf8_lossy(&said.stdout).trim() == format!("cargo-deny {CARGO_DENY}"))
}

/// Holds every page to what it may begin with.
fn weigh(project: &Project, step: &mut Step) -> Result<()> {
    let pages = web::pages(project)?;
    if let Some(heaviest) = pages.first() {
        let kilobytes = heaviest.bytes / 1_000;
        step.tell(format!(
            "{} pages, at most {kilobytes} kB of JavaScript",
            pages.len()
        ));
    }
    Ok(())
}

/// `sam validate` and `sam validate --lint` (cfn-lint) catch different mistakes.
fn template(project: &Project, sam: &Python) -> Result<()> {
    for lint in [&[] as &[&str], &["--lint"]] {
        let mut command = sam.command("sam");
        command
            .args(["validate", "--region", xtask::deployment::REGION, "--template"])
            .arg(project.path("template.yaml"));
        command.args(lint).env("SAM_CLI_TELEMETRY", "0");
        xtask::deployment::local_credentials(&mut command);
        complete(command, "accept template.yaml")?;
    }
    Ok(())
}

/// zizmor, without asking anybody on the network: actions that are not pinned, permissions that nobody needs, injected texts.
fn workflows(project: &Project, zizmor: &Python) -> Result<()> {
    let mut command = zizmor.command("zizmor");
    command
        .args(["--offline", "--no-progress", "--quiet"])
        .arg(project.path(".github/workflows"));
    complete(command, "accept the workflows of .github")
}

/// checkov; what it is not asked, and why not, stands in its configuration.
fn weaknesses(project: &Project, checkov: &Python) -> Result<()> {
    let mut command = checkov.command("checkov");
    command
        .arg("--config-file")
        .arg(project.path("localstack/checkov.yaml"))
        .arg("--file")
        .arg(project.path("template.yaml"))
        .env("LOG_LEVEL", "ERROR");
    complete(command, "find no weakness in template.yaml")
}

fn has_nextest() -> bool {
    Command::new("cargo")
        .args(["nextest", "--version"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
