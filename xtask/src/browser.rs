//! A real browser for tests: the machine's Chromium, or Debian's, installed where that is possible.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::failure::{Failure, Result};
use crate::processes::complete;
use crate::steps::Step;

/// The environment variable that names a Chromium, and so ends every search for one.
pub const WHERE: &str = "HOLDFAST_CHROMIUM";
/// What it is called on the path.
const NAMES: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];
/// What apt installs. Without any font a page has no text that could be seen.
const PACKAGES: [&str; 2] = ["chromium", "fonts-liberation"];

/// Where Chromium is.
///
/// # Errors
/// It is nowhere; the failure says what to install.
pub fn find() -> Result<PathBuf> {
    match env::var_os(WHERE).filter(|given| !given.is_empty()) {
        Some(given) => {
            let given = PathBuf::from(given);
            if given.is_file() {
                Ok(given)
            } else {
                Err(Failure::new(format!(
                    "{WHERE} names {}, where there is no program.",
                    given.display()
                )))
            }
        }
        None => on_path(&NAMES).ok_or_else(|| {
            Failure::new(format!(
                "Tests in a real browser need Chromium, and there is none on the path ({}). Install it (Debian: \
                 `apt-get install {}`; elsewhere Chrome will do), or name one in {WHERE}.",
                NAMES.join(", "),
                PACKAGES.join(" ")
            ))
        }),
    }
}

/// Finds Chromium; where there is none and apt may be used, installs Debian's.
///
/// # Errors
/// It is nowhere and could not be installed.
pub fn prepare(step: &mut Step) -> Result<PathBuf> {
    let found = match find() {
        Err(missing) => {
            let Some(apt) = apt() else {
                return Err(missing);
            };
            step.tell("installing Debian's (a minute or two)");
            install(&apt)?;
            find()?
        }
        found => found?,
    };
    let program = found.display();
    let version = Command::new(&found)
        .args(["--version", "--no-sandbox"])
        .stdin(Stdio::null())
        .output();
    match version {
        Ok(said) if said.status.success() => {
            step.tell(String::from_utf8_lossy(&said.stdout).trim());
            Ok(found)
        }
        Ok(said) => Err(Failure::new(format!(
            "{program} does not start: {}",
            String::from_utf8_lossy(&said.stderr).trim()
        ))),
        Err(error) => Err(Failure::new(format!("{program} does not start: {error}."))),
    }
}

fn on_path(names: &[&str]) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    names
        .iter()
        .flat_map(|name| env::split_paths(&path).map(move |folder| folder.join(name)))
        .find(|program| program.is_file())
}

/// How to call apt here: directly, through sudo that asks nothing, or not at all. Ubuntu's package of that name is an empty
/// one that leads to a snap, which containers cannot run, so there a person decides.
fn apt() -> Option<Vec<&'static str>> {
    let system = fs::read_to_string("/etc/os-release").unwrap_or_default();
    if !system.lines().any(|line| line == "ID=debian") {
        return None;
    }
    on_path(&["apt-get"])?;
    if rustix::process::geteuid().is_root() {
        return Some(vec!["apt-get"]);
    }
    let may = Command::new("sudo")
        .args(["-n", "true"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    may.is_ok_and(|may| may.success())
        .then(|| vec!["sudo", "-n", "apt-get"])
}

fn install(apt: &[&str]) -> Result<()> {
    let run = |arguments: &[&str], doing: &str| {
        let words: Vec<&str> = apt.iter().chain(arguments).copied().collect();
        let Some((program, rest)) = words.split_first() else {
            return Ok(());
        };
        let mut command = Command::new(program);
        command.args(rest).env("DEBIAN_FRONTEND", "noninteractive");
        complete(command, doing)
    };
    run(&["update", "--quiet"], "read what Debian offers")?;
    let wanted = [
        &["install", "--yes", "--quiet", "--no-install-recommends"],
        PACKAGES.as_slice(),
    ]
    .concat();
    run(&wanted, "install Chromium for the tests in a browser")
}
